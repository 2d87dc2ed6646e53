package plug

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// apart keeps a console from opening beside the studio's window.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
}

// group is a job that the program and its children belong to. Windows ends them when the job's last handle is closed, which
// the studio's own end does too.
type group struct {
	leader *os.Process
	job    windows.Handle
}

// grouped puts the program in a job. Where that fails the program is alone in its group.
func grouped(p *os.Process) group {
	g := group{leader: p}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return g
	}
	var limit windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limit.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limit)), uint32(unsafe.Sizeof(limit)))
	if err == nil {
		var assigned error
		err = p.WithHandle(func(h uintptr) { assigned = windows.AssignProcessToJobObject(job, windows.Handle(h)) })
		err = errors.Join(err, assigned)
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return g
	}
	g.job = job
	return g
}

// kill ends all processes of the group.
func (g group) kill() {
	if g.job != 0 {
		_ = windows.CloseHandle(g.job)
	}
	_ = g.leader.Kill()
}

package plug

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// apart puts the program in a group of its own and ends it with the studio.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// pipeSize is what an ordinary user may ask for. A picture then crosses in two pieces instead of twenty-two.
const pipeSize = 1 << 20

// widen makes a pipe hold more than the usual 64 KiB, if the system allows it.
func widen(f *os.File) {
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
}

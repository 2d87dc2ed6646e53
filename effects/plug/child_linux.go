package plug

import "syscall"

// apart puts the program in a group of its own and ends it with the studio.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

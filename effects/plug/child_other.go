//go:build unix && !linux

package plug

import "syscall"

// apart puts the program in a group of its own.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

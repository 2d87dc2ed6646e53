//go:build unix && !linux

package plug

import (
	"os"
	"syscall"
)

// apart puts the program in a group of its own.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// widen leaves a pipe as it is: its size is the system's affair.
func widen(*os.File) {}

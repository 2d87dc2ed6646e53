package rig

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel end a child when this program ends in any way, a panic of a test included.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

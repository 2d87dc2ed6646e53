//go:build unix

package plug

import (
	"os"
	"syscall"
)

// group is the process group that the program leads; its number is the program's.
type group struct{ leader *os.Process }

func grouped(p *os.Process) group { return group{p} }

// kill ends all processes of the group. The leader has not been waited for, so that the number is still its own.
func (g group) kill() { _ = syscall.Kill(-g.leader.Pid, syscall.SIGKILL) }

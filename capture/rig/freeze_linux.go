package rig

import (
	"fmt"
	"syscall"
)

// Freeze stops the daemon in its tracks: clients stay connected and get no answer.
func (s *Sound) Freeze() error { return s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen daemon go on.
func (s *Sound) Thaw() error { return s.signal(syscall.SIGCONT) }

func (s *Sound) signal(n syscall.Signal) error {
	if err := s.daemon.cmd.Process.Signal(n); err != nil {
		return fmt.Errorf("send %v to pulseaudio: %w", n, err)
	}
	return nil
}

//go:build unix

package plug_test

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/effects/plug"
)

// signal sends a signal to the plug-in that runs now.
func signal(t *testing.T, p running, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.State().PID, s); err != nil {
		t.Fatal(err)
	}
}

// gone waits until a process is no more.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(patience); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if bytes.Contains(stat, []byte(") Z ")) {
			return // dead, and nobody has waited for it: in a container without an init nobody does
		}
		if time.Now().After(end) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

func TestAPlugInThatIsKilledWhileLiveCostsPicturesNoTimeAndComesBack(t *testing.T) {
	s := &show{T: t, plug: plug.NewVideo(mirror())}
	run(t, s.plug)
	s.status(plug.Running)
	for kill := 1; kill <= 2; kill++ {
		if s.pictures(10) < 5 {
			t.Fatalf("most pictures pass untouched: %+v", s.plug.State())
		}
		pid := s.plug.State().PID
		signal(t, s.plug, syscall.SIGKILL)
		gone(t, pid)
		if s.pictures(3) != 0 {
			t.Fatal("pictures are changed by a dead program")
		}
		if now := s.plug.State(); !errors.Is(now.Err, plug.ErrEnded) || !strings.Contains(now.Err.Error(), "mirror: signal: killed") {
			t.Fatalf("%+v", now)
		}
		s.status(plug.Running)
		if now := s.plug.State(); now.Restarts != kill || now.Err != nil || now.PID == pid {
			t.Fatalf("%+v", now)
		}
	}
	t.Logf("%d pictures changed, %d untouched, the oldest %v", s.changed, s.passed, s.worst)
}

func TestAPlugInThatHangsWhileLiveIsBypassedAndGoesOn(t *testing.T) {
	s := &show{T: t, plug: plug.NewVideo(mirror())}
	run(t, s.plug)
	s.status(plug.Running)
	signal(t, s.plug, syscall.SIGSTOP)
	s.status(plug.Bypassed)
	if s.pictures(30) != 0 {
		t.Error("pictures are changed by a program that stands still")
	}
	if now := s.plug.State(); !errors.Is(now.Err, plug.ErrLate) {
		t.Errorf("%+v", now)
	}
	signal(t, s.plug, syscall.SIGCONT)
	s.status(plug.Running)
	if now := s.plug.State(); now.Restarts != 0 || now.Err != nil {
		t.Errorf("%+v", now)
	}
	t.Logf("%d pictures changed, %d untouched, the oldest %v", s.changed, s.passed, s.worst)
}

func TestAPlugInThatNeitherReadsNorAnswersHoldsNothingUp(t *testing.T) {
	s := &show{T: t, plug: plug.NewVideo(bad("is deaf"))}
	run(t, s.plug)
	s.status(plug.Bypassed)
	if s.pictures(30) != 0 {
		t.Error("pictures are changed by a program that does nothing")
	}
}

func TestTheEndLeavesNoProcess(t *testing.T) {
	for _, manner := range []string{"is deaf", "chatters", "has children"} {
		t.Run(manner, func(t *testing.T) {
			p := plug.NewVideo(bad(manner))
			stop := run(t, p)
			until(t, p, "started", func() bool {
				p.Apply(noise(64, 48, 1), plug.VideoLimit)
				return p.State().PID != 0
			})
			pid := p.State().PID
			if manner == "is deaf" {
				signal(t, p, syscall.SIGSTOP)
			}
			if manner == "has children" {
				settle(t, p, 64, 48)
				signal(t, p, syscall.SIGKILL) // its child keeps the pipe open
				time.Sleep(50 * time.Millisecond)
			}
			stop()
			gone(t, pid)
			if err := syscall.Kill(-pid, 0); err == nil && manner != "has children" {
				t.Error("its group is alive")
			}
		})
	}
}

func TestSoundGoesOnWhenItsPlugInDiesAndHangs(t *testing.T) {
	d := &band{T: t, plug: plug.NewAudio(python(t, "gain.py", "-6.0206")), factor: 0.5, limit: plug.AudioLimit}
	run(t, d.plug)
	d.status(plug.Running)
	signal(t, d.plug, syscall.SIGKILL)
	d.status(plug.Crashed)
	d.status(plug.Running)
	signal(t, d.plug, syscall.SIGSTOP)
	d.status(plug.Bypassed)
	for range 30 {
		if d.block() {
			t.Fatal("changed by a program that stands still")
		}
	}
	signal(t, d.plug, syscall.SIGCONT)
	d.status(plug.Running)
	if s := d.plug.State(); s.Restarts != 1 || s.Err != nil {
		t.Errorf("%+v", s)
	}
	if d.worst > tooOld {
		t.Errorf("a block was held for %v", d.worst)
	}
	t.Logf("%d blocks, the longest held for %v", d.blocks, d.worst)
}

//go:build unix

package plug_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
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
	for kill := 1; kill <= 2; kill++ {
		some := s.changed + 10
		s.until("running", func() bool { return s.changed >= some })
		pid := s.plug.State().PID
		signal(t, s.plug, syscall.SIGKILL)
		gone(t, pid)
		s.until("told", func() bool { return s.plug.State().Err != nil })
		if now := s.plug.State(); !errors.Is(now.Err, plug.ErrEnded) {
			t.Fatalf("%+v", now)
		}
		s.until("restarted", func() bool {
			now := s.plug.State()
			if now.Restarts < kill && s.changed > some+1 {
				t.Fatalf("%d pictures were changed by a dead program", s.changed-some)
			}
			return now.Restarts == kill
		})
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
	s.untouched(30)
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
	s.untouched(30)
}

func TestTheEndLeavesNoProcess(t *testing.T) {
	t.Run("that hangs", func(t *testing.T) {
		p := plug.NewVideo(bad("is deaf"))
		stop := run(t, p)
		until(t, p, "started", func() bool { return p.State().PID != 0 })
		pid := p.State().PID
		signal(t, p, syscall.SIGSTOP)
		stop()
		gone(t, pid)
	})
	t.Run("that has lost its parent", func(t *testing.T) {
		number := filepath.Join(t.TempDir(), "pid")
		p := plug.NewVideo(bad("has children", number))
		stop := run(t, p)
		settle(t, p, 64, 48)
		child := written(t, number)
		signal(t, p, syscall.SIGKILL) // the child keeps the pipes open
		stop()
		gone(t, child)
	})
}

// written reads the number of a process from a file that it writes.
func written(t *testing.T, path string) (pid int) {
	t.Helper()
	for end := time.Now().Add(patience); pid == 0; time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(path)
		pid, _ = strconv.Atoi(string(text))
		if time.Now().After(end) {
			t.Fatal("the process has not started")
		}
	}
	return pid
}

func TestAStudioThatIsKilledTakesItsPlugInsAlong(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere a plug-in ends when its input does")
	}
	number := filepath.Join(t.TempDir(), "pid")
	argv := bad("is a studio", number)
	studio := exec.Command(argv[0], argv[1:]...)
	if err := studio.Start(); err != nil {
		t.Fatal(err)
	}
	pid := written(t, number)
	_ = studio.Process.Kill()
	_ = studio.Wait()
	gone(t, pid)
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

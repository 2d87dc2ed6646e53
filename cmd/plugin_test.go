//go:build unix

package cmd

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// A show goes on while an outside program that processes its picture hangs and while it is killed.
func TestAPlugInThatHangsOrDiesDoesNotHoldTheShowUp(t *testing.T) {
	e := newEvening(t)
	host := e.studio("--synthetic", "--figures", "--picture-plugin", "python3 ../effects/plug/sample/sepia.py")
	e.live()
	v := e.watch(t, browser(t))
	running := func() int {
		for {
			l := last(t, host)
			if pid := int(figure(t, l, "PicturePlugin", "PID")); pid > 0 && figure(t, l, "PicturePlugin", "Processed") > 60 {
				return pid
			}
		}
	}
	v.gather(30, 0)
	for _, c := range []struct {
		name   string
		signal syscall.Signal
	}{{"hangs", syscall.SIGSTOP}, {"works again", syscall.SIGCONT}, {"is killed", syscall.SIGKILL}} {
		pid := running()
		v.look()
		if err := syscall.Kill(pid, c.signal); err != nil {
			t.Fatal(err)
		}
		v.after(3 * time.Second)
		s := v.look()
		ages := s.latencies()
		if len(ages) == 0 {
			t.Fatalf("%s: no picture came", c.name)
		}
		t.Logf("%s: %d pictures in 3 s, p50 %.0f ms old on the screen, at most %.0f", c.name, len(ages), ages[len(ages)/2], slices.Max(ages))
		if len(ages) < 60 || slices.Max(ages) > 500 {
			t.Errorf("%s: the show stands still", c.name)
		}
	}
	after := running()
	if figure(t, last(t, host), "PicturePlugin", "Restarts") < 1 || after == 0 {
		t.Error("the plug-in was not started again")
	}
}

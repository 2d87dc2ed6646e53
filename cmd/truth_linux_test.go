package cmd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/server/wire"
)

// truth is what the server says that viewers see.
func (e *evening) truth() (t wire.Truth) {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.url("/api/shows/evening/truth"), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+e.token)
	a, err := e.client.Do(r)
	if err != nil {
		return t // it is slow, or stopped just now
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		e.t.Fatalf("the truth is answered %s", a.Status)
	}
	_ = json.NewDecoder(a.Body).Decode(&t)
	return t
}

// brief is what a log needs of the truth.
func brief(t wire.Truth) string {
	text, err := json.Marshal(struct {
		wire.Verdict
		wire.Seen
		wire.Hops
	}{t.Verdict, t.All, t.Hops})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// names waits until the hop is named, or that all is well if it is none. Another that is named on the way there is a failure, unless
// this machine is so busy that it may be guilty as well.
func (e *evening) names(t *testing.T, hop wire.Hop) (now wire.Truth) {
	t.Helper()
	began, wrong := time.Now(), map[wire.Hop]bool{}
	for {
		now = e.truth()
		v := now.Verdict
		switch {
		case v.Hop == hop && (hop != wire.NoHop || v.Finding == wire.AllWell && now.All.Viewers == now.Viewers):
			t.Logf("%q after %.1f s at a load of %.1f: %s", hop, time.Since(began).Seconds(), load(), brief(now))
			return now
		case time.Since(began) > patience && busy():
			t.Skipf("the machine is too busy for this (load %.1f on %d processors): %s", load(), runtime.NumCPU(), brief(now))
		case time.Since(began) > patience:
			t.Fatalf("%q was not named: %s", hop, brief(now))
		case hop != wire.NoHop && v.Hop != hop && v.Hop != wire.NoHop && v.Since.After(began) && !wrong[v.Hop]:
			wrong[v.Hop] = true
			tell := t.Errorf
			if busy() {
				tell = t.Logf
			}
			tell("for %q, %q is named at a load of %.1f: %s", hop, v.Hop, load(), brief(now))
		}
		pass(t, 100*time.Millisecond)
	}
}

// load is how many wanted a processor lately, busy whether those are so many that programs wait long for one.
func load() (l float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, _ = fmt.Sscan(string(text), &l)
	}
	return l
}

func busy() bool { return load() > 2*float64(runtime.NumCPU()) }

// pulses has a program run for a part of each period only, as one does that gets too little of a processor, until stop is called.
func (p *program) pulses(run, rest time.Duration) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer p.cmd.Process.Signal(syscall.SIGCONT)
		for {
			for _, step := range []struct {
				signal syscall.Signal
				wait   time.Duration
			}{{syscall.SIGSTOP, rest}, {syscall.SIGCONT, run}} {
				_ = p.cmd.Process.Signal(step.signal)
				select {
				case <-done:
					return
				case <-time.After(step.wait):
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

// crowds puts others on the one processor that a program is left with, until stop is called: a computer that is too slow for it.
func (p *program) crowds(others int) (stop func()) {
	p.t.Helper()
	pin := func(cpus string, pid int) {
		p.t.Helper()
		if out, err := exec.Command("taskset", "-a", "-c", "-p", cpus, fmt.Sprint(pid)).CombinedOutput(); err != nil {
			p.t.Fatalf("taskset: %v\n%s", err, out)
		}
	}
	pin("0", p.cmd.Process.Pid)
	var all []*exec.Cmd
	for range others {
		c := exec.Command("taskset", "-c", "0", "sh", "-c", "while :; do :; done")
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, c)
	}
	stop = sync.OnceFunc(func() {
		for _, c := range all {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
		pin(fmt.Sprintf("0-%d", runtime.NumCPU()-1), p.cmd.Process.Pid)
	})
	return stop
}

// Two viewers in Chromium watch the real page behind links of their own; a studio is behind another. One fault after the other is
// injected, and the hop that the server names must be the guilty one, and nobody while all is well.
func TestTheGuiltyHopOfAnInjectedFaultIsNamed(t *testing.T) {
	e, home := newFarEvening(t)
	there := newNamespace(t)
	uplink := newLink(t, home, there, 100)
	far := e.across(uplink, there)
	far.studio("--synthetic", "--size", "640x360")
	e.live()
	seats := []*seat{e.seat(t, home, 1), e.seat(t, home, 2)}
	var v *viewer
	for _, s := range seats {
		v = s.visit(t, weather{}, weather{})
		if _, ok := v.joined(hopeless); !ok {
			t.Fatal("no picture over a perfect link")
		}
	}
	t.Run("well", func(t *testing.T) {
		if got := e.names(t, wire.NoHop); got.All.LatencyP50 <= 0 || got.Hops.Encode == nil || got.Hops.LastMile == nil {
			t.Errorf("without a fault: %s", brief(got))
		}
		t.Logf("by the time code one viewer's pictures are %.0f ms old", quantile(v.gather(60, 0).latencies(), 0.5))
	})
	t.Run("a viewer's link", func(t *testing.T) {
		seats[1].set(weather{Bursts: 0.4}, weather{Bursts: 0.4})
		defer seats[1].set(weather{}, weather{})
		if got := e.names(t, wire.HopLastMile); got.All.Suffering != 1 && !busy() {
			t.Errorf("%d of %d suffer", got.All.Suffering, got.All.Viewers)
		}
	})
	t.Run("a slow server", func(t *testing.T) {
		defer e.server.pulses(250*time.Millisecond, 350*time.Millisecond)()
		e.names(t, wire.HopServer)
	})
	t.Run("loss on the uplink", func(t *testing.T) {
		uplink.set(weather{}, weather{Bursts: 0.3})
		defer uplink.set(weather{}, weather{})
		e.names(t, wire.HopUplink)
	})
	t.Run("an overloaded encoder", func(t *testing.T) {
		host := far.studio("--synthetic", "--size", "1920x1080", "--fps", "60") // takes over
		defer host.end()
		defer host.crowds(8)()
		e.names(t, wire.HopEncode)
	})
	host := far.studio("--synthetic", "--size", "640x360")
	t.Run("well again", func(t *testing.T) { e.names(t, wire.NoHop) })
	t.Run("a studio that waits for a processor", func(t *testing.T) {
		defer host.pulses(150*time.Millisecond, 250*time.Millisecond)()
		if got := e.names(t, wire.HopEncode); got.Hops.Encode.Late == 0 || got.Hops.Encode.Stalled == 0 {
			t.Errorf("its encoder is said to do %+v", got.Hops.Encode)
		}
	})
}

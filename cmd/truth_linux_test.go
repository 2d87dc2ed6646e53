package cmd

import (
	"encoding/json"
	"fmt"
	"net/http"
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

// names waits until the hop is named, and fails if another is on the way there.
func (e *evening) names(hop wire.Hop) (t wire.Truth) {
	e.t.Helper()
	began, last := time.Now(), ""
	e.until(fmt.Sprintf("%q is named; the last word was %s", hop, last), func() bool {
		t = e.truth()
		text, _ := json.Marshal(t)
		last = string(text)
		if v := t.Verdict.Hop; v != hop && v != wire.NoHop && t.Verdict.Since.After(began) {
			e.t.Errorf("for %s, %s is named: %s", hop, v, last)
		}
		return t.Verdict.Hop == hop && (hop != wire.NoHop || t.Verdict.Finding == wire.AllWell)
	})
	text, _ := json.Marshal(t)
	e.t.Logf("%q after %.1f s: %s", hop, time.Since(began).Seconds(), text)
	return t
}

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

// Three viewers in Chromium watch the real page behind links of their own; a studio is behind another. One fault after the other is
// injected, and the hop that the server names must be the guilty one, and nobody while all is well.
func TestTheGuiltyHopOfAnInjectedFaultIsNamed(t *testing.T) {
	e, home := newFarEvening(t)
	there := newNamespace(t)
	uplink := newLink(t, home, there, 100)
	host := e.across(uplink, there).studio("--synthetic", "--figures", "--size", "640x360")
	e.live()
	seats := []*seat{e.seat(t, home, 1), e.seat(t, home, 2)}
	for _, s := range seats {
		v := s.visit(t, weather{}, weather{})
		if _, ok := v.joined(hopeless); !ok {
			t.Fatal("no picture over a perfect link")
		}
	}
	well := func() { t.Helper(); e.names(wire.NoHop) }
	well()
	if got := e.truth(); got.All.LatencyP50 <= 0 || got.Hops.Encode == nil || got.Hops.LastMile == nil {
		t.Errorf("without a fault: %+v", got)
	}

	uplink.set(weather{}, weather{Bursts: 0.3})
	e.names(wire.HopUplink)
	uplink.set(weather{}, weather{})
	well()

	stop := e.server.pulses(250*time.Millisecond, 350*time.Millisecond)
	e.names(wire.HopServer)
	stop()
	well()

	seats[1].set(weather{Bursts: 0.4}, weather{Bursts: 0.4})
	if got := e.names(wire.HopLastMile); got.All.Suffering != 1 || got.All.Viewers != 2 {
		t.Errorf("%d of %d suffer", got.All.Suffering, got.All.Viewers)
	}
	seats[1].set(weather{}, weather{})
	well()
	_ = host
}

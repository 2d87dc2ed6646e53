package cmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"vitrine/capture/frame"
)

// check is the network check as a studio behind a link makes it.
func (e *evening) check() (p frame.Path) {
	e.t.Helper()
	self, err := os.Executable()
	if err != nil {
		e.t.Fatal(err)
	}
	c := exec.CommandContext(e.t.Context(), self)
	c.Env = append(os.Environ(), checkAt+"="+e.url(""), "VITRINE_TOKEN="+e.token)
	c.Stderr = os.Stderr
	e.enter(c)
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &p)
	}
	if err != nil {
		e.t.Fatalf("%v: %s", err, out)
	}
	return p
}

func TestTheNetworkCheckFindsWhatALinkIsLike(t *testing.T) {
	e, home := newFarEvening(t)
	there := newNamespace(t)
	l := newLink(t, home, there, 1)
	far := e.across(l, there)
	const oneWay = 20 * time.Millisecond
	for name, c := range map[string]struct {
		up        weather
		least     int     // bits a second that get through
		lost, not float64 // the loss lies between
	}{
		"narrow": {weather{Rate: 3_000_000, Delay: oneWay}, 1_500_000, 0, 0.02},
		"lossy":  {weather{Drop: 0.1, Delay: oneWay}, 1, 0.03, 0.25},
	} {
		t.Run(name, func(t *testing.T) {
			l.set(weather{Delay: oneWay}, c.up)
			p := far.check()
			if p.Up < c.least || c.up.Rate > 0 && p.Up > int(c.up.Rate) {
				t.Errorf("%d bit/s are said to get through", p.Up)
			}
			if p.RTT < 2*oneWay || p.Jitter <= 0 {
				t.Errorf("a round trip is said to take %v, more or less by %v", p.RTT, p.Jitter)
			}
			if p.Loss < c.lost || p.Loss > c.not {
				t.Errorf("%.3f are said to be lost", p.Loss)
			}
		})
	}
	if e.show().Live {
		t.Error("a check went on air")
	}
}

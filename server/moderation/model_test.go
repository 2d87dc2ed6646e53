package moderation

import (
	"fmt"
	"os"
	"testing"
)

// tally counts what a judgement was and what it should have been.
type tally struct{ hits, misses, alarms, quiet int }

func (t *tally) add(said, harmful bool) {
	switch {
	case said && harmful:
		t.hits++
	case harmful:
		t.misses++
	case said:
		t.alarms++
	default:
		t.quiet++
	}
}

func (t tally) precision() float64 { return float64(t.hits) / float64(max(t.hits+t.alarms, 1)) }
func (t tally) recall() float64    { return float64(t.hits) / float64(max(t.hits+t.misses, 1)) }

func TestCV(t *testing.T) {
	groups := seed()
	for _, th := range []float64{0.3, .4, .5, .6, .7, .8, .9} {
		var all tally
		m := newModel(groups, 10)
		for _, g := range groups {
			m.add(g, -1)
			for _, e := range g {
				all.add(logistic(m.slope*m.margin(e.rows)+m.offset) >= th, e.class != 0)
			}
			m.add(g, 1)
		}
		fmt.Fprintf(os.Stderr, "%.1f p %.3f r %.3f\n", th, all.precision(), all.recall())
	}
	m := newModel(groups, 10)
	ll := 0.0
	for _, g := range groups {
		m.add(g, -1)
		for _, e := range g {
			p := logistic(m.slope*m.margin(e.rows) + m.offset)
			if e.class == 0 {
				p = 1 - p
			}
			ll -= ln(p)
		}
		m.add(g, 1)
	}
	fmt.Fprintln(os.Stderr, "logloss", ll/576)
}

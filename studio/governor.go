package studio

import (
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
)

// governor keeps effects and encoder within their time. It hears once a second how long pictures took and how many found the
// encoder busy, and answers with what to leave out of the effects and the format to use: what the host asked for, or less. It
// is pure.
//
// Down goes quickly (two bad seconds), up slowly (20 good ones), and every step up that did not hold doubles the wait
// before the next, so that a machine at its limit settles instead of swinging.
type governor struct {
	ladder []rung
	at     int
	bad    int
	good   int
	patience,
	sinceUp int
}

// rung is what is made: a format, and effects with something left out.
type rung struct {
	format frame.Format
	thrift effects.Thrift
}

// load is what effects and encoder did during one second.
type load struct {
	dress   time.Duration // to give a picture its effects, in the mean; zero if none came
	mean    time.Duration // to encode a picture in all its layers
	encoded int
	dropped int
	layers  [frame.Layers]layerLoad
}

// layerLoad is what became of one layer in that second.
type layerLoad struct {
	state           LayerState
	format          frame.Format
	pictures, bytes int
	skipped         uint64
}

const (
	badSeconds   = 2
	firstPatient = 20
	maxPatient   = 320
	trial        = 15 // seconds a step up must hold
)

func newGovernor(want frame.Format, look effects.Look) *governor {
	return &governor{ladder: rungs(want, look), patience: firstPatient, sinceUp: trial}
}

// rungs are the ways down from what the host wants: first what of the look is noticed least, then the picture's format, at last
// the look.
func rungs(want frame.Format, look effects.Look) []rung {
	var early, late []effects.Thrift
	for _, t := range look.Thrifts() {
		if t < effects.NoBeauty {
			early = append(early, t)
		} else {
			late = append(late, t)
		}
	}
	list := []rung{{format: want}}
	for _, t := range early {
		list = append(list, rung{want, t})
	}
	for _, f := range ladder(want)[1:] {
		list = append(list, rung{f, list[len(list)-1].thrift})
	}
	for _, t := range late {
		list = append(list, rung{list[len(list)-1].format, t})
	}
	return list
}

// ladder lists formats from the wanted one down: first fewer pictures above 30 a second, then smaller ones, then 15 a
// second.
func ladder(want frame.Format) []frame.Format {
	steps := []frame.Format{want}
	last := want
	add := func(f frame.Format) {
		if f != last {
			steps = append(steps, f)
			last = f
		}
	}
	if last.FPS > 30 {
		add(frame.Format{Width: last.Width, Height: last.Height, FPS: 30})
	}
	for i := len(frame.Formats) - 1; i >= 0; i-- {
		if f := frame.Formats[i]; f.Height < last.Height {
			add(frame.Format{Width: f.Width, Height: f.Height, FPS: last.FPS})
		}
	}
	if last.FPS > frame.MinFPS {
		add(frame.Format{Width: last.Width, Height: last.Height, FPS: frame.MinFPS})
	}
	return steps
}

func (g *governor) format() frame.Format { return g.ladder[g.at].format }

func (g *governor) thrift() effects.Thrift { return g.ladder[g.at].thrift }

func (g *governor) reduced() bool { return g.at > 0 }

// wear makes the ladder one for another look, unless something is left out now.
func (g *governor) wear(look effects.Look) {
	if g.at == 0 {
		g.ladder = rungs(g.ladder[0].format, look)
	}
}

// second takes one second's load and reports whether the format changed.
func (g *governor) second(l load) bool {
	total := l.encoded + l.dropped
	if total == 0 && l.dress == 0 {
		return false
	}
	g.sinceUp++
	interval := g.format().Interval()
	slowest := max(l.mean, l.dress)
	switch {
	case slowest > interval*9/10 || l.dropped*20 > total:
		g.bad++
		g.good = 0
	case slowest < interval/2 && l.dropped == 0:
		g.good++
		g.bad = 0
	default:
		g.good, g.bad = 0, 0
	}
	switch {
	case g.bad >= badSeconds && g.at < len(g.ladder)-1:
		if g.sinceUp < trial {
			g.patience = min(2*g.patience, maxPatient)
		}
		g.at++
	case g.good >= g.patience && g.at > 0:
		g.at--
		g.sinceUp = 0
	default:
		return false
	}
	g.good, g.bad = 0, 0
	return true
}

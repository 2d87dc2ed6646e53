package stage

import (
	"maps"
	"slices"
	"time"

	"vitrine/server/wire"
)

// outFor is for how long somebody who was removed cannot apply again.
const outFor = 10 * time.Minute

// guests are who is on stage beside the host, or on the way there.
type guests struct {
	Open bool `json:"open,omitempty"`
	// On are the invited and those who were let on, these in the order in which they were. Line are those who apply, the first first.
	On   []guest `json:"on,omitempty"`
	Line []guest `json:"line,omitempty"`
	// Out says until when, Unix ms, those who were removed cannot apply.
	Out    map[wire.Alias]int64 `json:"out,omitempty"`
	Layout wire.StageLayout     `json:"layout"`
}

// guest is somebody on the stage or on the way there. Quiet says that no sound comes, muted or not.
type guest struct {
	wire.StageGuest
	Quiet bool `json:"quiet,omitempty"`
}

// admitted says whether somebody may send.
func (g *guest) admitted() bool {
	return g.State == wire.GuestAdmitted || g.State == wire.GuestLive || g.State == wire.GuestAway
}

// seen says whether somebody has a place in the picture.
func (g *guest) seen() bool { return g.State == wire.GuestLive || g.State == wire.GuestAway }

// over says whether the time of a state has run out.
func (g *guest) over(at int64) bool { return g.Until != 0 && at >= g.Until }

// become is what a guest is from now on; within says for how long, 0 for as long as nothing happens.
func (g *guest) become(s wire.GuestState, at int64, within time.Duration) {
	g.State, g.Since, g.Until, g.Coming = s, at, 0, false
	if within > 0 {
		g.Until = at + within.Milliseconds()
	}
}

func (g *guests) clone() guests {
	c := *g
	c.On, c.Line, c.Out = slices.Clone(g.On), slices.Clone(g.Line), maps.Clone(g.Out)
	return c
}

func (g *guests) find(who wire.Alias) *guest {
	if i := in(g.On, who); i >= 0 {
		return &g.On[i]
	}
	if i := in(g.Line, who); i >= 0 {
		return &g.Line[i]
	}
	return nil
}

func in(list []guest, who wire.Alias) int {
	return slices.IndexFunc(list, func(g guest) bool { return g.Alias == who })
}

// drop forgets somebody. The lists are new, because a refused step needs the old ones.
func (g *guests) drop(who wire.Alias) {
	is := func(g guest) bool { return g.Alias == who }
	g.On, g.Line = slices.DeleteFunc(slices.Clone(g.On), is), slices.DeleteFunc(slices.Clone(g.Line), is)
}

// told is a list as the staff, or all, are told of it.
func told(list []guest, staff bool) []wire.StageGuest {
	var all []wire.StageGuest
	for _, g := range list {
		if !staff && !g.admitted() {
			continue
		}
		one := g.StageGuest
		if !staff {
			one.Note, one.Refused = "", ""
		}
		one.Silent = g.State == wire.GuestLive && g.Quiet && !g.Muted && !g.SelfMuted
		all = append(all, one)
	}
	return all
}

// mine is how far somebody is; nil for not at all.
func (g *guests) mine(who wire.Alias) *wire.StageMine {
	one := g.find(who)
	if one == nil {
		return nil
	}
	return &wire.StageMine{
		State: one.State, Place: 1 + in(g.Line, who), Until: one.Until, Muted: one.Muted, Dark: one.Dark, Media: one.Media,
		Refused: one.Refused,
	}
}

// due is when the next time runs out; 0 for never.
func (g *guests) due() (due int64) {
	for _, one := range g.On {
		if one.Until != 0 && (due == 0 || one.Until < due) {
			due = one.Until
		}
	}
	return due
}

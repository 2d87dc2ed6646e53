package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
)

// stageNews is what is new on the stage and may need the host: who would like to come, calls and challenges, for as long as they wait for an answer;
// what keeps a guest from being seen and heard, for as long as it does; and who has left, until it is dismissed or old.
type stageNews struct {
	w     *Window
	shown []stageNew
	gone  []stageNew      // who has left
	off   map[string]bool // dismissed, by key, as long as it lasts
	first map[string]time.Time
	seen  *studio.Stage
	ours  map[wire.Alias]bool // whom the host has removed: that is no news
}

// stageNew is a part of it.
type stageNew struct {
	key, text string
	tab       int
	when      time.Time
}

// Bounds of what is told: how long it is told that somebody has left, and of how many.
const (
	goneFor  = 2 * time.Minute
	mostGone = 4
)

func newStageNews(w *Window) *stageNews {
	return &stageNews{w: w, off: map[string]bool{}, first: map[string]time.Time{}, ours: map[wire.Alias]bool{}}
}

// apply takes a snapshot and reports whether there is something else to show.
func (n *stageNews) apply(s *studio.Snapshot) bool {
	if roomOf(s).Phase != studio.RoomHere {
		n.seen = nil
		n.w.side.want(wants(false))
		return n.set(nil)
	}
	stage := stageOf(s)
	if n.seen != nil && n.seen != stage {
		n.left(n.seen, stage)
	}
	n.seen = stage
	now := n.w.now()
	n.gone = slices.DeleteFunc(n.gone, func(one stageNew) bool { return now.Sub(one.when) > goneFor })
	waiting := n.waiting(stage)
	live := map[string]bool{}
	for i := range waiting {
		one := &waiting[i]
		live[one.key] = true
		if n.first[one.key].IsZero() {
			n.first[one.key] = now
		}
		one.when = n.first[one.key]
	}
	for key := range n.first {
		if !live[key] {
			delete(n.first, key)
			delete(n.off, key)
		}
	}
	n.w.side.want(wants(len(waiting) > 0))
	all := slices.DeleteFunc(waiting, func(one stageNew) bool { return n.off[one.key] })
	return n.set(append(all, n.gone...))
}

// wants is the panel that waits for the host, −1 for none.
func wants(stage bool) int {
	if stage {
		return stageSide
	}
	return -1
}

func (n *stageNews) set(list []stageNew) bool {
	if slices.Equal(list, n.shown) {
		return false
	}
	n.shown = list
	return true
}

// waiting is what waits for the host's answer, what is most urgent first.
func (n *stageNews) waiting(s *studio.Stage) (all []stageNew) {
	t := n.w.words
	for _, c := range s.Now.Calls {
		if !c.Ours {
			all = append(all, stageNew{key: "< " + string(c.ID), text: fmt.Sprintf(t.NewsCall, roomName(c.From)), tab: battleTab})
		}
	}
	if b := s.Now.Battle; toAgree(b) {
		all = append(all, stageNew{key: fmt.Sprint("# ", b.ID, b.Round), text: fmt.Sprintf(t.NewsChallenge, t.others(b)), tab: battleTab})
	}
	all = append(all, n.wrong(s.Now.Guests)...)
	var names []string
	key := "? "
	for _, g := range s.Now.Applied {
		names = append(names, g.Name)
		key += string(g.Alias) + " "
	}
	switch {
	case len(names) == 1:
		all = append(all, stageNew{key: key, text: fmt.Sprintf(t.NewsApplied, names[0]), tab: guestsTab})
	case len(names) > 1:
		all = append(all, stageNew{key: key, text: fmt.Sprintf(t.NewsAppliedMany, len(names), some(names)), tab: guestsTab})
	}
	return all
}

// wrong is what keeps guests from being seen and heard, and what the host can do about it.
func (n *stageNews) wrong(guests []wire.StageGuest) (all []stageNew) {
	t := n.w.words
	for _, g := range guests {
		text := map[wire.Code]string{wire.TooLarge: t.NewsTooLarge, wire.NoCodec: t.NewsNoCodec}[g.Refused]
		if text == "" && g.Silent && g.State == wire.GuestLive {
			text = t.NewsSilent
		}
		if text != "" {
			all = append(all, stageNew{key: "! " + string(g.Alias) + string(g.Refused), text: fmt.Sprintf(text, g.Name), tab: guestsTab})
		}
	}
	return all
}

// mostNamed is how many names a sentence holds.
const mostNamed = 3

// some are the first of some names.
func some(names []string) string {
	if len(names) > mostNamed {
		return strings.Join(names[:mostNamed], ", ") + " …"
	}
	return strings.Join(names, ", ")
}

// left finds who was on stage and is not any more.
func (n *stageNews) left(before, after *studio.Stage) {
	t := n.w.words
	tell := func(key, text string, tab int) {
		n.gone = append([]stageNew{{key: key, text: text, tab: tab, when: n.w.now()}}, n.gone...)
		n.gone = n.gone[:min(len(n.gone), mostGone)]
	}
	for _, g := range before.Now.Guests {
		there := slices.ContainsFunc(after.Now.Guests, func(h wire.StageGuest) bool { return h.Alias == g.Alias })
		if there {
			continue
		}
		if was := g.State == wire.GuestLive || g.State == wire.GuestAway; was && !n.ours[g.Alias] {
			tell("- "+string(g.Alias), fmt.Sprintf(t.NewsLeft, g.Name), guestsTab)
		}
		delete(n.ours, g.Alias)
	}
	if b := before.Now.Battle; b != nil && after.Now.Battle == nil {
		tell("- "+string(b.ID), fmt.Sprintf(t.NewsUnlinked, t.others(b)), battleTab)
	}
}

// dismiss shows a part no more.
func (n *stageNews) dismiss(one stageNew) {
	if !n.first[one.key].IsZero() {
		n.off[one.key] = true
	}
	n.gone = slices.DeleteFunc(n.gone, func(g stageNew) bool { return g.key == one.key })
}

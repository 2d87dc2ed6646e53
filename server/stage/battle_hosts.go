package stage

import (
	"vitrine/server/wire"
)

// fightWish does what the host wishes of the link: at the referee's at once, elsewhere by asking the referee.
func (t *play) fightWish(w *wire.StageWish) error {
	l := t.c.Link
	if l == nil {
		return errUnlinked()
	}
	h, id := hostWish{}, l.ID
	switch {
	case w.Challenge != nil:
		terms := complete(*w.Challenge)
		h.Challenge = &terms
	case w.Agree != nil:
		h.Agree, id = w.Agree.Round, w.Agree.ID
	case w.Decline != nil:
		h.Decline, id = w.Decline.Round, w.Decline.ID
	case w.End != nil:
		h.End, id = w.End.Round, w.End.ID
	case w.Unlink != nil:
		h.Unlink, id = true, w.Unlink.ID
	}
	if id != l.ID {
		return wire.Errorf(wire.NotFound, "the host is not in the battle %q: it is over, or another's", tame(string(id), 80))
	}
	if err := l.may(l.Us, &h, t.at+l.Clock.Off); err != nil {
		return err
	}
	if l.referee() {
		t.decide(l.Us, &h)
		return nil
	}
	return t.ask(h)
}

// ask sends a wish of the host's to the referee. A referee that is lost is waited for no longer than the host wants.
func (t *play) ask(h hostWish) error {
	l := t.c.Link
	switch {
	case h.Unlink && l.Apart:
		t.quit("")
		return nil
	case l.Apart:
		return wire.Errorf(wire.Unavailable, "the other host's room is not heard: wait until it is back, or unlink")
	case len(l.Wishes) >= 32:
		return wire.Errorf(wire.Unavailable, "the other host's room has not answered to what you wished before: wait a moment")
	}
	l.WishN++
	h.N = l.WishN
	l.Leave = l.Leave || h.Unlink
	l.Wishes = append(l.Wishes, h)
	l.Peers[0].Dirty = true
	return nil
}

// quit leaves a link whose referee is not heard. That is not numbered.
func (t *play) quit(reason string) {
	l := t.c.Link
	t.tell(wire.Battled{ID: l.ID, What: wire.BattleUnlinked, Corner: l.Us, Reason: reason}, false)
	ref := l.Peers[0].Room
	t.unlinked()
	t.say(ref, l.ID, sayDrop, reason)
}

// may says why a corner's host may not wish h now, ref being the referee's time.
func (l *link) may(id wire.CornerID, h *hostWish, ref int64) error {
	switch {
	case h.Challenge != nil:
		if l.Phase != wire.BattleLinked {
			return wire.Errorf(wire.Conflict, "there is a battle already: challenge again when its lap is over")
		}
		return checkTerms(h.Challenge, len(l.Seats))
	case h.Agree != 0:
		if l.Phase != wire.BattleChallenged || h.Agree != l.Round {
			return wire.Errorf(wire.Conflict, "challenge %d does not wait for an answer", h.Agree)
		}
		if l.seat(id).Agreed {
			return wire.Errorf(wire.Conflict, "you have agreed already: the others are waited for")
		}
	case h.Decline != 0:
		if l.Phase != wire.BattleChallenged || h.Decline != l.Round {
			return wire.Errorf(wire.Conflict, "challenge %d does not wait for an answer", h.Decline)
		}
	case h.End != 0:
		switch {
		case !l.fighting() || h.End != l.Round:
			return wire.Errorf(wire.Conflict, "round %d is not being fought: there is nothing to end", h.End)
		case ref >= l.End:
			return wire.Errorf(wire.Conflict, "the time of round %d is over, and its points are being counted", h.End)
		case l.seat(id).State == wire.CornerForfeit:
			return wire.Errorf(wire.Conflict, "you have lost round %d already", h.End)
		}
	case h.Unlink:
	default:
		return wire.Errorf(wire.Invalid, "rounds are counted from 1")
	}
	return nil
}

// decide does what a corner's host wishes, and numbers it. What they may not wish any more has no effect: of two who press End, the
// first has lost.
func (t *play) decide(id wire.CornerID, h *hostWish) {
	l := t.c.Link
	if l.may(id, h, t.at) != nil {
		return
	}
	switch {
	case h.Challenge != nil:
		t.number(entry{At: t.at, What: wire.BattleHasBegun, Corner: id, Round: l.Round + 1, Terms: h.Challenge, Until: t.at + answer})
	case h.Agree != 0:
		t.number(entry{At: t.at, What: wire.BattleAgreed, Corner: id})
		if l.agreed() {
			t.number(entry{At: t.at, What: wire.BattleCounts, Round: l.Round, Until: t.at + countdown})
		}
	case h.Decline != 0:
		t.number(entry{At: t.at, What: wire.BattleDeclined, Corner: id})
	case h.End != 0:
		t.number(entry{At: t.at, What: wire.BattleCornerGone, Corner: id, Scores: l.scores(), Reason: "end"})
	case h.Unlink:
		t.unlink(id, t.at, "")
	}
}

// presence notes whether the host's media come.
func (t *play) presence(up bool) {
	if t.c.Down == !up {
		return
	}
	t.c.Down = !up
	if l := t.c.Link; l != nil && !l.referee() {
		l.Peers[0].Dirty = true
	}
}

// told takes in, at the referee's, what another room of the link tells.
func (t *play) told(from wire.BattleRoom, b *body) error {
	l := t.c.Link
	if l == nil || l.ID != b.Battle {
		return t.stranger(from, b)
	}
	id := cornerOf(from)
	i := l.peer(id)
	h := b.Here
	switch {
	case !l.referee() || i < 0 && l.Former[id] == 0:
		return wire.Errorf(wire.Forbidden, "%s is not in that battle, or its letter is to the referee and came to another", id)
	case i < 0:
		if b.N > l.Former[id] {
			l.former(id, b.N)
			t.remind(from, l.ID)
		}
		return nil
	case h.Got < 0 || h.Got > l.Seq || h.Tally.check() != nil:
		return wire.Errorf(wire.Invalid, "a letter of %s tells of what cannot be", id)
	}
	p := &l.Peers[i]
	p.Acked = max(p.Acked, h.Got)
	if b.N > p.N {
		p.N, p.Heard, p.Came, p.Echo, p.Silent, p.Down = b.N, t.at, t.at, b.S, false, h.Down
		p.Tally = h.Tally.tamed()
	}
	l.prune()
	for _, w := range h.Wishes {
		i := -1
		if t.c.Link != nil {
			i = l.peer(id)
		}
		if i < 0 {
			break // has been unlinked
		}
		if w.N == l.Peers[i].Wished+1 {
			l.Peers[i].Wished = w.N
			l.Peers[i].Soon = true
			t.decide(id, &w)
		}
	}
	return nil
}

// refereed takes in what the referee tells.
func (t *play) refereed(from wire.BattleRoom, b *body) error {
	l := t.c.Link
	if l == nil || l.ID != b.Battle {
		joined, err := t.join(from, b)
		if err != nil || !joined {
			return err
		}
		l = t.c.Link
	}
	if l.referee() || !same(from, l.Peers[0].Room) {
		return wire.Errorf(wire.Forbidden, "%s is not the referee of that battle", cornerOf(from))
	}
	fresh := b.N > l.Peers[0].N
	if fresh {
		t.heard(b)
	}
	for i := range b.Ref.Entries {
		e := &b.Ref.Entries[i]
		switch {
		case e.Seq <= l.Seq:
			continue
		case e.Seq > l.Seq+1:
			return nil // what is between is on the way, in another letter
		}
		if err := l.fits(e); err != nil {
			return err
		}
		if t.put(e); t.c.Link == nil {
			return nil
		}
	}
	if fresh {
		t.honoured(b.Ref.Best)
	}
	return nil
}

// heard notes that the referee is there, and what its clock says.
func (t *play) heard(b *body) {
	l := t.c.Link
	p := &l.Peers[0]
	if p.Room.Server != "" {
		l.Clock.sample(b.Ref.Echo, b.Ref.Came, b.S, t.at)
	}
	p.N, p.Heard, p.Echo = b.N, t.at, b.S
	l.dealt(b.Ref.Wished)
	if l.Apart {
		l.Apart = false
		t.tell(wire.Battled{ID: l.ID, What: wire.BattleCornerBack, Corner: p.ID, Now: l.now()}, false)
	}
}

// passReplica notes, where the referee is another, that it has not been heard: after the grace it is shown as away, and who wished to be
// unlinked is; after a longer time the link ends, and its round counts for nobody.
func (t *play) passReplica() {
	l := t.c.Link
	if l == nil || l.referee() {
		return
	}
	switch p := &l.Peers[0]; {
	case t.at >= p.Heard+lost:
		t.quit("lost")
	case t.at >= p.Heard+grace && l.Leave:
		t.quit("")
	case t.at >= p.Heard+grace && !l.Apart:
		l.Apart = true
		t.tell(wire.Battled{ID: l.ID, What: wire.BattleCornerAway, Corner: p.ID, Now: l.now()}, false)
	}
}

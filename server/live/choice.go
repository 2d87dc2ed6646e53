package live

import (
	"time"

	"vitrine/server/wire"
)

const (
	// margin is by how much a higher layer must fit beneath what the link carries, slack by how much the one that is sent may exceed
	// it as long as no queue shows.
	margin = 1.15
	slack  = 1.3
	// climbAfter is the least time between a change of layer and one to a higher; where copies are needed it is climbLossy, because
	// a change costs a key frame, which is hard to bring over.
	climbAfter = time.Second
	climbLossy = 8 * time.Second
	// climbKeys is how often, at most, a layer's publisher is asked for key frames by those who want to climb to it.
	climbKeys = 1500 * time.Millisecond
	// repeatedMost bounds, in bits a second, what a picture may cost with all that is repeated of it: above, a lower layer carries
	// the copies.
	repeatedMost = 4_000_000
	// probeBack is from how many of the newest packets probes are made.
	probeBack = 16
)

// choice is what a viewer's layer is chosen by, beside its guard and the feed.
type choice struct {
	changedAt time.Time
	ceiling   func() ceiling // nil for viewers that wish for nothing
	height    int            // of the ceiling that was chosen by
	changed   func(l *Layer) // is told which layer is sent from now on, nil for none; may be nil
}

// ceiling is the most of a picture that a viewer wants. The zero value is all of it.
type ceiling struct {
	pinned wire.LayerID
	height int // that it is seen in, pixels
	hidden bool
}

// enough is the share of the height in which a picture is seen that a layer must have, in quarters: what is enlarged by so little does not
// show it.
const enough = 3

// reached reports whether the viewer wants nothing higher than the layer.
func (c ceiling) reached(l *Layer) bool {
	return l.id() == c.pinned || c.height > 0 && l.usable.Load() && 4*l.Size().Height >= enough*c.height
}

// wants is the ceiling now.
func (d *DownTrack) wants() ceiling {
	if d.choice.ceiling == nil {
		return ceiling{}
	}
	return d.choice.ceiling()
}

// choose is the highest layer of the feed that fits what the link carries, at least the lowest; nil if none is usable. A layer that
// the viewer has pinned, or that fills the height in which it is seen, is the highest that it gets: what does not fit would stutter and take
// the sound with it. above is the cost of the next higher one, 0 if there is none.
func (f *feed) choose(g *guard, current *Layer, most ceiling) (best *Layer, above float64) {
	room := g.way.link.carries()
	if g.level >= copiesFrom {
		room = min(room, repeatedMost)
	}
	higher := false
	for _, l := range f.layers() {
		if l.usable.Load() {
			cost := g.cost(float64(l.rate.Load()))
			switch {
			case higher:
				cost *= margin
			case l == current && !g.way.congested():
				cost /= slack // bitrates and losses come and go
			}
			switch {
			case best == nil, cost <= room:
				best = l
			case above == 0:
				above = cost
			}
		}
		higher = higher || l == current
		if most.reached(l) {
			break
		}
	}
	if g.level >= copiesFrom && above > repeatedMost {
		above = 0
	}
	return best, above
}

// steer has the viewer get the layer that its link carries.
func (d *DownTrack) steer(now time.Time) {
	if d.phase == resting {
		return
	}
	if d.phase == waiting && (d.woken || !d.forwarder.begun) && now.Sub(d.askedAt) > keyPatience { // nobody answered a newcomer's wish
		if key, newest := d.up.cache.Key(); key != nil {
			d.burst(key, newest, now)
		}
	}
	if c := d.up.clock.Load(); d.guessed && c != nil && c.told {
		d.report(now)
	}
	if d.guard.way.congested() {
		d.resends = min(d.resends, int(resendsQueued*d.guard.way.link.carries()/8))
	}
	best, above := d.feed.choose(d.guard, d.layer, d.wants())
	if d.repeat.Payload != 0 && d.phase == flowing && !d.guard.way.congested() {
		d.guard.way.link.wants(above, d.exit.nextCounted(), now)
	}
	d.guard.picture = float64(d.layer.rate.Load())
	climbs := best != nil && d.layer.usable.Load() && best.rate.Load() > d.layer.rate.Load()
	switch {
	case best == nil || best == d.layer || climbs && now.Sub(d.choice.changedAt) < d.patience():
		d.turn(nil)
		return
	case climbs:
		d.turn(best)
		best.up.RequestKeyAfter(climbKeys, now)
		return
	}
	d.turn(best)
	best.up.RequestKey(now)
	if key, newest := best.up.cache.Key(); key != nil && !d.forwarder.begun { // nothing was sent that this could repeat
		d.become(now)
		d.burst(key, newest, now)
		return
	}
	if d.guard.way.congested() && d.phase != waiting {
		d.forwarder.Break() // what does not pass would only keep the lower picture from passing
		d.phase = waiting
	}
}

// patience is how long a layer must have been sent before a higher one is.
func (d *DownTrack) patience() time.Duration {
	if d.guard.level >= copiesFrom {
		return climbLossy
	}
	return climbAfter
}

// turn makes a layer the next, nil for the one that is sent.
func (d *DownTrack) turn(next *Layer) {
	if next == d.next {
		return
	}
	if next != nil {
		next.Want(true)
	}
	if d.next != nil {
		d.next.Want(false)
	}
	d.next = next
}

// change goes on with the next layer, beginning with the packet.
func (d *DownTrack) change(key *Packet, now time.Time) {
	before, after := d.up.clock.Load(), d.next.up.clock.Load()
	if before != nil && after != nil {
		if _, ok := d.forwarder.Offset(d.up, before.epoch); ok {
			d.forwarder.Switch(key, before.ahead(after, now), now)
		}
	}
	d.become(now)
	d.phase, d.seen = flowing, 0
}

// become makes the next layer the one that is sent.
func (d *DownTrack) become(now time.Time) {
	d.layer.Want(false)
	d.begin(d.next)
	d.next = nil
	d.choice.changedAt = now
}

// begin makes the layer the one that is sent.
func (d *DownTrack) begin(l *Layer) {
	if d.layer == l {
		return
	}
	d.layer, d.up = l, l.up
	d.show(l)
}

// probe sends what is due of a probe: packets that were sent before, which are no harm and may be of use.
func (d *DownTrack) probe(now time.Time) {
	p := &d.guard.way.link.probe
	if !p.due(now) || d.phase != flowing {
		return
	}
	_, newest := d.up.cache.Key()
	if newest == nil {
		return
	}
	for i := range int64(probeBack) {
		if !p.due(now) {
			return
		}
		k := d.up.cache.Get(newest.Index - i)
		if k == nil {
			continue
		}
		if h, ok := d.forwarder.Again(k); ok {
			p.leaves(d.writeAgain(h, k, false), d.exit.nextCounted())
		}
	}
}

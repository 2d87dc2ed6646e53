package studio

import (
	"context"
	"errors"
	"slices"
	"time"

	"vitrine/server/wire"
)

// flight is an edit on its way to the server.
type flight struct {
	edit *edit
	sure bool // no try before went without an answer
}

// Waits between tries.
const (
	shortPause, longPause = 250 * time.Millisecond, 15 * time.Second
	// tryAhead is how many edits of stock are noted as tried at once: each note waits for the disk.
	tryAhead = 200
	// sendWithin is how long a product and its pictures may take.
	sendWithin = 2 * time.Minute
)

// sendEdit sends the first edit in turn that can be sent, one at a time.
func (s *Session) sendEdit(d *desk, now time.Time) {
	if s.desk != d || d.link == nil || d.flying != nil || d.shop.Phase != RoomHere || !d.heard || now.Before(d.pause) {
		return
	}
	for i, id := range d.turn {
		e := d.mine[id]
		switch {
		case e.Theirs != nil || e.Refusal != nil:
			continue
		case e.seq > d.kept:
			return
		case e.Tried == nil && e.restocks():
			d.note(d.turn[i:])
			return
		}
		s.fly(d, e)
		return
	}
}

// note has edits of stock kept as tried before they are.
func (d *desk) note(turn []wire.ProductID) {
	d.seq++
	for _, id := range turn[:min(len(turn), tryAhead)] {
		if e := d.mine[id]; e.Tried == nil && e.Theirs == nil && e.Refusal == nil && e.restocks() {
			n := *e
			n.Tried, n.unsent, n.seq = &tried{Base: *e.Base, Sent: e.Mine}, true, d.seq
			d.mine[id] = &n
		}
	}
	d.post(false)
}

// fly sends an edit.
func (s *Session) fly(d *desk, e *edit) {
	d.flying = &flight{edit: e, sure: e.Tried == nil || e.unsent}
	d.stale[e.Mine.ID] = true
	s.group.Go(func() error {
		ctx, cancel := context.WithTimeout(d.ctx, sendWithin)
		defer cancel()
		p, told, err := s.deliver(ctx, d, e)
		s.post(d.ctx, func() {
			if s.desk != d {
				return
			}
			for _, problem := range told {
				s.notice(problem)
			}
			s.answered(d, p, err, time.Now())
		})
		return nil
	})
}

// deliver sends a product behind its pictures. A picture that the server cannot fetch stops nothing: the product goes without, and told says so.
func (s *Session) deliver(ctx context.Context, d *desk, e *edit) (_ wire.Product, told []Problem, err error) {
	p := e.Mine
	p.Pictures = slices.Clone(p.Pictures)
	for i := range p.Pictures {
		pic := &p.Pictures[i]
		switch {
		case pic.ID != "":
			err = s.sendPicture(ctx, d, pic.ID)
		case pic.Source != "":
			var got wire.Picture
			got, err = d.link.FetchPicture(ctx, pic.Source)
			if pic.ID = got.ID; err != nil && !passing(err) {
				told = append(told, Problem{Trouble: PictureMissing, Name: p.Title, Detail: err.Error()})
				err = nil
			}
		}
		if err != nil {
			return p, told, err
		}
	}
	seen := int64(0)
	if e.Base != nil {
		seen = e.Base.Version
	}
	p, err = d.link.PutProduct(ctx, e.sent(p), seen)
	return p, told, err
}

// sent is the product as the server takes it: stock that the host has not changed is left out, so that what is sold meanwhile hinders nothing.
func (e *edit) sent(p wire.Product) wire.Product {
	p.Variants = slices.Clone(p.Variants)
	for i := range p.Variants {
		v := &p.Variants[i]
		v.Left, v.Waiting = 0, 0
		if e.Base == nil {
			continue
		}
		if was := find(e.Base.Variants, v.ID, variantID); was != nil && was.Stock == v.Stock {
			v.Stock, v.Version = 0, 0
		}
	}
	return p
}

// passing says that an error says nothing of what was asked for: it can be asked for again.
func passing(err error) bool {
	var e *wire.Error
	if !errors.As(err, &e) {
		return true
	}
	switch e.Code {
	case wire.Unavailable, wire.RateLimited, wire.Unauthenticated:
		return true
	}
	return false
}

// answered goes on after an edit was taken, refused, or not answered.
func (s *Session) answered(d *desk, stored wire.Product, err error, now time.Time) {
	f, id := d.flying, d.flying.edit.Mine.ID
	d.flying = nil
	d.stale[id], d.later = true, true
	if err == nil {
		d.wait = 0
		d.taken(f.edit, stored)
		s.sendEdit(d, now)
		return
	}
	next := *d.mine[id]
	switch {
	case passing(err):
		next.Tried, next.unsent = f.edit.Tried, false
		d.again(now, err)
	case wire.CodeOf(err) == wire.Precondition:
		d.again(now, err)
	default:
		errors.As(err, &next.Refusal)
	}
	if f.sure && !passing(err) {
		next.Tried, next.unsent = nil, false
	}
	d.put(id, &next)
	d.meet(id)
	s.sendEdit(d, now)
}

// again lets the next try wait, each longer than the one before.
func (d *desk) again(now time.Time, err error) {
	d.wait = min(max(2*d.wait, shortPause), longPause)
	var e *wire.Error
	if errors.As(err, &e) {
		d.wait = max(d.wait, min(e.RetryAfter, longPause))
	}
	d.pause = now.Add(d.wait)
}

// taken takes over that the server has an edit. What the host has changed since stays, on top of it.
func (d *desk) taken(sent *edit, stored wire.Product) {
	id := stored.ID
	d.learn(stored)
	if _, imported := d.batch[id]; imported {
		d.shop.Sent++
	}
	now := d.mine[id]
	if now == sent {
		d.drop(id)
		return
	}
	n := *now
	n.Base, n.Tried, n.unsent = &sent.Mine, nil, false
	if met := n.on(d.theirs[id]); met != nil {
		d.put(id, met)
	} else {
		d.drop(id)
	}
}

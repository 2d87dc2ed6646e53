package studio

import (
	"context"
	"slices"
	"time"

	"vitrine/server/wire"
)

// edit is a product as the host wants it, which the server does not have yet. It never changes: another takes its place.
type edit struct {
	// Base is what the server has and Mine was made of, nil for a new product. Where the server's changes, Mine is made anew on top of it.
	Base *wire.Product `json:"base,omitempty"`
	Mine wire.Product  `json:"mine"`
	// Tried is what may have reached the server; nil where that makes no difference. Only stock, which is a sum, must not be sent twice.
	Tried *tried `json:"tried,omitempty"`
	// Theirs is what the server has, where both have changed the same.
	Theirs  *wire.Product `json:"theirs,omitempty"`
	Refusal *wire.Error   `json:"refusal,omitempty"`

	unsent bool  // Tried was noted for a try that has not been, or was answered
	seq    int64 // the change that it came with
}

type tried struct {
	Base wire.Product `json:"base"`
	Sent wire.Product `json:"sent"`
}

// restocks says that an edit changes the stock of a variant that the server has.
func (e *edit) restocks() bool {
	return e.Base != nil && slices.ContainsFunc(e.Mine.Variants, func(v wire.Variant) bool {
		was := find(e.Base.Variants, v.ID, variantID)
		return was != nil && was.Stock != v.Stock
	})
}

// on is the edit on top of what the server has now; nil where it has all that the host wants. An edit whose try was not answered is in the
// server's product if that is the next version and says the same; if it says something else, and the edit changes the stock, only the host can
// tell whether the units are in it.
func (e *edit) on(theirs wire.Product) *edit {
	n := *e
	var from wire.Product
	if e.Base != nil {
		from = *e.Base
	}
	clash := e.Theirs != nil
	if e.Tried != nil && theirs.Version != e.Tried.Base.Version {
		switch arrived := theirs.Version == e.Tried.Base.Version+1 && sameButStock(theirs, e.Tried.Sent); {
		case e.unsent:
		case arrived:
			from = arrivedStock(from, *e.Tried)
		default:
			clash = true
		}
		n.Tried, n.unsent = nil, false
	}
	merged, both := mergeProduct(from, e.Mine, theirs)
	n.Base, n.Mine, n.Theirs = &theirs, dressed(merged, &theirs), nil
	if sameProduct(n.Mine, theirs) {
		return nil
	}
	if clash || both {
		n.Theirs = &theirs
	}
	return &n
}

// arrivedStock is what was sent as the new base, with the units that arrived.
func arrivedStock(base wire.Product, t tried) wire.Product {
	from := t.Sent
	from.Variants = slices.Clone(from.Variants)
	for i, v := range from.Variants {
		was, now := find(t.Base.Variants, v.ID, variantID), find(base.Variants, v.ID, variantID)
		if was != nil && now != nil {
			from.Variants[i].Stock = now.Stock + v.Stock - was.Stock
		}
	}
	return from
}

// dressed is a product with what the server says of it.
func dressed(p wire.Product, base *wire.Product) wire.Product {
	p.Version, p.Variants = 0, slices.Clone(p.Variants)
	if base != nil {
		p.Version = base.Version
	}
	for i := range p.Variants {
		v := &p.Variants[i]
		v.Left, v.Waiting, v.Version = v.Stock, 0, 0
		if base == nil {
			continue
		}
		if was := find(base.Variants, v.ID, variantID); was != nil {
			v.Left, v.Waiting, v.Version = was.Left, was.Waiting, was.Version
		}
	}
	return p
}

// outbox is what the host did to products that the server has not taken yet.
type outbox struct {
	turn []wire.ProductID // in which they are sent
	mine map[wire.ProductID]*edit
	// seq counts what is kept before anything comes of it, kept what of it is on the disk; edited is what the host did last.
	seq, kept, edited int64
	waiting           []waiter
	letters           chan letter
	later             bool // something is to be kept, some time

	flying *flight
	pause  time.Time // until then nothing is sent
	wait   time.Duration
	// batch is the last import.
	batch map[wire.ProductID]turnBack
}

type waiter struct {
	seq  int64
	kept chan struct{}
}

func newOutbox() outbox {
	return outbox{mine: map[wire.ProductID]*edit{}, letters: make(chan letter, 1), batch: map[wire.ProductID]turnBack{}}
}

// put has an edit take the place of that before, or makes it the last in turn.
func (o *outbox) put(id wire.ProductID, e *edit) {
	if o.mine[id] == nil {
		o.turn = append(o.turn, id)
	}
	o.mine[id] = e
}

func (o *outbox) drop(id wire.ProductID) {
	delete(o.mine, id)
	o.turn = slices.DeleteFunc(o.turn, func(other wire.ProductID) bool { return other == id })
}

// flies says that an edit of a product is on its way.
func (o *outbox) flies(id wire.ProductID) bool { return o.flying != nil && o.flying.edit.Mine.ID == id }

// meet makes the edit of a product anew on top of what the server has. One that is under way is left until it is answered.
func (d *desk) meet(id wire.ProductID) {
	theirs, known := d.theirs[id]
	e := d.mine[id]
	d.stale[id] = true
	if e == nil || !known || d.flies(id) {
		return
	}
	if n := e.on(theirs); n != nil {
		d.put(id, n)
	} else {
		d.drop(id)
	}
	d.later = true
}

// want makes a product as the host wants it, what the server says of it left out.
func (d *desk) want(p wire.Product) *edit {
	n := &edit{seq: d.seq}
	if theirs, known := d.theirs[p.ID]; known {
		n.Base = &theirs
	}
	flies := d.flies(p.ID)
	if e := d.mine[p.ID]; e != nil {
		n.Base = e.Base
		if flies || !e.unsent {
			n.Tried, n.unsent = e.Tried, e.unsent
		}
	}
	n.Mine = dressed(p, n.Base)
	d.stale[p.ID] = true
	if !flies && n.Base != nil && n.Tried == nil && sameProduct(n.Mine, *n.Base) {
		d.drop(p.ID)
	} else {
		d.put(p.ID, n)
	}
	return n
}

// edit makes the host's changes on the loop, and returns once they are kept and shown.
func (s *Session) edit(ctx context.Context, change func(d *desk) error) error {
	d, err := s.openDesk(ctx)
	if err != nil {
		return err
	}
	kept := make(chan struct{})
	if err := s.do(ctx, func() error {
		if s.desk != d {
			return ErrNoServer
		}
		d.seq++
		if err := change(d); err != nil {
			d.seq--
			return err
		}
		d.edited = d.seq
		d.waiting = append(d.waiting, waiter{d.seq, kept})
		d.post(false)
		return nil
	}); err != nil {
		return err
	}
	select {
	case <-kept:
	case <-d.ended: // it was kept while it ended
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.do(ctx, func() error {
		d.soon = true
		return nil
	})
}

// openDesk is the shop, once what was kept of it is read.
func (s *Session) openDesk(ctx context.Context) (d *desk, err error) {
	if err := s.do(ctx, func() error {
		if d = s.desk; d.link == nil {
			return ErrNoServer
		}
		return nil
	}); err != nil {
		return nil, err
	}
	select {
	case <-d.ready:
		return d, nil
	case <-d.ended:
		return nil, ErrNoServer
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

package studio

import (
	"context"
	"crypto/rand"
	"math"
	"slices"

	"vitrine/server/wire"
)

// gap is how far apart the places of products are, at first.
const gap = 1 << 20

// turnBack is what a change of a product takes to be undone: before is nil for one that was made.
type turnBack struct {
	before *wire.Product
	after  wire.Product
}

// PutProduct makes a product or changes one. It is checked here as the server will check it, kept, and sent when the server can be
// reached; it can be undone. In a conflict it settles: what is put counts. Stock is what the host saw, more or less some units: what is sold
// meanwhile is taken off. Errors are *wire.Error: of code Invalid, or Precondition where so much has happened to the product since p was read
// from a snapshot that it cannot be said what the host changed.
func (s *Session) PutProduct(ctx context.Context, p wire.Product) error {
	if err := p.Validate(); err != nil {
		return err
	}
	return s.edit(ctx, func(d *desk) error {
		if err := d.check(p); err != nil {
			return err
		}
		now, known := d.product(p.ID)
		if !known {
			if p.Place == 0 {
				p.Place = d.lastPlace() + gap
			}
			s.change1(d, ProductAdded, turnBack{after: d.want(p).Mine})
			return nil
		}
		seen, ok := d.seen(p)
		if !ok {
			return wire.Errorf(wire.Precondition, "much has happened to %q since you opened it: look at it again", now.Title)
		}
		merged, both := mergeProduct(seen, p, now.Product)
		n := d.want(merged)
		if both && seen.Version != now.Version && now.Theirs == nil {
			n.Theirs = n.Base
		}
		if !sameProduct(now.Product, n.Mine) {
			s.change1(d, ProductChanged, turnBack{&now.Product, n.Mine})
		}
		return nil
	})
}

// check reports what only the shop knows to be wrong with a product.
func (d *desk) check(p wire.Product) error {
	for _, v := range p.Variants {
		if c := d.shop.Terms.Currency; c != "" && v.Price.Currency != c {
			return wire.Errorf(wire.Invalid, "this shop's prices are in %s; got %.10q", c, v.Price.Currency)
		}
		if other, taken := d.owner[v.ID]; taken && other != p.ID {
			return wire.Errorf(wire.Invalid, "another product has the variant %q", v.ID)
		}
	}
	return nil
}

// DuplicateProduct makes a hidden copy of a product, without stock, below it. SKU and barcode are of one thing only, and are left out.
func (s *Session) DuplicateProduct(ctx context.Context, id wire.ProductID) (made wire.ProductID, err error) {
	made = wire.ProductID(rand.Text())
	return made, s.edit(ctx, func(d *desk) error {
		p, ok := d.product(id)
		if !ok {
			return errNoProduct(id)
		}
		c := p.Product
		c.ID, c.Hidden, c.Variants = made, true, slices.Clone(c.Variants)
		for i := range c.Variants {
			v := &c.Variants[i]
			v.ID, v.Stock, v.SKU, v.Barcode = wire.VariantID(rand.Text()), 0, "", ""
		}
		list := d.list()
		at := slices.IndexFunc(list, func(p Product) bool { return p.ID == id })
		backs := d.place(list, c, at+1)
		s.changeAll(d, Change{Kind: ProductAdded, Name: c.Title}, backs)
		return nil
	})
}

func errNoProduct(id wire.ProductID) error {
	return wire.Errorf(wire.NotFound, "there is no product %q", id)
}

// HideProduct hides a product from viewers, or shows it to them again.
func (s *Session) HideProduct(ctx context.Context, id wire.ProductID, on bool) error {
	return s.edit(ctx, func(d *desk) error {
		now, ok := d.product(id)
		if !ok {
			return errNoProduct(id)
		}
		if now.Hidden == on {
			return nil
		}
		p, kind := now.Product, ProductShown
		if p.Hidden = on; on {
			kind = ProductHidden
		}
		s.change1(d, kind, turnBack{&now.Product, d.again1(now, p).Mine})
		return nil
	})
}

// again1 is want for a change that settles nothing: a conflict stays one.
func (d *desk) again1(now Product, p wire.Product) *edit {
	n := d.want(p)
	n.Theirs = now.Theirs
	return n
}

// MoveProduct moves a product to a place in the list, counted from 0.
func (s *Session) MoveProduct(ctx context.Context, id wire.ProductID, to int) error {
	return s.edit(ctx, func(d *desk) error {
		now, ok := d.product(id)
		if !ok {
			return errNoProduct(id)
		}
		list := d.list()
		from := slices.IndexFunc(list, func(p Product) bool { return p.ID == id })
		to = min(max(to, 0), len(list)-1)
		if from == to {
			return nil
		}
		backs := d.place(slices.Delete(list, from, from+1), now.Product, to)
		s.changeAll(d, Change{Kind: ProductMoved, Name: now.Title}, backs)
		return nil
	})
}

// list is all products in their order, for the caller to change.
func (d *desk) list() []Product {
	all := make([]Product, 0, len(d.theirs)+len(d.turn))
	for id := range d.theirs {
		p, _ := d.product(id)
		all = append(all, p)
	}
	for _, id := range d.turn {
		if p, _ := d.product(id); p.New {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, inOrder)
	return all
}

func (d *desk) lastPlace() int64 {
	last := int64(math.MinInt64)
	for id := range d.theirs {
		p, _ := d.product(id)
		last = max(last, p.Place)
	}
	for _, e := range d.mine {
		last = max(last, e.Mine.Place)
	}
	if last == math.MinInt64 {
		return 0
	}
	return last
}

// place puts p between the products of a list. Where there is no place left between them, as few others as can be move apart.
func (d *desk) place(list []Product, p wire.Product, at int) (backs []turnBack) {
	list = slices.Insert(list, at, Product{Product: p})
	for count := 1; ; count++ {
		for from := max(0, at-count+1); from <= at && from+count <= len(list); from++ {
			low, step := room(list, from, from+count)
			if step == 0 {
				continue
			}
			for i := from; i < from+count; i++ {
				moved := list[i].Product
				moved.Place = low + step*int64(i-from+1)
				backs = append(backs, d.moved(moved))
			}
			return backs
		}
	}
}

// room is the place before those from one to another, and how far apart they can be from there; 0 where they cannot.
func room(list []Product, from, to int) (low, step int64) {
	count := int64(to - from + 1)
	switch {
	case from == 0 && to == len(list):
		return 0, gap
	case from == 0:
		return list[to].Place - gap*count, gap
	case to == len(list):
		return list[from-1].Place, gap
	}
	low = list[from-1].Place
	return low, max(0, (list[to].Place-low)/count)
}

func (d *desk) moved(p wire.Product) turnBack {
	now, known := d.product(p.ID)
	if !known {
		return turnBack{after: d.want(p).Mine}
	}
	return turnBack{&now.Product, d.again1(now, p).Mine}
}

// SettleProduct ends a conflict or a refusal: with the host's edit, on top of what the server has, or without it.
func (s *Session) SettleProduct(ctx context.Context, id wire.ProductID, mine bool) error {
	return s.edit(ctx, func(d *desk) error {
		e := d.mine[id]
		if e == nil || e.Theirs == nil && e.Refusal == nil {
			return wire.Errorf(wire.Invalid, "there is nothing to settle about %q", id)
		}
		if mine {
			d.want(e.Mine)
			return nil
		}
		d.drop(id)
		d.stale[id] = true
		before := e.Mine
		s.changeAll(d, Change{Kind: EditDropped, Name: before.Title}, []turnBack{{before: &before, after: d.theirs[id]}})
		return nil
	})
}

func (s *Session) change1(d *desk, kind ChangeKind, b turnBack) {
	s.changeAll(d, Change{Kind: kind, Name: b.after.Title}, []turnBack{b})
}

// changeAll notes a step of which all is undone together.
func (s *Session) changeAll(d *desk, c Change, backs []turnBack) {
	s.did(c, func() error {
		d.seq++
		d.edited = d.seq
		for _, b := range backs {
			d.undo(b)
		}
		d.post(false)
		return nil
	})
}

// undo takes a change back, but for what has changed again since. What the server has by now is not taken from it: a product that was made
// is hidden.
func (d *desk) undo(b turnBack) {
	id := b.after.ID
	if b.before != nil {
		id = b.before.ID
	}
	now, known := d.product(id)
	switch {
	case b.before == nil && !known:
	case b.before == nil && now.New && !d.flies(id) && d.mine[id].Tried == nil:
		d.drop(id)
		d.stale[id], d.anew = true, true
	case b.before == nil:
		p := now.Product
		p.Hidden = true
		d.want(p)
	case !known:
		d.want(*b.before)
	case b.after.ID == "": // an edit was dropped of a product that the server does not have
		d.want(*b.before)
	default:
		back, _ := mergeProduct(b.after, now.Product, *b.before)
		d.want(back)
	}
}

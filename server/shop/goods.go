package shop

import (
	"context"
	"slices"

	"vitrine/server/wire"
)

// PutProduct makes a product (version 0) or changes the one that has the version. Stock that changes must have the variant's
// version too: it changes with every sale, so that nobody writes over what was sold meanwhile; AddStock needs none. A stock and version
// of 0 leave the stock of a variant that there is alone, so that an edit of a text does not race with sales. Errors:
// Invalid, Precondition when somebody else was faster, Conflict when more units are held or sold than there would be.
func (s *Shop) PutProduct(ctx context.Context, by wire.PersonID, p wire.Product, version int64) (wire.Product, error) {
	if err := s.validateProduct(p); err != nil {
		return wire.Product{}, err
	}
	return do(ctx, s, nothing, func(t *tx) (wire.Product, error) {
		c, err := t.product(p, version)
		if err != nil {
			return wire.Product{}, err
		}
		c.secret.By = by
		if err := t.tell(c); err != nil {
			return wire.Product{}, err
		}
		return t.shown(t.products[p.ID]), nil
	})
}

func nothing(*state) Questions { return Questions{} }

func (s *Shop) validateProduct(p wire.Product) error {
	if err := p.Validate(); err != nil {
		return err
	}
	for _, v := range p.Variants {
		if err := s.price(v.Price); err != nil {
			return err
		}
	}
	return nil
}

// price checks an amount in the shop's currency.
func (s *Shop) price(m wire.Money) error {
	if m.Currency != s.c.Terms.Currency {
		return wire.Errorf(wire.Invalid, "this shop's prices are in %s; got %.10q", s.c.Terms.Currency, m.Currency)
	}
	return m.Validate()
}

// product works out what putting a product changes.
func (t *tx) product(p wire.Product, version int64) (*productPut, error) {
	c := &productPut{Product: p.ID, Cap: p.Cap, Hidden: p.Hidden}
	var old []wire.Variant
	if before, ok := t.products[p.ID]; ok {
		old = before.Variants
		if before.Version != version {
			return nil, wire.Errorf(wire.Precondition, "the product was changed meanwhile: look at it and try again")
		}
	} else if version != 0 {
		return nil, wire.Errorf(wire.NotFound, "there is no product %q", p.ID)
	}
	for i, v := range p.Variants {
		st, ok := t.stocks[v.ID]
		total := v.Stock
		switch {
		case ok && st.Product != p.ID:
			return nil, wire.Errorf(wire.Conflict, "another product has the variant %q", v.ID)
		case ok && v.Stock == 0 && v.Version == 0: // nothing is said of the stock
			total = st.Total
		case ok && v.Stock == st.Total-st.Sold:
			total = st.Total
		case ok && v.Version != st.Version:
			return nil, wire.Errorf(wire.Precondition, "units of %q were sold meanwhile: look at its stock, or add to it instead", v.ID)
		case ok:
			total = v.Stock + st.Sold
		}
		if ok && total < st.Held+st.Sold {
			return nil, wire.Errorf(wire.Conflict, "%d units of %q are held at the moment: its stock cannot be %d", st.Held, v.ID, v.Stock)
		}
		c.Variants = append(c.Variants, variantPut{v.ID, v.Price, total})
		n := &p.Variants[i]
		n.Stock, n.Left, n.Version, n.Waiting = 0, 0, 0, 0
	}
	for _, v := range old { // those that are no more have nothing left
		if !slices.ContainsFunc(p.Variants, func(n wire.Variant) bool { return n.ID == v.ID }) {
			st := t.stocks[v.ID]
			c.Variants = append(c.Variants, variantPut{v.ID, st.Price, st.Held + st.Sold})
		}
	}
	p.Version = version + 1
	c.secret.Product = p
	return c, nil
}

// shown is a product as the staff sees it.
func (t *tx) shown(p *Product) wire.Product {
	w := p.withStock(func(id wire.VariantID) *Stock { return t.stocks[id] })
	return withWaiting(w, func(x target) int { return len(t.queues[x]) })
}

// withStock is a product as people see it.
func (p *Product) withStock(stock func(wire.VariantID) *Stock) wire.Product {
	w := p.Product
	w.Variants = slices.Clone(p.Variants)
	for i := range w.Variants {
		if st := stock(w.Variants[i].ID); st != nil {
			w.Variants[i].Stock, w.Variants[i].Left, w.Variants[i].Version = st.Total-st.Sold, st.Left(), st.Version
		}
	}
	return w
}

// AddStock puts units into stock, or takes out what nobody holds.
func (s *Shop) AddStock(ctx context.Context, by wire.PersonID, v wire.VariantID, units int, reason string) (wire.Variant, error) {
	if units == 0 || units > wire.MaxUnits || units < -wire.MaxUnits {
		return wire.Variant{}, wire.Errorf(wire.Invalid, "add or take 1 to %d units; got %d", wire.MaxUnits, units)
	}
	if err := validateReason(reason); err != nil {
		return wire.Variant{}, err
	}
	return do(ctx, s, nothing, func(t *tx) (wire.Variant, error) {
		st, ok := t.stocks[v]
		switch {
		case !ok:
			return wire.Variant{}, wire.Errorf(wire.NotFound, "there is no variant %q", v)
		case st.Left()+units < 0:
			return wire.Variant{}, wire.Errorf(wire.Conflict, "only %d units are free: %d cannot be taken out", st.Left(), -units)
		case st.Left()+units > wire.MaxUnits:
			return wire.Variant{}, wire.Errorf(wire.Invalid, "a variant has at most %d units", wire.MaxUnits)
		}
		c := &stockMoved{Variant: v, Units: units}
		c.secret.By, c.secret.Reason = by, reason
		if err := t.tell(c); err != nil {
			return wire.Variant{}, err
		}
		p := t.shown(t.products[st.Product])
		i := slices.IndexFunc(p.Variants, func(w wire.Variant) bool { return w.ID == v })
		if i < 0 {
			return wire.Variant{}, wire.Errorf(wire.NotFound, "the variant %q is no longer sold", v)
		}
		return p.Variants[i], nil
	})
}

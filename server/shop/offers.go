package shop

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"vitrine/server/wire"
)

// againAfter is how long the like of an offer that ended cannot be offered again without a reason.
const againAfter = 24 * time.Hour

// PutOffer makes an offer (version 0) or changes the one that has the version. One that is public keeps all but its title: what
// people have been promised, its end above all, stands. An offer that becomes public like one that ended within a day needs a
// reason, which everybody sees. Errors: Invalid, NotFound, Precondition, Conflict.
func (s *Shop) PutOffer(ctx context.Context, by wire.PersonID, o wire.Offer, version int64) (wire.Offer, error) {
	if err := s.validateOffer(o); err != nil {
		return wire.Offer{}, err
	}
	o.From, o.Until = timeOf(millis(o.From)), timeOf(millis(o.Until))
	o.Member = "" // whoever asks has found out who it is
	o.Taken, o.Left, o.Waiting, o.Ended, o.Lowest = 0, 0, 0, false, wire.Money{}
	return do(ctx, s, nothing, func(t *tx) (wire.Offer, error) {
		before, ok := t.offers[o.ID]
		switch {
		case ok && before.Version != version:
			return wire.Offer{}, wire.Errorf(wire.Precondition, "the offer was changed meanwhile: look at it and try again")
		case !ok && version != 0:
			return wire.Offer{}, wire.Errorf(wire.NotFound, "there is no offer %q", o.ID)
		case ok && before.Public:
			title := o.Title
			o = before.Offer
			o.Title = title
		case o.Public:
			if err := t.goPublic(&o); err != nil {
				return wire.Offer{}, err
			}
		}
		for _, p := range o.Parts {
			if t.stocks[p.Variant] == nil {
				return wire.Offer{}, wire.Errorf(wire.NotFound, "there is no variant %q", p.Variant)
			}
		}
		o.Version = version + 1
		return t.put(by, o)
	})
}

// put makes an offer what it is from now on.
func (t *tx) put(by wire.PersonID, o wire.Offer) (wire.Offer, error) {
	c := &offerPut{Offer: o}
	c.secret.By, c.secret.Buyer, c.Offer.Buyer = by, o.Buyer, ""
	if err := t.tell(c); err != nil {
		return wire.Offer{}, err
	}
	w := t.offers[o.ID].withStock(func(id wire.VariantID) *Stock { return t.stocks[id] })
	w.Waiting = len(t.queues[target{offer: o.ID}])
	return w, nil
}

func (s *Shop) validateOffer(o wire.Offer) error {
	if err := wire.ValidName("an offer's name", o.ID); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(o.Title); n == 0 || n > wire.MaxTitle || !utf8.ValidString(o.Title) {
		return wire.Errorf(wire.Invalid, "an offer's title has 1 to %d characters; got %d", wire.MaxTitle, n)
	}
	if utf8.RuneCountInString(o.Reason) > wire.MaxReason || !utf8.ValidString(o.Reason) {
		return wire.Errorf(wire.Invalid, "a reason has at most %d characters", wire.MaxReason)
	}
	if err := s.price(o.Price); err != nil {
		return err
	}
	if o.Show != "" {
		if err := o.Show.Validate(); err != nil {
			return err
		}
	}
	return cmp.Or(validateKind(o), validateParts(o), s.validateTiers(o))
}

// validateKind says what the kind of an offer needs and has not.
func validateKind(o wire.Offer) error {
	needs := map[wire.OfferKind]struct {
		there bool
		what  string
	}{
		wire.Personal: {o.Buyer != "", "a personal price needs its buyer"}, wire.Tiered: {len(o.Tiers) > 0, "tiers are missing"},
		wire.Flash: {!o.Until.IsZero(), "a flash offer needs its end"}, wire.Limited: {o.Units > 0, "a limited offer needs its number of units"},
		wire.Exclusive: {o.Show != "", "an exclusive offer needs its show"}, wire.Bundle: {len(o.Parts) > 0, "a bundle needs its parts"},
	}
	need, known := needs[o.Kind]
	switch {
	case !known:
		return wire.Errorf(wire.Invalid, "%.80q is no kind of offer: personal, tiers, flash, limited, exclusive or bundle", o.Kind)
	case !need.there:
		return wire.Errorf(wire.Invalid, "%s", need.what)
	case !o.Until.IsZero() && !o.Until.After(o.From):
		return wire.Errorf(wire.Invalid, "an offer ends after it begins")
	case o.Units < 0 || o.Units > wire.MaxUnits || o.Cap < 0 || o.Cap > wire.MaxUnits:
		return wire.Errorf(wire.Invalid, "an offer's units and cap are 0 (any number) to %d", wire.MaxUnits)
	}
	return nil
}

func validateParts(o wire.Offer) error {
	if n := len(o.Parts); o.Kind == wire.Bundle && (n < 2 || n > wire.MaxParts) {
		return wire.Errorf(wire.Invalid, "a bundle has 2 to %d parts; got %d", wire.MaxParts, n)
	}
	if o.Kind != wire.Bundle && (len(o.Parts) != 1 || o.Parts[0].Quantity != 1) {
		return wire.Errorf(wire.Invalid, "an offer that is no bundle is for one unit of one variant")
	}
	seen := map[wire.VariantID]bool{}
	for _, p := range o.Parts {
		if p.Quantity < 1 || p.Quantity > wire.MaxQuantity || seen[p.Variant] {
			return wire.Errorf(wire.Invalid, "a bundle has each variant once, 1 to %d units of it", wire.MaxQuantity)
		}
		seen[p.Variant] = true
	}
	return nil
}

func (s *Shop) validateTiers(o wire.Offer) error {
	if len(o.Tiers) > 0 && o.Kind != wire.Tiered || len(o.Tiers) > wire.MaxTiers {
		return wire.Errorf(wire.Invalid, "only an offer of tiers has them, and at most %d", wire.MaxTiers)
	}
	sum := 0
	for i, t := range o.Tiers {
		if err := s.price(t.Price); err != nil {
			return err
		}
		later := o.Price
		if i+1 < len(o.Tiers) {
			later = o.Tiers[i+1].Price
		}
		if t.Units < 1 || t.Units > wire.MaxUnits || t.Price.Minor > later.Minor {
			return wire.Errorf(wire.Invalid, "tier %d needs 1 to %d units at a price that is not above the next", i+1, wire.MaxUnits)
		}
		sum += t.Units
	}
	if o.Units > 0 && sum > o.Units {
		return wire.Errorf(wire.Invalid, "the tiers have %d units together, the offer %d", sum, o.Units)
	}
	return nil
}

// goPublic is what happens to an offer when people may see it.
func (t *tx) goPublic(o *wire.Offer) error {
	now := timeOf(t.at)
	if o.From.Before(now) {
		o.From = now
	}
	if !o.Until.IsZero() && !o.Until.After(o.From) {
		return wire.Errorf(wire.Invalid, "the offer's end has passed")
	}
	for _, other := range t.offers {
		if o.Reason == "" && other.ID != o.ID && other.Ended && like(other.Offer, *o) && other.Until.After(o.From.Add(-againAfter)) {
			return wire.Errorf(wire.Conflict, "%q ended less than a day before: say why the like is offered again; everybody will see it", other.Title)
		}
	}
	if o.Kind != wire.Bundle {
		o.Lowest = t.lowest(o.Parts[0].Variant, o.From, o.ID)
	}
	return nil
}

// like says whether two offers sell the same thing in the same way.
func like(a, b wire.Offer) bool {
	return a.Kind == b.Kind && a.Buyer == b.Buyer && slices.Equal(a.Parts, b.Parts)
}

// lowest is the lowest price at which anybody could have a variant in the 30 days before a time: its usual one, or an offer's.
func (t *tx) lowest(v wire.VariantID, before time.Time, but wire.OfferID) wire.Money {
	st := t.stocks[v]
	if st == nil {
		return wire.Money{}
	}
	low := st.Prices.Lowest(before)
	for _, o := range t.offers {
		if o.ID == but || !o.Public || o.Buyer != "" || o.Kind == wire.Bundle || o.Parts[0].Variant != v {
			continue
		}
		ran := o.From.Before(before) && (o.Until.IsZero() || o.Until.After(before.Add(-lowestWindow)))
		cheapest := o.Price
		if len(o.Tiers) > 0 {
			cheapest = o.Tiers[0].Price
		}
		if ran && (low.Currency == "" || cheapest.Minor < low.Minor) {
			low = cheapest
		}
	}
	return low
}

// EndOffer ends an offer that was promised no end. Errors: NotFound, Conflict for one whose end is fixed.
func (s *Shop) EndOffer(ctx context.Context, by wire.PersonID, id wire.OfferID) (wire.Offer, error) {
	return do(ctx, s, nothing, func(t *tx) (wire.Offer, error) {
		o, ok := t.offers[id]
		switch {
		case !ok:
			return wire.Offer{}, wire.Errorf(wire.NotFound, "there is no offer %q", id)
		case o.Ended:
			return o.withStock(func(id wire.VariantID) *Stock { return t.stocks[id] }), nil
		case o.Public && !o.Until.IsZero():
			return wire.Offer{}, wire.Errorf(wire.Conflict, "this offer ends at %s, as everybody was told: that cannot be moved", o.Until.Format(time.RFC3339))
		}
		end := o.Offer
		end.Ended, end.Until, end.Version = true, timeOf(t.at), o.Version+1
		w, err := t.put(by, end)
		if err != nil {
			return w, err
		}
		return w, t.dismiss(id)
	})
}

// end ends an offer whose time has come.
func (t *tx) end(o *Offer) error {
	end := o.Offer
	end.Ended, end.Version = true, o.Version+1
	if _, err := t.put("", end); err != nil {
		return err
	}
	return t.dismiss(o.ID)
}

// dismiss tells those who wait for an offer that it is over.
func (t *tx) dismiss(id wire.OfferID) error {
	for _, r := range slices.Clone(t.queues[target{offer: id}]) {
		if err := t.move(r, wire.Lapsed, 0); err != nil {
			return err
		}
	}
	return nil
}

// withStock is an offer as people see it.
func (o *Offer) withStock(stock func(wire.VariantID) *Stock) wire.Offer {
	w := o.Offer
	w.Taken, w.Left = o.taken(), o.room(nil)
	for _, p := range o.Parts {
		if st := stock(p.Variant); st != nil {
			w.Left = min(w.Left, st.Left()/p.Quantity)
		}
	}
	return w
}

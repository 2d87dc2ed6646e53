package shop_test

import (
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

func part(v wire.VariantID) []wire.Part { return []wire.Part{{Variant: v, Quantity: 1}} }

func TestTheBestOfferInTheOrderOfPrecedenceCounts(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 100, 9900)
		soon := time.UnixMilli(e.clock.Load()).Add(time.Hour)
		price := func(buyer string, show wire.ShowID) int64 {
			r, err := e.Reserve(t.Context(), wire.PersonID(buyer), wire.Reserve{
				ID: wire.ReservationID(e.key()), Variant: "ring", Quantity: 1, Price: eur(9900), Show: show,
			})
			if err != nil {
				t.Fatal(err)
			}
			return r.Price.Minor
		}
		steps := []struct {
			offer wire.Offer
			want  int64 // for mei, in the show
		}{
			{wire.Offer{ID: "e", Kind: wire.Exclusive, Show: "demo", Price: eur(9000)}, 9000},
			{wire.Offer{ID: "l", Kind: wire.Limited, Units: 50, Price: eur(9100)}, 9100},
			{wire.Offer{ID: "f", Kind: wire.Flash, Until: soon, Price: eur(9200)}, 9200},
			{wire.Offer{ID: "t", Kind: wire.Tiered, Tiers: []wire.Tier{{Units: 50, Price: eur(9300)}}, Price: eur(9400)}, 9300},
			{wire.Offer{ID: "p", Kind: wire.Personal, Buyer: "mei", Price: eur(9500)}, 9500},
		}
		for _, s := range steps {
			s.offer.Parts = part("ring")
			e.offers(s.offer)
			if got := price("mei", "demo"); got != s.want {
				t.Errorf("with the offer %q mei pays %d, want %d", s.offer.ID, got, s.want)
			}
		}
		if got := price("ben", ""); got != 9300 {
			t.Errorf("ben pays %d", got)
		}
	})
}

func TestWhatIsPromisedPubliclyStands(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 100, 9900)
		end := time.UnixMilli(e.clock.Load()).Add(time.Hour).UTC()
		o := e.offers(wire.Offer{ID: "flash", Kind: wire.Flash, Until: end, Price: eur(5000), Parts: part("ring")})
		if o.Lowest != (wire.Money{}) {
			t.Errorf("lowest of nothing before: %v", o.Lowest)
		}
		moved := o
		moved.Title, moved.Until, moved.Price, moved.Public = "Flash!", end.Add(time.Hour), eur(4000), false
		got, err := e.PutOffer(t.Context(), "host", moved, o.Version)
		if err != nil || got.Title != "Flash!" || !got.Until.Equal(end) || got.Price != eur(5000) || !got.Public {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := e.PutOffer(t.Context(), "host", moved, o.Version); wire.CodeOf(err) != wire.Precondition {
			t.Error("an old version:", err)
		}
		if _, err := e.EndOffer(t.Context(), "host", "flash"); wire.CodeOf(err) != wire.Conflict {
			t.Error("an end is moved:", err)
		}
		e.passes(2 * time.Hour)
		if _, err := e.wants("mei", "ring", 1); err != nil {
			t.Fatal(err)
		}
		again := wire.Offer{ID: "flash2", Title: "Again", Kind: wire.Flash, Until: end.Add(9 * time.Hour), Price: eur(4500), Parts: part("ring"), Public: true}
		if _, err := e.PutOffer(t.Context(), "host", again, 0); wire.CodeOf(err) != wire.Conflict || !strings.Contains(err.Error(), "why") {
			t.Error("the like within a day without a reason:", err)
		}
		again.Reason = "The first one broke off."
		if o, err := e.PutOffer(t.Context(), "host", again, 0); err != nil || o.Reason == "" || o.Lowest != eur(5000) {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

func TestALimitedOfferGivesLapsedUnitsAgain(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 100, 9900)
		e.offers(wire.Offer{
			ID: "early", Kind: wire.Tiered, Units: 3, Tiers: []wire.Tier{{Units: 2, Price: eur(100)}}, Price: eur(200), Parts: part("ring"), Cap: 2,
		})
		want := func(buyer string, n int, price int64) {
			t.Helper()
			if r, err := e.wants(buyer, "ring", n); err != nil || r.Price != eur(price) {
				t.Errorf("%s: %+v, %v", buyer, r, err)
			}
		}
		want("mei", 2, 200)
		want("ben", 1, 200)
		want("eve", 1, 9900) // the offer is used up
		e.passes(wire.UsualHold)
		want("kai", 1, 100) // the tiers' units came back
		want("zoe", 2, 300)
		if _, err := e.Reserve(t.Context(), "lea", wire.Reserve{ID: wire.ReservationID(e.key()), Offer: "early", Quantity: 3, Price: eur(9999)}); wire.CodeOf(err) != wire.CapReached {
			t.Error("more than the offer's cap:", err)
		}
	})
}

func TestAnOfferThatCannotBeIsRefusedWithTheReason(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 10, 9900)
		now := time.UnixMilli(e.clock.Load())
		for says, o := range map[string]wire.Offer{
			"no kind":               {Kind: "sale", Parts: part("ring")},
			"needs its buyer":       {Kind: wire.Personal, Parts: part("ring")},
			"tiers are missing":     {Kind: wire.Tiered, Parts: part("ring")},
			"needs its end":         {Kind: wire.Flash, Parts: part("ring")},
			"number of units":       {Kind: wire.Limited, Parts: part("ring")},
			"needs its show":        {Kind: wire.Exclusive, Parts: part("ring")},
			"2 to 20 parts":         {Kind: wire.Bundle, Parts: part("ring")},
			"one unit of one":       {Kind: wire.Limited, Units: 1},
			"ends after it begins":  {Kind: wire.Flash, Parts: part("ring"), From: now.Add(time.Hour), Until: now},
			"end has passed":        {Kind: wire.Flash, Parts: part("ring"), Until: now.Add(-time.Hour)},
			"no variant":            {Kind: wire.Limited, Units: 1, Parts: part("none")},
			"not above the next":    {Kind: wire.Tiered, Parts: part("ring"), Tiers: []wire.Tier{{Units: 1, Price: eur(500)}}},
			"have 5 units together": {Kind: wire.Tiered, Parts: part("ring"), Units: 4, Tiers: []wire.Tier{{Units: 5, Price: eur(100)}}},
		} {
			o.ID, o.Title, o.Price, o.Public = "x", "X", eur(100), true
			if _, err := e.PutOffer(t.Context(), "host", o, 0); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v", says, err)
			}
		}
		if n := len(e.Offers("", "", true)); n != 0 {
			t.Errorf("%d offers", n)
		}
	})
}

package shop

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/server/wire"
)

func TestTheLowestPriceOfThirtyDaysIsRightAtItsBorders(t *testing.T) {
	offer := time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)
	start := offer.Add(-30 * 24 * time.Hour)
	eur := func(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }
	type set struct {
		at    time.Time
		price wire.Money
	}
	for _, c := range []struct {
		name string
		sets []set
		want wire.Money
	}{
		{"nothing was sold", nil, wire.Money{}},
		{"it is sold from the offer on", []set{{offer, eur(500)}}, wire.Money{}},
		{"one price long before", []set{{start.AddDate(-1, 0, 0), eur(1000)}}, eur(1000)},
		{"the price in force at the beginning counts", []set{{start.Add(-1), eur(800)}, {start.Add(1), eur(1000)}}, eur(800)},
		{"a price that ends at the beginning does not", []set{{start.Add(-1), eur(800)}, {start, eur(1000)}}, eur(1000)},
		{"an offer within counts", []set{{start.Add(-1), eur(1000)}, {start.Add(time.Hour), eur(700)}, {start.Add(2 * time.Hour), eur(1000)}}, eur(700)},
		{"the offer itself does not", []set{{start, eur(1000)}, {offer, eur(500)}}, eur(1000)},
		{"the instant before does", []set{{start, eur(1000)}, {offer.Add(-1), eur(500)}}, eur(500)},
		{"raised before the offer", []set{{start, eur(1000)}, {offer.Add(-time.Hour), eur(2000)}}, eur(1000)},
		{"sold for a day", []set{{offer.Add(-24 * time.Hour), eur(900)}}, eur(900)},
		{"the clock was set back", []set{{start, eur(1000)}, {start.Add(time.Hour), eur(700)}, {start.Add(time.Minute), eur(1000)}}, eur(700)},
		{"another currency before", []set{{start, wire.Money{Minor: 1, Currency: "USD"}}, {start.Add(1), eur(900)}}, eur(900)},
	} {
		var l PriceLog
		for _, s := range c.sets {
			l.Set(s.at, s.price)
		}
		if got := l.Lowest(offer); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAPriceLogForgetsNothingThatIsAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var kept PriceLog
		var all []PricePoint
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(0, 100).Draw(t, "changes") {
			at = at.Add(time.Duration(rapid.IntRange(1, 15*24).Draw(t, "hours")) * time.Hour)
			p := PricePoint{at, wire.Money{Minor: rapid.Int64Range(1, 50).Draw(t, "price"), Currency: "EUR"}}
			kept.Set(p.At, p.Price)
			all = append(all, p)
			before := at.Add(-time.Duration(rapid.IntRange(0, 30*24).Draw(t, "back")) * time.Hour)
			want := int64(0) // the definition: hour by hour
			for hour := before.Add(-30 * 24 * time.Hour); hour.Before(before); hour = hour.Add(time.Hour) {
				i := slices.IndexFunc(all, func(p PricePoint) bool { return p.At.After(hour) })
				if i < 0 {
					i = len(all)
				}
				if i > 0 && (want == 0 || all[i-1].Price.Minor < want) {
					want = all[i-1].Price.Minor
				}
			}
			if got := kept.Lowest(before); got.Minor != want {
				t.Fatalf("%v before %v of %v, want %d", got, before, all, want)
			}
		}
		if n := len(kept); n > 1 && kept[1].At.Before(kept[n-1].At.Add(-lowestKept)) {
			t.Fatalf("%d points are kept from %v on", n, kept[0].At)
		}
	})
}

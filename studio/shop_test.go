package studio_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
)

func TestAProductIsMadeChangedHiddenMovedAndAllOfItUndone(t *testing.T) {
	c := newShopServer(lamp("a", 10), lamp("b", 10), lamp("c", 10))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		if shop := s.Snapshot().Shop; shop.Phase != studio.RoomHere || len(shop.Products) != 3 {
			t.Fatalf("the shop: %+v", shop)
		}
		must(t, s.PutProduct(ctx, lamp("new", 4)))
		p := product(t, s, "a")
		p.Title = "Another title"
		must(t, s.PutProduct(ctx, p.Product))
		must(t, s.HideProduct(ctx, "b", true))
		must(t, s.MoveProduct(ctx, "new", 0))
		made, err := s.DuplicateProduct(ctx, "c")
		must(t, err)
		wait(time.Second)
		shop := s.Snapshot().Shop
		if want := []wire.ProductID{"new", "a", "b", "c", made}; !slices.Equal(ids(shop), want) || shop.Pending != 0 {
			t.Errorf("the list is %q, %d wait", ids(shop), shop.Pending)
		}
		if c.has("a").Title != "Another title" || c.has("a").Version != 2 || !c.has("b").Hidden || c.has("new").Variants[0].Stock != 4 {
			t.Errorf("the server has %+v", c.products)
		}
		if d := c.has(made); !d.Hidden || d.Variants[0].Stock != 0 || d.Title != c.has("c").Title {
			t.Errorf("the copy: %+v", d)
		}
		for s.Snapshot().Undo.Kind != "" {
			undo(t, ctx, s)
		}
		wait(time.Second)
		if c.has("a").Title != "Lamp a" || c.has("b").Hidden || !c.has("new").Hidden || !c.has(made).Hidden {
			t.Errorf("after undo the server has %+v", c.products)
		}
	})
}

func TestWhatIsNoProductIsRefusedAtOnce(t *testing.T) {
	trading(t, newShopServer(lamp("a", 1)), &drawer{}, func(ctx context.Context, s *studio.Session) {
		dollars, owned := lamp("b", 1), lamp("c", 1)
		dollars.Variants[0].Price.Currency, owned.Variants[0].ID = "USD", "a"
		for _, p := range []wire.Product{{ID: "x"}, dollars, owned} {
			if err := s.PutProduct(ctx, p); wire.CodeOf(err) != wire.Invalid {
				t.Errorf("%+v: %v", p, err)
			}
		}
		if n := len(s.Snapshot().Shop.Products); n != 1 {
			t.Errorf("%d products", n)
		}
	})
}

func TestEditsAreMadeWithoutANetworkAndSurviveTheStudio(t *testing.T) {
	c, d := newShopServer(lamp("a", 10), lamp("b", 10)), &drawer{}
	trading(t, c, d, func(context.Context, *studio.Session) {})
	c.away = true
	trading(t, c, d, func(ctx context.Context, s *studio.Session) {
		if shop := s.Snapshot().Shop; shop.Phase != studio.RoomLost || len(shop.Products) != 2 || shop.Terms.Currency != "EUR" {
			t.Fatalf("without a network: %+v", shop)
		}
		must(t, s.PutProduct(ctx, lamp("new", 4)))
		p := product(t, s, "a")
		p.Title, p.Variants[0].Stock = "Made offline", 15
		must(t, s.PutProduct(ctx, p.Product))
		if p := product(t, s, "a"); p.Edit != studio.EditWaiting || p.Title != "Made offline" || p.Variants[0].Stock != 15 {
			t.Errorf("kept: %+v", p)
		}
		if p := product(t, s, "new"); !p.New || s.Snapshot().Shop.Pending != 2 {
			t.Errorf("kept: %+v, %d wait", p, s.Snapshot().Shop.Pending)
		}
	})
	if len(c.puts) != 0 {
		t.Fatalf("%q were sent", c.puts)
	}
	c.away = false
	c.products["a"].Variants[0].Stock, c.products["a"].Variants[0].Version = 7, 4 // three were sold
	trading(t, c, d, func(ctx context.Context, s *studio.Session) {
		wait(time.Second)
		if got := c.has("a"); got.Title != "Made offline" || got.Variants[0].Stock != 12 || !slices.Equal(c.puts, []wire.ProductID{"new", "a"}) {
			t.Errorf("the server has %+v after %q", got, c.puts)
		}
		if p := product(t, s, "a"); p.Edit != studio.EditNone || s.Snapshot().Shop.Pending != 0 {
			t.Errorf("sent: %+v", p)
		}
	})
	trading(t, c, d, func(context.Context, *studio.Session) { wait(time.Second) })
	if len(c.puts) != 2 {
		t.Errorf("sent again: %q", c.puts)
	}
}

func TestFieldsThatOneSideChangedMergeAndTheSameFieldIsAConflict(t *testing.T) {
	long(t)
	for _, mine := range []bool{true, false} {
		c := newShopServer(lamp("a", 10))
		trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
			c.network(false)
			p := product(t, s, "a")
			p.Title, p.Text = "Mine", "My text"
			must(t, s.PutProduct(ctx, p.Product))
			c.mu.Lock()
			theirs := c.products["a"]
			theirs.Text, theirs.Vendor, theirs.Version = "", "Theirs", 2
			c.products["a"] = theirs
			c.mu.Unlock()
			c.network(true)
			if got := c.has("a"); got.Title != "Mine" || got.Vendor != "Theirs" || got.Text != "My text" || s.Snapshot().Shop.Pending != 0 {
				t.Fatalf("merged: %+v", got)
			}
			c.network(false)
			p = product(t, s, "a")
			p.Title = "Mine again"
			must(t, s.PutProduct(ctx, p.Product))
			c.changes(t, "a", func(p *wire.Product) { p.Title = "Theirs" })
			c.network(true)
			now := product(t, s, "a")
			if now.Edit != studio.EditConflict || now.Title != "Mine again" || now.Theirs.Title != "Theirs" || c.has("a").Title != "Theirs" {
				t.Fatalf("a conflict: %+v; the server has %+v", now, c.has("a"))
			}
			must(t, s.SettleProduct(ctx, "a", mine))
			wait(time.Second)
			want := map[bool]string{true: "Mine again", false: "Theirs"}[mine]
			if now := product(t, s, "a"); now.Edit != studio.EditNone || now.Title != want || c.has("a").Title != want {
				t.Errorf("settled: %+v; the server has %+v", now, c.has("a"))
			}
			if !mine {
				undo(t, ctx, s)
				wait(time.Second)
				if c.has("a").Title != "Mine again" {
					t.Errorf("what was dropped comes back as %+v", c.has("a"))
				}
			}
		})
	}
}

func TestUnitsThatWereSoldMeanwhileDoNotComeBack(t *testing.T) {
	c := newShopServer(lamp("a", 10))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		form, other := product(t, s, "a"), product(t, s, "a")
		c.sells("a", 3)
		form.Title = "Another title"
		must(t, s.PutProduct(ctx, form.Product)) // with the stock of before
		wait(time.Second)
		if got := c.has("a"); got.Variants[0].Stock != 7 || got.Title != "Another title" {
			t.Errorf("after an edit of the title: %+v", got)
		}
		c.sells("a", 2)
		other.Variants[0].Stock = 14 // four more than were seen
		must(t, s.PutProduct(ctx, other.Product))
		wait(time.Second)
		if got := c.has("a"); got.Variants[0].Stock != 9 || got.Title != "Another title" {
			t.Errorf("after an edit of the stock: %+v", got)
		}
	})
}

func TestStockIsNotAddedTwiceWhenAnAnswerIsLost(t *testing.T) {
	c := newShopServer(lamp("a", 10))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		c.lose = 1
		p := product(t, s, "a")
		p.Variants[0].Stock = 15
		must(t, s.PutProduct(ctx, p.Product))
		wait(20 * time.Second)
		if got, now := c.has("a"), product(t, s, "a"); got.Variants[0].Stock != 15 || now.Edit != studio.EditNone || now.Variants[0].Stock != 15 {
			t.Errorf("the server has %+v, the studio %+v", got, now)
		}
	})
	c = newShopServer(lamp("a", 10))
	d, crashed := &drawer{}, &drawer{}
	trading(t, c, d, func(ctx context.Context, s *studio.Session) {
		c.arrived = func() { crashed.kept = maps.Clone(d.kept) } // the studio never hears the answer
		p := product(t, s, "a")
		p.Variants[0].Stock = 15
		must(t, s.PutProduct(ctx, p.Product))
		wait(time.Second)
	})
	c.arrived = nil
	theirs := c.products["a"]
	theirs.Title, theirs.Version = "Theirs", theirs.Version+1
	c.products["a"] = theirs
	trading(t, c, crashed, func(_ context.Context, s *studio.Session) {
		wait(time.Second)
		if now := product(t, s, "a"); c.has("a").Variants[0].Stock != 15 || now.Edit != studio.EditConflict {
			t.Errorf("nobody can tell, and yet %+v; the server has %+v", now, c.has("a"))
		}
	})
}

func TestARefusedEditKeepsWhatWasWrittenAndSaysWhy(t *testing.T) {
	c := newShopServer(lamp("a", 10), lamp("b", 10))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		c.refuse = wire.Errorf(wire.Conflict, "units are held")
		p := product(t, s, "a")
		p.Title = "Mine"
		must(t, s.PutProduct(ctx, p.Product))
		wait(time.Second)
		p = product(t, s, "a")
		if p.Edit != studio.EditRefused || p.Title != "Mine" || p.Refusal.Text != "units are held" || len(c.puts) != 1 {
			t.Errorf("refused: %+v after %d tries", p, len(c.puts))
		}
		c.refuse = nil
		must(t, s.HideProduct(ctx, "b", true)) // others go on
		must(t, s.SettleProduct(ctx, "a", true))
		wait(time.Second)
		if c.has("a").Title != "Mine" || !c.has("b").Hidden {
			t.Errorf("the server has %+v", c.products)
		}
	})
}

func TestEditsThatCannotBeKeptAreToldAndSentAllTheSame(t *testing.T) {
	c, d := newShopServer(lamp("a", 10)), &drawer{full: errNoNetwork}
	trading(t, c, d, func(ctx context.Context, s *studio.Session) {
		must(t, s.HideProduct(ctx, "a", true))
		n := s.Snapshot().Notices
		wait(time.Second)
		if len(n) != 1 || n[0].Trouble != studio.EditsUnkept || !c.has("a").Hidden {
			t.Errorf("notices %+v; the server has %+v", n, c.has("a"))
		}
	})
}

func TestOnlyAMovedProductGetsAnotherPlaceUntilNoneIsLeft(t *testing.T) {
	c := newShopServer(lamp("a", 1), lamp("b", 1), lamp("c", 1), lamp("d", 1))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		for range 7 { // the gap of 100 between the first two is used up
			last := ids(s.Snapshot().Shop)[3]
			c.puts = nil
			must(t, s.MoveProduct(ctx, last, 1))
			wait(time.Second)
			if got := ids(s.Snapshot().Shop); got[1] != last || len(c.puts) > 2 {
				t.Fatalf("%q was moved: %q, changing %q", last, got, c.puts)
			}
		}
		if len(c.puts) != 2 {
			t.Errorf("without a gap %q changed", c.puts)
		}
	})
}

func TestAShopOfTenThousandProductsIsDrawnOnlyWhenItChanges(t *testing.T) {
	many := make([]wire.Product, 10_000)
	for i := range many {
		many[i] = lamp(wire.ProductID(string(rune('a'+i%26))+time.Duration(i).String()), 5)
	}
	c := newShopServer(many...)
	trading(t, c, &drawer{}, func(_ context.Context, s *studio.Session) {
		wait(time.Second)
		before := s.Snapshot().Shop
		wait(time.Second)
		if s.Snapshot().Shop != before || len(before.Products) != 10_000 {
			t.Error("nothing has happened, and yet the shop is another")
		}
		c.sells(many[5000].ID, 1)
		if after := s.Snapshot().Shop; after == before || after.Product(many[5000].ID).Variants[0].Stock != 4 || before.Product(many[5000].ID).Variants[0].Stock != 5 {
			t.Error("a sale is not shown, or in an old snapshot")
		}
	})
}

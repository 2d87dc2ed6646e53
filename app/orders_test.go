package app

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"

	"vitrine/app/widget"
	"vitrine/server/shop"
	"vitrine/server/wire"
	"vitrine/studio"
)

// numbers are the orders that the list shows, in its order.
func (b *bench) numbers() (all []string) {
	for _, f := range b.w.shop.panels[ordersTab].(*ordersPanel).rows.Faces() {
		all = append(all, f.Lead)
	}
	return all
}

func TestOrdersStandThereTheNewestFirstWithTheirStates(t *testing.T) {
	b := shopBench(t, ordersTab)
	b.w.win.Resize(fyne.NewSize(1280, 1080))
	b.reads("Orders 11", "€1,186.50", "€53.90 refunded · 2 declined", "Tall vase · L ×1, Ribbed carafe ×2", "€173.20",
		"paid", "paying", "declined", "waits for cash", "waits for transfer", "refunded", "cancelled", "expired", "just now", "2 min ago", "1 h ago")
	if got := b.numbers(); len(got) != 11 || got[0] != "18" || got[10] != "8" {
		t.Errorf("the list shows %q", got)
	}
	for _, c := range [][2]string{{"Paid", "[17 15 10 8]"}, {"Declined", "[16 13]"}, {"Open", "[18 15 14]"}, {"All", "[18 17 16 15 14 13 12 11 10 9 8]"}} {
		b.press(c[0])
		if got := fmt.Sprint(b.numbers()); got != c[1] {
			t.Errorf("%s shows %s, want %s", c[0], got, c[1])
		}
	}
	search := b.w.shop.panels[ordersTab].(*ordersPanel).search
	for typed, want := range map[string]string{"#17": "[17]", "1": "[18 17 16 15 14 13 12 11 10]", "BOWL": "[13 10 9]"} {
		search.SetText(typed)
		if got := fmt.Sprint(b.numbers()); got != want {
			t.Errorf("searching %q shows %s, want %s", typed, got, want)
		}
	}
	search.SetText("lamp")
	b.reads("No order is like that")
}

func TestOnlyTheOrdersInSightAreDrawn(t *testing.T) {
	b := shopBench(t, ordersTab, func(s *studio.Snapshot) {
		s.Shop.Orders = nil
		for n := int64(5000); n > 0; n-- {
			s.Shop.Orders = append(s.Shop.Orders, order(n, wire.OrderCaptured, wire.PayStripe, time.Hour, bought(fmt.Sprint("Glass ", n), 1, 100)))
		}
	})
	drawn := 0
	b.all(func(o fyne.CanvasObject) {
		if text, ok := o.(*widget.Text); ok && len(text.Text()) > 6 && text.Text()[:6] == "Glass " {
			drawn++
		}
	})
	if drawn == 0 || drawn > 40 {
		t.Errorf("%d of 5000 rows are drawn", drawn)
	}
}

func TestAnOrderIsOpenedFromTheKeyboardAndShowsWhatBecomesOfIt(t *testing.T) {
	b := shopBench(t, ordersTab)
	b.w.win.Canvas().Focus(b.w.shop.panels[ordersTab].(*ordersPanel).rows)
	b.key(fyne.KeyDown)
	b.key(fyne.KeyReturn)
	b.reads("Order 17", "paid", "VASE-L · coupons −€6.90", "Goods", "€187.00", "Coupons LIVE10", "−€18.70", "Shipping DHL", "€173.20", "Tax in it", "Payment: online")
	b.shop(func(s *studio.Shop) {
		s.Orders = append([]wire.Order{}, s.Orders...)
		s.Orders[1].State, s.Orders[1].Refunded, s.Orders[1].Reason = wire.OrderPartRefunded, eur(5310), "a scratch"
	})
	b.reads("partly refunded", "Given back", "−€53.10", "Reason: a scratch", "Refund…")
	b.lacks("Cancel order…")
	b.key(fyne.KeyEscape)
	if b.w.sheet != nil {
		t.Error("Escape leaves the order open")
	}
}

func TestARefundSaysItsSumAndAsksOnceMore(t *testing.T) {
	b := shopBench(t, ordersTab)
	b.w.openOrder("order-17")
	b.press("Refund…")
	b.press("Refund…")
	b.reads("Type how many units come back.")
	units := b.entries()
	units[1].SetText("3")
	b.press("Refund…")
	b.reads("Ribbed carafe: type how many come back, 0 to 2.")
	units[1].SetText("1")
	b.press("Refund…")
	b.reads("Say why")
	units[2].SetText("a scratch in the glass")
	b.reads("€53.10 goes back to the buyer.")
	b.press("Refund…")
	b.reads("€53.10 goes back to the buyer. Are you sure?")
	b.expect()
	units[1].SetText("2") // what was agreed to counts no more
	b.reads("€106.20 goes back to the buyer.")
	b.lacks("Are you sure?")
	b.press("All units")
	b.reads("€173.20 goes back to the buyer.") // with the shipping
	b.d.err = wire.Errorf(wire.Precondition, "the order was changed meanwhile")
	b.press("Refund…")
	b.press("Yes, do it")
	b.expect("refund order-17 [{0 1 true} {1 2 true}] a scratch in the glass")
	b.reads("the order was changed meanwhile", "a scratch in the glass")
	b.d.err = nil
	b.press("Refund…")
	b.press("Yes, do it")
	b.expect("refund order-17 [{0 1 true} {1 2 true}] a scratch in the glass")
	if b.w.sheet != nil {
		t.Error("the sheet stays open")
	}
}

func TestACancelIsAskedTwiceAndTheKeyboardIsOnTheSafeAnswer(t *testing.T) {
	b := shopBench(t, ordersTab)
	b.w.openOrder("order-10")
	b.press("Cancel order…")
	b.entries()[0].SetText("sold out by mistake")
	b.reads("€151.90 goes back to the buyer.")
	b.key(fyne.KeyReturn)
	b.reads("Are you sure?")
	b.key(fyne.KeyReturn) // on Back
	b.expect()
	if b.w.sheet != nil {
		t.Error("the safe answer leaves the sheet open")
	}
	b.w.openOrder("order-16")
	b.press("Cancel order…")
	b.entries()[0].SetText("asked for it")
	b.reads("no money moves")
	b.press("Cancel order…")
	b.press("Yes, do it")
	b.expect("cancel order-16 asked for it")
}

func TestTheSumOfARefundIsTheServers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := wire.Order{Totals: wire.Totals{TaxIncluded: rapid.Bool().Draw(t, "included")}}
		total := rapid.Int64Range(0, 900).Draw(t, "shipping")
		for range rapid.IntRange(1, 4).Draw(t, "lines") {
			price := rapid.Int64Range(1, 30_000).Draw(t, "price")
			l := wire.Line{Quantity: rapid.IntRange(1, 6).Draw(t, "units"), Price: eur(price), Discount: eur(rapid.Int64Range(0, price).Draw(t, "discount"))}
			l.Tax = eur((price - l.Discount.Minor) / 5)
			o.Lines = append(o.Lines, l)
			if total += price - l.Discount.Minor; !o.Totals.TaxIncluded {
				total += l.Tax.Minor
			}
		}
		o.Totals.Total, o.Refunded = eur(total), eur(0)
		for range 8 {
			line := rapid.IntRange(0, len(o.Lines)-1).Draw(t, "line")
			left := o.Lines[line].Quantity - backUnits(o, line)
			if left < 1 {
				continue
			}
			n := rapid.IntRange(1, left).Draw(t, "back")
			goods, shipping, err := shop.RefundShare(o, line, n)
			if err != nil {
				continue
			}
			if g, s := refundShare(o, line, n); g != goods.Minor || s != shipping.Minor {
				t.Fatalf("%d units of line %d of %+v: %d and %d, the server gives %d and %d", n, line, o, g, s, goods.Minor, shipping.Minor)
			}
			o.Lines[line].Refunded.Minor += goods.Minor
			o.Refunded.Minor += goods.Minor + shipping.Minor
		}
	})
}

// sell adds paid orders.
func (b *bench) sell(numbers ...int64) {
	b.shop(func(s *studio.Shop) {
		for _, n := range numbers {
			s.Orders = append([]wire.Order{order(n, wire.OrderCaptured, wire.PayStripe, 0, bought("Tall vase", 1, 6900))}, s.Orders...)
		}
	})
}

func (b *bench) wait(d time.Duration) {
	now := b.w.now().Add(d)
	b.w.now = func() time.Time { return now }
	b.w.apply(b.d.snap)
}

func TestAPaidOrderIsSaidAndHeardOnceAndManyTogether(t *testing.T) {
	b := newBench(t, inShop)
	b.expect() // those that were there before
	b.sell(19)
	b.reads("Order 19 · Tall vase ×1 · €73.90")
	b.expect("chime")
	b.sell(20)
	b.sell(21, 22)
	b.reads("Order 19")
	b.expect()
	b.wait(salesApart)
	b.reads("3 new orders · €221.70")
	b.expect("chime")
	b.wait(time.Minute)
	b.expect()
	b.lacks("new orders")
	b.shop(func(s *studio.Shop) { // one that was open is paid
		s.Orders = append([]wire.Order{}, s.Orders...)
		for i := range s.Orders {
			if s.Orders[i].Number == 18 {
				s.Orders[i].State = wire.OrderCaptured
			}
		}
	})
	b.reads("Order 18 · Four tumblers ×1")
	b.expect("chime")
}

func TestTheSoundOfOrdersCanBeSwitchedOff(t *testing.T) {
	b := shopBench(t, ordersTab)
	sound := b.w.shop.panels[ordersTab].(*ordersPanel).sound
	test.Tap(sound)
	b.expect("order chime false")
	b.change(func(s *studio.Snapshot) { s.Settings.QuietOrders = true })
	b.sell(19)
	b.reads("Order 19")
	b.expect()
	test.Tap(sound)
	b.expect("order chime true")
}

func TestAWordAboutAnOrderDoesNotTakeTheUndoAway(t *testing.T) {
	b := newBench(t, inShop)
	b.change(func(s *studio.Snapshot) { s.Undo = studio.Change{Seq: 1, Kind: studio.SourceRemoved, Name: "Clip"} })
	b.sell(19)
	b.reads("“Clip” was removed")
	b.expect()
	b.wait(toastFor + time.Second)
	b.wait(0)
	b.reads("Order 19")
}

func TestWhatNeedsTheHostIsSaidAboveTheShopAndLeadsThere(t *testing.T) {
	b := shopBench(t, productsTab)
	b.reads("2 payments declined", "2 wait for Four tumblers", "5 wait for Smoke bowl", "Tall vase · L: 3 left")
	b.press("2 wait for Four tumblers")
	if b.w.shop.at != offersTab {
		t.Error("who waits for an offer does not lead to the offers")
	}
	b.press("Tall vase · L: 3 left")
	if b.w.shop.at != productsTab || b.w.products().chosen != "vase" {
		t.Errorf("low stock leads to %q", b.w.products().chosen)
	}
	b.menuItems = b.w.products().rowItems()
	b.pick("Offer it…")
	if one, _ := b.w.shop.panels[offersTab].(*offersPanel).piece(shopOf(b.w.snap)); b.w.shop.at != offersTab || one.variant.ID != "vase-s" {
		t.Errorf("what is chosen among the products is offered as %q", one.variant.ID)
	}
	b.press("2 payments declined")
	if got := fmt.Sprint(b.numbers()); b.w.shop.at != ordersTab || got != "[16 13]" {
		t.Errorf("declined payments lead to %d, %s", b.w.shop.at, got)
	}
	b.shop(func(s *studio.Shop) { s.Takings.Declined = 1 })
	b.reads("1 payment declined")
	b.shop(func(s *studio.Shop) { s.Takings.Declined, s.Products, s.Offers = 0, nil, nil })
	b.lacks("payment", "wait for", "left\n")
}

func TestTheDashboardCountsOrdersWhereThereIsAShop(t *testing.T) {
	b := newBench(t, inRoom)
	b.reads("VIEWERS", "1284", "LIKES", "9000")
	b.lacks("REVENUE", "CONVERSION")
	before := b.w.win.Content().MinSize()
	b.change(inShop)
	b.reads("ORDERS", "17", "REVENUE", "€1,186", "CONVERSION", "1.3 %", "of peak", "Likes 9000 · Coins 42", "Questions 2 · Queue 2")
	if now := b.w.win.Content().MinSize(); now.Height > before.Height || now.Width > before.Width {
		t.Errorf("the window needs %v, without a shop %v", now, before)
	}
	b.change(func(s *studio.Snapshot) { s.Audience.Fell = studio.Fall{From: 1200, To: 500} })
	b.lacks("CONVERSION")
	b.change(func(s *studio.Snapshot) { s.Audience.Fell, s.Audience.Peak = studio.Fall{}, 0 })
	b.reads("–")
}

func TestTheShopIsReachedByKeysInBothLanguages(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		b := newBench(t, inShop, func(s *studio.Snapshot) { s.Settings.Language = language })
		for key, tab := range map[fyne.Shortcut]int{keyProducts: productsTab, keyOffers: offersTab, keyOrders: ordersTab} {
			b.shortcut(key)
			if b.w.side.at != shopSide || b.w.shop.at != tab {
				t.Errorf("%s leads to %d", key.ShortcutName(), b.w.shop.at)
			}
		}
		b.shortcut(keyHelp)
		b.reads(b.w.words.ShortcutFlash)
	}
}

package app

import (
	"bytes"
	"image"
	"image/jpeg"
	"reflect"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

func TestAnOfferIsOnAirInTwoClicks(t *testing.T) {
	for _, c := range []struct {
		label string
		sees  []string // in the sheet
		check func(o wire.Offer) bool
	}{
		{"Flash", []string{"FLASH OFFER", "€47.00", "instead of €59.00, −20 %", "10:00 left", "42 left", "Units (42 in stock)"}, func(o wire.Offer) bool {
			return o.Until.Equal(evening.Add(10*time.Minute)) && o.Price == eur(4700)
		}},
		{"First n", []string{"THE FIRST 20", "20 left", "First 20: Ribbed carafe"}, func(o wire.Offer) bool { return o.Units == 20 && o.Until.IsZero() }},
		{"Tiers", []string{"THE SOONER", "First 10", "Next 21", "The rest", "€41.00", "€53.00"}, func(o wire.Offer) bool {
			return len(o.Tiers) == 2 && o.Tiers[0] == wire.Tier{Units: 10, Price: eur(4100)} && o.Price == eur(5300)
		}},
		{"Bundle", []string{"Ribbed carafe + Tall vase · S", "€108.00 apart"}, func(o wire.Offer) bool {
			return len(o.Parts) == 2 && o.Parts[1].Variant == "vase-s" && o.Price == eur(9200)
		}},
		{"Exclusive", []string{"ONLY IN THIS SHOW"}, func(o wire.Offer) bool { return o.Show == "evening" && o.Price == eur(5000) }},
		{"Personal", []string{"ONLY FOR YOU", "For Ada: Ribbed carafe"}, func(o wire.Offer) bool {
			return o.Member == "m7" && o.Show == "evening" && o.Units == 1 && o.Title == "For Ada: Ribbed carafe"
		}},
	} {
		b := shopBench(t, offersTab)
		b.press(c.label)
		b.reads(c.sees...)
		b.press("Start now")
		b.carry()
		if len(b.d.offered) != 1 {
			t.Fatalf("%s: the desk was asked %q", c.label, b.d.calls)
		}
		o := b.d.offered[0]
		if !o.Public || o.Parts[0] != (wire.Part{Variant: "carafe", Quantity: 1}) || !c.check(o) {
			t.Errorf("%s starts %+v", c.label, o)
		}
		if b.w.sheet != nil {
			t.Errorf("%s: the sheet stays open", c.label)
		}
	}
}

func TestAFlashOfferStartsFromTheKeyboard(t *testing.T) {
	b := newBench(t, inShop)
	b.shortcut(keyFlash)
	b.reads("Flash · Ribbed carafe", "WHAT VIEWERS SEE")
	b.key(fyne.KeyReturn)
	b.expect("put offer flash")
	b.shortcut(keyFlash)
	b.key(fyne.KeyEscape)
	b.expect()
	if b.w.sheet != nil {
		t.Error("Escape leaves the sheet open")
	}
}

func TestWhatCannotBeOfferedIsSaidAndStaysTyped(t *testing.T) {
	const price, minutes, units = 1, 2, 3 // places of the entries, behind the title
	for _, c := range []struct {
		label string
		at    int
		typed string
		says  string
	}{
		{"Flash", price, "60", "above the usual €59.00"},
		{"Flash", price, "-1", "cannot be below zero"},
		{"Flash", price, "cheap", "Type a price"},
		{"Flash", minutes, "0", "would have passed already"},
		{"Flash", minutes, "-5", "would have passed already"},
		{"Flash", minutes, "", "needs its end"},
		{"Flash", units, "many", "type a number from 1 to"},
		{"Flash", 0, strings.Repeat("x", wire.MaxTitle+1), "A title has 1 to"},
		{"First n", units, "", "Type how many units"},
		{"Tiers", 2, "55", "no step may cost more than the one after it"},
		{"Tiers", 1, "0", "type a number from 1 to"},
		{"Tiers", 7, "9", "the offer only 9"},
	} {
		b := shopBench(t, offersTab)
		b.press(c.label)
		e := b.entries()[c.at]
		e.SetText(c.typed)
		b.press("Start now")
		b.reads(c.says)
		b.expect()
		if e.Text != c.typed || b.w.sheet == nil {
			t.Errorf("%s: %q became %q", c.label, c.typed, e.Text)
		}
	}
}

func TestTheLikeOfAnOfferIsOfferedAgainWithAReason(t *testing.T) {
	b := shopBench(t, offersTab)
	b.press("Flash")
	b.lacks("Why it is offered again")
	b.d.err = wire.Errorf(wire.Conflict, "it ended less than a day before")
	b.press("Start now")
	b.expect("put offer flash")
	b.reads("Why it is offered again", "ended less than a day ago")
	entries := b.entries()
	entries[len(entries)-1].SetText("You asked for it")
	b.d.err = studio.ErrNoAnswer
	b.press("Start now")
	b.expect("put offer flash")
	b.reads("has not answered")
	b.d.err = nil
	b.wait(time.Second)
	b.press("Start now")
	b.expect("put offer flash")
	all := b.d.offered
	if all[2].Reason != "You asked for it" || !reflect.DeepEqual(all[1], all[2]) { // what nobody answered is the same wish
		t.Errorf("%+v, then %+v", all[1], all[2])
	}
}

func TestADraftWaitsAndIsStarted(t *testing.T) {
	b := shopBench(t, offersTab)
	b.press("First n")
	b.press("Save as draft")
	b.carry()
	if o := b.d.offered[0]; o.Public || o.Units != 20 {
		t.Errorf("the draft is %+v", o)
	}
	b.reads("DRAFTS", "15 min · 20 left · nobody sees it yet")
	b.press("Open…")
	b.press("Start now")
	b.carry()
	if o := b.d.offered[1]; !o.Public || o.ID != "o3" || o.Version != 2 || !o.Until.Equal(evening.Add(15*time.Minute)) {
		t.Errorf("the started draft is %+v", o)
	}
	for _, row := range b.w.shop.panels[offersTab].(*offersPanel).rows {
		if draft, ok := row.(*offerRow); ok && draft.drop.Visible() {
			test.Tap(draft.drop)
		}
	}
	b.expect("end offer o3")
}

func TestOffersThatRunAreCountedByTheServersClock(t *testing.T) {
	b := shopBench(t, offersTab)
	b.reads("RUNNING", "Flash · €58.00 instead of €72.00", "9:41 left · 8 taken · 12 left · 2 wait", "Bundle · €111.00 instead of €131.00", "ENDED", "11 sold")
	b.room(func(r *studio.Room) { r.Clock = 41 * time.Second })
	b.reads("9:00 left")
	b.press("End") // that of the last coupon
	b.press("Keep going")
	var ends []*widget.Button
	b.all(func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && button.Text() == "End" {
			ends = append(ends, button)
		}
	})
	if len(ends) != 3 { // the bundle's and two coupons': a promised end cannot be moved
		t.Fatalf("%d things can be ended", len(ends))
	}
	ends[0].Tapped(nil)
	b.reads("End the offer?", "“Carafe + Tumblers”")
	b.press("End")
	b.expect("end offer o2")
	b.press("Show now")
	b.expect("show o2")
	b.shop(func(s *studio.Shop) { s.Showing = wire.Showing{Offer: "o2"} })
	b.press("On show")
	b.expect("show ")
	b.room(func(r *studio.Room) { r.Clock = time.Hour })
	b.lacks("9:00 left")
	b.reads("ended 19:09 · 8 sold")
}

func TestOnlyTheLowestPriceOfThirtyDaysIsStruckOut(t *testing.T) {
	b := shopBench(t, offersTab)
	b.w.offerFor("vase")
	b.press("Flash") // for 39.00, as another an hour ago
	if struck := b.struck(); struck != "" {
		t.Errorf("%s is struck out", struck)
	}
	b.entries()[1].SetText("35")
	if struck := b.struck(); struck != "€39.00" {
		t.Errorf("%q is struck out beside €35.00, want the last offer's", struck)
	}
	b.w.closeSheet()
	b.shop(func(s *studio.Shop) {
		s.Offers = append([]wire.Offer{}, s.Offers...)
		s.Offers[3].Until = evening.Add(-31 * 24 * time.Hour)
	})
	b.press("Flash")
	if struck := b.struck(); struck != "€49.00" {
		t.Errorf("%q is struck out, want the usual price", struck)
	}
}

// struck is the text in the window that is crossed out.
func (b *bench) struck() (text string) {
	b.all(func(o fyne.CanvasObject) {
		if one, ok := o.(*widget.Text); ok && one.Struck() {
			text = one.Text()
		}
	})
	return text
}

func TestReducedPricesAreEasyToSayAndNeverAboveTheUsual(t *testing.T) {
	for from, want := range map[int64]int64{6900: 5500, 5900: 4700, 24900: 19900, 590: 470, 100: 80, 3: 2, 0: 0} {
		if got := off(eur(from), 20); got != eur(want) {
			t.Errorf("%d less 20 %% is %d, want %d", from, got.Minor, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		m := eur(rapid.Int64Range(0, wire.MaxMinor).Draw(t, "minor"))
		percent := rapid.Int64Range(0, 99).Draw(t, "percent")
		got, exact := off(m, percent).Minor, m.Share(100-percent, 100).Minor
		if got > m.Minor || got < 0 || 40*max(got-exact, exact-got) > exact+40 {
			t.Fatalf("%d less %d %% is %d, exactly %d", m.Minor, percent, got, exact)
		}
	})
}

func TestCouponsAreMadeAndEnded(t *testing.T) {
	b := shopBench(t, offersTab)
	b.reads("COUPONS", "LIVE10 · −10 %", "used 7 of 50 times · 42:00 left", "WELCOME5 · −€5.00", "used 19 times · from €50.00")
	b.press("Coupon")
	b.reads("LIVE11", "−10 % on all that is not on offer", "1:00:00 left · 1 × a person")
	b.entries()[0].SetText("live10")
	b.press("Start now")
	b.reads("There is a coupon LIVE10 already")
	b.entries()[0].SetText("a b")
	b.press("Start now")
	b.reads("A code has 3 to 32")
	b.entries()[0].SetText("glass")
	b.entries()[1].SetText("0 %")
	b.press("Start now")
	b.reads("Type what it takes off")
	b.entries()[1].SetText("7.50")
	b.reads("−€7.50 on all")
	b.press("Start now")
	b.expect("put coupon GLASS")
	if c := b.d.coupons[0]; c.Amount != eur(750) || c.UsesEach != 1 || !c.Until.Equal(evening.Add(time.Hour)) {
		t.Errorf("%+v", c)
	}
	b.press("End")
	b.reads("End the coupon?", "WELCOME5")
	b.press("End")
	b.expect("put coupon WELCOME5")
	if c := b.d.coupons[1]; !c.Until.Equal(evening) || c.Amount != eur(500) {
		t.Errorf("%+v", c)
	}
}

func TestWithoutWhatAnOfferNeedsTheHostIsTold(t *testing.T) {
	b := shopBench(t, offersTab)
	b.room(func(r *studio.Room) { r.People = nil })
	b.press("Personal")
	b.reads("Nobody who can have a price of their own")
	b.shop(func(s *studio.Shop) { s.Products = s.Products[2:3] })
	b.press("Bundle")
	b.reads("needs a second product")
	b.shop(func(s *studio.Shop) { s.Products, s.Offers, s.Coupons = nil, nil, nil })
	b.press("Flash")
	b.reads("No offer runs")
	if b.w.sheet != nil {
		t.Error("a sheet opened")
	}
	b.w.flash()
	b.reads("No product can be offered yet")
}

func TestTheCardShowsTheProductsPicture(t *testing.T) {
	b := shopBench(t, offersTab)
	var file bytes.Buffer
	if err := jpeg.Encode(&file, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	b.d.thumb = file.Bytes()
	b.shop(func(s *studio.Shop) {
		s.Products = append([]studio.Product{}, s.Products...)
		s.Products[2].Pictures = []wire.Picture{{ID: "p1"}}
	})
	b.press("Flash")
	b.expect()
	found := false
	b.all(func(o fyne.CanvasObject) {
		if one, ok := o.(*canvas.Image); ok && one.Resource != nil && one.Resource.Name() == "p1" {
			found = true
		}
	})
	if !found {
		t.Error("the card has no picture")
	}
}

package app

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// goodsBench is a bench with the products of a shop of glassware open.
func goodsBench(t *testing.T, edit ...func(*studio.Snapshot)) (*bench, *productsPanel) {
	t.Helper()
	b := newBench(t, append([]func(*studio.Snapshot){glassShop}, edit...)...)
	b.d.thumb = glassFile(0)
	b.w.openShop(productsTab)
	b.carry()
	n := 0
	b.w.newName = func() string { n++; return fmt.Sprint("name-", n) }
	return b, b.w.products()
}

// shop shows another state of the shop.
func (b *bench) shop(edit func(*studio.Shop)) {
	b.change(func(s *studio.Snapshot) {
		next := *s.Shop
		next.Products = slices.Clone(next.Products)
		edit(&next)
		s.Shop = &next
	})
}

// shelfRows are the rows that are drawn, from top to bottom.
func shelfRows(p *productsPanel) (all []widget.Good) {
	for i := range p.rows {
		all = append(all, p.face(i))
	}
	return all
}

func TestTheListTellsPriceStockAndWhereAnEditStands(t *testing.T) {
	b, p := goodsBench(t)
	b.reads("Products 10", "Shown: Carafe with cork stopper", "Hand-blown tumbler, set of two", "€49.00", "46 left", "only 2 left", "changed twice", "sold out · 7 waiting",
		"€32.00 – €52.00", "Products that need you: 2")
	rows := shelfRows(p)
	for i, want := range map[int]string{1: "changed twice", 4: "on show", 6: "hidden", 7: "refused"} {
		if rows[i].Badge != want {
			t.Errorf("%s has the badge %q, want %q", rows[i].Title, rows[i].Badge, want)
		}
	}
	if !rows[4].Marked || rows[3].Marked || !rows[6].Faint || rows[0].Picture == nil {
		t.Error("the rows do not stand out as they should")
	}
	b.shop(func(s *studio.Shop) {
		s.Phase, s.Problem, s.Pending = studio.RoomLost, studio.Problem{Trouble: studio.LinkTrouble, Fault: frame.FaultUnreachable}, 3
	})
	b.reads("No server: changes are kept here and sent later, 3 so far.")
	b.change(func(s *studio.Snapshot) { s.Settings.Language = "zh" })
	b.reads("商品 10", "正在展示：Carafe with cork stopper", "仅剩 2 件", "修改保存在本机，稍后发送，现有 3 处")
	b.change(func(s *studio.Snapshot) { s.Shop = &studio.Shop{Phase: studio.RoomHere} })
	b.reads("还没有商品", "添加", "导入")
}

func TestAProductIsShownByOneClickOrOneKey(t *testing.T) {
	b, p := goodsBench(t)
	var pins []*widget.Button
	b.all(func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && button.Symbol() == "pin" {
			pins = append(pins, button)
		}
	})
	test.Tap(pins[0])
	b.expect("show tumbler")
	b.w.win.Canvas().Focus(p.list)
	b.key(fyne.KeyDown)
	b.key(fyne.KeyDown)
	b.key(keyShow)
	b.expect("show vase")
	b.shop(func(s *studio.Shop) { s.Showing.Product = "vase" })
	b.lets(keyShow)
	b.key(keyShow)
	b.shortcut(keyNext)
	b.shortcut(keyPrevious)
	test.Tap(p.away)
	b.expect("show ", "show next 1", "show next -1", "show ")
	b.w.side.choose(musicSide)
	b.w.win.Canvas().Unfocus()
	b.key(keyShow)
	b.expect()
	b.shortcut(keyNext) // wherever the host is
	b.expect("show next 1")
}

func TestTheListIsSortedHiddenAndCopiedFromTheKeyboard(t *testing.T) {
	b, p := goodsBench(t)
	b.shortcut(keyFind)
	p.search.SetText("saale")
	p.search.OnSubmitted("")
	if p.chosen != "wine" || b.w.win.Canvas().Focused() != fyne.Focusable(p.list) {
		t.Errorf("Enter in the search chose %q", p.chosen)
	}
	b.shortcut(keyMoveUp) // what was found has no places
	b.expect()
	p.search.SetText("")
	b.shortcut(keyMoveUp)
	b.shortcut(keyMoveDown)
	b.key(fyne.KeyDelete)
	b.shortcut(keyCopy)
	b.expect("move product wine to 2", "move product wine to 4", "hide product wine true", "duplicate product wine")
	b.reads("“Wine glass “Saale”” was duplicated")
	b.change(func(s *studio.Snapshot) {
		s.Undo = studio.Change{Seq: 1, Kind: studio.ProductHidden, Name: "Wine glass"}
	})
	b.reads("“Wine glass” is hidden from viewers.")
	b.press("Undo")
	b.expect("undo")
	b.reads("Undone: hiding “Wine glass”")
	for query, want := range map[string]int{"GL-VASE": 1, "handmade": 10, "lauscha": 10, "琉璃": 1, "zinc": 0} {
		if p.search.SetText(query); len(p.rows) != want {
			t.Errorf("%q finds %d products, want %d", query, len(p.rows), want)
		}
	}
	p.search.SetText("zinc")
	b.reads("No product has that")
	p.searchKeys(&fyne.KeyEvent{Name: fyne.KeyEscape}, true)
	if p.search.Text != "" || len(p.rows) != 10 {
		t.Error("Escape does not empty the search")
	}
}

func TestARowIsDraggedToItsPlace(t *testing.T) {
	b, p := goodsBench(t)
	p.list.Moved(0, 4)
	b.expect("move product tumbler to 4")
	p.search.SetText("glass")
	if p.list.Moved != nil {
		t.Error("a row can be dragged among those that were found")
	}
}

func TestTenThousandProductsHaveRowsForThoseInSightOnly(t *testing.T) {
	b, p := goodsBench(t)
	b.shop(func(s *studio.Shop) {
		for i := range 10_000 {
			s.Products = append(s.Products, simple(fmt.Sprint("p", i), fmt.Sprint("Glass ", i), int64(i), i%9, 0))
		}
	})
	count := func() (n int) {
		b.all(func(o fyne.CanvasObject) {
			if button, ok := o.(*widget.Button); ok && button.Symbol() == "pin" {
				n++
			}
		})
		return n
	}
	first := count()
	b.w.win.Canvas().Focus(p.list)
	b.key(fyne.KeyEnd)
	b.reads("Glass 9999")
	b.lacks("Hand-blown tumbler")
	if n := count(); n == 0 || first > 12 || n > 12 {
		t.Errorf("%d rows exist at the top, %d at the end", first, n)
	}
	p.search.SetText("glass 777")
	if len(p.rows) != 11 {
		t.Errorf("%d products found", len(p.rows))
	}
}

// typeText types as the host does.
func (b *bench) typeText(text string) { test.Type(b.w.win.Canvas().Focused(), text) }

func TestAProductIsAddedFromTheKeyboardAlone(t *testing.T) {
	b, _ := goodsBench(t)
	b.shortcut(keyFind) // any way to the shop
	b.w.addProduct()
	c := b.w.win.Canvas()
	b.typeText("Bud vase 🌸 花瓶")
	c.FocusNext()
	b.typeText("1,299.50")
	c.FocusNext()
	b.typeText("12")
	c.FocusNext()
	b.typeText("GL-BUD")
	b.key(fyne.KeyReturn)
	b.expect("put product name-1")
	got := b.d.put[0]
	v := got.Variants[0]
	if got.Title != "Bud vase 🌸 花瓶" || v.Price != eur(129950) || v.Stock != 12 || v.SKU != "GL-BUD" || v.ID == "" || got.Version != 0 {
		t.Errorf("put %+v", got)
	}
	if b.w.sheet != nil {
		t.Error("the form is still open")
	}
	b.reads("is saved.")
}

func TestAProductIsAddedWithTwoClicks(t *testing.T) {
	b, p := goodsBench(t)
	clicks := 0
	click := func(o fyne.Tappable) { test.Tap(o); clicks++ }
	b.all(func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && button.Symbol() == "add" && button.Text() == "" {
			defer click(button)
		}
	})
	b.typeText("Bud vase")
	p.kept.price.entry.SetText("12")
	click(p.kept.save)
	b.expect("put product name-1")
	if clicks != 2 {
		t.Errorf("%d clicks", clicks)
	}
}

func TestWrongPricesAreSaidUnderTheFieldAndKept(t *testing.T) {
	b, p := goodsBench(t)
	p.add()
	s := p.kept
	s.title.entry.SetText("Bowl")
	for text, says := range map[string]string{
		"-3": "A price is not below zero.", "abc": "No price. Type it as", "1.2345": "At most 2 decimals.", "1,299.505": "At most 2 decimals.",
		"": "Give a price.", "99999999999999": "", "1299,5": "€1,299.50", "1,299.50": "€1,299.50", "12": "€12.00",
	} {
		s.price.entry.SetText(text)
		if strings.HasPrefix(says, "€") {
			b.reads(says)
			continue
		}
		b.press("Save")
		b.expect()
		b.reads(says)
		if s.price.entry.Text != text {
			t.Errorf("%q became %q", text, s.price.entry.Text)
		}
		if b.w.win.Canvas().Focused() != fyne.Focusable(s.price.entry) {
			t.Errorf("the keyboard is not where %q is wrong", text)
		}
	}
	b.change(func(n *studio.Snapshot) { n.Settings.Language = "zh" })
	p = b.w.products()
	p.add()
	p.kept.price.entry.SetText("-1")
	b.reads("价格不能低于零")
}

func TestAYenHasNoDecimals(t *testing.T) {
	for text, wrong := range map[string]bool{"1200": false, "1,200": false, "12.5": true} {
		if _, says := english.priceOf(text, "JPY"); (says != "") != wrong {
			t.Errorf("%q: %q", text, says)
		}
	}
}

func TestAnErrorOrEscapeLosesNothingThatWasTyped(t *testing.T) {
	b, p := goodsBench(t)
	p.add()
	p.kept.title.entry.SetText("Goblet")
	p.kept.price.entry.SetText("30")
	p.kept.text.SetText("Two lines\nof text")
	b.d.err = wire.Errorf(wire.Invalid, "a product's text has at most 5000 characters; got 6000")
	b.press("Save")
	b.expect("put product name-1")
	b.reads("at most 5000 characters", "New product")
	b.key(fyne.KeyEscape)
	b.reads("Not saved, but kept")
	p.add()
	b.reads("What you typed before is still here.")
	if s := p.kept; s.title.entry.Text != "Goblet" || s.text.Text != "Two lines\nof text" {
		t.Errorf("the form holds %q, %q", s.title.entry.Text, s.text.Text)
	}
	b.d.err = nil
	b.press("Save")
	b.expect("put product name-1") // the same product with every try
	if b.d.put[0].Variants[0].ID != b.d.put[1].Variants[0].ID {
		t.Error("a second try made another variant")
	}
	p.add()
	b.lacks("still here")
}

func TestStockIsSetAnewOrByUnitsThatComeAndGo(t *testing.T) {
	b, p := goodsBench(t)
	open := func() *productSheet {
		p.choose("tumbler")
		p.open()
		return p.kept
	}
	open()
	b.reads("46 left, 2 held")
	b.shop(func(s *studio.Shop) {
		v := s.Products[0].Variants[0]
		v.Stock, v.Left, v.Version = 40, 38, 9
		s.Products[0].Variants = []wire.Variant{v}
	})
	b.reads("38 left, 2 held")
	p.kept.title.entry.SetText("Tumblers")
	b.press("Save")
	b.expect("put product tumbler")
	if v := b.d.put[0].Variants[0]; v.Stock != 48 || v.Version != 7 { // as it was seen: no unit more or less
		t.Errorf("put %+v", v)
	}
	s := open()
	s.stock.entry.SetText("+12")
	b.reads("then 50 left")
	b.press("Save")
	b.expect("put product tumbler")
	if v := b.d.put[1].Variants[0]; v.Stock != 52 || v.Version != 9 {
		t.Errorf("put %+v", v)
	}
	s = open()
	s.stock.entry.SetText("−50")
	b.press("Save")
	b.expect()
	b.reads("Only 38 are free.")
	s.stock.entry.SetText("1")
	b.press("Save")
	b.expect()
	b.reads("2 are held by buyers")
	s.stock.entry.SetText("100")
	b.press("Save")
	b.expect("put product tumbler")
	if v := b.d.put[2].Variants[0]; v.Stock != 100 {
		t.Errorf("put %+v", v)
	}
}

func TestVariantsAreMadeOfOptionsAndFilledAtOnce(t *testing.T) {
	b, p := goodsBench(t)
	p.add()
	s, v := p.kept, p.kept.table
	s.title.entry.SetText("Beaker")
	s.price.entry.SetText("20")
	b.press("Variants")
	v.name[0].SetText("Size")
	b.press("Make the table")
	b.reads("An option needs a name and values.")
	v.values[0].SetText("S, M，L, M")
	v.name[1].SetText("Colour")
	v.values[1].SetText("Clear, Smoke")
	b.press("Make the table")
	b.reads("S / Clear", "M / Clear", "1 to 5 of 6")
	v.all[1].SetText("4")
	v.all[2].SetText("GL-BK")
	b.press("Fill all")
	v.lines[1].cells[0].SetText("22,50")
	v.page(+1)
	b.reads("L / Smoke", "6 to 6 of 6")
	v.lines[0].cells[0].SetText("x")
	b.press("Save")
	b.expect()
	b.reads("L / Smoke: No price.")
	v.lines[0].cells[0].SetText("24")
	v.values[0].SetText("S, L, XL") // M goes, what the others had stays
	b.press("Make the table")
	b.press("Save")
	b.expect("put product name-1")
	got := b.d.put[0]
	if !slices.Equal(got.Options, []string{"Size", "Colour"}) || len(got.Variants) != 6 {
		t.Fatalf("put %+v", got)
	}
	small, large, huge := got.Variants[1], got.Variants[3], got.Variants[5]
	if small.Title != "S / Smoke" || small.Price != eur(2250) || small.Stock != 4 || small.SKU != "GL-BK-S-SMOKE" || large.Price != eur(2400) || huge.Stock != 0 {
		t.Errorf("put %+v, %+v, %+v", small, large, huge)
	}
}

func TestAConflictIsSettledFieldByField(t *testing.T) {
	b, p := goodsBench(t)
	settle := func() {
		p.choose("vase")
		b.w.win.Canvas().Focus(p.list)
		b.key(fyne.KeyReturn)
	}
	settle()
	b.reads("Changed by two people", "Smoke vase “Nebel” 琉璃花瓶", "Smoke vase “Nebel”, 32 cm", "€129.50", "€139.00", "glass, gift")
	var theirs *widget.Item
	b.all(func(o fyne.CanvasObject) {
		if i, ok := o.(*widget.Item); ok && i.Face().Title == "€139.00" {
			theirs = i
		}
	})
	test.Tap(theirs)
	b.press("Save this choice")
	b.expect("put product vase")
	if got := b.d.put[0]; got.Title != "Smoke vase “Nebel” 琉璃花瓶" || got.Variants[0].Price != eur(13900) || got.Version != 4 || got.Cap != 0 {
		t.Errorf("put %+v", got)
	}
	settle()
	b.press("Take all theirs")
	settle()
	b.press("Keep all mine")
	b.expect("settle product vase false", "settle product vase true")
	p.choose("candle")
	p.open()
	b.reads("The server refused this: 8 units are held")
	b.press("Drop my change")
	b.expect("settle product candle false")
}

func TestTheProductsFitASmallScreen(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		b, p := goodsBench(t, func(s *studio.Snapshot) { s.Settings.Language = language })
		if m := b.w.win.Content().MinSize(); m.Width > 1024 || m.Height > 612 {
			t.Errorf("the list in %q needs %v", language, m)
		}
		sheet := func(what string) {
			if m := b.roots().MinSize(); m.Width > 1024 || m.Height > 612 {
				t.Errorf("%s in %q needs %v", what, language, m)
			}
			b.w.closeSheet()
		}
		p.choose("wine")
		p.open()
		sheet("the form")
		p.open()
		p.kept.turn(1)
		sheet("the variants")
		p.choose("vase")
		p.open()
		sheet("the conflict")
		m := image.NewRGBA(image.Rect(0, 0, 90, 60))
		b.w.openCrop(m, m, nil, nil)
		sheet("the crop")
		b.w.showShortcuts()
		sheet("the list of keys")
	}
}

func TestTheListsMenuOffersWhatCanBeDone(t *testing.T) {
	b, p := goodsBench(t)
	p.choose("plate")
	b.menuItems = p.rowItems()
	b.pick("Let viewers see it")
	p.choose("carafe")
	b.menuItems = p.rowItems()
	b.pick("Take away")
	p.choose("candle")
	b.menuItems = p.rowItems()
	b.pick("Drop my change")
	b.d.err = errors.New("no")
	b.menuItems = p.rowItems()
	b.pick("Duplicate")
	b.expect("hide product plate false", "show ", "settle product candle false", "duplicate product candle")
	b.reads("Something went wrong: no")
}

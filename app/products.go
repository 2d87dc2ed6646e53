package app

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// productsPanel is the list of products: what viewers are shown stands above it, what can be done with the chosen one below.
type productsPanel struct {
	w      *Window
	object fyne.CanvasObject

	search               *widget.Entry
	state                *remark
	showing              *widget.Text
	previous, next, away *widget.Button
	head, foot           fyne.CanvasObject
	list                 *widget.Shelf
	empty, none          fyne.CanvasObject
	edit, copy, hide     *widget.Button
	up, down             *widget.Button
	thumbs               *thumbs
	kept                 *productSheet  // open, or closed with something typed in it; nil for none
	shop                 *studio.Shop   // that is shown
	query                string         // by which
	rows                 []int          // places in the shop's products, a row each
	made                 wire.ProductID // the last one that was made here, until it was seen
	chosen               wire.ProductID
}

func newProductsPanel(w *Window) *productsPanel {
	p := &productsPanel{w: w, state: newRemark(), list: widget.NewShelf()}
	t := w.words
	p.thumbs = newThumbs(w, func() { p.list.Set(len(p.rows), p.row(p.chosen)) })
	p.search = widget.NewEntry(t.ProductSearch)
	p.search.Keys = p.searchKeys
	p.search.OnChanged = func(string) { p.show() }
	p.search.OnSubmitted = func(string) { p.toList() }
	add := p.button("", theme.Add, widget.Primary, p.add).Explain(t.ProductAdd)
	more := p.button("", theme.More, widget.Quiet, nil)
	more.OnTap(func() { w.pop(below(more), p.moreItems()...) })

	p.showing = widget.NewText("", widget.Style{Size: theme.Small, Shrink: true})
	p.previous = p.button("", theme.Previous, widget.Quiet, func() { w.showNext(-1) }).Explain(t.ShowPreviousMenu)
	p.next = p.button("", theme.Next, widget.Quiet, func() { w.showNext(+1) }).Explain(t.ShowNextMenu)
	p.away = p.button("", theme.Close, widget.Quiet, func() { w.showProduct("") }).Explain(t.TipTakeAway)
	p.head = widget.Row(p.showing, widget.Line(0, p.previous, p.next, p.away))

	p.list.Keys, p.list.Face = p.keys, p.face
	p.list.Selected = func(i int) { p.chosen = p.shop.Products[p.rows[i]].ID; p.enable() }
	p.list.Opened, p.list.Acted = func(int) { p.open() }, func(i int) { p.pin(p.shop.Products[p.rows[i]].ID) }
	p.list.Second = func(_ int, at fyne.Position) { w.pop(at, p.rowItems()...) }

	p.edit = p.button("", theme.Rename, widget.Quiet, p.open).Explain(t.EditProduct)
	p.copy = p.button("", theme.Copy, widget.Quiet, p.duplicate).Explain(t.DuplicateProduct)
	p.hide = p.button("", theme.Hide, widget.Quiet, p.toggleHidden).Explain(t.TipHide)
	p.up = p.button("", theme.Up, widget.Quiet, func() { p.move(-1) })
	p.down = p.button("", theme.Down, widget.Quiet, func() { p.move(+1) })
	p.foot = widget.Row(widget.Line(2, p.edit, p.copy, p.hide), widget.Line(2, p.up, p.down))

	p.empty = widget.Stack(10, emptyState(t.NoProducts, t.NoProductsHint),
		widget.Columns(6, p.button(t.ProductAdd, theme.Add, widget.Primary, p.add), p.button(t.ProductImport, theme.File, widget.Plain, w.openImport)))
	p.none = paragraph(t.NoProductFound)
	top := widget.Stack(6, widget.Row(p.search, add, more), p.state.object, p.head)
	p.shop = noShop
	p.object = container.New(goodsLayout{p, 6}, top, container.NewStack(p.list, p.empty, p.none), p.foot)
	p.show()
	return p
}

func (p *productsPanel) button(text string, s theme.Symbol, k widget.Kind, do func()) *widget.Button {
	b := widget.NewButton(text, s, k, do)
	b.Keys = p.keys
	return b
}

// goodsLayout stands top, list and foot below each other, gap pixels apart. The foot gives way where few rows of the list would be seen: its
// commands are in the menus too.
type goodsLayout struct {
	p   *productsPanel
	gap float32
}

// goodsRoom is the height in pixels from which the list shares its room with the foot.
const goodsRoom = 220

func (l goodsLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	top, list, foot := o[0].MinSize(), o[1].MinSize(), o[2].MinSize()
	return fyne.NewSize(max(top.Width, list.Width, foot.Width), top.Height+l.gap+list.Height)
}

func (l goodsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(size.Width, o[0].MinSize().Height)) // text knows its height once it has its width
	top, foot := o[0].MinSize().Height, o[2].MinSize().Height
	o[0].Resize(fyne.NewSize(size.Width, top))
	o[0].Move(fyne.Position{})
	room := size.Height - top - l.gap
	show(o[2], room-foot-l.gap >= goodsRoom && len(l.p.shop.Products) > 0)
	if o[2].Visible() {
		room -= foot + l.gap
		o[2].Resize(fyne.NewSize(size.Width, foot))
		o[2].Move(fyne.NewPos(0, size.Height-foot))
	}
	o[1].Resize(fyne.NewSize(size.Width, max(0, room)))
	o[1].Move(fyne.NewPos(0, top+l.gap))
}

// below is the place under an object, for its menu.
func below(o fyne.CanvasObject) fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).AddXY(0, o.Size().Height+4)
}

func (p *productsPanel) root() fyne.CanvasObject { return p.object }

func (p *productsPanel) apply(s *studio.Shop) {
	if s != p.shop {
		p.shop = s
		p.show()
		p.find()
	}
}

// show shows the shop's products that match what is searched for.
func (p *productsPanel) show() {
	query := strings.ToLower(strings.TrimSpace(p.search.Text))
	p.query, p.rows = query, p.rows[:0]
	for i := range p.shop.Products {
		if query == "" || matches(&p.shop.Products[i], query) {
			p.rows = append(p.rows, i)
		}
	}
	p.list.Moved = p.drag
	if query != "" {
		p.list.Moved = nil // places among what was found say nothing
	}
	some := len(p.shop.Products) > 0
	again := p.state.say(p.w.words.shopState(p.shop)) || p.head.Visible() != some
	show(p.empty, !some)
	show(p.none, some && len(p.rows) == 0)
	show(p.head, some)
	p.showing.Set(p.w.words.showing(p.shop))
	p.list.Set(len(p.rows), p.row(p.chosen))
	p.enable()
	if again {
		p.object.Refresh()
	}
}

// find brings a product that was just made into sight, once the shop has it.
func (p *productsPanel) find() {
	if p.made != "" && p.row(p.made) >= 0 {
		p.choose(p.made)
		p.made = ""
	}
}

// matches says whether a product has a text, in small letters, in its title, SKUs, barcodes, tags, kind or vendor.
func matches(p *studio.Product, query string) bool {
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), query) }
	return has(p.Title) || has(p.Kind) || has(p.Vendor) || slices.ContainsFunc(p.Tags, has) ||
		slices.ContainsFunc(p.Variants, func(v wire.Variant) bool { return has(v.SKU) || v.Barcode == query })
}

// row is the row of a product, −1 for none.
func (p *productsPanel) row(id wire.ProductID) int {
	return slices.IndexFunc(p.rows, func(i int) bool { return p.shop.Products[i].ID == id })
}

// product is the chosen one, with its place in the shop; nil for none.
func (p *productsPanel) product() (*studio.Product, int) {
	i := slices.IndexFunc(p.shop.Products, func(o studio.Product) bool { return o.ID == p.chosen })
	if i < 0 || p.row(p.chosen) < 0 {
		return nil, -1
	}
	return &p.shop.Products[i], i
}

// enable enables what can be done now.
func (p *productsPanel) enable() {
	one, at := p.product()
	for _, b := range []*widget.Button{p.edit, p.copy, p.hide} {
		b.SetEnabled(one != nil)
	}
	p.up.SetEnabled(at > 0 && p.query == "")
	p.down.SetEnabled(at >= 0 && at < len(p.shop.Products)-1 && p.query == "")
	p.away.SetEnabled(p.shop.Showing != wire.Showing{})
}

// choose chooses a product and brings it into sight.
func (p *productsPanel) choose(id wire.ProductID) {
	p.chosen = id
	i := p.row(id)
	p.list.Set(len(p.rows), i)
	if i >= 0 {
		p.list.Reveal(i)
	}
	p.enable()
}

// toList brings the keyboard to the list, and to its first row if none is chosen.
func (p *productsPanel) toList() {
	if len(p.rows) == 0 {
		return
	}
	if p.row(p.chosen) < 0 {
		p.choose(p.shop.Products[p.rows[0]].ID)
	}
	p.w.win.Canvas().Focus(p.list)
}

// searchKeys takes the keys that are nothing to type: Escape empties the search, and leaves it when it is empty.
func (p *productsPanel) searchKeys(e *fyne.KeyEvent, down bool) {
	switch {
	case down && e.Name == fyne.KeyEscape && p.search.Text != "":
		p.search.SetText("")
	case down && e.Name == fyne.KeyEscape:
		p.toList()
	default:
		p.w.keys(e, down)
	}
}

// keys takes the keys of the panel: Delete here is about a product, not about a source.
func (p *productsPanel) keys(e *fyne.KeyEvent, down bool) {
	if down && p.w.sheet == nil && e.Name == fyne.KeyDelete {
		if one, _ := p.product(); one != nil && !one.Hidden {
			p.toggleHidden()
		}
		return
	}
	p.w.keys(e, down)
}

// showing says what viewers are shown.
func (t *words) showing(s *studio.Shop) string {
	title := ""
	if one := s.Product(s.Showing.Product); one != nil {
		title = one.Title
	}
	for _, o := range s.Offers {
		if o.ID == s.Showing.Offer && o.ID != "" {
			title = o.Title
		}
	}
	if title == "" {
		return t.ShowsNothing
	}
	return fmt.Sprintf(t.ShowsNow, title)
}

// shopState says what is not well between here and the server, "" for nothing.
func (t *words) shopState(s *studio.Shop) string {
	troubled := 0
	for i := range s.Products {
		if e := s.Products[i].Edit; e == studio.EditConflict || e == studio.EditRefused {
			troubled++
		}
	}
	var parts []string
	if f := s.Problem.Fault; s.Phase == studio.RoomLost && f != frame.FaultNone && f != frame.FaultUnreachable {
		parts = append(parts, t.fault(f))
	}
	switch {
	case s.Phase == studio.RoomLost && s.Pending > 0:
		parts = append(parts, fmt.Sprintf(t.EditsWaitAway, s.Pending))
	case s.Phase == studio.RoomLost:
		parts = append(parts, t.ShopAway)
	case s.Phase == studio.NoRoom && s.Pending > 0:
		parts = append(parts, fmt.Sprintf(t.EditsWaitServer, s.Pending))
	case s.Pending > 0:
		parts = append(parts, fmt.Sprintf(t.EditsSending, s.Pending))
	}
	if troubled > 0 {
		parts = append(parts, fmt.Sprintf(t.EditsTroubled, troubled))
	}
	return strings.Join(parts, " ")
}

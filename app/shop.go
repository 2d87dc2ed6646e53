package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// shopPanel is the shop's desk: a row of tabs and the panel of the one that is chosen.
type shopPanel struct {
	w      *Window
	object fyne.CanvasObject
	tabs   []*widget.Button
	panels []shopTab
	at     int
	alerts *alerts
	body   *fyne.Container
}

// shopTab is one of the shop's panels. apply is called for the panel that can be seen, and need not be quick.
type shopTab interface {
	root() fyne.CanvasObject
	apply(s *studio.Shop)
}

// Tabs of the shop.
const (
	productsTab = iota
	offersTab
	ordersTab
)

func newShopPanel(w *Window, at int) *shopPanel {
	p := &shopPanel{w: w, alerts: newAlerts(w), panels: []shopTab{newProductsPanel(w), newOffersPanel(w), newOrdersPanel(w)}}
	var tabs, panels []fyne.CanvasObject
	for i, panel := range p.panels {
		b := widget.NewButton("", "", widget.Quiet, func() { p.choose(i) }).Slim()
		b.Keys = w.keys
		p.tabs = append(p.tabs, b)
		tabs, panels = append(tabs, b), append(panels, panel.root())
	}
	p.body = widget.Fill(6, p.alerts.object, container.NewStack(panels...), nil)
	p.object = widget.NewBox(widget.Fill(8, container.NewHScroll(widget.Line(2, tabs...)), p.body, nil),
		theme.Panel, theme.Edge, fyne.NewSize(12, 8))
	p.choose(at)
	return p
}

// choose shows a panel of the shop.
func (p *shopPanel) choose(n int) {
	p.at = n
	for i, panel := range p.panels {
		show(panel.root(), i == n)
	}
	p.apply(p.w.snap)
}

// noShop stands for a shop that nothing is known of; nobody changes it.
var noShop = &studio.Shop{}

// shopOf is the snapshot's shop, never nil.
func shopOf(s *studio.Snapshot) *studio.Shop {
	if s.Shop == nil {
		return noShop
	}
	return s.Shop
}

func (p *shopPanel) apply(s *studio.Snapshot) {
	shop, t := shopOf(s), p.w.words
	running := 0
	for _, o := range shop.Offers {
		if o.Public && !p.w.over(o) {
			running++
		}
	}
	names := []string{t.TabProducts, t.TabOffers, t.TabOrders}
	for i, count := range []int{len(shop.Products), running, len(shop.Orders)} {
		kind, name := widget.Quiet, names[i]
		if i == p.at {
			kind = widget.Plain
		}
		if count > 0 {
			name = fmt.Sprintf(t.Counted, name, count)
		}
		p.tabs[i].Set(name, "", kind)
	}
	if p.alerts.apply(shop) {
		p.body.Refresh()
	}
	if p.object.Visible() {
		p.panels[p.at].apply(shop)
	}
}

// openShop shows a panel of the shop.
func (w *Window) openShop(tab int) {
	if w.sheet == nil {
		w.side.choose(shopSide)
		w.shop.choose(tab)
		if orders, ok := w.shop.panels[tab].(*ordersPanel); ok {
			w.win.Canvas().Focus(orders.rows)
		}
	}
}

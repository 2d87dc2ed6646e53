package app

import (
	"fyne.io/fyne/v2"

	"vitrine/app/widget"
	"vitrine/studio"
)

// shopPanel is the shop's desk.
type shopPanel struct {
	tabbed[shopTab]
	object fyne.CanvasObject
	alerts *alerts
	body   *fyne.Container
}

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
	p := &shopPanel{alerts: newAlerts(w)}
	p.tabbed = newTabbed[shopTab](w, p.draw, newProductsPanel(w), newOffersPanel(w), newOrdersPanel(w))
	p.body = widget.Fill(6, p.alerts.object, p.stack, nil)
	p.object = p.box(p.body)
	p.choose(at)
	return p
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

func (p *shopPanel) draw(s *studio.Snapshot) {
	shop := shopOf(s)
	running := 0
	for _, o := range shop.Offers {
		if o.Public && !p.w.over(o) {
			running++
		}
	}
	t := p.w.words
	p.label([]string{t.TabProducts, t.TabOffers, t.TabOrders}, len(shop.Products), running, len(shop.Orders))
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

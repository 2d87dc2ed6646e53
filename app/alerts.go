package app

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// alerts is the strip above the shop's panels: what needs the host, each part leading to where it is seen to.
type alerts struct {
	w      *Window
	object *container.Scroll
	strip  *fyne.Container
	high   float32 // as the panel was laid out for
	shown  []alert
	seen   *studio.Shop
}

// alert is a part of the strip.
type alert struct {
	text string
	tab  int
	bad  bool // something went wrong
	// product is whose stock it is about, "" for another thing.
	product wire.ProductID
}

const (
	// mostAlerts is how many parts the strip has, alertRows how many rows of them are seen without scrolling.
	mostAlerts = 8
	alertRows  = 2
	alertGap   = 4 // pixels
)

func newAlerts(w *Window) *alerts {
	a := &alerts{w: w, strip: container.New(&flow{gap: alertGap})}
	a.object = container.NewVScroll(a.strip)
	a.object.Hide()
	return a
}

// apply shows what the shop needs, and reports whether the strip takes another height.
func (a *alerts) apply(s *studio.Shop) bool {
	if s != a.seen {
		a.seen = s
		a.set(a.w.words.alerts(s))
	}
	high := float32(0)
	if len(a.shown) > 0 {
		high = min(a.strip.MinSize().Height, alertRows*a.strip.Objects[0].MinSize().Height+(alertRows-1)*alertGap)
		a.object.SetMinSize(fyne.NewSize(0, high))
	}
	changed := high != a.high
	a.high = high
	return changed
}

func (a *alerts) set(list []alert) {
	if slices.Equal(list, a.shown) {
		return
	}
	a.shown = list
	a.strip.Objects = nil
	for _, one := range list {
		b := widget.NewButton(one.text, "", widget.Plain, func() { a.lead(one) }).Low()
		if one.bad {
			b.Set(one.text, "", widget.Warn)
		}
		b.Keys = a.w.keys
		a.strip.Add(b)
	}
	show(a.object, len(list) > 0)
	a.strip.Refresh()
	a.object.ScrollToTop()
}

// lead goes to where a part is seen to.
func (a *alerts) lead(one alert) {
	if one.tab == ordersTab {
		a.w.openOrders(declinedOrders)
		return
	}
	a.w.openShop(one.tab)
	if one.product != "" && a.w.sheet == nil {
		a.w.products().choose(one.product)
	}
}

// alerts are the parts of the strip, what matters most first.
func (t *words) alerts(s *studio.Shop) (list []alert) {
	if s.Phase == studio.RoomLost {
		list = append(list, alert{text: t.AlertAway, tab: productsTab, bad: true})
	}
	switch n := s.Takings.Declined; {
	case n == 1:
		list = append(list, alert{text: t.AlertDeclinedOne, tab: ordersTab, bad: true})
	case n > 1:
		list = append(list, alert{text: fmt.Sprintf(t.AlertDeclined, n), tab: ordersTab, bad: true})
	}
	for _, o := range s.Offers {
		if o.Public && !o.Ended && o.Waiting > 0 {
			list = append(list, alert{text: fmt.Sprintf(t.AlertWait, o.Waiting, o.Title), tab: offersTab})
		}
	}
	var low []alert
	for _, p := range pieces(s) {
		v := p.variant
		switch {
		case v.Waiting > 0:
			list = append(list, alert{text: fmt.Sprintf(t.AlertWait, v.Waiting, p.name()), product: p.product.ID})
		case v.Left == 0:
			low = append(low, alert{text: fmt.Sprintf(t.AlertSoldOut, p.name()), product: p.product.ID})
		case v.Left <= studio.LowStock:
			low = append(low, alert{text: fmt.Sprintf(t.AlertLow, p.name(), v.Left), product: p.product.ID})
		}
	}
	list = append(list, low...)
	if more := len(list) - mostAlerts; more > 0 {
		list = append(list[:mostAlerts], alert{text: fmt.Sprintf(t.AlertMore, more)})
	}
	return list
}

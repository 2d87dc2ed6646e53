package app

import (
	"context"
	"fmt"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
)

// sales tells the host of orders that are new and paid: in a word over the picture and by a sound on the host's speaker. Many at once are
// told together. It outlives the panels.
type sales struct {
	w     *Window
	show  wire.ShowID
	known map[wire.OrderID]bool // that were told, or there before; nil before the shop was known
	fresh []wire.Order          // to be told, the oldest first
	told  time.Time             // when something was told last
	seen  *studio.Shop
}

// salesApart is the least time between two words about orders.
const salesApart = 3 * time.Second

func (n *sales) apply(s *studio.Snapshot) {
	shop := shopOf(s)
	if show := s.Settings.Server.Show; show != n.show {
		n.show, n.known, n.fresh, n.seen = show, nil, nil, nil
	}
	if shop.Phase == studio.RoomHere && shop != n.seen {
		n.look(shop)
		n.seen = shop
	}
	n.tell()
}

// look finds what is new. What is there when the shop is first seen is not.
func (n *sales) look(shop *studio.Shop) {
	first := n.known == nil
	if first {
		n.known = map[wire.OrderID]bool{}
	}
	for i := len(shop.Orders) - 1; i >= 0; i-- {
		o := shop.Orders[i]
		if !sold(o) || n.known[o.ID] {
			continue
		}
		n.known[o.ID] = true
		if !first {
			n.fresh = append(n.fresh, o)
		}
	}
}

// tell tells what is new, unless something was told a moment ago or the host may still want to undo something in the same place.
func (n *sales) tell() {
	w, now := n.w, n.w.now()
	undoing := w.toast.object.Visible() && w.toast.undo.Visible()
	if len(n.fresh) == 0 || now.Sub(n.told) < salesApart || undoing {
		return
	}
	t, o := w.words, n.fresh[0]
	text := fmt.Sprintf(t.OrderNews, o.Number, t.bought(o), t.money(o.Totals.Total))
	if len(n.fresh) > 1 {
		sum := wire.Money{}
		for _, one := range n.fresh {
			sum, _ = sum.Plus(one.Totals.Total)
		}
		text = fmt.Sprintf(t.OrdersNews, len(n.fresh), t.money(sum))
	}
	n.fresh, n.told = nil, now
	w.toast.say(text)
	if !w.snap.Settings.QuietOrders {
		w.ask(gesture{do: w.desk.ChimeOrder, done: func(error) {}}) // the word was said
	}
}

// toggleSound has orders be heard, or not.
func (p *ordersPanel) toggleSound() {
	on := p.w.snap.Settings.QuietOrders
	p.w.command(func(ctx context.Context) error { return p.w.desk.SetOrderChime(ctx, on) })
	text := p.w.words.SoundOff
	if on {
		text = p.w.words.SoundOn
	}
	p.w.toast.say(text)
}

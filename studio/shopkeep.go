package studio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"vitrine/server/wire"
)

// letter is what is to be kept.
type letter struct {
	seq   int64
	edits []*edit
	shop  *keptShop // nil to leave it
}

// keptShop is what is known of the shop without a network.
type keptShop struct {
	Terms    wire.ShopTerms    `json:"terms"`
	Products []wire.Product    `json:"products"`
	Offers   []wire.Offer      `json:"offers"`
	Coupons  []wire.UsedCoupon `json:"coupons"`
}

// post hands over what is to be kept, with what is known of the shop or without; of several that wait the newest is.
func (d *desk) post(known bool) {
	next := letter{seq: d.seq, edits: make([]*edit, len(d.turn))}
	for i, id := range d.turn {
		next.edits[i] = d.mine[id]
	}
	if known {
		next.shop = &keptShop{Terms: d.shop.Terms, Offers: d.shop.Offers, Coupons: d.shop.Coupons, Products: make([]wire.Product, 0, len(d.theirs))}
		for _, p := range d.theirs {
			next.shop.Products = append(next.shop.Products, p)
		}
		d.unkept, d.shopKept = false, time.Now()
	}
	select {
	case old := <-d.letters:
		if next.shop == nil {
			next.shop = old.shop
		}
	default:
	}
	d.letters <- next
	d.later = false
}

// Names in the outbox.
const (
	editsName   = "edits"
	shopName    = "shop"
	pictureName = "picture-" // and its ID
)

// keepShop keeps what the loop hands over, until ctx ends; then what it handed over last.
func (s *Session) keepShop(ctx context.Context, d *desk) error {
	for {
		select {
		case <-ctx.Done():
			select {
			case l := <-d.letters:
				if err := s.saveShop(d.server, l); err != nil {
					s.c.Log.Error("edits not kept", "error", err)
				}
			default:
			}
			return nil
		case l := <-d.letters:
			err := s.saveShop(d.server, l)
			s.post(ctx, func() { s.keptShop(d, l.seq, err) })
		}
	}
}

func (s *Session) saveShop(server string, l letter) error {
	b, err := json.Marshal(l.edits)
	if err == nil {
		err = s.c.Outbox.SaveShop(server, editsName, b)
	}
	if err != nil || l.shop == nil {
		return err
	}
	if b, err = json.Marshal(l.shop); err != nil {
		return err
	}
	return s.c.Outbox.SaveShop(server, shopName, b)
}

// keptShop goes on after something was kept, or could not be: then the host knows, and the edit is sent all the same.
func (s *Session) keptShop(d *desk, seq int64, err error) {
	d.kept = seq
	if err != nil {
		s.notice(Problem{Trouble: EditsUnkept, Detail: err.Error()})
	} else {
		s.withdraw(EditsUnkept, "")
	}
	d.waiting = slices.DeleteFunc(d.waiting, func(w waiter) bool {
		if w.seq <= seq {
			close(w.kept)
		}
		return w.seq <= seq
	})
	s.sendEdit(d, time.Now())
}

// loaded is what was kept.
type loaded struct {
	edits []*edit
	shop  keptShop
}

// loadShop reads what was kept. What cannot be read is moved out of the way, and an error.
func (s *Session) loadShop(server string) (l loaded, err error) {
	return l, errors.Join(s.loadPart(server, editsName, &l.edits), s.loadPart(server, shopName, &l.shop))
}

func (s *Session) loadPart(server, name string, to any) error {
	b, err := s.c.Outbox.LoadShop(server, name)
	if err != nil || b == nil {
		return err
	}
	if err := json.Unmarshal(b, to); err != nil {
		return errors.Join(fmt.Errorf("what was kept of the shop is damaged, and kept as %s-damaged: %w", name, err),
			s.c.Outbox.SaveShop(server, name+"-damaged", b))
	}
	return nil
}

// restore takes what was kept. All that was tried may have reached the server.
func (d *desk) restore(l loaded) {
	d.shop.Terms, d.shop.Offers, d.shop.Coupons = l.shop.Terms, l.shop.Offers, l.shop.Coupons
	for _, p := range l.shop.Products {
		d.have(p)
	}
	for _, e := range l.edits {
		if e != nil {
			d.put(e.Mine.ID, e)
		}
	}
	for _, id := range slices.Clone(d.turn) {
		d.meet(id)
	}
	d.anew, d.soon, d.changed = true, true, true
}

// keepShopEvery is how often what is known of the shop is kept while it changes.
const keepShopEvery = 30 * time.Second

// keepLater keeps what has changed by itself: once a second, and of the shop less often.
func (d *desk) keepLater(now time.Time) {
	known := d.unkept && now.Sub(d.shopKept) >= keepShopEvery
	if d.link != nil && (d.later || known) {
		d.post(known)
	}
}

// flushShop keeps at the end what has not been kept yet. All loops have ended.
func (s *Session) flushShop() {
	d := s.desk
	if d.link == nil {
		return
	}
	if d.later || d.unkept {
		d.post(d.unkept)
	}
	select {
	case l := <-d.letters:
		if err := s.saveShop(d.server, l); err != nil {
			s.c.Log.Error("edits not kept", "error", err)
		}
	default:
	}
}

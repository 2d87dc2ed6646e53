package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"vitrine/server/chat"
	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/wire"
)

const (
	// purseSetting is up to which entry of the shop's ledger coin packs are credited.
	purseSetting = "coins.ledger"
	// purseEvery is how often the ledger is looked at, purseMost how many entries at a time.
	purseEvery = time.Second
	purseMost  = 500
)

// purse credits the coins of packs that were paid. It reads the shop's ledger, so that a crash between payment and credit only
// delays it; each line of an order is a transfer with a name of its own, so that going over an entry again, here or in another
// process, changes nothing.
type purse struct {
	db   *store.Store
	shop *shop.Shop
	hub  *chat.Hub
	log  *slog.Logger
}

// run credits until ctx ends.
func (p purse) run(ctx context.Context) error {
	tick := time.NewTicker(purseEvery)
	defer tick.Stop()
	for {
		for more := true; more; {
			var err error
			if more, err = p.page(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("coins that were paid are not credited yet", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// page goes over the next entries, and says whether there are more.
func (p purse) page(ctx context.Context) (more bool, err error) {
	doc, version, err := p.db.Setting(ctx, purseSetting)
	if err != nil {
		return false, err
	}
	var seen int64
	if doc != nil {
		if err := json.Unmarshal(doc, &seen); err != nil {
			return false, fmt.Errorf("read up to where coins are credited: %w", err)
		}
	}
	entries, err := p.shop.Entries(ctx, seen, purseMost)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	for _, e := range entries {
		if e.Kind == shop.PayKind {
			if err := p.entry(ctx, e); err != nil {
				return false, err
			}
		}
	}
	doc, err = json.Marshal(entries[len(entries)-1].Seq)
	if err != nil {
		return false, err
	}
	err = p.db.PutSetting(ctx, purseSetting, doc, version)
	if wire.CodeOf(err) == wire.Precondition { // another process was faster
		return true, nil
	}
	return len(entries) == purseMost, err
}

// entry credits what an entry about payments pays.
func (p purse) entry(ctx context.Context, e shop.Entry) error {
	var about struct {
		ID wire.OrderID `json:"id"`
	}
	if err := json.Unmarshal(e.Private, &about); err != nil {
		return fmt.Errorf("read entry %d of the ledger: %w", e.Seq, err)
	}
	var moved struct {
		State wire.OrderState `json:"state"`
	}
	if err := json.Unmarshal(e.Public, &moved); err != nil {
		return fmt.Errorf("read entry %d of the ledger: %w", e.Seq, err)
	}
	if moved.State != wire.OrderCaptured {
		return nil
	}
	a, err := p.db.Ask(ctx, shop.Questions{Orders: []wire.OrderID{about.ID}})
	if err != nil {
		return err
	}
	for _, o := range a.Orders {
		for i, l := range o.Lines {
			coins := wire.PackOf(l.SKU) * int64(l.Quantity)
			if coins == 0 {
				continue
			}
			if err := p.hub.Credit(ctx, o.Buyer, coins, fmt.Sprintf("order/%s/%d", o.ID, i)); err != nil {
				return fmt.Errorf("credit order %d: %w", o.Number, err)
			}
		}
	}
	return nil
}

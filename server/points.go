package server

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"vitrine/server/chat"
	"vitrine/server/shop"
	"vitrine/server/wire"
)

const (
	// pointsSetting is up to which entry of the shop's ledger orders have given points.
	pointsSetting = "stage.ledger"
	// ordersEvery is how often the ledger is looked at even if nothing is heard of the shop, as where another process writes; ordersMost is
	// how many entries are read at a time.
	ordersEvery = time.Second
	ordersMost  = 500
	// backFor is how long it is remembered what an order gives less than when it was paid: longer than any battle.
	backFor = 24 * time.Hour
)

// orders gives the points of what is bought in a show to its stage, and takes back those of what is cancelled or given back. It reads the
// shop's ledger as the purse does, so that a crash only delays it; each entry is a thing of its own name, which counts once.
type orders struct{ *stages }

// counted is up to where points were given, and what orders of late give less than when they were paid.
type counted struct {
	Seq  int64           `json:"seq"`
	Back map[string]back `json:"back,omitempty"` // by order and show
}

// back is what is left of an order in a show, in minor units, since when (Unix ms).
type back struct {
	Left int64 `json:"left"`
	At   int64 `json:"at"`
}

// look goes over what is new in the ledger.
func (o orders) look(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = o.page(ctx); err != nil {
			return fmt.Errorf("give the points of orders: %w", err)
		}
	}
	return nil
}

// page goes over the next entries, and says whether there are more.
func (o orders) page(ctx context.Context) (more bool, err error) {
	doc, version, err := o.db.Setting(ctx, pointsSetting)
	if err != nil {
		return false, err
	}
	c := counted{Back: map[string]back{}}
	if doc != nil {
		if err := json.Unmarshal(doc, &c); err != nil {
			return false, err
		}
	}
	entries, err := o.sold.Entries(ctx, c.Seq, ordersMost)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	awake, err := o.db.AwakeRooms(ctx)
	if err != nil {
		return false, err
	}
	now := time.Now().UnixMilli()
	for _, e := range entries {
		if e.Kind == shop.PayKind && len(awake) > 0 && now-e.At < backFor.Milliseconds() {
			if err := o.entry(ctx, &c, e, awake); err != nil {
				return false, err
			}
		}
	}
	maps.DeleteFunc(c.Back, func(_ string, b back) bool { return now-b.At > backFor.Milliseconds() })
	c.Seq = entries[len(entries)-1].Seq
	if doc, err = json.Marshal(c); err != nil {
		return false, err
	}
	err = o.db.PutSetting(ctx, pointsSetting, doc, version)
	if wire.CodeOf(err) == wire.Precondition { // another process was faster
		return true, nil
	}
	return len(entries) == ordersMost, err
}

// entry gives what an entry about payments changes.
func (o orders) entry(ctx context.Context, c *counted, e shop.Entry, awake []wire.ShowID) error {
	var secret struct {
		ID    wire.OrderID `json:"id"`
		Paid  int64        `json:"paid"`
		Lines []wire.Money `json:"lines"`
	}
	var open struct {
		State wire.OrderState `json:"state"`
	}
	if err := json.Unmarshal(e.Private, &secret); err != nil {
		return fmt.Errorf("read entry %d: %w", e.Seq, err)
	}
	if err := json.Unmarshal(e.Public, &open); err != nil {
		return fmt.Errorf("read entry %d: %w", e.Seq, err)
	}
	if secret.Paid == 0 {
		return nil
	}
	a, err := o.db.Ask(ctx, shop.Questions{Orders: []wire.OrderID{secret.ID}})
	if err != nil {
		return err
	}
	for _, order := range a.Orders {
		gives := map[wire.ShowID]int64{}
		left := map[wire.ShowID]int64{}
		for i, l := range order.Lines {
			paid := l.Price.Minor - l.Discount.Minor
			if !order.Totals.TaxIncluded {
				paid += l.Tax.Minor
			}
			gives[l.Show] += paid
			if i < len(secret.Lines) {
				paid -= secret.Lines[i].Minor
			}
			if open.State != wire.OrderCancelled {
				left[l.Show] += paid
			}
		}
		for show, whole := range gives {
			if slices.Contains(awake, show) {
				if err := o.give(ctx, c, e, order, show, whole, left[show]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// give has an order count as what is left of it: whole when it is paid, and from then on what has changed.
func (o orders) give(ctx context.Context, c *counted, e shop.Entry, order *shop.Order, show wire.ShowID, whole, left int64) error {
	name := string(order.ID) + "/" + string(show)
	p := wire.StagePoints{
		Kind: wire.PointsOrder, Key: "order/" + name, By: &wire.Member{Alias: chat.AliasOf(show, order.Buyer)}, Units: whole, Order: order.Made.UnixMilli(),
	}
	if left != whole || c.Back[name] != (back{}) {
		before := whole
		if b, known := c.Back[name]; known {
			before = b.Left
		}
		c.Back[name] = back{left, e.At}
		p.Key, p.Units = fmt.Sprintf("order/%s/%d", name, e.Seq), left-before
	}
	if p.Units == 0 {
		return nil
	}
	err := o.hub.Stage(ctx, show, "", wire.StageInput{Points: &p})
	if code := wire.CodeOf(err); err != nil && code != wire.Unavailable && code != wire.Internal {
		o.log.Debug("an order gives no points", "show", show, "error", err)
		return nil
	}
	return err
}

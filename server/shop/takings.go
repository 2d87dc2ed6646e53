package shop

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"vitrine/server/wire"
)

const (
	// newestMost is how many of a show's orders are kept at hand.
	newestMost = 200
	// talliesMost is of how many shows what they sold is kept at hand.
	talliesMost = 64
)

// tallies are what shows have sold, of those that somebody asked about: each is counted once over all orders of the store, and then kept by
// the batches. Once the shop is loaded anew they are forgotten, since another writer may have sold meanwhile.
type tallies struct {
	mu    sync.Mutex
	shows map[wire.ShowID]*tally
	asked []wire.ShowID // the one asked about last is the last
}

// tally is what one show has sold. The mutex of tallies guards it.
type tally struct {
	show    wire.ShowID
	counted chan struct{} // closed once it is counted, or failed
	err     error
	known   bool
	later   []*Order // what was committed while it is counted
	shares  map[wire.OrderID]share
	sum     share
	newest  []*Order // the newest first
}

// share is what an order adds to a show's takings; money in minor units.
type share struct {
	orders, units, declined int
	revenue, refunded       int64
}

func newTallies() tallies { return tallies{shows: map[wire.ShowID]*tally{}} }

// Sales are what was sold in a show, in the whole shop for "", and its newest 200 orders without their contacts, the newest first. The first
// time it reads all orders of the store.
func (s *Shop) Sales(ctx context.Context, show wire.ShowID) (wire.Takings, []wire.Order, error) {
	t, mine := s.tallies.ask(show)
	if mine {
		s.tallies.count(t, s.EachOrder(context.WithoutCancel(ctx), t.set)) // others wait for it, too
	}
	select {
	case <-t.counted:
	case <-ctx.Done():
		return wire.Takings{}, nil, ctx.Err()
	}
	if t.err != nil {
		return wire.Takings{}, nil, t.err
	}
	s.tallies.mu.Lock()
	defer s.tallies.mu.Unlock()
	list := make([]wire.Order, len(t.newest))
	for i, o := range t.newest {
		list[i] = o.Order
	}
	return t.takings(s.c.Terms.Currency), list, nil
}

// Takings are those of Sales, where they are known without asking the store.
func (s *Shop) Takings(show wire.ShowID) (_ wire.Takings, known bool) {
	s.tallies.mu.Lock()
	defer s.tallies.mu.Unlock()
	t := s.tallies.shows[show]
	if t == nil || !t.known {
		return wire.Takings{}, false
	}
	return t.takings(s.c.Terms.Currency), true
}

// ask finds a show's tally. It is the caller's to count if it is mine.
func (l *tallies) ask(show wire.ShowID) (t *tally, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(slices.DeleteFunc(l.asked, func(s wire.ShowID) bool { return s == show }), show)
	if len(l.asked) > talliesMost {
		delete(l.shows, l.asked[0])
		l.asked = l.asked[1:]
	}
	if t = l.shows[show]; t == nil {
		t, mine = &tally{show: show, counted: make(chan struct{}), shares: map[wire.OrderID]share{}}, true
		l.shows[show] = t
	}
	return t, mine
}

// count ends the counting of a tally: what was committed meanwhile is newer than what was read.
func (l *tallies) count(t *tally, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range t.later {
		_ = t.set(o)
	}
	if t.later, t.err, t.known = nil, err, err == nil; err != nil && l.shows[t.show] == t {
		delete(l.shows, t.show)
	}
	close(t.counted)
}

// put takes in what was committed.
func (l *tallies) put(b *Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.shows {
		for _, o := range b.Orders {
			if t.known {
				_ = t.set(o)
			} else if t.has(o) {
				t.later = append(t.later, o)
			}
		}
	}
}

func (l *tallies) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shows, l.asked = map[wire.ShowID]*tally{}, nil
}

func (t *tally) has(o *Order) bool {
	return t.show == "" || slices.ContainsFunc(o.Lines, func(l wire.Line) bool { return l.Show == t.show })
}

// set counts an order as it is now. It never fails: its form is EachOrder's.
func (t *tally) set(o *Order) error {
	if !t.has(o) {
		return nil
	}
	now, before := o.share(t.show), t.shares[o.ID]
	t.shares[o.ID] = now
	t.sum.orders += now.orders - before.orders
	t.sum.units += now.units - before.units
	t.sum.declined += now.declined - before.declined
	t.sum.revenue += now.revenue - before.revenue
	t.sum.refunded += now.refunded - before.refunded
	at, found := slices.BinarySearchFunc(t.newest, o, func(a, b *Order) int { return cmp.Compare(b.Number, a.Number) })
	switch {
	case found:
		t.newest[at] = o
	case at < newestMost:
		t.newest = slices.Insert(t.newest, at, o)
		t.newest = t.newest[:min(len(t.newest), newestMost)]
	}
	return nil
}

func (t *tally) takings(c wire.Currency) wire.Takings {
	return wire.Takings{
		Show: t.show, Orders: t.sum.orders, Units: t.sum.units, Declined: t.sum.declined,
		Revenue: wire.Money{Minor: t.sum.revenue, Currency: c}, Refunded: wire.Money{Minor: t.sum.refunded, Currency: c},
	}
}

// share is what an order adds to the takings of a show, or of the whole shop for "".
func (o *Order) share(show wire.ShowID) (s share) {
	if n := len(o.Payments); o.Paid.IsZero() && n > 0 && o.Payments[n-1].Status == wire.PayFailed {
		s.declined = 1
	}
	if o.Paid.IsZero() && (o.State != wire.OrderAuthorised || o.Pay != wire.PayCash) {
		return s
	}
	s.orders = 1
	for i, refunded := range o.goodsBack() {
		l := o.Lines[i]
		if show != "" && l.Show != show {
			continue
		}
		paid := wire.Money{Minor: totalsPaid(l, o.Totals.TaxIncluded), Currency: l.Price.Currency}
		s.revenue += paid.Minor - refunded
		s.refunded += refunded
		switch {
		case o.State == wire.OrderCancelled || o.State == wire.OrderRefunded || o.State == wire.OrderReturned:
		case paid.IsZero():
			s.units += l.Quantity
		default:
			s.units += l.Quantity - totalsBack(paid, l.Quantity, refunded)
		}
	}
	return s
}

// goodsBack is what was given back for each line, in minor units. What a provider gave back by itself, which is noted of the order only, is
// taken for the first lines', once it is more than the shipping.
func (o *Order) goodsBack() []int64 {
	back := make([]int64, len(o.Lines))
	more := o.Refunded.Minor - o.Totals.Total.Minor
	for i, l := range o.Lines {
		back[i] = l.Refunded.Minor
		more += totalsPaid(l, o.Totals.TaxIncluded) - back[i] // total less goods is the shipping
	}
	for i, l := range o.Lines {
		n := max(0, min(more, totalsPaid(l, o.Totals.TaxIncluded)-back[i]))
		back[i] += n
		more -= n
	}
	return back
}

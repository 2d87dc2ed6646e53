package shop

import (
	"context"
	"fmt"
	"slices"

	"vitrine/server/wire"
)

// Saved is what a shop begins with: all products, stocks and offers, the reservations that are held, frozen or waiting, and
// the orders that are not settled.
type Saved struct {
	Head     Head
	Orders   int64 // the newest order's number
	Products []*Product
	Stocks   []*Stock
	Offers   []*Offer
	Active   []*Reservation
	Open     []*Order
	Coupons  []*CouponUse
}

// Batch is what changes in one transaction. Records are whole, replace what is stored under their names, and never change.
type Batch struct {
	// Before is the ledger's head that the batch goes on from. Where the store has another, it changes nothing and says
	// ErrBehind: somebody else wrote.
	Before, After Head
	LastOrder     int64 // the newest order's number
	Entries       []Entry
	Products      []*Product
	Stocks        []*Stock
	Offers        []*Offer
	Reservations  []*Reservation
	Orders        []*Order
	Coupons       []*CouponUse
	Letters       []Letter
}

// Storage keeps a shop. Commit is durable when it returns; after an error of it nobody knows whether it happened.
type Storage interface {
	LoadShop(ctx context.Context) (*Saved, error)
	// Ask reads what a batch needs beside what was loaded; what does not exist is left out.
	Ask(ctx context.Context, q Questions) (Answers, error)
	Commit(ctx context.Context, b *Batch) error
	// Books has read look at all that is stored as of one moment.
	Books(ctx context.Context, read func(Books) error) error
}

// Books are the ledger's entries in their order, and what the store has made of them.
type Books interface {
	Shop(ctx context.Context) (*Saved, error)
	Entries(ctx context.Context, after int64, most int) ([]Entry, error)
	EachReservation(ctx context.Context, each func(*Reservation) error) error
	EachOrder(ctx context.Context, each func(*Order) error) error
	// Newest are the newest orders, the newest first, at most so many: with numbers before one unless that is 0, of a state unless it is "".
	// Those that do not hold the text, in whatever case, may be left out.
	Newest(ctx context.Context, before int64, state wire.OrderState, text string, most int) ([]*Order, error)
}

// Questions name reservations and orders, buyers whose units are to be counted, and customers whose orders are wanted, all of
// them.
type Questions struct {
	Reservations []wire.ReservationID
	Orders       []wire.OrderID
	Buyers       []wire.PersonID
	Customers    []wire.PersonID
}

// Answers are what is stored. Bought are all reservations of the buyers that claim units.
type Answers struct {
	Reservations []*Reservation
	Orders       []*Order
	Bought       []*Reservation
}

// Letter is something to be told because of a batch: to the buyer by e-mail, and to those who listen to the shop.
type Letter struct {
	ID    string // the same however often the batch is tried
	Kind  string // of the event, for example "order.paid"
	Buyer wire.PersonID
	Order wire.Order // as it is then, without its contact
}

// tx is a batch in the making, with what its requests are to be answered.
type tx struct {
	*state
	requests []*request
	answers  []error
	at       int64
	holdFor  int64 // how long units are held, ms
	before   Head
	entries  []Entry
	letters  []Letter
}

// tell makes a change: it is applied and becomes the ledger's next entry. An error is a bug of a decision, and ends the batch.
func (t *tx) tell(c change) error {
	e, err := t.head.entry(c, t.at)
	if err != nil {
		return err
	}
	if err := c.apply(t.state, e.Seq, e.At); err != nil {
		return &broken{err}
	}
	t.entries = append(t.entries, e)
	return nil
}

// write tells the world about an order.
func (t *tx) write(kind string, o *Order) {
	id := fmt.Sprintf("%012d-%d", t.head.Seq, len(t.letters))
	t.letters = append(t.letters, Letter{ID: id, Kind: kind, Buyer: o.Buyer, Order: o.clone().Order})
}

// broken is an error after which the state cannot be trusted.
type broken struct{ error }

func (b *broken) Unwrap() error { return b.error }

// batch is what is to be stored: copies, because the next batch is decided while that lasts.
func (t *tx) batch() *Batch {
	b := &Batch{Before: t.before, After: t.head, LastOrder: t.orderNo, Entries: t.entries, Letters: t.letters}
	for _, id := range sorted(t.touched.products) {
		b.Products = append(b.Products, t.products[id])
	}
	for _, id := range sorted(t.touched.stocks) {
		k := *t.stocks[id]
		b.Stocks = append(b.Stocks, &k)
	}
	for _, id := range sorted(t.touched.offers) {
		b.Offers = append(b.Offers, t.offers[id].clone())
	}
	for _, id := range sorted(t.touched.holds) {
		r := *t.holds[id] // its lists are replaced, not altered
		b.Reservations = append(b.Reservations, &r)
	}
	for _, id := range sorted(t.touched.orders) {
		b.Orders = append(b.Orders, t.orders[id].clone())
	}
	for _, id := range sorted(t.touched.coupons) {
		c := *t.coupons[id]
		b.Coupons = append(b.Coupons, &c)
	}
	return b
}

// sorted lists names in their order, in which rows are written too: two writers never wait for each other in a circle.
func sorted[N ~string](set map[N]bool) []N {
	list := make([]N, 0, len(set))
	for n := range set {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

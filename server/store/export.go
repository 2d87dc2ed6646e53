package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

// Bought is what the shop keeps of people, for them to have. It implements trust.Exporter.
type Bought struct {
	Store *Store
	// Open reads the contact of a person's order, as shop.Config.Seal has sealed it. An error of code NotFound says that the person
	// is erased.
	Open func(ctx context.Context, person wire.PersonID, order wire.OrderID, sealed []byte) ([]byte, error)
}

// bought is what is exported, in the order in which it was made.
type bought struct {
	Orders       []wire.Order       `json:"orders"`
	Reservations []wire.Reservation `json:"reservations"`
}

// Export returns the orders, with their contacts, and the reservations of the people.
func (b Bought) Export(ctx context.Context, people []wire.PersonID) (any, error) {
	var orders []*shop.Order
	var holds []*shop.Reservation
	if err := readNamed(ctx, b.Store.query.OrdersOf, people, &orders); err != nil {
		return nil, fmt.Errorf("read orders of a person: %w", err)
	}
	if err := readNamed(ctx, b.Store.query.AllReservationsOf, people, &holds); err != nil {
		return nil, fmt.Errorf("read reservations of a person: %w", err)
	}
	if len(orders)+len(holds) == 0 {
		return nil, nil
	}
	slices.SortFunc(orders, func(a, b *shop.Order) int { return cmp.Compare(a.Number, b.Number) })
	slices.SortFunc(holds, func(a, b *shop.Reservation) int { return cmp.Compare(a.Ref, b.Ref) })
	var all bought
	for _, o := range orders {
		contact, err := b.contact(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("read the contact of an order: %w", err)
		}
		shown := o.Order
		shown.Contact = contact
		all.Orders = append(all.Orders, shown)
	}
	for _, r := range holds {
		all.Reservations = append(all.Reservations, r.Reservation)
	}
	return all, nil
}

// contact is whom an order belongs to; nil if nobody can know any more.
func (b Bought) contact(ctx context.Context, o *shop.Order) (*wire.Contact, error) {
	if o.Sealed == nil {
		return nil, nil
	}
	plain, err := b.Open(ctx, o.Buyer, o.ID, o.Sealed)
	if wire.CodeOf(err) == wire.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c := &wire.Contact{}
	return c, json.Unmarshal(plain, c)
}

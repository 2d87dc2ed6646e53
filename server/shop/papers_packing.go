package shop

import (
	"cmp"
	"slices"
	"strings"

	"vitrine/server/wire"
)

// Parcel is orders that go to one address together, by their numbers.
type Parcel struct {
	To     wire.Address
	Orders []wire.Order
}

// Parcels groups orders by buyer and address, however they spelt it in capitals and spaces; the oldest order's parcel comes first.
// Lines that were refunded in full are left out, and orders that have no others. Error: Invalid for an order without an address.
func Parcels(orders []wire.Order) ([]Parcel, error) {
	orders = slices.SortedFunc(slices.Values(orders), func(a, b wire.Order) int { return cmp.Compare(a.Number, b.Number) })
	var all []Parcel
	place := map[string]int{}
	for _, o := range orders {
		o.Lines = slices.DeleteFunc(slices.Clone(o.Lines), func(l wire.Line) bool {
			return !l.Refunded.IsZero() && l.Refunded.Minor >= totalsPaid(l, o.Totals.TaxIncluded)
		})
		if len(o.Lines) == 0 {
			continue
		}
		if o.Contact == nil {
			return nil, wire.Errorf(wire.Invalid, "order %d cannot be packed: it has no address", o.Number)
		}
		key := papersPlace(o.Contact.Address)
		i, ok := place[key]
		if !ok {
			i = len(all)
			place[key] = i
			all = append(all, Parcel{To: o.Contact.Address})
		}
		all[i].Orders = append(all[i].Orders, o)
	}
	return all, nil
}

// papersPlace is the same for two spellings of one address.
func papersPlace(a wire.Address) string {
	lines := []string{a.Name, a.Street, a.Extra, a.Zip, a.City, a.Region, a.Country}
	for i, l := range lines {
		lines[i] = strings.ToLower(strings.Join(strings.Fields(l), " "))
	}
	return strings.Join(lines, "\n")
}

// PackingList is what whoever packs works through, parcel by parcel. It has names and addresses: it is for staff who ship.
func PackingList(orders []wire.Order, language string) (Paper, error) {
	parcels, err := Parcels(orders)
	if err != nil {
		return Paper{}, err
	}
	type order struct {
		Number int64
		Way    string
		Lines  []papersLine
	}
	type parcel struct {
		Number int
		To     []string
		Orders []order
	}
	list := struct {
		papersWords
		Parcels []parcel
	}{papersWords: papersIn(language)}
	for i, p := range parcels {
		next := parcel{Number: i + 1, To: papersAddress(p.To)}
		if phone := papersClean(p.To.Phone); phone != "" {
			next.To = append(next.To, phone)
		}
		for _, o := range p.Orders {
			lines := make([]papersLine, len(o.Lines))
			for i, l := range o.Lines {
				lines[i] = papersLine{Quantity: l.Quantity, Title: papersClean(l.Title), SKU: papersClean(l.SKU)}
			}
			next.Orders = append(next.Orders, order{o.Number, papersClean(o.Shipping), lines})
		}
		list.Parcels = append(list.Parcels, next)
	}
	return papersWrite("packing", list.Packing, list)
}

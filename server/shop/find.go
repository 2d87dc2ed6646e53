package shop

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"vitrine/server/wire"
)

// Search is which orders are looked for.
type Search struct {
	// Text is an order's number, or in what order lines and parcels say: a title, the beginning of a SKU, a tracking number. Case does not
	// matter. "" means any order.
	Text string
	// Buyers are whose orders alone; nil for anybody's.
	Buyers []wire.PersonID
	State  wire.OrderState // "" for any
	Before int64           // only smaller numbers; 0 for all
	Most   int
}

// Find returns the newest orders that are looked for, the newest first. Those of buyers and those by number are found by indexes; for a
// text, the store looks through orders from the newest one until there are enough.
func (s *Shop) Find(ctx context.Context, q Search) ([]*Order, error) {
	if q.Buyers != nil {
		return s.findOf(ctx, q)
	}
	if n, ok := numberIn(q.Text); ok {
		q.Text, q.Before, q.Most = "", n+1, 1
		list, err := s.findNewest(ctx, q)
		if err != nil || len(list) == 0 || list[0].Number != n {
			return nil, err
		}
		return list, nil
	}
	return s.findNewest(ctx, q)
}

// numberIn reads an order's number as people write it. Longer ones are tracking numbers.
func numberIn(text string) (int64, bool) {
	text = strings.TrimPrefix(text, "#")
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0 && len(text) <= 8
}

func (s *Shop) findOf(ctx context.Context, q Search) ([]*Order, error) {
	if len(q.Buyers) == 0 {
		return nil, nil
	}
	a, err := s.c.Storage.Ask(ctx, Questions{Customers: q.Buyers})
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(a.Orders, func(o *Order) bool { return !q.fits(o) })
	slices.SortFunc(list, func(a, b *Order) int { return cmp.Compare(b.Number, a.Number) })
	return list[:min(len(list), q.Most)], nil
}

// findPage is how many orders are read at a time.
const findPage = 200

func (s *Shop) findNewest(ctx context.Context, q Search) (found []*Order, err error) {
	err = s.c.Storage.Books(ctx, func(b Books) error {
		before := q.Before
		for len(found) < q.Most {
			page := findPage
			if q.Text == "" {
				page = q.Most
			}
			list, err := b.Newest(ctx, before, q.State, q.Text, page)
			if err != nil {
				return err
			}
			for _, o := range list {
				if before = o.Number; len(found) < q.Most && q.fits(o) {
					found = append(found, o)
				}
			}
			if len(list) < page {
				return nil
			}
		}
		return nil
	})
	return found, err
}

// fits says whether an order is looked for.
func (q Search) fits(o *Order) bool {
	if q.State != "" && o.State != q.State || q.Before > 0 && o.Number >= q.Before {
		return false
	}
	text := strings.ToLower(q.Text)
	return text == "" || strings.EqualFold(o.Tracking, q.Text) || slices.ContainsFunc(o.Lines, func(l wire.Line) bool {
		return strings.Contains(strings.ToLower(l.Title), text) || strings.HasPrefix(strings.ToLower(l.SKU), text)
	})
}

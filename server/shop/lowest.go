package shop

import (
	"slices"
	"time"

	"vitrine/server/wire"
)

// How long before an offer its reference price is looked for, and how long prices are kept.
const (
	lowestWindow = 30 * 24 * time.Hour
	lowestKept   = 2 * lowestWindow
)

// PricePoint says what one unit costs from a time on.
type PricePoint struct {
	At    time.Time  `json:"at"`
	Price wire.Money `json:"price"`
}

// PriceLog is what one variant has cost everybody: its usual price and, while they ran, the prices of offers that all buyers could
// take. Times rise. The zero PriceLog is empty; it is not safe for concurrent use.
type PriceLog []PricePoint

// Set notes the price from a time on, and forgets what nobody asks for: prices that ended 60 days before. If the clock was set back
// the price counts from the last noted time on, for a price that people saw must not be lost.
func (l *PriceLog) Set(at time.Time, price wire.Money) {
	log := *l
	if n := len(log); n > 0 {
		if log[n-1].Price == price {
			return
		}
		if at.Before(log[n-1].At) {
			at = log[n-1].At
		}
	}
	log = append(log, PricePoint{at, price})
	gone := 0
	for gone+1 < len(log) && !log[gone+1].At.After(at.Add(-lowestKept)) {
		gone++
	}
	*l = slices.Delete(log, 0, gone)
}

// Lowest is the lowest price of the 30 days before a time, at which an offer begins: what a struck price must be measured by
// (Directive 98/6/EC Art. 6a). The price that was in force when the 30 days began counts; a price that begins with the offer does
// not. For what is sold for less than 30 days it is the lowest so far (Art. 6a paragraph 4), for what was not sold before, nothing.
// Prices in another currency than the last one's do not count.
func (l PriceLog) Lowest(before time.Time) wire.Money {
	var lowest wire.Money
	start := before.Add(-lowestWindow)
	for i, p := range slices.Backward(l) {
		if !p.At.Before(before) {
			continue
		}
		if i+1 < len(l) && !l[i+1].At.After(start) {
			break
		}
		if lowest.Currency == "" || p.Price.Currency == lowest.Currency && p.Price.Minor < lowest.Minor {
			lowest = p.Price
		}
	}
	return lowest
}

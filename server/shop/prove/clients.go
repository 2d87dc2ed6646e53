package prove

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"vitrine/server/wire"
)

// clients are the calls, put together by their keys, and when what they made can have happened.
type clients struct {
	*book
	calls  []Call
	tries  map[string][]*Call // that may make an entry, by key
	ended  []mark             // by end, seq the highest so far
	begun  []mark             // by begin, seq the lowest from here on
	wishes []wish
}

// mark is a call's end or begin, and the entry that it made.
type mark struct{ at, seq int64 }

// wish is a call with its entry.
type wish struct {
	first *Call
	told  *Call // the first try that was answered; nil if none was
	seq   int64
	tries int
}

// makes says whether a call may make an entry of its own that its key names.
func (c *Call) makes() bool { return c.What == Reserve || c.What == Place || c.What == Stock }

func (c *clients) read(calls []Call) {
	c.calls, c.tries = calls, map[string][]*Call{}
	for i := range calls {
		if !calls[i].Told {
			c.v.Unknown++
		}
		if calls[i].makes() {
			c.tries[calls[i].Key] = append(c.tries[calls[i].Key], &calls[i])
		}
	}
	for key, tries := range c.tries {
		slices.SortFunc(tries, func(a, b *Call) int { return cmp.Compare(a.Begin, b.Begin) })
		w := wish{first: tries[0], tries: len(tries)}
		for _, t := range tries {
			if t.Told && (w.told == nil || t.End < w.told.End) {
				w.told = t
			}
		}
		if h := c.holds[wire.ReservationID(key)]; h != nil {
			w.seq = h.ref
		}
		if o := c.orders[wire.OrderID(key)]; o != nil {
			w.seq = o.seq
		}
		c.wishes = append(c.wishes, w)
	}
	c.mark()
}

// mark sorts what can be said about windows.
func (c *clients) mark() {
	for _, w := range c.wishes {
		if w.seq == 0 {
			continue
		}
		c.begun = append(c.begun, mark{w.first.Begin, w.seq})
		if w.told != nil && w.told.Code == "" {
			c.ended = append(c.ended, mark{w.told.End, w.seq})
		}
	}
	byTime := func(a, b mark) int { return cmp.Compare(a.at, b.at) }
	slices.SortFunc(c.ended, byTime)
	slices.SortFunc(c.begun, byTime)
	for i := 1; i < len(c.ended); i++ {
		c.ended[i].seq = max(c.ended[i].seq, c.ended[i-1].seq)
	}
	for i := len(c.begun) - 2; i >= 0; i-- {
		c.begun[i].seq = min(c.begun[i].seq, c.begun[i+1].seq)
	}
}

// after is the last entry that was there for sure when a call began.
func (c *clients) after(begin int64) int64 {
	i := sort.Search(len(c.ended), func(i int) bool { return c.ended[i].at >= begin })
	if i == 0 {
		return 0
	}
	return c.ended[i-1].seq
}

// before is the last entry that can have been there when a call ended.
func (c *clients) before(end int64) int64 {
	i := sort.Search(len(c.begun), func(i int) bool { return c.begun[i].at > end })
	if i == len(c.begun) {
		return math.MaxInt64
	}
	return c.begun[i].seq - 1
}

// judge looks at every call.
func (c *clients) judge() {
	for _, w := range c.wishes {
		c.wish(w)
	}
	for i := range c.calls {
		if call := &c.calls[i]; call.Told && call.Code == "" {
			c.answer(call)
		}
	}
}

// wish looks at a key: where its entry stands, and whether its refusal was true.
func (c *clients) wish(w wish) {
	key, told := w.first.Key, w.told
	if w.first.What == Stock {
		if n := c.stocked[key]; n > 1 || told != nil && (told.Code == "") != (n == 1) {
			c.v.wrong(Answered, "the change of stock %s is there %d times, told: %q", key, n, told.Code)
		}
		return
	}
	if w.seq > 0 && w.seq <= c.after(w.first.Begin) {
		c.v.wrong(RealTime, "%s has entry %d, and entry %d was there before it was asked for", key, w.seq, c.after(w.first.Begin))
	}
	if told == nil {
		return
	}
	if told.Code != "" && w.seq > 0 && w.tries == 1 {
		c.v.wrong(Answered, "%s was refused (%s) and is entry %d", key, told.Code, w.seq)
	}
	if told.Code == "" && w.seq == 0 {
		c.v.wrong(Answered, "%s was answered %s%s and is not in the ledger", key, told.Hold, told.Order)
	}
	if w.first.What == Reserve && told.Hold == wire.SoldOutHold && !c.out(w) {
		c.v.wrong(FalselyOut, "%s: %d of %s%s were there all the time", key, w.first.Quantity, w.first.Variant, w.first.Offer)
	}
}

// out is the interval rule: were there too few units at a moment between the call's begin and its end?
func (c *clients) out(w wish) bool {
	lo, hi := c.after(w.first.Begin), c.before(w.told.End)
	if s := c.stocks[w.first.Variant]; s != nil {
		return s.line.below(w.first.Quantity, lo, hi)
	}
	o := c.offers[w.first.Offer]
	if o == nil {
		return false
	}
	for _, p := range o.Parts {
		if s := c.stocks[p.Variant]; s != nil && s.line.below(p.Quantity*w.first.Quantity, lo, hi) {
			return true
		}
	}
	return o.line.below(w.first.Quantity, lo, hi)
}

// answer looks whether what was told was so at some moment of the call.
func (c *clients) answer(call *Call) {
	lo, hi := c.after(call.Begin), c.before(call.End)
	var steps []step
	switch call.What {
	case Reserve, Release, Look:
		h := c.holds[wire.ReservationID(call.Key)]
		if h == nil {
			return // told of elsewhere
		}
		if h.buyer != call.Buyer || call.What == Reserve && h.quantity != call.Quantity {
			c.v.wrong(Repeated, "%s is another's", call.Key)
		}
		steps = h.steps
	case Place, Pay, Cancel, Refund:
		o := c.orders[wire.OrderID(call.Key)]
		if o == nil {
			return
		}
		steps = o.steps
	default:
		return
	}
	for i, s := range steps {
		until := int64(math.MaxInt64)
		if i+1 < len(steps) {
			until = steps[i+1].seq - 1
		}
		if s.seq <= hi && until >= lo && s.hold == call.Hold && s.order == call.Order && s.price == call.Price && s.refunded == call.Refunded {
			return
		}
	}
	c.v.wrong(Answered, "%s of %s was told %s%s, %d (%d given back) between entries %d and %d: %v", call.What, call.Key, call.Hold, call.Order, call.Price,
		call.Refunded, lo, hi, steps)
}

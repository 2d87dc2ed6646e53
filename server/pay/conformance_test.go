package pay_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/server/pay"
	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is a provider with what the suite must do around it.
type peer struct {
	pay.Provider
	clock *clock
	// buyer pays, or does not; nil where nobody is asked.
	buyer func(t *testing.T, ref string, pays bool)
	// take gets the money: Capture, or what staff does when it comes by hand.
	take func(ctx context.Context, ref, key string, amount wire.Money) (pay.Payment, error)
	// moved is how often the provider took money for an order, and how much, by its own books.
	moved func(o wire.OrderID) (times int, captured, refunded int64)
	// lose has the answer to the next request about the order lost after it is done.
	lose func(o wire.OrderID)
	// notice is a genuine notice of the payment; nil where none are sent.
	notice func(t *testing.T, ref string) (http.Header, []byte)
	// hang has the requests about the order never answered; nil where nobody is far away.
	hang func(o wire.OrderID)
}

// clock is the time as the suite wants it.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func eur(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }

// conformance is what every provider does.
var conformance = []struct {
	sentence string
	check    func(t *testing.T, p *peer)
}{
	{"starting the same attempt twice is one payment", startTwice},
	{"another amount for the same attempt is refused", otherAmount},
	{"nothing is taken before it is promised", takeEarly},
	{"money asked for twice at once is taken once", takeTwiceAtOnce},
	{"a key that comes back for another amount is refused", keyForOther},
	{"more than promised is not taken", takeTooMuch},
	{"less than promised may be taken, and the rest is void", takeLess},
	{"a part is refunded, then the rest, then nothing more", refundInParts},
	{"a refund asked for twice at once is given once", refundTwiceAtOnce},
	{"what is not captured is not refunded", refundEarly},
	{"a cancelled payment is void, and cancelling it again is no error", cancel},
	{"what is captured is refunded, not cancelled", cancelLate},
	{"a refusal is told, and another attempt may succeed", declined},
	{"a lost answer is found by asking again and by looking", lostAnswer},
	{"a notice says what is so, the same when it comes again", notice},
	{"a forged notice is refused", forged},
	{"an old notice is refused", old},
	{"amounts with no and with three decimals arrive unchanged", decimals},
	{"what cannot be charged is refused", impossible},
	{"an unknown payment is not found", unknownRef},
	{"a context's end is noticed", contextEnds},
}

// conform runs the suite; make gives a fresh provider.
func conform(t *testing.T, make func(t *testing.T) *peer) {
	for _, c := range conformance {
		t.Run(c.sentence, func(t *testing.T) { c.check(t, make(t)) })
	}
}

func charge(o wire.OrderID, amount wire.Money) pay.Charge {
	return pay.Charge{Order: o, Attempt: 1, Amount: amount, Return: "https://shop.example/order"}
}

func wants(t *testing.T, err error, code wire.Code) {
	t.Helper()
	if wire.CodeOf(err) != code {
		t.Errorf("got error %v of code %q, want code %q", err, wire.CodeOf(err), code)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, p pay.Payment, status pay.Status, captured, refunded int64) {
	t.Helper()
	if p.Status != status || p.Captured.Minor != captured || p.Refunded.Minor != refunded {
		t.Errorf("got %s, captured %s, refunded %s; want %s, %d, %d", p.Status, p.Captured, p.Refunded, status, captured, refunded)
	}
}

// promised is a payment that the buyer has agreed to.
func (p *peer) promised(t *testing.T, o wire.OrderID, amount wire.Money) pay.Payment {
	t.Helper()
	got, err := p.Start(t.Context(), charge(o, amount))
	ok(t, err)
	if p.buyer != nil {
		p.buyer(t, got.Ref, true)
		if got, err = p.Look(t.Context(), got.Ref); err != nil || got.Status != pay.Authorised {
			t.Fatalf("the buyer paid and the payment is %s, %v", got.Status, err)
		}
	}
	return got
}

func (p *peer) taken(t *testing.T, o wire.OrderID, amount wire.Money) pay.Payment {
	t.Helper()
	got, err := p.take(t.Context(), p.promised(t, o, amount).Ref, "take", amount)
	ok(t, err)
	is(t, got, pay.Captured, amount.Minor, 0)
	return got
}

func (p *peer) books(t *testing.T, o wire.OrderID, times int, captured, refunded int64) {
	t.Helper()
	n, c, r := p.moved(o)
	if n != times || c != captured || r != refunded {
		t.Errorf("the provider's books: %d captures of %d, %d refunded; want %d of %d, %d", n, c, r, times, captured, refunded)
	}
}

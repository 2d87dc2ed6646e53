package pay_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/server/pay"
	"vitrine/server/wire"
)

var testSecret = []byte("a secret of the test provider")

func newTest(t *testing.T, c pay.TestConfig) *pay.Test {
	t.Helper()
	c.Secret = testSecret
	p, err := pay.NewTest(c)
	ok(t, err)
	return p
}

// delivered is a notice as it arrives.
type delivered struct {
	header http.Header
	body   []byte
}

func TestTheTestProviderConforms(t *testing.T) {
	conform(t, func(t *testing.T) *peer {
		clock, notices, faults := newClock(), make(chan delivered, 100), map[wire.OrderID]pay.Faults{}
		p := newTest(t, pay.TestConfig{
			Now: clock.Now, Page: "https://test.example/?payment=",
			Plan: func(c pay.Charge) pay.Faults {
				f := faults[c.Order]
				f.Action = true
				return f
			},
			Deliver: func(h http.Header, b []byte) { notices <- delivered{h, b} },
		})
		return &peer{
			Provider: p, clock: clock, take: p.Capture,
			buyer: func(t *testing.T, ref string, pays bool) {
				_, err := p.Act(ref, pays)
				ok(t, err)
			},
			moved: func(o wire.OrderID) (int, int64, int64) {
				b := p.Books()[o]
				return b.Captures, b.Captured.Minor, b.Refunded.Minor
			},
			lose: func(o wire.OrderID) { faults[o] = pay.Faults{Unknown: true} },
			hang: func(o wire.OrderID) { faults[o] = pay.Faults{Slow: time.Hour} },
			notice: func(t *testing.T, ref string) (http.Header, []byte) {
				ctx, end := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- p.Run(ctx) }()
				<-notices // of the action
				n := <-notices
				end()
				ok(t, <-done)
				return n.header, n.body
			},
		}
	})
}

// show plays with a Test provider in a bubble of its own time and returns what it delivered.
func show(t *testing.T, plan pay.Plan, play func(t *testing.T, p *pay.Test)) (notices []pay.Notice) {
	synctest.Test(t, func(t *testing.T) {
		var p *pay.Test
		p = newTest(t, pay.TestConfig{Now: time.Now, Plan: plan, Deliver: func(h http.Header, b []byte) {
			n, err := p.Webhook(h, b)
			if err != nil {
				t.Error(err)
			}
			notices = append(notices, n)
		}})
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		play(t, p)
		end()
		ok(t, <-done)
	})
	return notices
}

func TestPlannedFaultsHappen(t *testing.T) {
	for _, c := range []struct {
		sentence string
		amount   int64 // chooses the fault by its last digits
		started  pay.Status
		after    time.Duration // until the payment is settled
		settled  pay.Status
		notices  []pay.Status
	}{
		{"all is well", 1000, pay.Authorised, 0, pay.Authorised, []pay.Status{pay.Authorised, pay.Captured}},
		{"declined", 1001, pay.Failed, 0, pay.Failed, []pay.Status{pay.Failed}},
		{"authorised late", 1004, pay.Pending, 5 * time.Second, pay.Authorised, []pay.Status{pay.Authorised, pay.Captured}},
		{"slow", 1005, pay.Authorised, 0, pay.Authorised, []pay.Status{pay.Authorised, pay.Captured}},
		{"notices lost", 1007, pay.Authorised, 0, pay.Authorised, nil},
		{"notices twice", 1008, pay.Authorised, 0, pay.Authorised, []pay.Status{pay.Authorised, pay.Authorised, pay.Captured, pay.Captured}},
		{"notices out of order", 1009, pay.Authorised, 0, pay.Authorised, []pay.Status{pay.Captured, pay.Authorised}},
		{"notices late", 1010, pay.Authorised, 0, pay.Authorised, []pay.Status{pay.Authorised, pay.Captured}},
		{"declined late", 1011, pay.Pending, 5 * time.Second, pay.Failed, []pay.Status{pay.Failed}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			notices := show(t, pay.ByAmount, func(t *testing.T, p *pay.Test) {
				got, err := p.Start(t.Context(), charge("order-1", eur(c.amount)))
				if got.Status != c.started || (err != nil) != (c.started == pay.Failed) {
					t.Fatalf("started as %s, %v", got.Status, err)
				}
				time.Sleep(c.after)
				got, err = p.Look(t.Context(), got.Ref)
				ok(t, err)
				is(t, got, c.settled, 0, 0)
				if c.settled == pay.Authorised {
					_, err := p.Capture(t.Context(), got.Ref, "take", got.Amount)
					ok(t, err)
				}
				time.Sleep(time.Minute)
			})
			var said []pay.Status
			for _, n := range notices {
				said = append(said, n.Payment.Status)
			}
			if !slices.Equal(said, c.notices) {
				t.Errorf("notices said %v, want %v", said, c.notices)
			}
		})
	}
}

func TestABuyerWhoDeclinesTheActionDoesNotPay(t *testing.T) {
	show(t, pay.ByAmount, func(t *testing.T, p *pay.Test) {
		got, err := p.Start(t.Context(), charge("order-1", eur(1003)))
		ok(t, err)
		if got.Action.Redirect == "" {
			t.Error("there is nowhere to go")
		}
		got, err = p.Act(got.Ref, true) // the buyer agrees, the bank does not
		ok(t, err)
		is(t, got, pay.Failed, 0, 0)
		_, err = p.Act(got.Ref, true)
		wants(t, err, wire.Conflict)
		_, err = p.Act("nonsense", true)
		wants(t, err, wire.NotFound)
	})
}

func TestABankThatAnswersAfterTheCancellationPromisesNothing(t *testing.T) {
	show(t, pay.ByAmount, func(t *testing.T, p *pay.Test) {
		got, err := p.Start(t.Context(), charge("order-1", eur(1004)))
		ok(t, err)
		_, err = p.Cancel(t.Context(), got.Ref, "cancel")
		ok(t, err)
		time.Sleep(time.Minute)
		got, err = p.Look(t.Context(), got.Ref)
		ok(t, err)
		is(t, got, pay.Cancelled, 0, 0)
	})
}

func TestRandomFaultsFollowFromTheSeed(t *testing.T) {
	plan, same, other := pay.Random(7, .2, time.Second), pay.Random(7, .2, time.Second), pay.Random(8, .2, time.Second)
	declined, differ := 0, 0
	for attempt := range 1000 {
		c := charge("order-1", eur(5))
		c.Attempt = attempt + 1
		f := plan(c)
		if f != same(c) {
			t.Fatal("the same seed gave another fault")
		}
		if f != other(c) {
			differ++
		}
		if f.Decline {
			declined++
		}
	}
	if declined < 120 || declined > 280 || differ < 300 {
		t.Errorf("%d of 1000 declined, where 200 were planned; %d differ with another seed", declined, differ)
	}
}

func TestTheBooksShowWhoWasChargedTwice(t *testing.T) {
	p := newTest(t, pay.TestConfig{Now: time.Now})
	for attempt := 1; attempt <= 2; attempt++ {
		c := charge("order-1", eur(1999))
		c.Attempt = attempt
		got, err := p.Start(t.Context(), c)
		ok(t, err)
		for range 3 {
			_, err = p.Capture(t.Context(), got.Ref, "take", eur(1999))
			ok(t, err)
		}
	}
	want := pay.Tally{Promised: eur(3998), Captured: eur(3998), Refunded: eur(0), Captures: 2}
	if got := p.Books()["order-1"]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// again asks until it is known what was done, or gives up.
func again(ask func() (pay.Payment, error)) (got pay.Payment, err error) {
	for range 1000 {
		if got, err = ask(); wire.CodeOf(err) != wire.Unavailable {
			break
		}
		time.Sleep(time.Second)
	}
	return got, err
}

// buy is a caller with patience: it asks the same again when it knows nothing, and cancels an attempt before the next.
func buy(t *testing.T, p pay.Provider, o wire.OrderID) {
	for attempt := 1; attempt <= 50; attempt++ {
		c := charge(o, eur(1999))
		c.Attempt = attempt
		got, err := again(func() (pay.Payment, error) { return p.Start(t.Context(), c) })
		for err == nil && got.Status == pay.Pending {
			time.Sleep(time.Second)
			got, err = again(func() (pay.Payment, error) { return p.Look(t.Context(), got.Ref) })
		}
		if got.Status == pay.Authorised {
			got, err = again(func() (pay.Payment, error) { return p.Capture(t.Context(), got.Ref, "take", eur(1999)) })
			if err != nil || got.Status != pay.Captured {
				t.Errorf("%s: %s, %v", o, got.Status, err)
			}
			return
		}
		if _, err := again(func() (pay.Payment, error) { return p.Cancel(t.Context(), got.Ref, "cancel") }); err != nil {
			t.Errorf("%s: %v", o, err)
		}
	}
	t.Errorf("%s was never paid", o)
}

func TestPatienceChargesEverybodyOnceWhateverGoesWrong(t *testing.T) {
	const buyers = 300
	var books map[wire.OrderID]pay.Tally
	notices := show(t, pay.Random(1, .3, 20*time.Second), func(t *testing.T, p *pay.Test) {
		var wg sync.WaitGroup
		for i := range buyers {
			wg.Go(func() { buy(t, p, wire.OrderID(fmt.Sprintf("order-%d", i))) })
		}
		wg.Wait()
		time.Sleep(time.Minute)
		books = p.Books()
	})
	for o, b := range books {
		if b.Captures != 1 || b.Captured != eur(1999) || b.Promised != eur(1999) {
			t.Errorf("%s: %+v", o, b)
		}
	}
	if len(books) != buyers || len(notices) < buyers {
		t.Errorf("%d orders, %d notices", len(books), len(notices))
	}
}

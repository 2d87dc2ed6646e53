package prove_test

import (
	"context"
	"net"
	"net/http"
	"net/rpc"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/shop/prove"
	"vitrine/server/wire"
)

// Request is one to the bank.
type Request struct {
	What     string
	Charge   wire.Charge
	Ref, Key string
	Amount   wire.Money
}

// Reply is the bank's.
type Reply struct {
	Payment wire.Payment
	Code    wire.Code
	Text    string
}

// Bank is the test provider in the process of the clients: it outlives the server.
type Bank struct{ *pay.Test }

// Ask answers a request.
func (b *Bank) Ask(r Request, reply *Reply) (err error) {
	ctx := context.Background()
	switch r.What {
	case "start":
		reply.Payment, err = b.Start(ctx, r.Charge)
	case "look":
		reply.Payment, err = b.Look(ctx, r.Ref)
	case "capture":
		reply.Payment, err = b.Capture(ctx, r.Ref, r.Key, r.Amount)
	case "cancel":
		reply.Payment, err = b.Cancel(ctx, r.Ref, r.Key)
	case "refund":
		reply.Payment, err = b.Refund(ctx, r.Ref, r.Key, r.Amount)
	}
	if err != nil {
		reply.Code, reply.Text = wire.CodeOf(err), err.Error()
	}
	return nil
}

// opens a bank whose notices go to a counter, a few at a time and so in any order; those that find nobody there are lost.
func bank(t testing.TB, plan pay.Plan, to counter) (*Bank, string) {
	t.Helper()
	b, atOnce := &Bank{}, make(chan struct{}, 16)
	var notices sync.WaitGroup
	test, err := pay.NewTest(pay.TestConfig{
		Secret: []byte("a secret of twenty-four bytes"), Now: time.Now, Plan: plan,
		Deliver: func(h http.Header, body []byte) {
			n, err := b.Webhook(h, body)
			if err != nil {
				t.Error("a notice:", err)
				return
			}
			atOnce <- struct{}{}
			notices.Go(func() {
				_, _ = to.Do(Ask{What: settle, Payment: n.Payment})
				<-atOnce
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Test = test
	at := filepath.Join(t.TempDir(), "bank")
	l, err := net.Listen("unix", at)
	if err != nil {
		t.Fatal(err)
	}
	server := rpc.NewServer()
	if err := server.RegisterName("Bank", b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = b.Run(ctx) })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { server.ServeConn(c) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		all.Wait()
		notices.Wait()
	})
	return b, at
}

// tallies are the bank's books.
func (b *Bank) tallies() map[wire.OrderID]prove.Tally {
	all := map[wire.OrderID]prove.Tally{}
	for id, t := range b.Books() {
		all[id] = prove.Tally{Captured: t.Captured.Minor, Refunded: t.Refunded.Minor, Captures: t.Captures}
	}
	return all
}

// teller asks the bank from the server.
type teller struct{ bank *rpc.Client }

var _ shop.Provider = (*teller)(nil)

func (t *teller) ask(ctx context.Context, r Request) (wire.Payment, error) {
	var reply Reply
	call := t.bank.Go("Bank.Ask", r, &reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
	case <-ctx.Done():
		return wire.Payment{}, ctx.Err()
	}
	if call.Error != nil {
		return wire.Payment{}, call.Error
	}
	if reply.Code != "" {
		return reply.Payment, wire.Errorf(reply.Code, "%s", reply.Text)
	}
	return reply.Payment, nil
}

func (t *teller) Start(ctx context.Context, c wire.Charge) (wire.Payment, error) {
	return t.ask(ctx, Request{What: "start", Charge: c})
}

func (t *teller) Look(ctx context.Context, ref string) (wire.Payment, error) {
	return t.ask(ctx, Request{What: "look", Ref: ref})
}

func (t *teller) Capture(ctx context.Context, ref, key string, amount wire.Money) (wire.Payment, error) {
	return t.ask(ctx, Request{What: "capture", Ref: ref, Key: key, Amount: amount})
}

func (t *teller) Cancel(ctx context.Context, ref, key string) (wire.Payment, error) {
	return t.ask(ctx, Request{What: "cancel", Ref: ref, Key: key})
}

func (t *teller) Refund(ctx context.Context, ref, key string, amount wire.Money) (wire.Payment, error) {
	return t.ask(ctx, Request{What: "refund", Ref: ref, Key: key, Amount: amount})
}

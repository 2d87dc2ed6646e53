package prove_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/rpc"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/server/shop"
	"vitrine/server/shop/prove"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

// childEnv holds the settings of a server that is to be killed: this test program, run again.
const childEnv = "VITRINE_PROVE_SERVER"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := serve(text); err != nil {
			slog.Error("the server under test", "error", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(rig.Main(m))
}

// settings are a server's.
type settings struct {
	Database store.Config
	Socket   string // where it answers
	Bank     string // where the bank does
	Clock    clock
	Loud     bool
}

// clock is one that runs fast and jumps.
type clock struct {
	Base  time.Time // real time at which it begins
	Speed int64
	Jump  time.Duration
}

func (c clock) now() time.Time {
	return c.Base.Add(time.Duration(c.Speed)*time.Since(c.Base) + c.Jump)
}

// Ask is a request to the server under test.
type Ask struct {
	What     prove.What
	Buyer    wire.PersonID
	Key      string
	Reserve  wire.Reserve
	Checkout wire.Checkout
	Units    int
	Line     int

	Product wire.Product
	Offer   wire.Offer
	Coupon  shop.Coupon
	Payment wire.Payment
	Jump    time.Duration
}

// Answer is the server's.
type Answer struct {
	Code  wire.Code
	Text  string
	Hold  wire.Reservation
	Order wire.Order
	Busy  int // reservations held, orders that are not settled and stock that is not shown as it is
	Left  map[wire.VariantID]int
}

// What else is asked, beside what buyers do.
const (
	putProduct prove.What = "product"
	putOffer   prove.What = "offer"
	putCoupon  prove.What = "coupon"
	settle     prove.What = "settle"
	jump       prove.What = "jump"
	survey     prove.What = "survey"
)

// counter is where clients ask. An error says that the outcome is not known.
type counter interface {
	Do(Ask) (Answer, error)
}

// Door lets clients in, by net/rpc.
type Door struct {
	shop *shop.Shop
	db   *store.Store
	jump atomic.Int64
}

// Do answers a request.
func (d *Door) Do(ask Ask, a *Answer) error {
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	defer done()
	got, err := d.do(ctx, ask)
	*a = got
	if err != nil {
		a.Code, a.Text = wire.CodeOf(err), err.Error()
	}
	return nil
}

func (d *Door) do(ctx context.Context, ask Ask) (a Answer, err error) {
	var placed wire.Placed
	switch ask.What {
	case prove.Reserve:
		a.Hold, err = d.shop.Reserve(ctx, ask.Buyer, ask.Reserve)
	case prove.Release:
		a.Hold, err = d.shop.Release(ctx, ask.Buyer, wire.ReservationID(ask.Key))
	case prove.Look:
		a.Hold, err = d.shop.Reservation(ctx, ask.Buyer, wire.ReservationID(ask.Key))
	case prove.Place:
		placed, err = d.shop.Place(ctx, ask.Buyer, ask.Checkout)
		a.Order = placed.Order
	case prove.Pay:
		placed, err = d.shop.Pay(ctx, ask.Buyer, wire.OrderID(ask.Key), wire.PayTest)
		a.Order = placed.Order
	case prove.Cancel:
		a.Order, err = d.shop.Cancel(ctx, ask.Buyer, wire.OrderID(ask.Key), "")
	case prove.Refund:
		a.Order, err = d.shop.Refund(ctx, wire.OrderID(ask.Key), []shop.Return{{Line: ask.Line, Quantity: ask.Units, Restock: true}}, "")
	case prove.Stock:
		_, err = d.shop.AddStock(ctx, "staff", ask.Reserve.Variant, ask.Units, ask.Key)
	case putProduct:
		_, err = d.shop.PutProduct(ctx, "staff", ask.Product, 0)
	case putOffer:
		_, err = d.shop.PutOffer(ctx, "staff", ask.Offer, 0)
	case putCoupon:
		_, err = d.shop.PutCoupon(ctx, "staff", ask.Coupon)
	case settle:
		a.Order, err = d.shop.Settle(ctx, ask.Payment)
	case jump:
		d.jump.Add(int64(ask.Jump))
	case survey:
		return d.survey(ctx)
	}
	return a, err
}

// survey says what the shop shows, and how much is under way; so is what was stored and is not shown yet.
func (d *Door) survey(ctx context.Context) (a Answer, err error) {
	saved, err := d.db.LoadShop(ctx)
	if err != nil {
		return a, err
	}
	a.Left = map[wire.VariantID]int{}
	for _, p := range d.shop.Products(true) {
		for _, v := range p.Variants {
			a.Left[v.ID] = v.Left
		}
	}
	for _, k := range saved.Stocks {
		if a.Left[k.Variant] != k.Left() {
			a.Busy++
		}
	}
	a.Busy += len(saved.Open)
	for _, r := range saved.Active {
		if r.State != wire.Waiting {
			a.Busy++
		}
	}
	return a, nil
}

// serve is the server under test. It ends when its standard input does.
func serve(text string) error {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db, err := store.Open(ctx, s.Database)
	if err != nil {
		return err
	}
	bank, err := rpc.Dial("unix", s.Bank)
	if err != nil {
		return err
	}
	d := &Door{db: db}
	level := slog.LevelError + 1
	if s.Loud {
		level = slog.LevelWarn
	}
	d.shop, err = shop.New(shop.Config{
		Storage: db, Terms: terms, Pay: map[wire.PayMethod]shop.Provider{wire.PayTest: &teller{bank}}, Hold: wire.ShortestHold,
		Now: func() time.Time { return s.Clock.now().Add(time.Duration(d.jump.Load())) },
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("unix", s.Socket)
	if err != nil {
		return err
	}
	server := rpc.NewServer()
	if err := server.RegisterName("Door", d); err != nil {
		return err
	}
	go server.Accept(l) // ends with the process
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return errors.Join(d.shop.Run(ctx), db.Close())
}

// terms are those of a shop that ships for free.
var terms = shop.Terms{
	Currency: "EUR", Home: "DE", TaxIncluded: true,
	Shipping: []shop.Way{{Name: "post", Countries: []string{"*"}, Price: eur(0)}},
}

func eur(cents int64) wire.Money { return wire.Money{Minor: cents, Currency: "EUR"} }

// entrance is the way to a server that may be away.
type entrance struct {
	mu   sync.Mutex
	conn *rpc.Client
}

var errAway = errors.New("the server is away")

func (e *entrance) set(c *rpc.Client) {
	e.mu.Lock()
	old := e.conn
	e.conn = c
	e.mu.Unlock()
	if old != nil {
		_ = old.Close() // it is broken as often as not
	}
}

// Do implements counter.
func (e *entrance) Do(ask Ask) (a Answer, err error) {
	e.mu.Lock()
	c := e.conn
	e.mu.Unlock()
	if c == nil {
		return a, errAway
	}
	return a, c.Call("Door.Do", ask, &a)
}

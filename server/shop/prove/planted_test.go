package prove_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/shop/prove"
	"vitrine/server/store"
	"vitrine/server/wire"
)

// caught fails unless the checker names the rule. Of a sound history it must name none.
func caught(t *testing.T, v *prove.Verdict, rule prove.Rule) {
	t.Helper()
	if rule == "" && len(v.Found) > 0 || rule != "" && !slices.Contains(v.Broken(), rule) {
		t.Errorf("want %q to be broken, got %v: %q", rule, v.Found, v.Texts)
	}
}

func TestTheCheckerCatchesPlantedBugs(t *testing.T) {
	for planted, rule := range map[bug]prove.Rule{
		none: "", checkThenAct: prove.Oversold, lostUpdate: prove.Oversold, tierLeak: prove.Tiered, bundleStock: prove.Oversold,
		unitLeak: prove.FalselyOut, keyForgotten: prove.Repeated,
	} {
		t.Run(string(planted), func(t *testing.T) {
			t.Parallel()
			b, _ := bank(t, nil, nowhere{})
			s := newStall(planted, b)
			c := &crowd{t: t, to: s, began: time.Now(), tag: "stall", people: 40, patient: time.Second}
			c.opens(time.Now().Add(time.Hour), 300)
			c.shops(32, 300, 3)
			caught(t, prove.Check(prove.Evidence{Calls: c.calls, Entries: s.entries, Bank: b.tallies()}), rule)
		})
	}
}

// nowhere is where notices go that nobody reads.
type nowhere struct{}

func (nowhere) Do(Ask) (Answer, error) { return Answer{}, errAway }

// inside is a real shop in this process.
type inside struct{ *Door }

func (i inside) Do(ask Ask) (a Answer, err error) { return a, i.Door.Do(ask, &a) }

// within runs a real shop on SQLite with something wrong around it, and judges what buyers saw.
func within(t *testing.T, plan pay.Plan, spoil func(*shop.Config)) *prove.Verdict {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{Folder: filepath.Join(t.TempDir(), "data")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d := inside{&Door{db: db}}
	b, _ := bank(t, plan, d)
	at := clock{Base: time.Now(), Speed: speed}
	cfg := shop.Config{
		Storage: db, Terms: terms, Pay: map[wire.PayMethod]shop.Provider{wire.PayTest: b}, Hold: wire.ShortestHold,
		Now: func() time.Time { return at.now().Add(time.Duration(d.jump.Load())) },
	}
	spoil(&cfg)
	if d.shop, err = shop.New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.shop.Run(ctx) }()
	e := &evening{crowd: &crowd{t: t, to: d, began: time.Now(), tag: "in", people: 40, patient: time.Minute}}
	e.opens(at.now(), 200)
	e.shops(32, 200, 5)
	for range 600 {
		if a, err := d.do(ctx, Ask{What: survey}); err == nil && a.Busy == 0 {
			break
		}
		d.jump.Add(int64(30 * time.Second))
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return prove.Check(prove.Evidence{Calls: e.calls, Entries: ledger(t, db), Bank: b.tallies()})
}

// twice is a provider that charges again when it hears nothing: the settlement of one payment makes another.
type twice struct{ shop.Provider }

func (t twice) Start(ctx context.Context, c wire.Charge) (wire.Payment, error) {
	p, err := t.Provider.Start(ctx, c)
	if err == nil || wire.CodeOf(err) != wire.Unavailable {
		return p, err
	}
	again := c
	again.Attempt += 50
	other, err := t.Provider.Start(ctx, again)
	if wire.CodeOf(err) == wire.Unavailable {
		other, err = t.Provider.Start(ctx, again)
	}
	if err == nil {
		for range 2 {
			_, _ = t.Provider.Capture(ctx, other.Ref, "settle", c.Amount)
		}
	}
	return t.Provider.Start(ctx, c)
}

// forgetful is a database that says that it has stored a batch, and has not: every 50th.
type forgetful struct {
	shop.Storage
	batches *atomic.Int64
}

func (f forgetful) Commit(ctx context.Context, b *shop.Batch) error {
	if f.batches.Add(1)%50 == 0 {
		return nil
	}
	return f.Storage.Commit(ctx, b)
}

func TestTheCheckerCatchesWhatIsWrongAroundTheShop(t *testing.T) {
	lost := func(wire.Charge) pay.Faults { return pay.Faults{Unknown: true} }
	for name, planted := range map[string]struct {
		plan  pay.Plan
		spoil func(*shop.Config)
		rule  prove.Rule
	}{
		"none": {nil, func(*shop.Config) {}, ""},
		"double settle": {lost, func(c *shop.Config) {
			c.Pay = map[wire.PayMethod]shop.Provider{wire.PayTest: twice{c.Pay[wire.PayTest]}}
		}, prove.ChargedTwice},
		"a batch that is not stored": {nil, func(c *shop.Config) { c.Storage = forgetful{c.Storage, &atomic.Int64{}} }, prove.Answered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caught(t, within(t, planted.plan, planted.spoil), planted.rule)
		})
	}
}

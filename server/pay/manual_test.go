package pay_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/server/pay"
	"vitrine/server/wire"
)

// record is what the store is to a Manual.
type record struct {
	mu       sync.Mutex
	payments map[string]pay.Payment
	keys     map[[2]string]string
	captures map[wire.OrderID]int
	lost     bool
}

func newRecord() *record {
	return &record{payments: map[string]pay.Payment{}, keys: map[[2]string]string{}, captures: map[wire.OrderID]int{}}
}

func (r *record) Payment(ctx context.Context, ref string) (pay.Payment, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, there := r.payments[ref]
	if !there {
		return p, wire.Errorf(wire.NotFound, "there is no such payment")
	}
	return p, ctx.Err()
}

func (r *record) Change(ctx context.Context, ref, key, request string, change func(pay.Payment) (pay.Payment, error)) (pay.Payment, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.payments[ref]
	before, known := r.keys[[2]string{ref, key}]
	switch {
	case ctx.Err() != nil:
		return was, ctx.Err()
	case known && before != request:
		return was, wire.Errorf(wire.KeyReused, "the key stands for another request")
	case known:
		return was, nil
	}
	now, err := change(was)
	if err != nil {
		return was, err
	}
	r.payments[ref], r.keys[[2]string{ref, key}] = now, request
	if now.Captured != was.Captured && was.Ref != "" {
		r.captures[now.Order]++
	}
	if r.lost {
		r.lost = false
		return pay.Payment{}, &wire.Error{Code: wire.Unavailable, Text: "busy", RetryAfter: time.Second}
	}
	return now, nil
}

func (r *record) moved(o wire.OrderID) (int, int64, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var captured, refunded int64
	for p := range maps.Values(r.payments) {
		if p.Order == o {
			captured += p.Captured.Minor
			refunded += p.Refunded.Minor
		}
	}
	return r.captures[o], captured, refunded
}

func (r *record) lose(wire.OrderID) { r.mu.Lock(); defer r.mu.Unlock(); r.lost = true }

var account = pay.Account{Holder: "Vitrine Shop", IBAN: "DE89 3704 0044 0532 0130 00", BIC: "COBADEFF"}

func manual(r *record, m *pay.Manual) *peer {
	return &peer{Provider: m, clock: newClock(), take: m.Paid, moved: r.moved, lose: r.lose}
}

func TestCashOnDeliveryConforms(t *testing.T) {
	conform(t, func(*testing.T) *peer {
		r := newRecord()
		return manual(r, pay.NewCash(r))
	})
}

func TestBankTransferConforms(t *testing.T) {
	conform(t, func(t *testing.T) *peer {
		r := newRecord()
		m, err := pay.NewTransfer(r, account)
		ok(t, err)
		return manual(r, m)
	})
}

func TestCashIsPromisedAtOnceAndOursWhenStaffSaysSo(t *testing.T) {
	m := pay.NewCash(newRecord())
	got, err := m.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	is(t, got, pay.Authorised, 0, 0)
	got, err = m.Capture(t.Context(), got.Ref, "take", eur(1999))
	ok(t, err)
	is(t, got, pay.Authorised, 0, 0)
	got, err = m.Paid(t.Context(), got.Ref, "paid", eur(1999))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 0)
	got, err = m.Capture(t.Context(), got.Ref, "take", eur(1999))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 0)
}

func TestATransferTellsWhereToPayAndMayComeLate(t *testing.T) {
	m, err := pay.NewTransfer(newRecord(), account)
	ok(t, err)
	got, err := m.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	is(t, got, pay.Pending, 0, 0)
	if !strings.Contains(got.Action.Text, "DE89 3704 0044 0532 0130 00") || !strings.Contains(got.Action.Text, got.Ref[:4]+" "+got.Ref[4:8]) {
		t.Error(got.Action.Text)
	}
	if want := "BCD\n002\n1\nSCT\nCOBADEFF\nVitrine Shop\nDE89370400440532013000\nEUR19.99\n\n" + got.Ref; got.Action.EPC != want {
		t.Errorf("got %q, want %q", got.Action.EPC, want)
	}
	_, err = m.Cancel(t.Context(), got.Ref, "cancel")
	ok(t, err)
	typed := strings.ToLower(got.Ref[:4]) + " " + got.Ref[4:10] + " " + got.Ref[10:]
	got, err = m.Paid(t.Context(), typed, "paid", eur(1500))
	ok(t, err)
	is(t, got, pay.Captured, 1500, 0)
	got, err = m.Refund(t.Context(), got.Ref, "back", eur(1500))
	ok(t, err)
	is(t, got, pay.Captured, 1500, 1500)
}

func TestAMistypedReferenceIsNoticed(t *testing.T) {
	m := pay.NewCash(newRecord())
	rapid.Check(t, func(t *rapid.T) {
		order := wire.OrderID(rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,63}`).Draw(t, "order"))
		p, err := m.Start(context.Background(), charge(order, eur(1)))
		if err != nil {
			t.Fatal(err)
		}
		typed := []byte(p.Ref)
		at := rapid.IntRange(2, len(typed)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "swapped") && at+1 < len(typed) {
			typed[at], typed[at+1] = typed[at+1], typed[at]
		} else {
			typed[at] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[rapid.IntRange(0, 31).Draw(t, "as")]
		}
		_, err = m.Look(context.Background(), string(typed))
		if string(typed) == p.Ref {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != wire.NotFound {
			t.Fatalf("%s is taken for %s: %v", typed, p.Ref, err)
		}
	})
}

func TestAnAccountNobodyCanPayToIsRefused(t *testing.T) {
	for _, a := range []pay.Account{
		{IBAN: account.IBAN},
		{Holder: strings.Repeat("x", 71), IBAN: account.IBAN},
		{Holder: "A\nB", IBAN: account.IBAN},
		{Holder: "A", IBAN: "DE89 3704 0044 0532 0130 01"},
		{Holder: "A", IBAN: "DE"},
		{Holder: "A", IBAN: account.IBAN, BIC: "COBA"},
	} {
		_, err := pay.NewTransfer(newRecord(), a)
		wants(t, err, wire.Invalid)
	}
	for _, example := range []string{"GB82 WEST 1234 5698 7654 32", "NO93 8601 1117 947", "MT84MALT011000012345MTLCAST001S"} { // of the IBAN registry
		_, err := pay.NewTransfer(newRecord(), pay.Account{Holder: "A", IBAN: example})
		ok(t, err)
	}
}

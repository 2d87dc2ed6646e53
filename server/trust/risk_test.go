package trust_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

func eur(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }

func TestRulesOfRisk(t *testing.T) {
	risk := trust.Risk{Large: []wire.Money{eur(200_00), {Minor: 30_000, Currency: "JPY"}}}
	old := 48 * time.Hour
	for _, c := range []struct {
		what    string
		try     trust.Try
		verdict trust.Verdict
		reasons string
	}{
		{"a known buyer, a large sum", trust.Try{Sum: eur(999_00), Known: old}, trust.Allow, "[]"},
		{"a first visit, a small sum", trust.Try{Sum: eur(199_99)}, trust.Allow, "[]"},
		{"a first visit, a large sum", trust.Try{Sum: eur(200_00)}, trust.StepUp, "[first_visit_large_sum]"},
		{"the same after a proof", trust.Try{Sum: eur(200_00), Fresh: true}, trust.Allow, "[first_visit_large_sum]"},
		{"a day and no second after the first visit", trust.Try{Sum: eur(200_00), Known: 24 * time.Hour}, trust.Allow, "[]"},
		{"yen are counted in yen", trust.Try{Sum: wire.Money{Minor: 29_999, Currency: "JPY"}}, trust.Allow, "[]"},
		{"a currency without a limit", trust.Try{Sum: wire.Money{Minor: 1, Currency: "USD"}}, trust.StepUp, "[first_visit_large_sum]"},
		{"nothing to pay", trust.Try{Sum: wire.Money{Currency: "USD"}}, trust.Allow, "[]"},
		{"a new address, a large sum", trust.Try{Sum: eur(200_00), Known: old, NewAddress: true}, trust.StepUp, "[new_address_large_sum]"},
		{"a new address, a small sum", trust.Try{Sum: eur(5_00), Known: old, NewAddress: true}, trust.Allow, "[]"},
		{"two failed payments", trust.Try{Sum: eur(5_00), Known: old, Failed: 2}, trust.Allow, "[]"},
		{"three failed payments", trust.Try{Sum: eur(5_00), Known: old, Failed: 3}, trust.StepUp, "[failed_payments]"},
		{"ten failed payments", trust.Try{Sum: eur(5_00), Known: old, Failed: 10}, trust.Refuse, "[failed_payments many_failed_payments]"},
		{"ten failed payments and a proof", trust.Try{Sum: eur(5_00), Known: old, Failed: 10, Fresh: true}, trust.Refuse, "[failed_payments many_failed_payments]"},
		{"a card from elsewhere", trust.Try{Sum: eur(5_00), Known: old, Ships: "DE", Card: "US"}, trust.StepUp, "[country_mismatch]"},
		{"a card from nobody knows where", trust.Try{Sum: eur(5_00), Known: old, Ships: "DE"}, trust.Allow, "[]"},
		{
			"a card from elsewhere after failures, a large sum",
			trust.Try{Sum: eur(200_00), Known: old, Ships: "DE", Card: "US", Failed: 3, Fresh: true},
			trust.Refuse, "[failed_payments country_mismatch failed_payments_country_mismatch]",
		},
	} {
		v, reasons := risk.Judge(c.try)
		if v != c.verdict || fmt.Sprint(reasons) != c.reasons {
			t.Errorf("%s: %s %v, want %s %s", c.what, v, reasons, c.verdict, c.reasons)
		}
	}
	must(t, trust.Allow.Err())
	wants(t, trust.StepUp.Err(), wire.StepUp)
	wants(t, trust.Refuse.Err(), wire.Forbidden)
}

func TestFiftyPurchasesInHalfAMinuteStop(t *testing.T) {
	one := trust.Purchase{Person: "p1", Session: "s1", Address: netip.MustParseAddr("2001:db8:1:2::1"), Card: "c1"}
	for name, other := range map[string]trust.Purchase{
		"by person":  {Person: "p1", Session: "s2", Card: "c2"},
		"by session": {Person: "p2", Session: "s1"},
		"by address": {Person: "p2", Address: netip.MustParseAddr("2001:db8:1:2:ffff::9")},
		"by card":    {Person: "p2", Card: "c1"},
	} {
		var v trust.Velocity
		now := noon
		for range 50 {
			must(t, v.Take(now, one))
			now = now.Add(100 * time.Millisecond)
		}
		err := v.Take(now, other)
		wants(t, err, wire.RateLimited)
		if e := err.(*wire.Error); e.RetryAfter != 25*time.Second {
			t.Errorf("%s: come back after %v, want 25s", name, e.RetryAfter)
		}
		must(t, v.Take(now, trust.Purchase{Person: "p3", Session: "s3", Address: netip.MustParseAddr("2001:db8:1:3::1"), Card: "c3"}))
		must(t, v.Take(now, trust.Purchase{}))
		must(t, v.Take(noon.Add(30*time.Second), other))
		wants(t, v.Take(noon.Add(30*time.Second), one), wire.RateLimited)
	}
}

// TestNoWindowHoldsMoreThanTheMost compares with a list of all purchases that went through.
func TestNoWindowHoldsMoreThanTheMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := trust.Velocity{Most: 3, Within: 10 * time.Second}
		through, now := map[wire.PersonID][]time.Time{}, noon
		for range rapid.IntRange(1, 60).Draw(t, "purchases") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "seconds")) * time.Second)
			id := rapid.SampledFrom([]wire.PersonID{"a", "b"}).Draw(t, "person")
			n := 0
			for _, at := range through[id] {
				if now.Sub(at) < 10*time.Second {
					n++
				}
			}
			err := v.Take(now, trust.Purchase{Person: id})
			if (err == nil) != (n < 3) {
				t.Fatalf("%d went through in the window, and the next got %v", n, err)
			}
			if err == nil {
				through[id] = append(through[id], now)
			}
		}
	})
}

func TestTheSameOrderTwiceIsAskedBack(t *testing.T) {
	var twice trust.Twice
	lines := []trust.Wanted{{Variant: "v1", Quantity: 3}, {Offer: "o1", Quantity: 1}}
	turned := []trust.Wanted{{Offer: "o1", Quantity: 1}, {Variant: "v1", Quantity: 1}, {Variant: "v1", Quantity: 2}}
	note := func(at time.Duration, person wire.PersonID, lines []trust.Wanted, order wire.OrderID, confirmed bool) (wire.OrderID, wire.Code) {
		first, err := twice.Note(noon.Add(at), person, lines, order, confirmed)
		return first, wire.CodeOf(err)
	}
	for _, c := range []struct {
		what      string
		at        time.Duration
		person    wire.PersonID
		lines     []trust.Wanted
		order     wire.OrderID
		confirmed bool
		first     wire.OrderID
		code      wire.Code
	}{
		{"the first", 0, "ada", lines, "A", false, "A", ""},
		{"the same try again", time.Second, "ada", lines, "A", false, "A", ""},
		{"another key", time.Second, "ada", turned, "B", false, "A", wire.Conflict},
		{"somebody else", time.Second, "bob", lines, "C", false, "C", ""},
		{"other lines", time.Second, "ada", lines[:1], "D", false, "D", ""},
		{"just before the end", 9999 * time.Millisecond, "ada", lines, "E", false, "A", wire.Conflict},
		{"confirmed", 9999 * time.Millisecond, "ada", lines, "F", true, "F", ""},
		{"after the confirmed one", 11 * time.Second, "ada", lines, "G", false, "F", wire.Conflict},
		{"late enough", 19999 * time.Millisecond, "ada", lines, "H", false, "H", ""},
	} {
		if first, code := note(c.at, c.person, c.lines, c.order, c.confirmed); first != c.first || code != c.code {
			t.Errorf("%s: %s %q, want %s %q", c.what, first, code, c.first, c.code)
		}
	}
	twice.Forget("ada", turned, "F") // not the last one
	if _, code := note(21*time.Second, "ada", lines, "I", false); code != wire.Conflict {
		t.Error("an order was forgotten by another's name")
	}
	twice.Forget("ada", turned, "H")
	if _, code := note(21*time.Second, "ada", lines, "I", false); code != "" {
		t.Error("an order that failed still stands in the way")
	}
}

func TestOfTheSameOrderAtOnceOneGoesThrough(t *testing.T) {
	var twice trust.Twice
	var through atomic.Int32
	var wait sync.WaitGroup
	for n := range 16 {
		wait.Go(func() {
			if _, err := twice.Note(noon, "ada", []trust.Wanted{{Variant: "v1", Quantity: 1}}, wire.OrderID(fmt.Sprint("order", n)), false); err == nil {
				through.Add(1)
			}
		})
	}
	wait.Wait()
	if through.Load() != 1 {
		t.Errorf("%d of 16 went through", through.Load())
	}
}

func TestALimiterRemembersOnlySoMany(t *testing.T) {
	l := trust.NewLimiter(time.Minute, 2)
	take := func(key string) time.Duration { return l.Take(noon, key) }
	for n, want := range []time.Duration{0, 0, time.Minute, time.Minute} { // a refused one is not taken
		if w := take("a"); w != want {
			t.Errorf("number %d waits %v, want %v", n+1, w, want)
		}
	}
	if w := l.Take(noon.Add(time.Minute), "a"); w != 0 {
		t.Errorf("after a minute it waits %v", w)
	}
	for n := range 1 << 16 {
		take(fmt.Sprint("flood", n))
	}
	if take("a") != 0 {
		t.Error("what was unused longest is still remembered")
	}
	if take("flood65000"); take("flood65000") == 0 {
		t.Error("what was used lately is forgotten")
	}
}

func TestCookiesAreThisHostsOnly(t *testing.T) {
	v := trust.Visit{Role: trust.Buyer, At: noon}
	v.Made = noon.Add(-24 * time.Hour)
	for _, c := range []struct {
		cookies trust.Cookies
		want    string
	}{
		{trust.Cookies{}, "__Host-vitrine=T; Path=/; Max-Age=15465600; HttpOnly; Secure; SameSite=Lax"},
		{trust.Cookies{Plain: true}, "vitrine=T; Path=/; Max-Age=15465600; HttpOnly; SameSite=Lax"},
	} {
		k := c.cookies.Session("T", v)
		if got := k.String(); got != c.want {
			t.Errorf("the cookie is %q, want %q", got, c.want)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if got := c.cookies.Read(r, trust.SessionCookie); got != "" {
			t.Errorf("no cookie was read as %q", string(got))
		}
		r.AddCookie(k)
		if got := c.cookies.Read(r, trust.SessionCookie); got != "T" {
			t.Errorf("the cookie was read as %q", string(got))
		}
		if k := c.cookies.Clear(trust.SessionCookie); k.MaxAge >= 0 || k.Value != "" {
			t.Errorf("the cookie that clears is %q", k)
		}
	}
}

func TestOtherSitesPagesCannotAct(t *testing.T) {
	p, err := trust.CrossOrigin([]string{"https://shop.example"})
	must(t, err)
	for _, c := range []struct {
		method, origin, site string
		ok                   bool
	}{
		{"POST", "https://shop.example", "same-site", true},
		{"POST", "https://evil.example", "cross-site", false},
		{"POST", "https://api.example", "same-origin", true},
		{"POST", "", "", true}, // no browser
		{"GET", "https://evil.example", "cross-site", true},
	} {
		r := httptest.NewRequest(c.method, "https://api.example/orders", nil)
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Sec-Fetch-Site", c.site)
		if err := p.Check(r); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := trust.CrossOrigin([]string{"shop.example/path"}); err == nil {
		t.Error("what is no origin was taken")
	}
}

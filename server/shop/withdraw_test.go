package shop

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

func TestCancellingEndsAfterADayOrWithTheParcel(t *testing.T) {
	paid := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	if got := CancelUntil(time.Time{}, paid); !got.IsZero() {
		t.Errorf("not paid: %v", got)
	}
	for shipped, want := range map[time.Time]time.Time{
		{}:                       paid.Add(24 * time.Hour),
		paid.Add(time.Hour):      paid.Add(time.Hour),
		paid.Add(25 * time.Hour): paid.Add(24 * time.Hour),
	} {
		if got := CancelUntil(paid, shipped); !got.Equal(want) {
			t.Errorf("shipped at %v: %v, want %v", shipped, got, want)
		}
	}
}

func TestWithdrawalEndsAtMidnightOfAWorkingDay(t *testing.T) {
	berlin := termsOf(t, "terms_de.json")
	for _, c := range []struct{ delivered, want, why string }{
		{"2026-11-03T10:00:00+01:00", "2026-11-18T00:00:00+01:00", "Tuesday, so Tuesday two weeks later"},
		{"2026-11-03T00:00:00+01:00", "2026-11-18T00:00:00+01:00", "the first instant of the day"},
		{"2026-11-03T23:59:59+01:00", "2026-11-18T00:00:00+01:00", "the last"},
		{"2026-11-03T23:30:00Z", "2026-11-19T00:00:00+01:00", "the day in Berlin, not in Greenwich"},
		{"2026-11-07T10:00:00+01:00", "2026-11-24T00:00:00+01:00", "a Saturday becomes Monday"},
		{"2026-11-08T10:00:00+01:00", "2026-11-24T00:00:00+01:00", "a Sunday becomes Monday"},
		{"2026-12-11T10:00:00+01:00", "2026-12-29T00:00:00+01:00", "Christmas on Friday, then the weekend"},
		{"2026-10-20T10:00:00+02:00", "2026-11-04T00:00:00+01:00", "summer time ends between"},
		{"2027-03-16T10:00:00+01:00", "2027-03-31T00:00:00+02:00", "summer time begins between"},
		{"2028-02-16T10:00:00+01:00", "2028-03-02T00:00:00+01:00", "a leap year"},
	} {
		delivered, err := time.Parse(time.RFC3339, c.delivered)
		if err != nil {
			t.Fatal(err)
		}
		if got := berlin.WithdrawUntil(delivered).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: delivered %s, until %s, want %s", c.why, c.delivered, got, c.want)
		}
	}
	if got := (Terms{}).WithdrawUntil(time.Time{}); !got.IsZero() {
		t.Errorf("not delivered, until %v", got)
	}
}

func TestOnlyTheShopMakesALinkToWithdraw(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	older, newer := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	keys := WithdrawalKeys{newer, older}
	token, err := keys.Token("order-1.a", now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Trim(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
		t.Errorf("%s does not go into a link", token)
	}
	before, err := WithdrawalKeys{older}.Token("order-1.a", now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, good := range []string{token, before} {
		if o, err := keys.Check(good, now.Add(time.Hour-1)); err != nil || o != "order-1.a" {
			t.Errorf("%s is of %q, %v", good, o, err)
		}
	}
	if _, err := keys.Check(token, now.Add(time.Hour)); wire.CodeOf(err) != wire.Forbidden || !strings.Contains(err.Error(), "no longer") {
		t.Errorf("a link that is over gives %v", err)
	}
	for i := range token {
		for _, c := range []string{"", "A", "1", "."} {
			if bad := token[:i] + c + token[i+1:]; bad != token {
				if o, err := keys.Check(bad, now); wire.CodeOf(err) != wire.Forbidden || o != "" {
					t.Errorf("%s is of %q, %v", bad, o, err)
				}
			}
		}
	}
	for name, k := range map[string]WithdrawalKeys{"no key": nil, "an empty key": {nil}, "another key": {bytes.Repeat([]byte{3}, 32)}} {
		if _, err := k.Check(token, now); wire.CodeOf(err) != wire.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	end, _, _ := strings.Cut(token, ".")
	if _, err := (WithdrawalKeys{nil}).Check(end+"."+withdrawSign(nil, end, "order-1.a")+".order-1.a", now); wire.CodeOf(err) != wire.Forbidden {
		t.Errorf("a token that anybody can sign: %v", err)
	}
	for name, make := range map[string]func() (string, error){
		"a short key": func() (string, error) { return WithdrawalKeys{newer[:31]}.Token("order", now) },
		"no order":    func() (string, error) { return keys.Token("", now) },
		"no end":      func() (string, error) { return keys.Token("order", time.Time{}) },
	} {
		if token, err := make(); err == nil {
			t.Errorf("%s signs %s", name, token)
		}
	}
}

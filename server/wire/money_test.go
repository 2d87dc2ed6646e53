package wire

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestMoneyNeverWrapsAndNeverMixes(t *testing.T) {
	most := Money{math.MaxInt64, "EUR"}
	for name, f := range map[string]func() (Money, error){
		"a sum beyond the largest":  func() (Money, error) { return most.Plus(Money{1, "EUR"}) },
		"a sum below the smallest":  func() (Money, error) { return Money{math.MinInt64, "EUR"}.Minus(Money{1, "EUR"}) },
		"minus the smallest":        func() (Money, error) { return Money{0, "EUR"}.Minus(Money{math.MinInt64, "EUR"}) },
		"a product":                 func() (Money, error) { return most.Times(2) },
		"the smallest, turned":      func() (Money, error) { return Money{math.MinInt64, "EUR"}.Times(-1) },
		"euros and yen":             func() (Money, error) { return Money{1, "EUR"}.Plus(Money{1, "JPY"}) },
		"euros less yen":            func() (Money, error) { return Money{1, "EUR"}.Minus(Money{1, "JPY"}) },
		"nothing, and the smallest": func() (Money, error) { return Money{-1, "EUR"}.Plus(Money{math.MinInt64, "EUR"}) },
	} {
		if m, err := f(); CodeOf(err) != Invalid {
			t.Errorf("%s gives %v, %v", name, m, err)
		}
	}
	if m, err := (Money{}).Plus(Money{5, "JPY"}); err != nil || m != (Money{5, "JPY"}) {
		t.Errorf("nothing plus 5 JPY is %v, %v", m, err)
	}
}

func TestAmountsAreReadAndWrittenInMinorUnits(t *testing.T) {
	for text, m := range map[string]Money{
		"19.99 EUR": {1999, "EUR"}, "0.05 USD": {5, "USD"}, "-0.05 USD": {-5, "USD"}, "1999 JPY": {1999, "JPY"}, "1.234 KWD": {1234, "KWD"}, "0": {},
	} {
		if m.String() != text {
			t.Errorf("%+v reads %q, want %q", m, m.String(), text)
		}
	}
	for _, bad := range []string{`{"minor":1.5,"currency":"EUR"}`, `{"minor":"1","currency":"EUR"}`, `{"minor":1,"curency":"EUR"}`, `5`, `{"minor":1e30,"currency":"EUR"}`} {
		var m Money
		if err := json.Unmarshal([]byte(bad), &m); err == nil {
			t.Errorf("%s is taken as %v", bad, m)
		}
	}
	for _, bad := range []Money{{1, ""}, {1, "eur"}, {1, "XXX"}, {-1, "EUR"}, {MaxMinor + 1, "EUR"}} {
		if CodeOf(bad.Validate()) != Invalid {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestASharePartsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Int64Range(0, MaxMinor).Draw(t, "minor")
		whole := rapid.Int64Range(1, MaxMinor).Draw(t, "whole")
		part := rapid.Int64Range(0, whole).Draw(t, "part")
		twice := new(big.Int).Mul(big.NewInt(2*m), big.NewInt(part)) // round half up: (2mp + w) / 2w
		want := twice.Add(twice, big.NewInt(whole)).Div(twice, big.NewInt(2*whole)).Int64()
		if got := (Money{m, "EUR"}).Share(part, whole); got.Minor != want {
			t.Fatalf("%d × %d ÷ %d = %d, want %d", m, part, whole, got.Minor, want)
		}
	})
}

package app

import (
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/wire"
)

func TestAmountsAreWrittenAsPeopleDo(t *testing.T) {
	for _, c := range []struct {
		m              wire.Money
		en, zh, glance string
	}{
		{wire.Money{Minor: 6900, Currency: "EUR"}, "€69.00", "€69.00", "€69.00"},
		{wire.Money{Minor: 123456789, Currency: "USD"}, "$1,234,567.89", "US$1,234,567.89", "$1,234,567"},
		{wire.Money{Minor: 6900, Currency: "CNY"}, "CN¥69.00", "¥69.00", "CN¥69.00"},
		{wire.Money{Minor: 1999, Currency: "JPY"}, "¥1,999", "JP¥1,999", "¥1,999"},
		{wire.Money{Minor: 5, Currency: "CHF"}, "CHF\u00a00.05", "CHF\u00a00.05", "CHF\u00a00.05"},
		{wire.Money{Minor: -1250, Currency: "EUR"}, "−€12.50", "−€12.50", "−€12.50"},
		{wire.Money{Minor: 1250, Currency: "KWD"}, "KWD\u00a01.250", "KWD\u00a01.250", "KWD\u00a01.250"},
		{wire.Money{}, "0", "0", "0"},
	} {
		if en, zh, glance := english.money(c.m), chinese.money(c.m), english.roundMoney(c.m); en != c.en || zh != c.zh || glance != c.glance {
			t.Errorf("%v is %q, %q, at a glance %q", c.m, en, zh, glance)
		}
	}
}

func TestTypedAmountsAreRead(t *testing.T) {
	for text, want := range map[string]int64{
		"69": 6900, "69.9": 6990, "69,90": 6990, "€ 69.90": 6990, "1,299": 129900, "1.299,00": 129900, "1,299.00": 129900, "1 299,5": 129950,
		"1'299.50": 129950, ".5": 50, "-3": -300, "EUR 12": 1200, "0": 0,
	} {
		if m, ok := readMoney(text, "EUR"); !ok || m.Minor != want || m.Currency != "EUR" {
			t.Errorf("%q is %v, %v, want %d", text, m, ok, want)
		}
	}
	for _, text := range []string{"", "-", "abc", "1.2.3", "12,3456", "1,29,900", "--1", "1e5", "1,299.505", "99999999999999999", "1.299.0"} {
		if m, ok := readMoney(text, "EUR"); ok {
			t.Errorf("%q is read as %v", text, m)
		}
	}
	if m, ok := readMoney("12.5", "JPY"); ok {
		t.Errorf("half a yen is %v", m)
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]wire.Currency{"EUR", "USD", "CNY", "JPY", "CHF", "KWD"}).Draw(t, "currency")
		m := wire.Money{Minor: rapid.Int64Range(-wire.MaxMinor, wire.MaxMinor).Draw(t, "minor"), Currency: c}
		for _, text := range []string{english.money(m), chinese.money(m), plainMoney(m)} {
			if got, ok := readMoney(text, c); !ok || got != m {
				t.Fatalf("%q is read as %v, %v, want %v", text, got, ok, m)
			}
		}
	})
}

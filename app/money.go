package app

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"vitrine/server/wire"
)

// sign is a currency as a language writes it before an amount: "€", "CN¥", "CHF ".
func (t *words) sign(c wire.Currency) string {
	unit, err := currency.ParseISO(string(c))
	if err != nil {
		return string(c) + " "
	}
	sign := message.NewPrinter(language.Make(t.Locale)).Sprint(currency.Symbol(unit))
	if last := []rune(sign)[len([]rune(sign))-1]; unicode.IsLetter(last) {
		sign += "\u00a0"
	}
	return strings.Replace(sign, "￥", "¥", 1)
}

// money is an amount as people write it: "€1,299.00". Both languages of the window group and point alike.
func (t *words) money(m wire.Money) string {
	digits, _ := m.Currency.Digits()
	return t.amount(m, digits)
}

// roundMoney is money for a glance: from 1000 on without the minor unit.
func (t *words) roundMoney(m wire.Money) string {
	digits, _ := m.Currency.Digits()
	if unit := pow10(digits); m.Minor >= 1000*unit || m.Minor <= -1000*unit {
		return t.amount(wire.Money{Minor: m.Minor / unit * unit, Currency: m.Currency}, 0)
	}
	return t.amount(m, digits)
}

func (t *words) amount(m wire.Money, decimals int) string {
	s, minus := plainMoney(m), ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		s, minus = rest, "−"
	}
	whole, part, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if decimals > 0 {
		whole += "." + part
	}
	if m.Currency == "" {
		return minus + whole
	}
	return minus + t.sign(m.Currency) + whole
}

// plainMoney is an amount as it is typed: "1299.00".
func plainMoney(m wire.Money) string {
	s, _, _ := strings.Cut(m.String(), " ")
	return s
}

// readMoney reads what somebody typed, with or without the currency's sign, in the ways that amounts are written: "1299", "1,299.00",
// "1.299,00", "€ 12.5". ok is false for what is no amount, or has more decimals than the currency.
func readMoney(text string, c wire.Currency) (m wire.Money, ok bool) {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\'' || r == '’' || unicode.Is(unicode.Sc, r):
			return -1
		case r == '−':
			return '-'
		case r == '，':
			return ','
		case r == '。' || r == '．':
			return '.'
		}
		return r
	}, strings.TrimFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsSpace(r) }))
	minus := strings.HasPrefix(text, "-")
	text = strings.TrimLeftFunc(strings.TrimPrefix(text, "-"), unicode.IsLetter) // as in −CHF 5
	digits, known := c.Digits()
	whole, part := decimals(text, digits)
	n, err := strconv.ParseUint(whole+part+strings.Repeat("0", max(0, digits-len(part))), 10, 62)
	if !known || whole+part == "" || err != nil || n > wire.MaxMinor {
		return wire.Money{}, false
	}
	m = wire.Money{Minor: int64(n), Currency: c}
	if minus {
		m.Minor = -m.Minor
	}
	return m, true
}

// decimals cuts an amount at its decimal mark, which the last point or comma is when no more digits follow than the currency has. Other
// marks group by three; what does not stays in whole and makes it no number.
func decimals(s string, digits int) (whole, part string) {
	whole = s
	if i := strings.LastIndexAny(s, ".,"); i >= 0 && len(s)-i-1 <= digits && strings.Count(s, s[i:i+1]) == 1 {
		whole, part = s[:i], s[i+1:]
	}
	if strings.Contains(whole, ".") && strings.Contains(whole, ",") { // as in 1,299.505: too many decimals, not a million
		return whole, part
	}
	groups := strings.FieldsFunc(whole, func(r rune) bool { return r == '.' || r == ',' })
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && len(g) > 3 {
			return whole, part
		}
	}
	return strings.Join(groups, ""), part
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

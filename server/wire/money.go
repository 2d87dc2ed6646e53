package wire

import (
	"encoding/json"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code, for example "EUR".
type Currency string

// currencies are the active codes of ISO 4217 that people pay in, by the digits of their minor unit.
var currencies = map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE " +
		"CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW " +
		"KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK " +
		"PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS " +
		"UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
}

var minorDigits = func() map[Currency]int {
	all := map[Currency]int{}
	for digits, codes := range currencies {
		for code := range strings.FieldsSeq(codes) {
			all[Currency(code)] = digits
		}
	}
	return all
}()

// Digits is how many decimals the minor unit has: 2 for EUR, 0 for JPY; ok is false for what is no currency.
func (c Currency) Digits() (n int, ok bool) {
	n, ok = minorDigits[c]
	return n, ok
}

// Validate reports a code that is no currency.
func (c Currency) Validate() error {
	if _, ok := c.Digits(); !ok {
		return Errorf(Invalid, "%q is no currency: it takes a code of ISO 4217 as EUR, USD or JPY", truncate(string(c)))
	}
	return nil
}

// Money is an amount in the minor unit of its currency (ISO 4217): {1999, "EUR"} is 19.99 €, {1999, "JPY"} is 1999 ¥. The zero
// Money has no currency and adds to any.
type Money struct {
	Minor    int64    `json:"minor" doc:"amount in the currency's minor unit, as cents"`
	Currency Currency `json:"currency" doc:"ISO 4217 code" example:"EUR"`
}

// MaxMinor bounds amounts that come from outside, far from where sums would overflow.
const MaxMinor = 1_000_000_000_000

// Validate reports an amount that cannot be a price: no currency, negative, or beyond MaxMinor.
func (m Money) Validate() error {
	if err := m.Currency.Validate(); err != nil {
		return err
	}
	if m.Minor < 0 || m.Minor > MaxMinor {
		return Errorf(Invalid, "an amount lies between 0 and %d minor units; got %d", int64(MaxMinor), m.Minor)
	}
	return nil
}

// IsZero says that the amount is nothing, in whatever currency.
func (m Money) IsZero() bool { return m.Minor == 0 }

// Plus adds. Different currencies and sums that do not fit are errors of code Invalid: money never wraps.
func (m Money) Plus(o Money) (Money, error) {
	if m.Currency == "" {
		m.Currency = o.Currency
	}
	if o.Currency != "" && m.Currency != o.Currency {
		return Money{}, Errorf(Invalid, "%s and %s do not add up", m.Currency, o.Currency)
	}
	sum := m.Minor + o.Minor
	if (sum > m.Minor) != (o.Minor > 0) {
		return Money{}, Errorf(Invalid, "the sum is too large")
	}
	return Money{sum, m.Currency}, nil
}

// Minus subtracts, with the errors of Plus.
func (m Money) Minus(o Money) (Money, error) {
	if o.Minor == math.MinInt64 {
		return Money{}, Errorf(Invalid, "the sum is too large")
	}
	return m.Plus(Money{-o.Minor, o.Currency})
}

// Times multiplies. A product that does not fit is an error of code Invalid.
func (m Money) Times(n int64) (Money, error) {
	p := m.Minor * n
	if n != 0 && (p/n != m.Minor || n == -1 && m.Minor == math.MinInt64) {
		return Money{}, Errorf(Invalid, "the amount is too large")
	}
	return Money{p, m.Currency}, nil
}

// Share is m × part ÷ whole, rounded half away from zero, for a non-negative m and 0 ≤ part ≤ whole, whole > 0.
func (m Money) Share(part, whole int64) Money {
	hi, lo := bits.Mul64(uint64(m.Minor), uint64(part))
	lo, carry := bits.Add64(lo, uint64(whole)/2, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(whole))
	return Money{int64(q), m.Currency}
}

// String is the amount for people who read logs and e-mails: "19.99 EUR".
func (m Money) String() string {
	digits, _ := m.Currency.Digits()
	s, sign := strconv.FormatInt(m.Minor, 10), ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		s, sign = rest, "-"
	}
	if digits > 0 {
		s = strings.Repeat("0", max(0, digits+1-len(s))) + s
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	return strings.TrimSpace(sign + s + " " + string(m.Currency))
}

// UnmarshalJSON reads an amount and refuses fractions and unknown fields, which would be money lost.
func (m *Money) UnmarshalJSON(b []byte) error {
	type plain Money
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode((*plain)(m)); err != nil {
		return Errorf(Invalid, `an amount is {"minor": whole number, "currency": "EUR"}: %s`, err)
	}
	return nil
}

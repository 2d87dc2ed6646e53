package shop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

const (
	withdrawCancel = 24 * time.Hour
	withdrawDays   = 14
	withdrawKey    = 32 // bytes, at least
)

// CancelUntil is until when a buyer may cancel: 24 hours from the payment, but not once it is shipped. A zero shipped is not yet;
// for an order that is paid on delivery paid is when it was made. The result is the first moment that is too late; a zero
// time for an order that is not paid.
func CancelUntil(paid, shipped time.Time) time.Time {
	if paid.IsZero() {
		return paid
	}
	until := paid.Add(withdrawCancel)
	if !shipped.IsZero() && shipped.Before(until) {
		return shipped
	}
	return until
}

// WithdrawUntil is until when a consumer may withdraw: 14 days from the delivery of the last part (Directive 2011/83/EU Art. 9).
// The day of delivery does not count, and the period ends with the last hour of its last day, or of the next working day if that
// is a Saturday, a Sunday or one of Terms.Holidays (Regulation 1182/71 Art. 3). The result is the first moment that is too late:
// midnight in Terms.Zone. Before the delivery it is a zero time, and the period does not end.
func (t Terms) WithdrawUntil(delivered time.Time) time.Time {
	if delivered.IsZero() {
		return time.Time{}
	}
	zone := t.Zone.In()
	year, month, day := delivered.In(zone).Date()
	// Days are counted at noon, which every day has in every zone.
	last := time.Date(year, month, day+withdrawDays, 12, 0, 0, 0, zone)
	for t.rests(last) {
		last = last.AddDate(0, 0, 1)
	}
	year, month, day = last.Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, zone)
}

func (t Terms) rests(day time.Time) bool {
	weekday := day.Weekday()
	return weekday == time.Saturday || weekday == time.Sunday || slices.Contains(t.Holidays, day.Format(time.DateOnly))
}

// WithdrawalKeys sign the links by which buyers withdraw without signing in. The first signs; all of them are believed, so that a
// new key may be put before the old one. A key has at least 32 random bytes and signs nothing else.
type WithdrawalKeys [][]byte

// Token is what a link to withdraw from an order carries: it lets its holder see and withdraw from that order until a
// time, to the second. Nothing of it is kept. It belongs after the "#" of a link, where no log of a server or proxy sees it.
func (k WithdrawalKeys) Token(o wire.OrderID, until time.Time) (string, error) {
	if err := wire.ValidName("an order", o); err != nil {
		return "", err
	}
	if len(k) == 0 || len(k[0]) < withdrawKey {
		return "", errors.New("sign a withdrawal: the key is missing or too short")
	}
	if until.Unix() <= 0 {
		return "", errors.New("sign a withdrawal: it has no end")
	}
	end := strconv.FormatInt(until.Unix(), 36)
	return end + "." + withdrawSign(k[0], end, o) + "." + string(o), nil
}

// Check is the order of a token that one of the keys signed. Errors: Forbidden for a token that none did, and for one that is over.
// It says nothing about whether the order is there and may still be withdrawn from.
func (k WithdrawalKeys) Check(token string, now time.Time) (wire.OrderID, error) {
	forged := wire.Errorf(wire.Forbidden, "this link is damaged: copy it from your receipt as a whole")
	end, rest, _ := strings.Cut(token, ".")
	sign, id, _ := strings.Cut(rest, ".")
	order := wire.OrderID(id)
	if wire.ValidName("an order", order) != nil || len(end) > 13 {
		return "", forged
	}
	signed := slices.ContainsFunc(k, func(key []byte) bool {
		return len(key) >= withdrawKey && hmac.Equal([]byte(sign), []byte(withdrawSign(key, end, order)))
	})
	if !signed {
		return "", forged
	}
	until, err := strconv.ParseInt(end, 36, 64)
	if err != nil {
		return "", forged
	}
	if now.Unix() >= until {
		return "", wire.Errorf(wire.Forbidden, "this link is no longer valid: write to the shop if you still want to withdraw")
	}
	return order, nil
}

// withdrawSign is the HMAC-SHA256 (RFC 2104) over what the token says. The end has no point in it, so no two texts are the same.
func withdrawSign(key []byte, end string, o wire.OrderID) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("vitrine withdrawal 1." + end + "." + string(o)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

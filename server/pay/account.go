package pay

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"vitrine/server/wire"
)

// Account is where bank transfers go.
type Account struct {
	Holder string // at most 70 characters
	IBAN   string // ISO 13616, with or without spaces
	BIC    string // ISO 9362; may be empty within the EEA
}

var (
	iban = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	bic  = regexp.MustCompile(`^([A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?)?$`)
	// creditor is a creditor reference as made here. The standard knows longer and shorter ones.
	creditor = regexp.MustCompile(`^RF[0-9]{2}[0-9A-Z]{12}$`)
)

// Validate reports an account to which no bank would send money.
func (a Account) Validate() error {
	if n := utf8.RuneCountInString(a.Holder); n == 0 || n > 70 || strings.ContainsAny(a.Holder, "\r\n") {
		return wire.Errorf(wire.Invalid, "the account's holder has 1 to 70 characters in one line")
	}
	if number := packed(a.IBAN); !iban.MatchString(number) || mod97(number[4:]+number[:4]) != 1 {
		return wire.Errorf(wire.Invalid, "the IBAN is mistyped: its check digits do not fit")
	}
	if !bic.MatchString(packed(a.BIC)) {
		return wire.Errorf(wire.Invalid, "the BIC has 8 or 11 letters and digits")
	}
	return nil
}

func (a Account) action(amount wire.Money, ref string) Action {
	text := fmt.Sprintf("Transfer %s to %s, IBAN %s, with the reference %s.", amount, a.Holder, fours(packed(a.IBAN)), fours(ref))
	if a.BIC != "" {
		text += " The bank's BIC is " + packed(a.BIC) + "."
	}
	return Action{Text: text, EPC: a.epc(amount, ref)}
}

// epc is the text of the QR code that banks' programs read (EPC069-12, version 3.1): euros only.
func (a Account) epc(amount wire.Money, ref string) string {
	if amount.Currency != "EUR" || amount.Minor > 99_999_999_999 {
		return ""
	}
	sum := fmt.Sprintf("EUR%d.%02d", amount.Minor/100, amount.Minor%100)
	return strings.Join([]string{"BCD", "002", "1", "SCT", packed(a.BIC), a.Holder, packed(a.IBAN), sum, "", ref}, "\n")
}

// alphabet is Crockford's base 32: no letter is taken for a digit.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// reference is the creditor reference of a payment: 60 bits of a hash, so that it tells nothing and a million orders meet with a
// chance of one in two million.
func reference(m wire.PayMethod, o wire.OrderID, attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", m, o, attempt))
	name := alphabet.EncodeToString(sum[:])[:12]
	return fmt.Sprintf("RF%02d%s", 98-mod97(name+"RF00"), name)
}

// readReference reads a reference as people type it.
func readReference(s string) (string, error) {
	ref := packed(s)
	if !creditor.MatchString(ref) {
		return "", noPayment()
	}
	if mod97(ref[4:]+ref[:4]) != 1 {
		return "", wire.Errorf(wire.NotFound, "there is no such payment: the reference's check digits do not fit, so it is mistyped")
	}
	return ref, nil
}

// mod97 is the rest of the number that letters and digits stand for, A as 10 to Z as 35 (ISO 7064 MOD 97-10).
func mod97(s string) (rest int) {
	for _, r := range s {
		digits := string(r)
		if r >= 'A' {
			digits = strconv.Itoa(int(r-'A') + 10)
		}
		for _, d := range digits {
			rest = (rest*10 + int(d-'0')) % 97
		}
	}
	return rest
}

func packed(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// fours is a number in groups of four, as people read it.
func fours(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

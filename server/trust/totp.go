package trust

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"vitrine/server/wire"
)

const (
	totpStep      = 30 * time.Second
	totpDigits    = 6
	recoveryCodes = 10
	// ceremonyLasts is how long one may take to add a passkey or an authenticator, or to use a passkey.
	ceremonyLasts = 10 * time.Minute
	pictureSize   = 256 // pixels
)

// Enrolment is what an authenticator app needs to know.
type Enrolment struct {
	Ticket Token // for EndTOTP
	URL    Token // otpauth://…, for a link on a phone
	PNG    []byte
	Secret Token // base32, to be typed in
}

// BeginTOTP makes a secret for the visitor's authenticator. It counts once EndTOTP got a code of it.
func (g *Gate) BeginTOTP(ctx context.Context, v Visit) (Enrolment, error) {
	if err := g.Own(ctx, v); err != nil {
		return Enrolment{}, err
	}
	email, err := g.Address(ctx, v.Person)
	if err != nil {
		return Enrolment{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: g.Title, AccountName: email})
	if err != nil {
		return Enrolment{}, fmt.Errorf("make secret of an authenticator: %w", err)
	}
	picture, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return Enrolment{}, fmt.Errorf("draw secret of an authenticator: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return Enrolment{}, fmt.Errorf("draw secret of an authenticator: %w", err)
	}
	t, err := g.issue(ctx, AddTOTPTicket, boundTo(v.Person), []byte(key.Secret()), ceremonyLasts)
	return Enrolment{t, Token(key.URL()), b.Bytes(), Token(key.Secret())}, err
}

// EndTOTP turns codes on with the first code of the authenticator, which counts as a proof, and returns the recovery codes, which are
// shown this one time. After a wrong code one begins again.
func (g *Gate) EndTOTP(ctx context.Context, c Caller, v Visit, ticket Token, code string) ([]Token, Token, Visit, error) {
	if err := g.Own(ctx, v); err != nil {
		return nil, "", Visit{}, err
	}
	secret, err := g.redeem(ctx, AddTOTPTicket, ticket, boundTo(v.Person))
	if err != nil {
		return nil, "", Visit{}, err
	}
	at, ok := matching(string(secret), code, g.Now(), 0)
	if !ok {
		return nil, "", Visit{}, wire.Errorf(wire.Invalid, "this is not the authenticator's code: check its clock, and begin again")
	}
	sealed, err := g.Vault.Seal(ctx, v.Person, secretOf(v.Person), secret)
	if err != nil {
		return nil, "", Visit{}, err
	}
	codes, hashes := newRecovery()
	p, err := g.changeOwn(ctx, v, func(p *Person) error {
		p.Secret, p.Step, p.Recovery = sealed, at, hashes
		return nil
	})
	if err != nil {
		return nil, "", Visit{}, err
	}
	if err := g.tell(ctx, p.ID, "totp_on"); err != nil {
		return nil, "", Visit{}, err
	}
	t, v, err := g.enter(ctx, c, p, Proofs{TOTP: g.Now()})
	return codes, t, v, err
}

// ProveTOTP is the second proof of a visitor who gave a first: the authenticator's code, or one of the recovery codes. Each counts
// once. Wrong ones cost time.
func (g *Gate) ProveTOTP(ctx context.Context, c Caller, v Visit, code string) (Token, Visit, error) {
	if v.Proofs == (Proofs{}) {
		return "", Visit{}, wire.Errorf(wire.Unauthenticated, "sign in first")
	}
	account, address := "totp "+string(v.Person), "totp from "+network(c.Address)
	if err := g.delays.try(g.Now(), account, address); err != nil {
		return "", Visit{}, err
	}
	recovered := false
	p, err := g.changeOwn(ctx, v, func(p *Person) (err error) {
		recovered, err = g.spend(ctx, p, code)
		return err
	})
	if err != nil {
		return "", Visit{}, err
	}
	g.delays.forgive(account, address)
	if recovered {
		if err := g.tell(ctx, p.ID, "recovery_code"); err != nil {
			return "", Visit{}, err
		}
	}
	return g.enter(ctx, c, p, Proofs{TOTP: g.Now()})
}

// spend uses a code up, or says that it is wrong.
func (g *Gate) spend(ctx context.Context, p *Person, code string) (recovered bool, err error) {
	wrong := wire.Errorf(wire.Unauthenticated, "this code is wrong, or was used before")
	if p.Secret == nil {
		return false, wrong
	}
	secret, err := g.Vault.Open(ctx, p.ID, secretOf(p.ID), p.Secret)
	if err != nil {
		return false, err
	}
	if at, ok := matching(string(secret), code, g.Now(), p.Step); ok {
		p.Step = at
		return false, nil
	}
	given, found := recoveryHash(code), -1
	for i, h := range p.Recovery {
		if subtle.ConstantTimeCompare(h[:], given[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return false, wrong
	}
	p.Recovery = slices.Delete(slices.Clone(p.Recovery), found, found+1)
	return true, nil
}

// DropTOTP takes the visitor's authenticator and recovery codes away.
func (g *Gate) DropTOTP(ctx context.Context, v Visit) error {
	if err := g.Own(ctx, v); err != nil {
		return err
	}
	_, err := g.changeOwn(ctx, v, func(p *Person) error {
		p.Secret, p.Recovery = nil, nil
		return nil
	})
	if err != nil {
		return err
	}
	return g.tell(ctx, v.Person, "totp_off")
}

// matching returns the time step of a code, if it is one of now's or its neighbours' (RFC 6238 §5.2) and after the step used last.
func matching(secret, code string, now time.Time, last int64) (at int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	middle := now.Unix() / int64(totpStep.Seconds())
	for s := middle - 1; s <= middle+1; s++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(s), hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > last {
			at, ok = s, true
		}
	}
	return at, ok
}

// newRecovery makes recovery codes of 80 random bits, as "ABCD-EFGH-IJKL-MNOP". They are as hard to guess as a token's hash needs.
func newRecovery() (codes []Token, hashes []Hash) {
	for range recoveryCodes {
		c := base32.StdEncoding.EncodeToString(random(10))
		codes = append(codes, Token(c[:4]+"-"+c[4:8]+"-"+c[8:12]+"-"+c[12:]))
		hashes = append(hashes, recoveryHash(c))
	}
	return codes, hashes
}

func recoveryHash(typed string) Hash {
	return sha256.Sum256([]byte(strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(typed))))
}

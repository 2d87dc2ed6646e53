// Package trust knows who somebody is and what they may do, keeps what is personal unreadable for whoever finds the database,
// and says what looks risky.
//
// It owns the table of permissions, the sign-in and its sessions, the keys that personal data is sealed with, and in memory the
// counts of what was tried lately. What is kept goes through Storage, which server/store fills; e-mails go through Post.
//
// Why it is as it is:
//   - An account begins with a link that came by e-mail, never with a password: nobody can take an address before its owner does
//     (account pre-hijacking), and asking for a link does the same, in the same time, whether the address is known or not.
//   - Tokens are 256 random bits and kept as SHA-256. Passwords are kept as argon2id, and sealed on top: a stolen database without
//     the keys cannot even be guessed at. That, and that this machine also forwards video, is why argon2id has OWASP's smaller
//     parameters (19 MiB, 2 passes, 1 lane) and not the 64 MiB on 4 lanes of RFC 9106's second choice.
//   - Somebody of the staff has the rights of a buyer until the session has two proofs, or a passkey that checked the person.
//   - Sessions do not copy the role: it is read with each request, so that what was taken away is gone at once. All sessions of a
//     person end by counting up Person.Epoch, which no sign-in that runs at the same time can outlive.
//   - Each person's data is sealed with a key of their own. Erasing somebody destroys that key (crypto-shredding), and with it what
//     any room has sealed under it. Copies of the database hold the key too: they stay readable until the master key that it was
//     wrapped with is taken out of the keyring.
//   - Randomness is crypto/rand's and is not handed in, which would only be a way to weaken it; testing/cryptotest makes it
//     repeatable.
//
// Its one queue: at most hashesAtOnce passwords are hashed at a time and hashesWaiting requests wait for that; the next is told to
// come back. What is counted in memory (Limiter, Velocity and the like) is this process's: it begins anew with a restart.
package trust

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"vitrine/server/wire"
)

// Post sends an e-mail of a kind, filled with fields. It returns once the e-mail is sure to be sent, not once it is, and takes as
// long for an address that does not exist as for one that does. It never logs the fields.
type Post interface {
	Post(ctx context.Context, to string, kind Letter, fields map[string]string) error
}

// Letter is a kind of e-mail.
type Letter string

// Kinds of e-mails, with their fields.
const (
	LinkLetter     Letter = "sign_in_link" // "token", which the page's address for links is completed with; "minutes" that it counts
	InviteLetter   Letter = "invitation"   // "role"
	SecurityLetter Letter = "security"     // "change": password, passkey_added, passkey_removed, totp_on, totp_off, recovery_code
)

// Config is what a Gate needs. Everything but Title is needed.
type Config struct {
	Storage Storage
	Vault   *Vault
	Post    Post
	Now     func() time.Time
	// Origins are the addresses that the pages have, as "https://shop.example". The first one's host is what passkeys belong to:
	// with another host they are lost.
	Origins []string
	// Title is what authenticators show; "Vitrine" if empty.
	Title string
}

// Gate is where people prove who they are. It is safe for concurrent use.
type Gate struct {
	Config
	hasher     *hasher
	delays     *delays
	letters    *Limiter // links asked for
	ceremonies *Limiter // passkeys asked for
	keys       *webauthn.WebAuthn
}

// Links asked for are limited by the address that they go to and by the one that asks.
const (
	linksBurst = 5
	linksEvery = 3 * time.Minute
)

// New makes a Gate. It starts nothing.
func New(c Config) (*Gate, error) {
	if c.Storage == nil || c.Vault == nil || c.Post == nil || c.Now == nil {
		return nil, errors.New("make gate: storage, vault, post and clock are needed")
	}
	if c.Title == "" {
		c.Title = "Vitrine"
	}
	if _, err := CrossOrigin(c.Origins); err != nil {
		return nil, fmt.Errorf("make gate: %w", err)
	}
	keys, err := relyingParty(c.Title, c.Origins)
	if err != nil {
		return nil, err
	}
	return &Gate{
		Config: c, hasher: newHasher(usualCost), delays: newDelays(), keys: keys,
		letters: NewLimiter(linksEvery, linksBurst), ceremonies: NewLimiter(ceremoniesEvery, ceremoniesBurst),
	}, nil
}

// Caller is where a request comes from.
type Caller struct {
	Address netip.Addr
	// Session is the token of the session that the request came with, "" for none. Signing in ends it.
	Session Token
}

// Network is what counts as one caller where callers are counted.
func (c Caller) Network() string { return network(c.Address) }

// network is what counts as one caller: an IPv4 address, or the /64 that an IPv6 line usually has (RFC 6177).
func network(a netip.Addr) string {
	if a = a.Unmap(); !a.Is6() {
		return a.String()
	}
	p, _ := a.WithZone("").Prefix(64) // 64 bits fit an IPv6 address
	return p.Addr().String() + "/64"
}

// Hash is the SHA-256 of a token.
type Hash = [sha256.Size]byte

// Token is a secret that its holder is known by. string(t) is the secret; it prints as "[token]".
type Token string

// Hash is what is kept of the token.
func (t Token) Hash() Hash { return sha256.Sum256([]byte(t)) }

func trying(what string, err error) error {
	var known *wire.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

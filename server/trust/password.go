package trust

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"

	"vitrine/server/wire"
)

const (
	hashesAtOnce  = 2
	hashesWaiting = 64

	shortestPassword      = 8 // characters, NIST SP 800-63B
	shortestStaffPassword = 12
	longestPassword       = 200
	saltSize, hashSize    = 16, 32
)

// cost is what an argon2id hash takes (RFC 9106): memory in KiB, passes and lanes.
type cost struct {
	memory, passes uint32
	lanes          uint8
}

// usualCost is OWASP's: about 25 ms of one core. The package comment says why not more.
var usualCost = cost{19 << 10, 2, 1}

// prepared is a password as it is hashed, or what is wrong with it (RFC 8265 OpaqueString: spaces and composed characters in one
// form).
func prepared(password string) (string, error) {
	if utf8.RuneCountInString(password) > longestPassword {
		return "", wire.Errorf(wire.Invalid, "a password has at most %d characters", longestPassword)
	}
	p, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", wire.Errorf(wire.Invalid, "a password has letters, digits, spaces and signs, and no control characters")
	}
	return p, nil
}

// checkPassword reports why somebody with this role and e-mail address may not take the password (NIST SP 800-63B: length and a list
// of the commonest; no rules of composition).
func checkPassword(prepared string, role Role, email string) error {
	least := shortestPassword
	if role.Staff() {
		least = shortestStaffPassword
	}
	if n := utf8.RuneCountInString(prepared); n < least {
		return wire.Errorf(wire.Invalid, "a password has at least %d characters: three or four words are a good one", least)
	}
	name, _, _ := strings.Cut(email, "@")
	low := strings.ToLower(prepared)
	if common(low) || low == email || low == name {
		return wire.Errorf(wire.Invalid, "this password is one of the first that others would guess: take another one")
	}
	return nil
}

// hasher hashes passwords, a few at a time so that they cannot eat the memory. It is safe for concurrent use.
type hasher struct {
	cost
	turns   chan struct{}
	waiting atomic.Int32
	decoy   string // fits no password
}

func newHasher(c cost) *hasher {
	return &hasher{cost: c, turns: make(chan struct{}, hashesAtOnce), decoy: c.phc(random(saltSize), random(hashSize))}
}

// turn waits to be one of the few. done must be called after it.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > hashesWaiting {
		e := wire.Errorf(wire.Unavailable, "very many people sign in just now: try again in a few seconds")
		e.RetryAfter = 3 * time.Second
		return nil, e
	}
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

func (c cost) key(password string, salt []byte, size int) []byte {
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, uint32(size))
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := random(saltSize)
	return h.phc(salt, h.key(password, salt, hashSize)), nil
}

// fits says whether the password is the one of the PHC string, in the time of one hash.
func (h *hasher) fits(ctx context.Context, phc, password string) (bool, error) {
	c, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return subtle.ConstantTimeCompare(c.key(password, salt, len(want)), want) == 1, nil
}

var phc64 = base64.RawStdEncoding

// phc writes the string of the Password Hashing Competition: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func (c cost) phc(salt, hash []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes,
		phc64.EncodeToString(salt), phc64.EncodeToString(hash))
}

// parsePHC reads such a string, with costs up to 1 GiB, 16 passes and 16 lanes.
func parsePHC(s string) (c cost, salt, hash []byte, err error) {
	wrong := errors.New("read password hash: it is no string of argon2id")
	part := strings.Split(s, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, wrong
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, wrong
	}
	salt, err = phc64.DecodeString(part[4])
	if err == nil {
		hash, err = phc64.DecodeString(part[5])
	}
	bounded := c.memory <= 1<<20 && c.passes >= 1 && c.passes <= 16 && c.lanes >= 1 && c.lanes <= 16
	if err != nil || !bounded || len(salt) < 8 || len(hash) < 16 || c.phc(salt, hash) != s {
		return c, nil, nil, wrong
	}
	return c, salt, hash, nil
}

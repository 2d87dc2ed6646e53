package trust

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"vitrine/server/wire"
)

// Sealed is what only a vault can read: a byte for the form, 12 of nonce, the ciphertext, 16 of tag. Nil is nothing.
type Sealed []byte

// form is the first byte of Sealed: AES-256-GCM with a random nonce (NIST SP 800-38D §8.2.2), under the person's data key.
const form = 1

// Field is where a sealed value stands. It is authenticated with the value, so that a value moved elsewhere cannot be read.
type Field struct{ Table, Row, Name string }

// Vault seals what is personal, each person's with a key of their own (envelope encryption). It keeps no keys of people in memory:
// an erased person is unreadable at once, for one look-up a call. It is safe for concurrent use.
type Vault struct {
	ring atomic.Pointer[Keyring]
	keys Keys
}

// NewVault makes a vault.
func NewVault(ring *Keyring, keys Keys) *Vault {
	v := &Vault{keys: keys}
	v.ring.Store(ring)
	return v
}

// Use changes the keyring for one that was made of it by Rotated. One with another Root is refused: no e-mail address would be found.
func (v *Vault) Use(ring *Keyring) error {
	if subtle.ConstantTimeCompare(ring.Root, v.ring.Load().Root) != 1 {
		return errors.New("change keyring: the other has another root")
	}
	v.ring.Store(ring)
	return nil
}

// NewKey makes a data key for somebody new, to be kept by People.AddPerson, and what seals with it until then.
func (v *Vault) NewKey(person wire.PersonID) (DataKey, func(f Field, plain []byte) Sealed) {
	key := random(keySize)
	return v.wrap(person, key), func(f Field, plain []byte) Sealed { return seal(key, person, f, plain) }
}

// Seal seals a value of the person. If the person is erased or unknown, the error has code NotFound.
func (v *Vault) Seal(ctx context.Context, person wire.PersonID, f Field, plain []byte) (Sealed, error) {
	key, err := v.key(ctx, person)
	if err != nil {
		return nil, err
	}
	return seal(key, person, f, plain), nil
}

// Open reads a value of the person that Seal has sealed for the same field. If the person is erased or unknown, the error has code
// NotFound. Nil opens to nil.
func (v *Vault) Open(ctx context.Context, person wire.PersonID, f Field, s Sealed) ([]byte, error) {
	if s == nil {
		return nil, nil
	}
	key, err := v.key(ctx, person)
	if err != nil {
		return nil, err
	}
	return unseal(key, person, f, s)
}

// Rewrap wraps with the current master key all data keys that others wrap, and says how many those were. It may be cut off and
// called again.
func (v *Vault) Rewrap(ctx context.Context) (n int, err error) {
	for {
		old, err := v.keys.KeysBeside(ctx, v.ring.Load().Current, 100)
		if err != nil {
			return n, fmt.Errorf("rewrap keys: %w", err)
		}
		if len(old) == 0 {
			return n, nil
		}
		for _, k := range old {
			key, err := v.unwrap(k)
			if err == nil {
				err = v.keys.Rewrap(ctx, k, v.wrap(k.Person, key))
			}
			if err != nil {
				return n, fmt.Errorf("rewrap keys: %w", err)
			}
			n++
		}
	}
}

// key returns somebody's data key, and wraps it anew if an old master key wraps it.
func (v *Vault) key(ctx context.Context, person wire.PersonID) ([]byte, error) {
	k, err := v.keys.Key(ctx, person)
	if err != nil {
		return nil, trying("read data key", err)
	}
	if k.Person != person {
		return nil, errors.New("read data key: it is another person's")
	}
	key, err := v.unwrap(k)
	if err != nil {
		return nil, err
	}
	if k.Master != v.ring.Load().Current {
		if err := v.keys.Rewrap(ctx, k, v.wrap(person, key)); err != nil {
			return nil, fmt.Errorf("rewrap data key: %w", err)
		}
	}
	return key, nil
}

func wrapping(master string) Field { return Field{"keys", master, "wrapped"} }

func (v *Vault) wrap(person wire.PersonID, key []byte) DataKey {
	ring := v.ring.Load()
	return DataKey{person, ring.Current, seal(ring.Masters[ring.Current], person, wrapping(ring.Current), key)}
}

func (v *Vault) unwrap(k DataKey) ([]byte, error) {
	master, ok := v.ring.Load().Masters[k.Master]
	if !ok {
		return nil, fmt.Errorf("unwrap data key: the keyring has no master key %q", k.Master)
	}
	return unseal(master, k.Person, wrapping(k.Master), k.Wrapped)
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // all keys have keySize
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // a block of AES
	}
	return aead
}

func seal(key []byte, person wire.PersonID, f Field, plain []byte) Sealed {
	return gcm(key).Seal([]byte{form}, nil, plain, f.bound(person))
}

func unseal(key []byte, person wire.PersonID, f Field, s Sealed) ([]byte, error) {
	if len(s) == 0 || s[0] != form {
		return nil, errors.New("open sealed value: its form is unknown")
	}
	plain, err := gcm(key).Open(nil, nil, s[1:], f.bound(person))
	if err != nil {
		return nil, fmt.Errorf("open sealed value of %s.%s: it was damaged, or moved from elsewhere", f.Table, f.Name)
	}
	return plain, nil
}

// bound is the associated data. Lengths stand before the parts, so that no two fields have the same.
func (f Field) bound(person wire.PersonID) []byte {
	var b []byte
	for _, part := range []string{"vitrine 1", string(person), f.Table, f.Row, f.Name} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}

// Email is an address in the one form that is kept, looked up and written to: Unicode's NFC in small letters, the domain in ASCII
// (IDNA 2008). E-mails go to this form only, never to what somebody typed that looks up the same.
func Email(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if err := wire.ValidEmail(typed); err != nil {
		return "", err
	}
	name, domain, _ := strings.Cut(typed, "@")
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", wire.Errorf(wire.Invalid, "the part of the e-mail address after the @ is no domain")
	}
	e := norm.NFC.String(strings.ToLower(norm.NFC.String(name))) + "@" + strings.ToLower(domain)
	return e, wire.ValidEmail(e)
}

// Index is the blind index of an e-mail address in the form of Email: its HMAC-SHA-256 under a key that is not in the database.
func (v *Vault) Index(email string) []byte {
	mac := hmac.New(sha256.New, derived(v.ring.Load().Root, "e-mail index 1"))
	mac.Write([]byte(email))
	return mac.Sum(nil)
}

package trust

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
)

// KeysFile is the keyring's name in the data folder. It belongs into another backup than the database: together they are readable.
const KeysFile = "keys.json"

const keySize = 32 // AES-256

// Keyring is the master keys.
type Keyring struct {
	// Current names the master key that new data keys are wrapped with.
	Current string `json:"current"`
	// Masters are the master keys by name, 32 bytes each. One that no data key is wrapped with any more can be taken out.
	Masters map[string][]byte `json:"masters"`
	// Root is 32 bytes from which the keys are derived that do not change: with another, no e-mail address is found any more.
	Root []byte `json:"root"`
}

// NewKeyring makes a keyring of random keys.
func NewKeyring() *Keyring {
	return (&Keyring{Root: random(keySize)}).Rotated()
}

// Rotated is the keyring with a new current master key; the old ones stay, to read with.
func (k *Keyring) Rotated() *Keyring {
	n := &Keyring{Current: hex.EncodeToString(random(4)), Masters: map[string][]byte{}, Root: k.Root}
	maps.Copy(n.Masters, k.Masters)
	n.Masters[n.Current] = random(keySize)
	return n
}

// ParseKeyring reads the JSON of a keyring. Errors quote nothing of it.
func ParseKeyring(b []byte) (*Keyring, error) {
	var k Keyring
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(&k) != nil || d.More() {
		return nil, errors.New("read keyring: it is no JSON of a keyring")
	}
	if len(k.Root) != keySize || k.Masters[k.Current] == nil {
		return nil, errors.New("read keyring: its root has not 32 bytes, or its current master key is missing")
	}
	for name, key := range k.Masters {
		if len(key) != keySize || name == "" {
			return nil, errors.New("read keyring: a master key has a name and 32 bytes")
		}
	}
	return &k, nil
}

// OpenKeyring reads the keyring in the folder, or makes one there, for its owner's eyes only (mode 0600). A file that others may
// read is refused.
func OpenKeyring(folder string) (*Keyring, error) {
	path := filepath.Join(folder, KeysFile)
	k, err := readKeyring(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	// os.Link, unlike os.Rename, does not replace what another process has made meanwhile.
	if err := writeKeyring(path, NewKeyring(), os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKeyring(path)
}

// SaveKeyring replaces the keyring in the folder.
func SaveKeyring(folder string, k *Keyring) error {
	return writeKeyring(filepath.Join(folder, KeysFile), k, os.Rename)
}

func readKeyring(path string) (*Keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read keyring: %w", err)
	}
	if m := info.Mode().Perm(); m&0o077 != 0 && filepath.Separator == '/' { // Windows has no such modes
		return nil, fmt.Errorf("read keyring: others than its owner may read %s (mode %o): set it to 600, and rotate the keys if somebody did", path, m)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read keyring: %w", err)
	}
	return ParseKeyring(b)
}

// writeKeyring writes beside the path and puts it in place when it is on the disk.
func writeKeyring(path string, k *Keyring, place func(from, to string) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write keyring: %w", err)
		}
	}()
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(append(b, '\n')); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return place(f.Name(), path)
}

// derived is a key for one purpose (HKDF, RFC 5869).
func derived(secret []byte, purpose string) []byte {
	k, err := hkdf.Key(sha256.New, secret, nil, "vitrine "+purpose, keySize)
	if err != nil {
		panic(err) // only for sizes that SHA-256 cannot reach
	}
	return k
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// file keeps settings in a file that only its owner can read, because it holds the show's token. A crash leaves the old
// or the new settings, never half of them.
type file string

func (f file) Load() ([]byte, error) {
	b, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

func (f file) Save(b []byte) error {
	if err := write(string(f), b); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	return nil
}

// write has a file hold b or what it held before, whatever happens; only its owner can read it.
func write(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(dir, ".studio-*")
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	_, err = t.Write(b)
	if err = errors.Join(err, t.Sync(), t.Close()); err != nil {
		return err
	}
	return os.Rename(t.Name(), path)
}

func (f file) SetAside() (string, error) {
	aside := string(f) + ".damaged-" + time.Now().Format("20060102-150405")
	return aside, os.Rename(string(f), aside)
}

// memory keeps settings for one run.
type memory struct{ kept []byte }

func (m *memory) Load() ([]byte, error)     { return m.kept, nil }
func (m *memory) Save(b []byte) error       { m.kept = b; return nil }
func (m *memory) SetAside() (string, error) { m.kept = nil; return "", nil }

// folder keeps what the host does in shops, in a folder for each server, named after its address, which only its owner can read.
type folder string

func (f folder) path(server, name string) string {
	sum := sha256.Sum256([]byte(server))
	return filepath.Join(string(f), hex.EncodeToString(sum[:8]), name)
}

func (f folder) LoadShop(server, name string) ([]byte, error) {
	return file(f.path(server, name)).Load()
}

func (f folder) SaveShop(server, name string, b []byte) error {
	path := f.path(server, name)
	var err error
	if b != nil {
		err = write(path, b)
	} else if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("keep what was done in the shop: %w", err)
	}
	return nil
}

// pocket keeps what the host does in shops for one run.
type pocket struct {
	mu   sync.Mutex
	kept map[[2]string][]byte
}

func (p *pocket) LoadShop(server, name string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept[[2]string{server, name}], nil
}

func (p *pocket) SaveShop(server, name string, b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[[2]string][]byte{}
	}
	if p.kept[[2]string{server, name}] = b; b == nil {
		delete(p.kept, [2]string{server, name})
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	dir := filepath.Dir(string(f))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	t, err := os.CreateTemp(dir, ".studio-*")
	if err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	defer os.Remove(t.Name())
	_, err = t.Write(b)
	if err = errors.Join(err, t.Sync(), t.Close()); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	if err := os.Rename(t.Name(), string(f)); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	return nil
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

package pictures

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vitrine/server/wire"
)

// Folder keeps files in a folder of this computer, which is made if there is none.
type Folder string

// Put implements Storage: the file is written beside its place and put there when it is on the disk.
func (f Folder) Put(_ context.Context, name string, file []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", name, err)
		}
	}()
	at := f.path(name)
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(at), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name()) // which has another name by then, if all went well
	_, err = part.Write(file)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), at); err != nil {
		return err
	}
	return errors.Join(settle(filepath.Dir(at)), settle(filepath.Dir(filepath.Dir(at))))
}

// settle brings names in a folder to the disk.
func settle(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get implements Storage.
func (f Folder) Get(_ context.Context, name string) ([]byte, error) {
	file, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wire.Errorf(wire.NotFound, "there is no such picture")
	}
	return file, wrap("read a file", err)
}

// Has implements Storage.
func (f Folder) Has(_ context.Context, name string) (bool, error) {
	_, err := os.Stat(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, wrap("look for a file", err)
}

// Drop implements Storage.
func (f Folder) Drop(_ context.Context, name string) error {
	if err := os.Remove(f.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return wrap("remove a file", err)
	}
	return nil
}

func (f Folder) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

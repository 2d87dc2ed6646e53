package reach

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Folder keeps mails as files instead of sending them, <id>.eml in Path, which is made if there is none: so an operator
// without a mail server sees what would have been sent. The files show everything that the mails do, so only the server's own
// user may read them.
type Folder struct {
	Path string
	From Sender
}

// Post writes a mail. Writing it again changes the file whole or not at all.
func (f Folder) Post(_ context.Context, id string, at time.Time, m Mail) error {
	msg, err := compose(f.From, id, at, m)
	if err != nil {
		return err
	}
	if err := f.write(id+".eml", func(file *os.File) error { _, err := msg.WriteTo(file); return err }); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}

func (f Folder) write(name string, fill func(*os.File) error) error {
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(f.Path, ".mail-*") // readable for the user only
	if err != nil {
		return err
	}
	err = errors.Join(fill(file), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(f.Path, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

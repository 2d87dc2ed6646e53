package capture_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"vitrine/capture/frame"
)

func TestA_pipe_without_a_writer_is_refused_at_once(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.mp4")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, frame.Input{Kind: frame.File, URL: path}, small).end(); !errors.Is(err, frame.ErrFormat) {
		t.Error(err)
	}
}

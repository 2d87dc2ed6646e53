package music

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// encoded is a file that ffmpeg makes from its first arguments.
func encoded(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-v", "error", "-nostdin", "-y"}, append(args, path)...)
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func opened(t testing.TB, b []byte, name string) *Track {
	t.Helper()
	track, err := Open(bytes.NewReader(b), name)
	if err != nil {
		t.Fatal(err)
	}
	return track
}

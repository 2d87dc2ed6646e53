package music

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
)

// play reads a file to its end, seeks within it and reads on, and reports how it went; it fails if an error says nothing or
// the file does not end.
func play(t testing.TB, b []byte) (blocks int, err error) {
	t.Helper()
	track, err := Open(bytes.NewReader(b), "folder/name.ext")
	if err == nil {
		blocks, err = toEnd(t, track)
	}
	if err == nil {
		for _, at := range []time.Duration{track.Length() / 2, 0, track.Length() - 1} {
			if err = track.Seek(at); err == nil {
				_, err = toEnd(t, track)
			}
			if err != nil {
				break
			}
		}
	}
	if err != nil && (!errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) || !strings.HasPrefix(err.Error(), "name.ext: ")) {
		t.Fatalf("an unclear error: %v", err)
	}
	return blocks, err
}

func toEnd(t testing.TB, track *Track) (blocks int, err error) {
	var b frame.Block
	for blocks = range 100 * 600 {
		if err := track.Read(&b); err == io.EOF {
			return blocks, nil
		} else if err != nil {
			return blocks, err
		}
	}
	return blocks, nil // long by what it says; Read has answered each time
}

func TestDamagedFilesEndInAnErrorOrInMusic(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, k := range common {
		f := forms[k]
		seconds := 0.7
		if filepath.Ext(f.name) == ".ogg" {
			seconds = 5 // of which a page takes one
		}
		whole := excerpt(t, f.name, seconds, append([]string{"-metadata", "title=A title"}, f.args...)...)
		all, err := play(t, whole)
		if err != nil {
			t.Fatal(f.name, err)
		}
		refused, less, full := 0, 0, 0
		for i := range 30 {
			b := bytes.Clone(whole)
			switch i % 3 {
			case 0: // cut off
				b = b[:random.IntN(len(b))]
			case 1: // a few bits, anywhere
				for range 1 + random.IntN(20) {
					b[random.IntN(len(b))] ^= 1 << random.IntN(8)
				}
			case 2: // a hole, or garbage at the beginning
				at := random.IntN(len(b))
				if i%2 == 0 {
					at = 0
				}
				for k := range b[at:min(len(b), at+random.IntN(400))] {
					b[at+k] = byte(random.Uint32())
				}
			}
			switch n, err := play(t, b); {
			case err != nil:
				refused++
			case n < all:
				less++
			default:
				full++
			}
		}
		t.Logf("%-12s %d play to the end, %d end early, %d end in an error", f.name, full, less, refused)
		if full+less < 5 {
			t.Errorf("%s: hardly any damage is survived", f.name)
		}
	}
}

func TestAHoleInTheMiddleIsSilenceAndThenMusicInItsPlace(t *testing.T) {
	for _, i := range common {
		f := forms[i]
		whole := excerpt(t, f.name, 6, append([]string{"-ar", "48000"}, f.args...)...)
		want := loaded(t, opened(t, whole, f.name))
		b := bytes.Clone(whole)
		clear(b[len(b)/2 : len(b)/2+600])
		got := loaded(t, opened(t, b, f.name))
		n, late := len(want)*3/4, len(want)-len(got) // only MP3 cannot say how much is missing
		db := difference(want[n:], got[n-late:])
		t.Logf("%-12s after the hole: %.1f dB, %d samples missing", f.name, db, late/2)
		if late != 0 && filepath.Ext(f.name) != ".mp3" || late > 2*6*1152 || db < f.decibels {
			t.Errorf("%s: %d samples, %d were there; %.1f dB", f.name, len(got)/2, len(want)/2, db)
		}
	}
}

// unplugged is a file on a disk that is taken out.
type unplugged struct {
	*bytes.Reader
	out bool
}

func (u *unplugged) Read(p []byte) (int, error) {
	if u.out {
		return 0, os.ErrDeadlineExceeded
	}
	return u.Reader.Read(p)
}

func TestAFailingDiskIsNotTakenForTheEnd(t *testing.T) {
	for _, i := range common {
		f := forms[i]
		disk := &unplugged{Reader: bytes.NewReader(excerpt(t, f.name, 8, f.args...))}
		track, err := Open(disk, f.name)
		if err != nil {
			t.Fatal(err)
		}
		disk.out = true
		if _, err := toEnd(t, track); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", f.name, err)
		}
		disk.out = false
		if err := track.Seek(7 * time.Second); err != nil {
			t.Error(err)
		}
		if n, err := toEnd(t, track); n != 100 || err != nil {
			t.Errorf("%s: %d blocks and %v when it is back", f.name, n, err)
		}
	}
}

// seeds are small real files for the fuzzers.
func seeds(f *testing.F, ext string) {
	for _, form := range forms {
		if filepath.Ext(form.name) == ext {
			f.Add(excerpt(f, form.name, 0.2, append([]string{"-metadata", "title=T"}, form.args...)...))
		}
	}
}

func fuzz(f *testing.F, ext string) {
	seeds(f, ext)
	f.Fuzz(func(t *testing.T, b []byte) { play(t, b) })
}

func FuzzWAV(f *testing.F)  { fuzz(f, ".wav") }
func FuzzFLAC(f *testing.F) { fuzz(f, ".flac") }
func FuzzMP3(f *testing.F)  { fuzz(f, ".mp3") }

// FuzzOgg also plays what it makes with right checksums: random damage hardly comes past them.
func FuzzOgg(f *testing.F) {
	seeds(f, ".ogg")
	f.Fuzz(func(t *testing.T, b []byte) {
		play(t, b)
		play(t, sealed(b))
	})
}

// sealed has the checksums of all its Ogg pages made right.
func sealed(b []byte) []byte {
	b = bytes.Clone(b)
	for at := 0; at+oggHead <= len(b); at++ {
		if string(b[at:at+4]) != oggMark || at+oggHead+int(b[at+26]) > len(b) {
			continue
		}
		size := oggHead + int(b[at+26])
		for _, n := range b[at+oggHead : at+size] {
			size += int(n)
		}
		if at+size <= len(b) {
			binary.LittleEndian.PutUint32(b[at+22:], oggSum(b[at:at+size]))
		}
	}
	return b
}

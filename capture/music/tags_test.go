package music

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestTitlesAndArtistsAreRead(t *testing.T) {
	const title, artist = "Ä Ωmega — 音楽", "Čeněk & Ko"
	meta := []string{"-map_metadata", "-1", "-metadata", "title=" + title, "-metadata", "artist=" + artist}
	for name, args := range map[string][]string{
		"a.wav":  {"-c:a", "pcm_s16le"},
		"b.flac": {"-c:a", "flac"},
		"c.ogg":  {"-c:a", "libvorbis"},
		"3.mp3":  {"-c:a", "libmp3lame", "-id3v2_version", "3"},
		"4.mp3":  {"-c:a", "libmp3lame", "-id3v2_version", "4"},
	} {
		track := opened(t, excerpt(t, name, 0.2, append(slices.Clone(meta), args...)...), name)
		if track.Title() != title || track.Artist() != artist {
			t.Errorf("%s: %q by %q", name, track.Title(), track.Artist())
		}
	}
	bare := []string{"-map_metadata", "-1", "-id3v2_version", "0", "-c:a", "libmp3lame"}
	if track := opened(t, excerpt(t, "x.mp3", 0.2, bare...), `C:\Music\My song.v2.mp3`); track.Title() != "My song.v2" || track.Artist() != "" {
		t.Errorf("without tags: %q by %q", track.Title(), track.Artist())
	}
	old := append(excerpt(t, "y.mp3", 0.2, bare...), "TAG"+pad("Gr\xfc\xdfe")+pad("Timer")+pad("")+pad("")+"2001\x00"...)
	if track := opened(t, old, "y.mp3"); track.Title() != "Grüße" || track.Artist() != "Timer" {
		t.Errorf("ID3v1: %q by %q", track.Title(), track.Artist())
	}
}

func TestAWAVIsReadWhateverItsRecorderLeft(t *testing.T) {
	b := excerpt(t, "a.wav", 0.5, "-ar", "48000", "-bitexact", "-map_metadata", "-1", "-c:a", "pcm_s16le")
	at := bytes.Index(b, []byte("data")) + 4
	whole := opened(t, b, "a.wav").Length()
	list := "LIST\x10\x00\x00\x00INFOINAM\x04\x00\x00\x00Name"
	if track := opened(t, append(bytes.Clone(b), list...), "a.wav"); track.Title() != "Name" || track.Length() != whole {
		t.Errorf("with tags after the samples: %q, %v", track.Title(), track.Length())
	}
	for _, size := range []uint32{0, 0xffffffff} {
		c := bytes.Clone(b)
		binary.LittleEndian.PutUint32(c[4:], size)
		binary.LittleEndian.PutUint32(c[at:], size)
		if track := opened(t, c, "a.wav"); track.Length() != whole {
			t.Errorf("with size %x: %v, want %v", size, track.Length(), whole)
		}
	}
	empty := append(bytes.Clone(b[:at]), "\x00\x00\x00\x00"+list...)
	binary.LittleEndian.PutUint32(empty[4:], uint32(len(empty)-8))
	if _, err := Open(bytes.NewReader(empty), "a.wav"); !errors.Is(err, ErrDamaged) {
		t.Errorf("without samples: %v", err)
	}
}

// pad is a field of ID3v1.
func pad(s string) string { return s + strings.Repeat("\x00", 30-len(s)) }

// id3 is a tag with one text frame.
func id3(version, flags byte, name string, text []byte) []byte {
	b := append([]byte(name), 0, 0, 0, byte(len(text)), 0, 0)
	if version == 2 {
		b = append([]byte(name), 0, 0, byte(len(text)))
	}
	b = append(b, text...)
	return append([]byte{'I', 'D', '3', version, 0, flags, 0, 0, 0, byte(len(b))}, b...)
}

func TestTextIsReadInEveryCoding(t *testing.T) {
	wide := func(order binary.ByteOrder, mark bool, s string) (b []byte) {
		units := utf16.Encode([]rune(s))
		if mark {
			units = append([]uint16{0xfeff}, units...)
		}
		for _, u := range units {
			b, _ = binary.Append(b, order, u)
		}
		return b
	}
	const s = "Grüße 𝄞"
	for name, c := range map[string]struct {
		tag  []byte
		want string
	}{
		"2.2 Latin-1":       {id3(2, 0, "TT2", []byte("\x00Gr\xfc\xdfe")), "Grüße"},
		"2.3 little endian": {id3(3, 0, "TIT2", append([]byte{1}, wide(binary.LittleEndian, true, s)...)), s},
		"2.3 big endian":    {id3(3, 0, "TIT2", append([]byte{1}, wide(binary.BigEndian, true, s)...)), s},
		"2.4 big endian":    {id3(4, 0, "TIT2", append([]byte{2}, wide(binary.BigEndian, false, s)...)), s},
		"2.4 UTF-8":         {id3(4, 0, "TIT2", []byte("\x03"+s)), s},
		"2.4 two texts":     {id3(4, 0, "TIT2", []byte("\x03one\x00two")), "one"},
		"wrongly Latin-1":   {id3(3, 0, "TIT2", []byte("\x00"+s)), s},
		"unsynchronised":    {[]byte("ID3\x03\x00\x80\x00\x00\x00\x10TIT2\x00\x00\x00\x05\x00\x00\x01\xff\x00\xfeA\x00"), "A"},
		"with a line break": {id3(4, 0, "TIT2", []byte("\x03a\r\nb\x07 ")), "a  b"},
		"version 9":         {id3(9, 0, "TIT2", []byte("\x03a")), ""},
	} {
		f := file{r: bytes.NewReader(c.tag), size: int64(len(c.tag)), trouble: new(error)}
		got, start, err := readID3(f)
		if got.title != c.want || start != int64(len(c.tag)) || err != nil {
			t.Errorf("%s: %q, %d, %v", name, got.title, start, err)
		}
	}
}

func FuzzTags(f *testing.F) {
	f.Add(id3(3, 0xc0, "TIT2", []byte("\x01\xff\xfea\x00")))
	f.Add([]byte("\x03\x00\x00\x00ffm\x01\x00\x00\x00\x07\x00\x00\x00TITLE=x"))
	f.Add([]byte("INAM\x02\x00\x00\x00a\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parseComments(b)
		parseInfo(b)
		for version := byte(2); version <= 4; version++ {
			for _, flags := range []byte{0, 0x40, 0x80, 0xc0} {
				got := parseID3(version, flags, b)
				if len([]rune(got.title)) > maxName || clean(got.title) != got.title {
					t.Fatalf("%q", got.title)
				}
			}
		}
		_, _, _ = readID3(file{r: bytes.NewReader(b), size: int64(len(b)), trouble: new(error)})
	})
}

package live

import (
	"encoding/hex"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sets are sequence parameter sets as x264 writes them.
var sets = map[string]struct {
	unit string
	size Size
}{
	"baseline":              {"6742c01fd9005005bb0110000003001000000300a0f1832480", Size{1280, 720}},
	"high, cropped":         {"67640028acd940780227e5c044000003000400000300283c60c658", Size{1920, 1080}},
	"main, cropped in both": {"674d4016eca06c1ef37808800000030080000005078b16cb", Size{854, 480}},
	"4:4:4":                 {"67f4000c919b282a33c7c5e022000003000200000300141e28532c", Size{322, 182}},
	"4:2:2":                 {"677a000cbcd941519e222f0110000003001000000300a0f1429960", Size{322, 182}},
	"interlaced":            {"67640028acd94078044fde022000000300200000030143e2c5b2c0", Size{1920, 1080}},
	"grey":                  {"6764000cf36505067e37016c800000030080000005078a14cb", Size{320, 180}},
}

func TestPictures_sizes_are_read_from_the_stream(t *testing.T) {
	for name, c := range sets {
		if got := spsSize(unhex(t, c.unit)); got != c.size {
			t.Errorf("%s: %v", name, got)
		}
		if got := spsSize(unhex(t, c.unit)[:8]); got != (Size{}) {
			t.Errorf("%s, cut short: %v", name, got)
		}
	}
	key := unhex(t, "3056009d012a3e01b6000007") // libvpx
	if got := vp8Size(key); got != (Size{318, 182}) {
		t.Errorf("VP8: %v", got)
	}
	var s frameScanner
	s.scan(append([]byte{nalSTAPA, 0, 25}, unhex(t, sets["baseline"].unit)...), 1)
	if s.size != (Size{1280, 720}) {
		t.Errorf("in an aggregate: %v", s.size)
	}
	s = frameScanner{vp8: true}
	s.scan(append([]byte{0x90, 0x80, 0x81, 0x01}, key...), 1)
	if s.size != (Size{318, 182}) {
		t.Errorf("behind a VP8 payload descriptor: %v", s.size)
	}
}

// FuzzSize: whatever is in a parameter set, the size is none or one that can be.
func FuzzSize(f *testing.F) {
	for _, c := range sets {
		unit, err := hex.DecodeString(c.unit)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(unit)
	}
	// With scaling lists, and with the second kind of picture order.
	f.Add([]byte{0x67, 244, 0, 31, 0xb3, 0xff, 0xff, 0xff, 0x80, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56})
	f.Add([]byte{0x67, 66, 0, 31, 0xd4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, unit []byte) {
		for _, s := range []Size{spsSize(unit), vp8Size(unit)} {
			if s != (Size{}) && (s.Width <= 0 || s.Height <= 0 || s.Width > maxSide || s.Height > maxSide) {
				t.Errorf("size %v", s)
			}
		}
	})
}

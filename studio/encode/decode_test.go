package encode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vitrine/capture/frame"
)

func decoderFor(t testing.TB, c frame.Codec) VideoDecoder {
	t.Helper()
	d, err := NewVideoDecoder(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// likeness compares two pictures' luma, in dB.
func likeness(a, b *frame.Video) float64 {
	plain := make([]byte, b.Width*b.Height)
	for y := range b.Height {
		copy(plain[y*b.Width:], b.Y[y*b.YStride:][:b.Width])
	}
	return psnr(a, plain)
}

func TestA_picture_is_there_as_soon_as_its_packet_whatever_its_size(t *testing.T) {
	for _, codec := range videoCodecs {
		t.Run(string(codec), func(t *testing.T) {
			d := decoderFor(t, codec)
			for _, f := range []frame.Format{{Width: 640, Height: 360, FPS: 30}, {Width: 320, Height: 180, FPS: 30}, {Width: 854, Height: 480, FPS: 30}} {
				e, v := build(t, frame.VideoSettings{Codec: codec, Format: f, Bitrate: 3_000_000}), frame.New(f.Width, f.Height)
				for n := range 20 {
					paint(v, n, f.FPS)
					p := encodeOne(t, e, v, false)
					got, err := d.Decode(p)
					if err != nil || got == nil {
						t.Fatalf("%v, picture %d: %v, %v", f, n, got, err)
					}
					if got.Width != f.Width || got.Height != f.Height || got.PTS != v.PTS {
						t.Fatalf("%v: a picture of %dx%d at %v, not %v", f, got.Width, got.Height, got.PTS, v.PTS)
					}
					if db := likeness(v, got); n >= 10 && db < 34 {
						t.Errorf("%v, picture %d: PSNR %.1f dB, want at least 34", f, n, db)
					}
					got.Release()
				}
			}
		})
	}
}

func TestWhat_is_no_picture_harms_nothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, codec := range videoCodecs {
		f := frame.Format{Width: 320, Height: 180, FPS: 30}
		e, v := build(t, frame.VideoSettings{Codec: codec, Format: f, Bitrate: 1_000_000}), frame.New(f.Width, f.Height)
		paint(v, 0, f.FPS)
		key := encodeOne(t, e, v, true)
		for n := range 200 {
			d := decoderFor(t, codec)
			bad := slices.Clone(key.Data)
			if n%2 == 0 {
				bad = bad[:r.IntN(len(bad)+1)]
			}
			for range 1 + n/10 {
				if len(bad) > 0 {
					bad[r.IntN(len(bad))] = byte(r.Uint32())
				}
			}
			got, err := d.Decode(&frame.Packet{Data: bad})
			if err == nil && got != nil {
				got.Release()
			}
			_ = d.Close()
			d = decoderFor(t, codec)
			if got, err = d.Decode(key); err != nil || got == nil {
				t.Fatalf("%s: a key frame for a new decoder: %v, %v", codec, got, err)
			}
			got.Release()
			_ = d.Close()
		}
		d := decoderFor(t, codec)
		if _, err := d.Decode(&frame.Packet{}); err == nil {
			t.Errorf("%s: an empty picture is none", codec)
		}
		_ = d.Close()
		_ = d.Close()
		if _, err := d.Decode(key); err == nil {
			t.Errorf("%s: a closed decoder decodes", codec)
		}
	}
	if _, err := NewVideoDecoder("AV1"); err == nil {
		t.Error("there is a decoder for AV1")
	}
}

func TestA_key_frame_of_monstrous_size_is_refused(t *testing.T) {
	d := decoderFor(t, frame.VP8)
	b := make([]byte, 64)
	copy(b, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f})
	if _, err := d.Decode(&frame.Packet{Data: b, Key: true}); err == nil {
		t.Error("16383x16383 is decoded")
	}
}

func TestLost_sound_is_restored_from_the_next_packet_and_keeps_its_length(t *testing.T) {
	packets := sounds(t, frame.AudioSettings{Bitrate: 48_000, LossPercent: 20, PacketDuration: 20 * time.Millisecond}, 200, voice)
	for _, lose := range []int{1, 3} {
		whole, lossy := newOpusDecoder(t), newOpusDecoder(t)
		var want, got []float32
		lost := 0
		for i, p := range packets {
			s, err := whole.Decode(p, 0)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, s...)
			if i > 20 && i%10 < lose {
				lost++
				continue
			}
			if s, err = lossy.Decode(p, lost); err != nil {
				t.Fatal(err)
			}
			got, lost = append(got, s...), 0
		}
		if lost > 0 || len(got) != len(want) {
			t.Fatalf("of %d samples %d are left", len(want), len(got))
		}
		var diff, power float64
		for i := range want {
			d := float64(want[i] - got[i])
			diff, power = diff+d*d, power+float64(want[i])*float64(want[i])
		}
		db := 10 * math.Log10(power/diff)
		t.Logf("%d of 10 packets lost: %.1f dB like the whole", lose, db)
		if least := map[int]float64{1: 12, 3: 4}[lose]; db < least {
			t.Errorf("%d of 10 packets lost: %.1f dB like the whole, want %.0f", lose, db, least)
		}
	}
}

func newOpusDecoder(t testing.TB) *OpusDecoder {
	t.Helper()
	d, err := NewOpusDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestJunk_is_no_sound(t *testing.T) {
	d := newOpusDecoder(t)
	if _, err := d.Decode(&frame.Packet{}, 0); err == nil {
		t.Error("nothing is decoded")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		b := make([]byte, 1+r.IntN(200))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		if s, err := d.Decode(&frame.Packet{Data: b}, r.IntN(1000)); err == nil && len(s) > channels*(longestOpus+mostGuessed) {
			t.Fatalf("%d samples", len(s))
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, codec := range videoCodecs {
		for _, f := range []frame.Format{{Width: 640, Height: 360, FPS: 30}, {Width: 1280, Height: 720, FPS: 30}} {
			b.Run(fmt.Sprintf("%s %v", codec, f), func(b *testing.B) {
				e, v := build(b, frame.VideoSettings{Codec: codec, Format: f, Bitrate: 2_000_000, KeyInterval: time.Hour}), frame.New(f.Width, f.Height)
				var packets []*frame.Packet
				for n := range 30 {
					paint(v, n, f.FPS)
					if p := encodeOne(b, e, v, false); p != nil {
						packets = append(packets, p)
					}
				}
				d := decoderFor(b, codec)
				for i := 0; b.Loop(); i++ {
					got, err := d.Decode(packets[i%len(packets)])
					if err != nil {
						b.Fatal(err)
					}
					if got != nil {
						got.Release()
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
			})
		}
	}
}

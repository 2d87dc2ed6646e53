package music

import (
	"io"
	"slices"
	"testing"
)

func TestAnOutlineShowsTheSoundInSteps(t *testing.T) {
	for _, i := range common {
		f := forms[i]
		b := excerpt(t, f.name, 3, append([]string{"-ar", "44100"}, f.args...)...)
		outline := NewOutline(opened(t, b, f.name), 1000)
		steps, last := 0, 0.0
		for ; ; steps++ {
			err := outline.Step()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if p := outline.Progress(); p < last || p > 1 {
				t.Fatalf("progress from %v to %v", last, p)
			} else {
				last = p
			}
		}
		if steps < 10 || outline.Progress() != 1 {
			t.Errorf("%s: %d steps to %v", f.name, steps, outline.Progress())
		}
		track := opened(t, b, f.name)
		raw := make([]float32, 2*track.source.length)
		for n := 0; n < len(raw); {
			got, err := track.decode(raw[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += 2 * got
		}
		want := make([]Peak, 1000)
		for i := range track.source.length {
			l, r, p := raw[2*i], raw[2*i+1], &want[i*1000/track.source.length]
			p.Min, p.Max = min(p.Min, l, r), max(p.Max, l, r)
		}
		if !slices.Equal(outline.Peaks(), want) {
			t.Errorf("%s: the outline differs from the sound", f.name)
		}
	}
}

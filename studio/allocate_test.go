package studio

import (
	"testing"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

var (
	hd       = frame.Format{Width: 1280, Height: 720, FPS: 30}
	everyone = [frame.Layers]bool{true, true, true}
)

func kbits(p frame.Plan) (k [frame.Layers]int) {
	for l, s := range p {
		k[l] = s.Bitrate / 1000
	}
	return k
}

func TestThePictureGetsSmallerBeforeItStutters(t *testing.T) {
	const ceiling = 3_000_000
	up := frame.Plan{{Bitrate: 1, FPS: 30}, {Bitrate: 1, FPS: 30}, {Bitrate: 1, FPS: 30}}
	for _, c := range []struct {
		name   string
		was    frame.Plan
		wanted [frame.Layers]bool
		path   int
		want   [frame.Layers]int // kbit/s
		fps    int               // of the smallest
	}{
		{"nobody knows the path", frame.Plan{}, everyone, 0, [3]int{2160, 720, 120}, 30},
		{"a wide path", up, everyone, 9_000_000, [3]int{2160, 720, 120}, 30},
		{"a narrower one", up, everyone, 2_000_000, [3]int{1160, 720, 120}, 30},
		{"the large layer goes", up, everyone, 1_700_000, [3]int{0, 720, 120}, 30},
		{"the middle one follows", up, everyone, 400_000, [3]int{0, 0, 120}, 30},
		{"the small one thins", up, everyone, 100_000, [3]int{0, 0, 100}, 30},
		{"then it slows down", up, everyone, 40_000, [3]int{0, 0, 40}, 15},
		{"sound alone", up, everyone, 29_000, [3]int{0, 0, 0}, 0},
		{"coming back takes more", frame.Plan{}, everyone, 1_900_000, [3]int{0, 720, 120}, 30},
		{"and happens with a margin", frame.Plan{}, everyone, 1_950_000, [3]int{1110, 720, 120}, 30},
		{"nobody watches", up, [frame.Layers]bool{}, 9_000_000, [3]int{}, 0},
		{"only the large one is watched", up, [frame.Layers]bool{frame.Full: true}, 9_000_000, [3]int{3000, 0, 0}, 0},
		{"and does not fit", up, [frame.Layers]bool{frame.Full: true}, 800_000, [3]int{0, 720, 0}, 0},
		{"nor does the middle one", up, [frame.Layers]bool{frame.Full: true}, 270_000, [3]int{0, 0, 120}, 30},
		{"the middle one is not watched", up, [frame.Layers]bool{true, false, true}, 9_000_000, [3]int{2880, 0, 120}, 30},
	} {
		got := allocate(c.was, frame.Demand{Wanted: c.wanted, Bitrate: c.path}, ceiling, hd)
		if kbits(got) != c.want || got[frame.Quarter].FPS != c.fps {
			t.Errorf("%s: %v at %d fps, want %v at %d", c.name, kbits(got), got[frame.Quarter].FPS, c.want, c.fps)
		}
	}
}

func TestSharesKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ceiling := rapid.IntRange(100_000, 20_000_000).Draw(t, "ceiling")
		var was frame.Plan
		d := frame.Demand{Bitrate: rapid.IntRange(1, 25_000_000).Draw(t, "path")}
		bottom := frame.Layer(-1)
		for l := range was {
			if rapid.Bool().Draw(t, "was on") {
				was[l] = frame.Share{Bitrate: 1, FPS: 30}
			}
			if d.Wanted[l] = rapid.Bool().Draw(t, "wanted"); d.Wanted[l] {
				bottom = frame.Layer(l)
			}
		}
		plan := allocate(was, d, ceiling, hd)
		sum, on := 0, 0
		for l, s := range plan {
			sum += s.Bitrate
			if !s.On() {
				continue
			}
			on++
			if s.Bitrate < leastVideo || s.FPS < fewestFPS || s.FPS > hd.FPS {
				t.Fatalf("layer %d at %+v", l, s)
			}
			if bottom < 0 || !d.Wanted[l] && (on > 1 || frame.Layer(l) < bottom) {
				t.Fatalf("layer %d is on and nobody wants it: %v", l, kbits(plan))
			}
		}
		if sum > min(ceiling, d.Bitrate) {
			t.Fatalf("%d bit/s of %d and at most %d", sum, d.Bitrate, ceiling)
		}
		for l := range plan {
			for below := l + 1; below < frame.Layers; below++ {
				if plan[l].On() && d.Wanted[below] && plan[below].Bitrate < partOf(frame.Layer(below), ceiling) {
					t.Fatalf("layer %d starves for layer %d: %v", below, l, kbits(plan))
				}
			}
		}
		if bottom >= 0 && min(ceiling, d.Bitrate) >= leastVideo && on == 0 {
			t.Fatal("somebody watches, there is bandwidth, and no picture")
		}
		d.Bitrate += rapid.IntRange(0, 5_000_000).Draw(t, "more")
		more := allocate(was, d, ceiling, hd)
		total := 0
		for l, s := range more {
			total += s.Bitrate
			if d.Wanted[l] && s.Bitrate < plan[l].Bitrate {
				t.Fatalf("with more bandwidth layer %d gets less: %v, then %v", l, kbits(plan), kbits(more))
			}
		}
		if total < sum {
			t.Fatalf("with more bandwidth less is used: %v, then %v", kbits(plan), kbits(more))
		}
	})
}

func TestLayersDoNotFlutter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.IntRange(60_000, 4_000_000).Draw(t, "path")
		var plan frame.Plan
		changes := 0
		for n := range 200 { // the estimate swings by a tenth
			now := path + path/20*(n%3-1)
			next := allocate(plan, frame.Demand{Wanted: everyone, Bitrate: now}, 3_000_000, hd)
			for l := range next {
				if next[l].On() != plan[l].On() && n > 10 {
					changes++
				}
			}
			plan = next
		}
		if changes > 0 {
			t.Fatalf("%d switches at about %d bit/s", changes, path)
		}
	})
}

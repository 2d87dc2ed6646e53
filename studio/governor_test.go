package studio

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
	"vitrine/effects"
)

func TestTheLadderGoesDownFromWhatTheHostWants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SampledFrom(frame.Formats).Draw(t, "format")
		want.FPS = rapid.IntRange(frame.MinFPS, frame.MaxFPS).Draw(t, "fps")
		steps := ladder(want)
		if steps[0] != want {
			t.Fatalf("the ladder of %v begins with %v", want, steps[0])
		}
		cost := func(f frame.Format) int { return f.Width * f.Height * f.FPS }
		for i := 1; i < len(steps); i++ {
			if cost(steps[i]) >= cost(steps[i-1]) {
				t.Fatalf("%v is no less than %v", steps[i], steps[i-1])
			}
		}
	})
}

// A machine that can encode a fixed number of pixels a second must settle on a format it can hold and stay there.
func TestAMachineAtItsLimitSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := frame.Format{Width: 1920, Height: 1080, FPS: 60}
		pixels := rapid.Float64Range(6e6, 200e6).Draw(t, "pixels a second")
		g := newGovernor(want, effects.Look{})
		changes := 0
		for second := range 3600 {
			f := g.format()
			mean := time.Duration(float64(f.Width*f.Height) / pixels * float64(time.Second))
			encoded := min(f.FPS, int(time.Second/mean))
			if g.second(load{mean: mean, encoded: encoded, dropped: f.FPS - encoded}) && second > 600 {
				changes++
			}
		}
		if changes > 24 {
			t.Fatalf("%d changes in 50 minutes at %.0f Mpixel/s", changes, pixels/1e6)
		}
	})
}

func TestTheLookIsCutBackBeforeThePictureAndTheBackgroundNever(t *testing.T) {
	want := frame.Format{Width: 1280, Height: 720, FPS: 30}
	look := effects.Look{Background: effects.BlurBackground}.With(effects.Radiant)
	list := rungs(want, look)
	var thrifts []effects.Thrift
	for i, r := range list {
		if i > 0 && (r.thrift < list[i-1].thrift || r.format.Height > list[i-1].format.Height) {
			t.Errorf("rung %d is no way down: %v after %v", i, r, list[i-1])
		}
		if r.format == want {
			thrifts = append(thrifts, r.thrift)
		}
	}
	if !slices.Equal(thrifts, []effects.Thrift{effects.Lavish, effects.FewerMasks, effects.FewerFaces, effects.NoShapes}) {
		t.Errorf("before the picture gets smaller: %v", thrifts)
	}
	if last := list[len(list)-1].thrift; last != effects.NoBeauty {
		t.Errorf("at the end %v is left out", last)
	}
	if plain := rungs(want, effects.Look{}); plain[1].format == want {
		t.Errorf("a look that changes nothing is cut back: %v", plain)
	}
}

package studio

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
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
		g := newGovernor(want)
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

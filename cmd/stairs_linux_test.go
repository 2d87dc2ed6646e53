package cmd

import (
	"fmt"
	"testing"
	"time"
)

const (
	// stairFor is how long each step lasts.
	stairFor = 20 * time.Second
	// stairDelay is one way.
	stairDelay = 20 * time.Millisecond
)

// BenchmarkStairs measures what a viewer's picture and sound do when bandwidth goes and comes, and what three viewers with
// different links get of one show.
func BenchmarkStairs(b *testing.B) {
	b.Run("one", benchStairs)
	b.Run("three", benchThree)
}

func link4M() weather { return weather{Rate: 4_000_000, Delay: stairDelay} }

func benchStairs(b *testing.B) {
	e, home := newFarEvening(b)
	host := e.studio("--synthetic", "--figures")
	e.live()
	s := e.seat(b, home, 1)
	back := weather{Delay: stairDelay}
	v := s.visit(b, link4M(), back)
	if _, ok := v.joined(hopeless); !ok {
		b.Fatal("no picture over 4 Mbit/s")
	}
	pass(b, settle)
	all := stretch{from: now()}
	steps := [3]stretch{}
	for i, rate := range []float64{4_000_000, 300_000, 4_000_000} {
		s.set(weather{Rate: rate, Delay: stairDelay}, back)
		steps[i].from = now()
		pass(b, stairFor)
		steps[i].to = now()
	}
	all.to = now()
	v.after(300 * time.Millisecond) // the counters beyond the end
	all.seen, all.series = v.look(), v.counted()
	for i := range steps {
		steps[i].seen, steps[i].series = all.seen, all.series
	}
	s.leave(v)

	full := tallest(steps[0].heights())
	fell := steps[1].until(func(h int) bool { return h < full })
	rose := steps[2].until(func(h int) bool { return h >= full })
	if fell == steps[1].seconds() {
		rose = steps[2].seconds() // what has not fallen cannot rise
	}
	_, stall := length(all.gaps())
	made, audible := all.concealed()
	c, _ := all.counted()
	line("stairs_picture_down_after", fell, "s", "<=2")
	line("stairs_picture_up_after", rose, "s", "<=10")
	line("stairs_longest_stall", stall, "s", "<=1")
	line("stairs_concealed", made, "share", "<=0.005")
	line("stairs_concealed_audible", audible, "share", "-")
	line("stairs_sound_gaps", c.Gaps, "count", "-")
	line("stairs_rejoins", c.Sessions, "count", "<=0")
	for i, name := range []string{"4000k", "300k", "4000k_again"} {
		made, _ := steps[i].concealed()
		line("stairs_"+name+"_concealed", made, "share", "-")
		line("stairs_"+name+"_fps", steps[i].fps(), "frames/s", "-")
		line("stairs_"+name+"_latency_p95", quantile(steps[i].latencies(), 0.95), "ms", "-")
	}
	for _, h := range changes(all.heights()) {
		line(fmt.Sprintf("stairs_height_from_%.1fs", (h.At-all.from)/1000), float64(h.Height), "pixels", "-")
	}
	health(b, "stairs", host)
}

// until is the time in s until the first picture of a height as wanted; the whole step if there is none.
func (s stretch) until(wanted func(height int) bool) float64 {
	for _, f := range s.heights() {
		if wanted(f.Height) {
			return (f.At - s.from) / 1000
		}
	}
	return s.seconds()
}

func tallest(shown []shown) (h int) {
	for _, f := range shown {
		h = max(h, f.Height)
	}
	return h
}

// changes are the first of each run of frames of one height.
func changes(all []shown) (c []shown) {
	for _, f := range all {
		if len(c) == 0 || c[len(c)-1].Height != f.Height {
			c = append(c, f)
		}
	}
	return c
}

func benchThree(b *testing.B) {
	e, home := newFarEvening(b)
	host := e.studio("--synthetic", "--figures")
	e.live()
	back := weather{Delay: stairDelay}
	rates := []float64{4_000_000, 800_000, 300_000}
	var seats []*seat
	var viewers []*viewer
	for i, rate := range rates {
		s := e.seat(b, home, i+1)
		seats, viewers = append(seats, s), append(viewers, s.visit(b, weather{Rate: rate, Delay: stairDelay}, back))
	}
	pass(b, stairFor)
	from := now()
	pass(b, stairFor)
	heights := map[int]bool{}
	for i, v := range viewers {
		is := stretch{from: from, to: now()}
		v.after(300 * time.Millisecond)
		is.seen, is.series = v.look(), v.counted()
		name := fmt.Sprintf("stairs_three_%.0fk", rates[i]/1000)
		made, _ := is.concealed()
		frozen, _ := length(is.freezes())
		h := 0
		if all := is.heights(); len(all) > 0 {
			h = all[len(all)-1].Height
			heights[h] = true
		}
		line(name+"_height", float64(h), "pixels", "-")
		line(name+"_fps", is.fps(), "frames/s", "-")
		line(name+"_frozen", frozen/is.seconds(), "share", "-")
		line(name+"_concealed", made, "share", "-")
	}
	line("stairs_three_heights", float64(len(heights)), "count", ">=3")
	health(b, "stairs_three", host)
	for _, s := range seats {
		s.set(weather{}, weather{})
	}
}

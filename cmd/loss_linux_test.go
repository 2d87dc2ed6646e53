package cmd

import (
	"fmt"
	"os"
	"testing"
	"time"
)

const (
	// lossFor is how long a row of the table is watched, after the first picture and two seconds.
	lossFor = 40 * time.Second
	// lossJoins is how many joins a row has besides, each given up after lossJoin.
	lossJoins = 10
	lossJoin  = 4 * time.Second
	// never stands for a time in ms that did not come.
	never = 1e6
)

// lossRow is a kind of network and what is expected on it: goals by the name of the figure.
type lossRow struct {
	name     string
	size     string // of the studio's picture
	down, up weather
	// uplink is the weather between studio and server, which else are neighbours.
	uplink weather
	goals  map[string]string
}

// lossRows are issue 3's table. Where more than half is lost the studio sends 640×360, for what is asked there is a
// picture, not a large one.
func lossRows() (rows []lossRow) {
	add := func(name string, r lossRow) {
		for _, trip := range []time.Duration{0, 80 * time.Millisecond} {
			one := r
			one.name = fmt.Sprintf("%s_rtt%d", name, trip.Milliseconds())
			one.down.Delay, one.up.Delay = trip/2, trip/2
			if r.uplink != (weather{}) {
				one.uplink.Delay = trip / 2
			}
			if one.goals = lossGoals[one.name]; one.goals == nil {
				one.goals = lossGoals[name]
			}
			if one.size = "1280x720"; max(r.down.Drop, r.uplink.Drop) > 0.5 {
				one.size = "640x360"
			}
			rows = append(rows, one)
		}
	}
	add("down0", lossRow{})
	for _, percent := range []int{2, 5, 10, 30, 50, 70, 80} {
		add(fmt.Sprintf("down%d", percent), lossRow{down: weather{Drop: float64(percent) / 100}})
	}
	for _, percent := range []int{5, 10, 30, 50, 70, 80} {
		w := weather{Drop: float64(percent) / 100}
		add(fmt.Sprintf("both%d", percent), lossRow{down: w, up: w})
	}
	add("bursts20", lossRow{down: weather{Bursts: 0.2}})
	add("slow600", lossRow{down: weather{Rate: 600_000}})
	for _, percent := range []int{10, 30} {
		add(fmt.Sprintf("uplink%d", percent), lossRow{uplink: weather{Drop: float64(percent) / 100}})
	}
	return rows
}

var watchable = map[string]string{"fps": ">=29", "frozen": "<=0", "concealed": "<=0.005"}

// lossGoals by row, or by row without round trip.
var lossGoals = map[string]map[string]string{
	"down2":  {"cost": "<=1.1"},
	"down10": watchable,
	"down30": watchable,
	"down50": watchable,
	"down70_rtt0": {
		"fps": ">=29", "frozen": "<=0", "concealed": "<=0.005", "latency_p95": "<=700", "joins_under_2s": ">=0.95",
	},
	"down70_rtt80": {"freezes": "<=1", "frozen": "<=0.0125", "concealed": "<=0.005", "joins_under_2s": ">=0.95"},
	"both70":       {"frozen": "<=0.03"},
	"down80":       {"concealed": "<=0.01"},
}

// line prints a figure of the row with its goal.
func (r lossRow) line(figure string, value float64, unit string) {
	goal := r.goals[figure]
	if goal == "" {
		goal = "-"
	}
	line("loss_"+r.name+"_"+figure, value, unit, goal)
}

// BenchmarkLoss is the table of what a viewer in Chromium sees and hears when the network loses packets. HTTP passes
// through the same loss as media, but for the page itself. A row takes about 70 s.
func BenchmarkLoss(b *testing.B) {
	for _, r := range lossRows() {
		b.Run(r.name, r.measure)
	}
}

func (r lossRow) measure(b *testing.B) {
	e, home := newFarEvening(b)
	publisher := e
	if r.uplink != (weather{}) {
		there := newNamespace(b)
		l := newLink(b, home, there, 100)
		l.set(weather{Delay: r.uplink.Delay}, r.uplink)
		publisher = e.across(l, there)
	}
	host := publisher.studio("--synthetic", "--figures", "--size", r.size)
	e.live()
	s := e.seat(b, home, 1)
	clean := s.cleanRate(b, r.size)
	r.watch(b, s, clean)
	r.joins(b, s)
	health(b, "loss_"+r.name, host)
}

// watch is the long look of one viewer. One who cannot join over the loss, where TCP does not pass, joins before it.
func (r lossRow) watch(b *testing.B, s *seat, clean float64) {
	v := s.visit(b, r.down, r.up)
	_, ok := v.joined(hopeless)
	r.line("joined_over_loss", map[bool]float64{true: 1}[ok], "share")
	if !ok { // then it was here before the weather
		s.leave(v)
		v = s.visit(b, weather{Delay: r.down.Delay}, weather{Delay: r.up.Delay})
		_, ok = v.joined(hopeless)
		s.set(r.down, r.up)
	}
	if ok {
		pass(b, settle)
	}
	before, is := s.count(down), stretch{from: now()}
	if ok || v.hears() {
		pass(b, lossFor)
	} else {
		pass(b, settle) // neither picture nor sound: more of it teaches nothing
	}
	is.to = now()
	sent := s.count(down).minus(before)
	v.after(300 * time.Millisecond) // the counters beyond the end
	is.seen, is.series = v.look(), v.counted()
	s.leave(v)

	c, seconds := is.counted()
	freezes := is.freezes()
	frozen, longest := length(freezes)
	all, audible := is.concealed()
	picture := is.latencies()
	if len(picture) == 0 {
		picture = []float64{never}
	}
	rate := 8 * float64(sent.MediaBytes) / is.seconds()
	r.line("fps", is.fps(), "frames/s")
	r.line("fps_decoded", c.Frames/seconds, "frames/s")
	r.line("frozen", frozen/is.seconds(), "share")
	r.line("frozen_by_webrtc", min(c.Frozen/seconds, 1), "share")
	r.line("freezes", float64(len(freezes)), "count")
	r.line("longest_freeze", longest, "s")
	r.line("concealed", all, "share")
	r.line("concealed_audible", audible, "share")
	r.line("latency_p50", quantile(picture, 0.5), "ms")
	r.line("latency_p95", quantile(picture, 0.95), "ms")
	r.line("sent", rate/1000, "kbit/s")
	r.line("cost", rate/clean, "ratio")
	r.line("rejoins", c.Sessions, "count")
	r.line("dropped_by_loss", float64(sent.Lost)/float64(max(sent.Packets, 1)), "share")
	r.line("dropped_by_queue", float64(sent.Full)/float64(max(sent.Packets, 1)), "share")
	r.line("late_by_machine", float64(sent.Late)/float64(max(sent.Packets, 1)), "share")
}

// joins loads the page again and again and counts who has a picture 2 s after the player's first request.
func (r lossRow) joins(b *testing.B, s *seat) {
	var took []float64
	soon := 0.0
	for range lossJoins {
		v := s.visit(b, r.down, r.up)
		ms, ok := v.joined(lossJoin)
		if !ok {
			ms = never
		}
		if ms < 2000 {
			soon++
		}
		took = append(took, ms)
		s.leave(v)
	}
	r.line("joins_under_2s", soon/lossJoins, "share")
	r.line("join_p50", quantile(sorted(took), 0.5), "ms")
}

// hears tells whether any sound has been played.
func (v *viewer) hears() bool {
	series := v.counted()
	return len(series) > 0 && series[len(series)-1].Samples > 0
}

// clean remembers what a viewer without loss costs in bit/s, by size of the picture.
var clean = map[string]float64{}

// cleanRate measures it for ten seconds, once a size.
func (s *seat) cleanRate(b *testing.B, size string) float64 {
	if clean[size] == 0 {
		v := s.visit(b, weather{}, weather{})
		if _, ok := v.joined(patience); !ok {
			b.Fatal("no picture over a perfect link")
		}
		pass(b, settle)
		before, from := s.count(down), now()
		pass(b, 10*time.Second)
		clean[size] = 8 * float64(s.count(down).minus(before).MediaBytes) / (now() - from) * 1000
		s.leave(v)
	}
	return clean[size]
}

// health says whether the machine let the rig measure truly: a studio that is short of time sends a smaller picture.
func health(b *testing.B, name string, host *program) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		b.Fatal(err)
	}
	load := 0.0 // how many wanted a core, over the last minute
	fmt.Sscan(string(text), &load)
	l := last(b, host)
	line(name+"_studio_fps", figure(b, l, "Program", "FPS"), "frames/s", "-")
	line(name+"_studio_height", figure(b, l, "Program", "Format", "Height"), "pixels", "-")
	line(name+"_machine_load", load, "-", "-")
}

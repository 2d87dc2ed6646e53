package cmd

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"vitrine/server/wire"
)

// stageFor is how long each layout is measured.
const stageFor = 10 * time.Second

// BenchmarkStage measures what a stage costs. Run it with -benchtime 1x.
func BenchmarkStage(b *testing.B) {
	b.Run("server", benchSeats)
	b.Run("studio", benchProgram)
}

// benchSeats is what a whole stage costs the server, and what of it one viewer gets, who decodes all in a real browser: the host and sixteen
// guests send 30 pictures a second in three sizes, and are shown in a grid, with one of them large, and with thirteen of them beneath four.
func benchSeats(b *testing.B) {
	h := newHall(b, 30)
	h.fits()
	h.measures("grid", len(h.spots))
	h.enlarges(3)
	h.measures("spotlight", len(h.spots))
	h.covers(4)
	h.measures("four_visible", 4)
}

// benchProgram is what a studio needs that sends everything in one picture, 1920×1080 at 30 pictures a second: it decodes the guests, composes
// and encodes; the server and what the guests send are on the same machine.
func benchProgram(b *testing.B) {
	guests := rehearseAll(b, wire.MaxOnStage-1, 30)
	e := newEvening(b)
	studio := e.studio("--synthetic", "--size", "1920x1080", "--look=off", "--voice=off", "--figures")
	e.live()
	host := e.enters(http.Header{"Authorization": {"Bearer " + e.token}})
	host.wishes(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	measure := func(what string) {
		b.Helper()
		for range 5 {
			last(b, studio)
		}
		cpu, from := studio.cpu(), time.Now()
		var l []byte
		for range int(stageFor / time.Second) {
			l = last(b, studio)
		}
		name := "stage_studio_1080p30_" + what + "_"
		line(name+"studio", float64(studio.cpu()-cpu)/float64(time.Since(from)), "cores", "-")
		line(name+"fps", figure(b, l, "Program", "FPS"), "frames/s", ">=28")
		line(name+"height", figure(b, l, "Program", "Format", "Height"), "pixels", ">=1080")
	}
	measure("alone")
	host.wishes(wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutGrid, Program: true}})
	for n, p := range guests {
		e.comesOn(host, fmt.Sprintf("Guest %d", n+1), p)
		if n == 2 {
			measure("with_3_guests_in_the_picture")
		}
	}
	e.stageIs(host, "all are in one picture", func(n wire.StageNow) bool { return len(n.Guests) == len(guests) && n.Layout.Program })
	measure(fmt.Sprintf("with_%d_guests_in_the_picture", len(guests)))
}

// measures prints what the layout costs of which the first so many are seen.
func (h *hall) measures(layout string, visible int) {
	h.viewer.t.Helper()
	before, cpu, in, out := h.seats(), h.server.cpu(), h.metric("vitrine_bytes_in_total"), h.metric("vitrine_bytes_out_total")
	from := time.Now()
	h.after(stageFor)
	after, wall := h.seats(), time.Since(from).Seconds()
	mbits := func(name string, since float64) float64 { return 8e-6 * (h.metric(name) - since) / wall }
	least, hidden := 1e9, 0
	for n, c := range after {
		if n < visible {
			least = min(least, float64(c.Frames-before[n].Frames)/wall)
		} else {
			hidden += c.Bytes - before[n].Bytes
		}
	}
	name := "stage_" + layout + "_"
	line(name+"server", (h.server.cpu()-cpu).Seconds()/wall, "cores", "-")
	line(name+"in", mbits("vitrine_bytes_in_total", in), "Mbit/s", "-")
	line(name+"out", mbits("vitrine_bytes_out_total", out), "Mbit/s", "-")
	line(name+"decoded_least", least, "frames/s", "-")
	if visible < len(after) {
		line(name+"hidden_pictures", float64(hidden), "bytes", "<=0")
	}
	text, _ := os.ReadFile("/proc/loadavg")
	load := 0.0
	fmt.Sscan(string(text), &load)
	line(name+"machine_load", load, "-", "-")
}

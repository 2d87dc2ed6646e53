package cmd

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// stageFor is how long each layout is measured.
const stageFor = 10 * time.Second

// BenchmarkStage measures what a whole stage costs the server, and what of it one viewer gets, who decodes all in a real browser: the host and
// sixteen guests send 30 pictures a second in three sizes, and are shown in a grid, with one of them large, and with thirteen of them beneath four.
// Run it with -benchtime 1x.
func BenchmarkStage(b *testing.B) {
	h := newHall(b, 30)
	h.fits()
	h.measures("grid", len(h.spots))
	h.enlarges(3)
	h.measures("spotlight", len(h.spots))
	h.covers(4)
	h.measures("four_visible", 4)
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

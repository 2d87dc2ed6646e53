package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// silentAfter is how long a pause is before a viewer counts as silent.
const silentAfter = 2 * time.Second

// Report is what a crowd saw.
type Report struct {
	Viewers int            `json:"viewers"`
	Joined  int            `json:"joined"`
	Errors  map[string]int `json:"errors,omitempty"` // why viewers did not join, and how many
	Seconds float64        `json:"seconds"`          // measured, from when all had joined
	// Join is the time from the request to the first complete picture, in ms.
	Join Spread `json:"join_ms"`
	// Packets were received; Lost never came, not even after they were asked for again.
	Packets     uint64  `json:"packets"`
	Lost        uint64  `json:"lost"`
	LossPercent float64 `json:"loss_percent"`
	// Kbps is what one viewer got on average.
	Kbps float64 `json:"kbps_per_viewer"`
	// Jitter is the interarrival jitter of pictures (RFC 3550) over the viewers, in ms.
	Jitter Spread `json:"jitter_ms"`
	// Delay is the time from the publisher's clock to the arrival of a picture's last packet, in ms. It means something only
	// if crowd and publisher read the same clock. Absent if the server sends no sender reports.
	Delay *Spread `json:"delay_ms,omitempty"`
	// Silent viewers had joined, and were sent nothing at the end.
	Silent int `json:"silent"`
	// ServerCores is what the server used of the processor, in cores. Absent if it does not say.
	ServerCores *float64 `json:"server_cores,omitempty"`
	// Holds says whether the server holds the crowd, Verdict says it in words.
	Holds   bool   `json:"holds"`
	Verdict string `json:"verdict"`
}

// Spread is a distribution in short.
type Spread struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

// spread sorts the values.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	at := func(q float64) float64 { return values[min(int(q*float64(len(values))), len(values)-1)] }
	return Spread{at(0.5), at(0.95), values[len(values)-1]}
}

func newReport(viewers []*viewer, measured time.Duration) *Report {
	r := &Report{Viewers: len(viewers), Errors: map[string]int{}, Seconds: measured.Seconds()}
	var joins, jitters, delays []float64
	var bytes, expected uint64
	for _, v := range viewers {
		if v.err != nil {
			r.Errors[v.err.Error()]++
			continue
		}
		r.Joined++
		v.mu.Lock()
		joins = append(joins, v.joinedIn.Seconds()*1000)
		if time.Since(v.heard) > silentAfter {
			r.Silent++
		}
		for _, t := range v.tracks {
			got := t.read()
			r.Packets += got.received
			expected += got.expected
			bytes += got.bytes
			if got.expected > got.received {
				r.Lost += got.expected - got.received
			}
			if t == v.picture() {
				jitters = append(jitters, got.jitter)
				delays = append(delays, got.delays...)
			}
		}
		v.mu.Unlock()
	}
	r.Join, r.Jitter = spread(joins), spread(jitters)
	if len(delays) > 0 {
		d := spread(delays)
		r.Delay = &d
	}
	if expected > 0 {
		r.LossPercent = 100 * float64(r.Lost) / float64(expected)
	}
	if r.Joined > 0 && measured > 0 {
		r.Kbps = float64(bytes) * 8 / 1000 / measured.Seconds() / float64(r.Joined)
	}
	return r
}

// String writes the report for people.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "viewers     %d of %d joined\n", r.Joined, r.Viewers)
	for _, text := range slices.Sorted(maps.Keys(r.Errors)) {
		fmt.Fprintf(&b, "            %d: %s\n", r.Errors[text], text)
	}
	line := func(name string, s Spread) {
		fmt.Fprintf(&b, "%-11s p50 %.1f ms, p95 %.1f ms, max %.1f ms\n", name, s.P50, s.P95, s.Max)
	}
	line("join", r.Join)
	if r.Delay != nil {
		line("delay", *r.Delay)
	}
	line("jitter", r.Jitter)
	fmt.Fprintf(&b, "packets     %d received, %d lost (%.3f %%) in %.1f s\n", r.Packets, r.Lost, r.LossPercent, r.Seconds)
	fmt.Fprintf(&b, "bitrate     %.0f kbit/s a viewer\n%s\n", r.Kbps, r.Verdict)
	return b.String()
}

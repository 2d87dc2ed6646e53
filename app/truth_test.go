package app

import (
	"strings"
	"testing"

	"vitrine/server/wire"
	"vitrine/studio"
)

func TestTheHostReadsWhatViewersSeeAndWhoseFaultItIs(t *testing.T) {
	b := newBench(t, onAir)
	b.lacks("WHAT VIEWERS SEE")
	truth := wire.Truth{
		All:        wire.Seen{Viewers: 110, Suffering: 8, LatencyP50: 180, LatencyP95: 420, FPS: 30, Freezing: 0.07, Frozen: 640, Concealed: 0.003},
		ByProtocol: map[wire.Protocol]wire.Seen{wire.WHEP: {Viewers: 100, LatencyP50: 180}, wire.HLS: {Viewers: 10, LatencyP50: 4200}},
		Hops: wire.Hops{
			Capture: &wire.Capture{FPS: 30}, Encode: &wire.Encode{FPS: 30, Time: 6.5}, Uplink: &wire.Uplink{Loss: 0.01},
			Server: &wire.Serving{CPU: 0.21}, LastMile: &wire.LastMile{Loss: 0.001, RTT: 30},
		},
		Verdict: wire.Verdict{Hop: wire.HopUplink, Finding: wire.UplinkLoss, Figures: map[string]float64{"loss": 0.012}},
	}
	b.change(func(s *studio.Snapshot) { s.Air.Truth = &truth })
	b.reads("WHAT VIEWERS SEE", "Your upload loses 1.2 %", "180 ms · worst 420 ms", "30 fps · 110 report", "7 % of them", "0.3 %",
		"▲ Your upload", "30 fps · 6.5 ms", "21 % CPU", "0.1 % lost · 30 ms", "HLS 10: 4200 ms · WHEP 100: 180 ms")
	b.lacks("▲ Camera")
	b.change(func(s *studio.Snapshot) { s.Air.Truth = nil })
	b.lacks("WHAT VIEWERS SEE")
}

func TestEveryFindingHasASentence(t *testing.T) {
	for _, w := range []*words{&english, &chinese} {
		seen := map[string]bool{}
		for _, f := range []wire.Finding{
			wire.AllWell, wire.NobodyReports, wire.CaptureSlow, wire.CaptureGone, wire.EncodeSlow, wire.EncodeReduced, wire.EncodeLate, wire.UplinkLoss,
			wire.UplinkSlow, wire.UplinkGone, wire.ServerLate, wire.ServerDrops, wire.ServerLink, wire.LinkLoss, wire.LinkSlow,
			wire.DeviceSlow, wire.Unexplained, wire.Unsettled,
		} {
			s := w.finding(wire.Verdict{Finding: f})
			if s == "" || seen[s] || strings.Contains(s, "%!") {
				t.Errorf("%s is said as %q", f, s)
			}
			seen[s] = true
		}
	}
}

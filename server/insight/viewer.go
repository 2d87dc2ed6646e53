package insight

import (
	"time"

	"vitrine/server/wire"
)

// reportsMost is how many reports of a viewer are kept: those of a minute.
const reportsMost = int(keptFor/wire.ReportEvery) + 1

// Thresholds from which a viewer suffers within seenFor. A freeze shorter than a fifth of a second is hardly seen; made-up sound is
// heard from some percent on (ITU-T G.113, appendix I, has Opus-like codecs lose a class of quality at 2 to 3 %); and of a picture's
// frames, a fifth may be missing before people call it jerky.
const (
	frozenBad    = 200 // ms
	concealedBad = 0.02
	slowBad      = 0.8 // of the frame rate that should be
)

// viewer is what one has reported lately.
type viewer struct {
	protocol wire.Protocol
	at       time.Time // of the newest report
	latency  time.Duration
	loss     float64
	rtt      int
	limited  bool
	reports  [reportsMost]past // a ring
	next     int
}

// past is a report as it is kept.
type past struct {
	at                                               time.Time
	span, shown, dropped, frozen, samples, concealed int32
	freezes                                          int16
	hidden, stalled                                  bool
}

func (v *viewer) take(h Heard, now time.Time) {
	r := h.Report
	v.protocol, v.at, v.latency, v.limited = r.Protocol, now, h.Latency, h.Limited
	v.loss, v.rtt = r.Loss, r.RTT
	if h.Link != nil {
		v.loss = max(v.loss, h.Link.Loss) // loss on the way back delays repair, too
		v.rtt = max(v.rtt, h.Link.RTT)
	}
	v.reports[v.next%reportsMost] = past{
		at: now, span: int32(r.Span), shown: int32(r.Shown), dropped: int32(r.Dropped), frozen: int32(r.Frozen),
		samples: int32(r.Samples), concealed: int32(r.Concealed), freezes: int16(min(r.Freezes, 1<<15-1)), hidden: r.Hidden,
		stalled: r.Stall != wire.NotStalled && r.Stall != wire.StallHost && r.Stall != wire.StallPlay,
	}
	v.next++
}

// sum is what a viewer went through in some time.
type sum struct {
	span, watched, shown, dropped, frozen, samples, concealed int // watched is the part of span in which the page was visible
	freezes                                                   int
	stalled                                                   bool
}

// since adds up the reports from a time on.
func (v *viewer) since(from time.Time) (s sum) {
	for i := range v.reports {
		p := &v.reports[i]
		if p.span == 0 || p.at.Before(from) {
			continue
		}
		s.span += int(p.span)
		s.samples += int(p.samples)
		s.concealed += int(p.concealed)
		if !p.hidden {
			s.watched += int(p.span)
			s.shown += int(p.shown)
			s.dropped += int(p.dropped)
			s.frozen += int(p.frozen)
			s.freezes += int(p.freezes)
			s.stalled = s.stalled || p.stalled
		}
	}
	return s
}

// fps is what came on screen a second; 0 if nobody looked.
func (s sum) fps() float64 { return share(1000*s.shown, s.watched) }

// freezing says whether pictures stood for long enough that it was seen.
func (s sum) freezing() bool { return s.freezes > 0 && s.frozen >= frozenBad }

// suffers says whether that was bad, where so many frames a second should have come; 0 if that is not known.
func (s sum) suffers(fps float64) bool {
	return s.freezing() || s.stalled || share(s.concealed, s.samples) > concealedBad ||
		s.watched >= int(seenFor.Milliseconds())/4 && s.fps() < slowBad*fps
}

func share(part, all int) float64 {
	if all <= 0 {
		return 0
	}
	return float64(part) / float64(all)
}

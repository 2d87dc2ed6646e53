package publish

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// receiverReports turns what the server reports into round trip and loss. Safe for any goroutine.
type receiverReports struct {
	mu      sync.Mutex
	sends   [16]sendTime
	next    int
	rtt     time.Duration
	streams map[uint32]reception
}

// sendTime remembers when a sender report left, by the middle of its NTP time, which the server sends back.
type sendTime struct {
	lsr uint32
	at  time.Time
}

type reception struct {
	highest uint32
	begun   bool
	// of the last interval:
	expected uint32
	fraction float64
}

func (r *receiverReports) sent(ntp uint64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sends[r.next] = sendTime{uint32(ntp >> 16), at}
	r.next = (r.next + 1) % len(r.sends)
}

// heard takes a report block (RFC 3550 §6.4.1) that arrived now.
func (r *receiverReports) heard(b rtcp.ReceptionReport, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sends {
		if b.LastSenderReport != 0 && s.lsr == b.LastSenderReport {
			held := time.Duration(b.Delay) * time.Second / 65536
			if rtt := now.Sub(s.at) - held; rtt > 0 {
				r.rtt = rtt
			}
		}
	}
	if r.streams == nil {
		r.streams = map[uint32]reception{}
	}
	was := r.streams[b.SSRC]
	if was.begun && was.highest == b.LastSequenceNumber {
		return // the same block by the other stream, or nothing new was sent
	}
	is := reception{highest: b.LastSequenceNumber, begun: true, fraction: float64(b.FractionLost) / 256}
	if was.begun {
		is.expected = is.highest - was.highest
	}
	r.streams[b.SSRC] = is
}

// quality is the last round trip and the percentage of all our packets that was lost in the last interval.
func (r *receiverReports) quality() (rtt time.Duration, lossPercent float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var expected, lost float64
	for _, s := range r.streams {
		expected += float64(s.expected)
		lost += float64(s.expected) * s.fraction
	}
	if expected == 0 {
		return r.rtt, 0
	}
	return r.rtt, 100 * lost / expected
}

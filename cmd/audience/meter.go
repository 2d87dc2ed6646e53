package main

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	// ntpEpoch is the start of NTP's era, in seconds before 1970.
	ntpEpoch = 2208988800
	// maxDelays bounds the delays that one track keeps: the newest.
	maxDelays = 1 << 12
)

// meter measures one track of one viewer. It is safe for concurrent use.
type meter struct {
	rate float64 // ticks a second

	mu          sync.Mutex
	started     bool
	first, last int64          // extended sequence numbers: the first one received, and the highest
	opening     map[int64]bool // packets of the first frame; nil once that is complete
	packets     uint64
	bytes       uint64
	transit     float64 // of the packet before, in ticks
	jitter      float64 // interarrival jitter, in ticks (RFC 3550 §6.4.1)
	origin      time.Time

	marked    bool // the measured time has begun, with these numbers
	fromLast  int64
	fromCount uint64
	fromBytes uint64

	reported  bool // the last sender report: a moment of the sender, and the timestamp that it had then
	senderAt  time.Time
	senderRTP uint32
	delays    []float64 // ms from the sender's clock to ours, of the packets that end a frame
	delayAt   int
}

func newMeter(rate uint32) *meter {
	return &meter{rate: float64(rate), opening: map[int64]bool{}, origin: time.Now()}
}

// take counts a packet of size bytes. It reports true once: when the first frame is complete.
func (m *meter) take(h *rtp.Header, size int, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := int64(h.SequenceNumber)
	if m.started {
		n = m.last + int64(int16(h.SequenceNumber-uint16(m.last)))
	} else {
		m.started, m.first, m.last = true, n, n
		m.fromLast = n - 1 // for a track that begins within the measured time
	}
	m.last = max(m.last, n)
	m.packets++
	m.bytes += uint64(size)
	transit := now.Sub(m.origin).Seconds()*m.rate - float64(h.Timestamp)
	if m.marked && m.packets > m.fromCount+1 {
		d := transit - m.transit
		m.jitter += (max(d, -d) - m.jitter) / 16
	}
	m.transit = transit
	if h.Marker && m.marked && m.reported {
		m.addDelay(now, h.Timestamp)
	}
	return m.opens(n, h.Marker)
}

// opens follows the first frame. Sound has no frames: its first packet is one.
func (m *meter) opens(n int64, marker bool) bool {
	if m.opening == nil {
		return false
	}
	if m.opening[n] = marker; m.rate == 48000 {
		m.opening = nil
		return true
	}
	for i := m.first; ; i++ {
		ends, here := m.opening[i]
		if !here {
			return false
		}
		if ends {
			m.opening = nil
			return true
		}
	}
}

func (m *meter) addDelay(now time.Time, timestamp uint32) {
	ahead := float64(int32(timestamp-m.senderRTP)) / m.rate
	d := now.Sub(m.senderAt.Add(time.Duration(ahead*float64(time.Second)))).Seconds() * 1000
	if len(m.delays) < maxDelays {
		m.delays = append(m.delays, d)
		return
	}
	m.delays[m.delayAt%maxDelays] = d
	m.delayAt++
}

// report takes over the sender's clock.
func (m *meter) report(sr *rtcp.SenderReport) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reported, m.senderRTP = true, sr.RTPTime
	m.senderAt = time.Unix(int64(sr.NTPTime>>32)-ntpEpoch, int64(sr.NTPTime&0xffffffff*1e9>>32))
}

// mark begins the measured time.
func (m *meter) mark() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marked, m.fromLast, m.fromCount, m.fromBytes = true, m.last, m.packets, m.bytes // zeroes where nothing came yet
}

// reading is what a track did in the measured time.
type reading struct {
	received, expected, bytes uint64
	jitter                    float64 // ms
	delays                    []float64
}

func (m *meter) read() reading {
	m.mu.Lock()
	defer m.mu.Unlock()
	return reading{
		received: m.packets - m.fromCount, expected: uint64(max(m.last-m.fromLast, 0)), bytes: m.bytes - m.fromBytes,
		jitter: m.jitter / m.rate * 1000, delays: append([]float64(nil), m.delays...),
	}
}

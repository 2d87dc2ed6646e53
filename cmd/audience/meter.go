package main

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	// ntpEpoch is the start of NTP's era, in seconds before 1970.
	ntpEpoch = 2208988800
	// maxDelays bounds the delays that one track keeps: the newest.
	maxDelays = 1 << 12
	// window is how many packets back a late one is told from one that came before.
	window = 1 << 10
	// wantedFor is how long a missing packet is asked for.
	wantedFor = time.Second
)

// meter measures one track of one viewer. It belongs to its viewer's lock.
type meter struct {
	rate float64 // ticks a second

	started     bool
	first, last int64               // extended sequence numbers: the first one received, and the highest
	seen        [window / 64]uint64 // a bit a packet of the newest
	missing     []gap
	opening     map[int64]bool // packets of the first frame; nil once that is complete
	packets     uint64         // that came, each counted once
	repaired    uint64         // of these, by a retransmission
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
	senderNTP uint64
	heardAt   time.Time // of it
	delays    []float64 // ms from the sender's clock to ours, of the packets that end a frame
	delayAt   int

	toldAll, toldLost int64 // expected and lost packets at our last report
}

// gap is a packet that has not come, and since when.
type gap struct {
	number int64
	since  time.Time
}

func newMeter(rate uint32) *meter {
	return &meter{rate: float64(rate), opening: map[int64]bool{}, origin: time.Now()}
}

// take counts a packet of size bytes; repeated says that it came as a retransmission, with the header of the original. It
// reports true once: when the first frame is complete.
func (m *meter) take(h *rtp.Header, size int, repeated bool, now time.Time) bool {
	n, fresh := m.place(h.SequenceNumber, now)
	if !fresh {
		return false
	}
	m.packets++
	m.bytes += uint64(size)
	if repeated {
		m.repaired++
	} else {
		m.spread(h.Timestamp, now)
	}
	if h.Marker && m.marked && m.reported {
		m.addDelay(now, h.Timestamp)
	}
	return m.opening != nil && m.opens(n, h.Marker)
}

// place extends a sequence number, and notes what is missing before it. fresh is false for a packet that has been here, or is
// too old to tell.
func (m *meter) place(number uint16, now time.Time) (n int64, fresh bool) {
	n = int64(number)
	if !m.started {
		m.started, m.first, m.last = true, n, n
		m.fromLast = n - 1 // for a track that begins within the measured time
	} else {
		n = m.last + int64(int16(number-uint16(m.last)))
	}
	word, bit := &m.seen[n/64%(window/64)], uint64(1)<<(n%64)
	if n > m.last {
		for i := max(m.last+1, n-window+1); i <= n; i++ {
			m.seen[i/64%(window/64)] &^= 1 << (i % 64)
			if i < n {
				m.missing = append(m.missing, gap{i, now})
			}
		}
		m.last = n
	} else if n <= m.last-window || n < 0 || *word&bit != 0 {
		return n, false
	}
	*word |= bit
	if len(m.missing) > 0 {
		m.missing = slices.DeleteFunc(m.missing, func(g gap) bool { return g.number == n })
	}
	return n, true
}

// spread updates the jitter.
func (m *meter) spread(timestamp uint32, now time.Time) {
	transit := now.Sub(m.origin).Seconds()*m.rate - float64(timestamp)
	if m.marked && m.packets > m.fromCount+1 {
		d := transit - m.transit
		m.jitter += (max(d, -d) - m.jitter) / 16
	}
	m.transit = transit
}

// opens follows the first frame. Sound has no frames: its first packet is one.
func (m *meter) opens(n int64, marker bool) bool {
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
func (m *meter) report(sr *rtcp.SenderReport, now time.Time) {
	m.reported, m.senderRTP, m.senderNTP, m.heardAt = true, sr.RTPTime, sr.NTPTime, now
	m.senderAt = time.Unix(int64(sr.NTPTime>>32)-ntpEpoch, int64(sr.NTPTime&0xffffffff*1e9>>32))
}

// wanted lists the packets that are worth asking for.
func (m *meter) wanted(now time.Time) (numbers []uint16) {
	m.missing = slices.DeleteFunc(m.missing, func(g gap) bool { return now.Sub(g.since) > wantedFor })
	for _, g := range m.missing {
		numbers = append(numbers, uint16(g.number))
	}
	return numbers
}

// receptionReport is what the track tells its sender (RFC 3550 §6.4.1): the loss on the way, before anything was repaired.
func (m *meter) receptionReport(ssrc uint32, now time.Time) rtcp.ReceptionReport {
	expected := m.last - m.first + 1
	lost := max(expected-int64(m.packets-m.repaired), 0)
	all, more := expected-m.toldAll, max(lost-m.toldLost, 0)
	m.toldAll, m.toldLost = expected, lost
	r := rtcp.ReceptionReport{
		SSRC: ssrc, LastSequenceNumber: uint32(m.last), TotalLost: uint32(min(lost, 1<<23-1)), Jitter: uint32(m.jitter),
	}
	if all > 0 {
		r.FractionLost = uint8(min(more*256/all, 255))
	}
	if m.reported {
		r.LastSenderReport = uint32(m.senderNTP >> 16)
		r.Delay = uint32(now.Sub(m.heardAt).Seconds() * 65536)
	}
	return r
}

// mark begins the measured time.
func (m *meter) mark() {
	m.marked, m.fromLast, m.fromCount, m.fromBytes = true, m.last, m.packets, m.bytes // zeroes where nothing came yet
}

// reading is what a track did in the measured time.
type reading struct {
	received, expected, bytes uint64
	jitter                    float64 // ms
	delays                    []float64
}

func (m *meter) read() reading {
	return reading{
		received: m.packets - m.fromCount, expected: uint64(max(m.last-m.fromLast, 0)), bytes: m.bytes - m.fromBytes,
		jitter: m.jitter / m.rate * 1000, delays: m.delays,
	}
}

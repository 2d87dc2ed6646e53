package live

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// keyInterval is the least time between two key frame requests to a publisher: a key frame costs several times a normal
// frame, and one serves all viewers.
const keyInterval = 500 * time.Millisecond

// outdatedAfter is how long nothing must come of a picture until newcomers are not begun with what came before: they would
// see the past for a moment, and frames that follow none.
const outdatedAfter = 3 * time.Second

// UpTrack is the sound or the picture of a show as its publishers send it, one after the other. It numbers and stores their
// packets and hands them to the lanes. Write belongs to the reader of the publisher on air; everything else may be called
// from anywhere.
type UpTrack struct {
	video  bool
	rate   uint32
	serial uint64 // tells the tracks of a stage apart
	cache  *PacketCache
	lanes  []*lane
	stats  *counters
	off    *atomic.Bool // nothing is handed on: muted by the staff

	clock  atomic.Pointer[clock] // nil before the first packet
	lastAt atomic.Int64          // when the newest packet came, in nanoseconds since 1970; 0 before the first

	mu         sync.Mutex // guards what follows; never held over a write
	epoch      uint32
	numbers    unwrapper
	scan       frameScanner
	seenKey    bool      // in this epoch
	keyAskedAt time.Time // when askKey was last called
	askKey     func()    // sends a PLI to the publisher; nil while there is none
	reception  reception
	meter      meter
	arrival    arrival
	most, over Size   // the largest picture that is taken, zero for all; the size of one that was not
	stamped    *clock // as the newest packet told that carried its capture time; nil before such a one
}

// newUpTrack makes a track whose cache holds at most limit bytes.
func newUpTrack(c Codec, limit int, lanes []*lane, stats *counters) *UpTrack {
	return &UpTrack{
		video: c.Video(), rate: c.ClockRate, serial: stats.tracks.Add(1), cache: newPacketCache(limit), lanes: lanes, stats: stats, off: new(atomic.Bool),
		scan: frameScanner{vp8: c.Name() == "VP8"}, reception: reception{rate: c.ClockRate}, arrival: arrival{rate: c.ClockRate},
	}
}

// Switch makes another publisher the source and returns the epoch under which it writes. ask must not block: it sends a
// request for a key frame.
func (u *UpTrack) Switch(ask func()) (epoch uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.epoch++
	u.numbers.restart()
	u.scan = frameScanner{vp8: u.scan.vp8}
	u.seenKey, u.askKey, u.keyAskedAt = false, ask, time.Time{}
	u.reception, u.meter, u.arrival, u.stamped = reception{rate: u.rate}, meter{}, arrival{rate: u.rate}, nil
	u.most, u.over = Size{}, Size{}
	return u.epoch
}

// Silence takes the source away until the next Switch.
func (u *UpTrack) Silence() { u.Switch(nil) }

// Write takes an RTP packet of the publisher that was given the epoch; packets of others are ignored. It keeps raw.
func (u *UpTrack) Write(epoch uint32, raw []byte, now time.Time) error {
	return u.write(epoch, raw, false, now)
}

// Restore is Write for a packet that did not come but was made from others. It may be called by another goroutine.
func (u *UpTrack) Restore(epoch uint32, raw []byte, now time.Time) error {
	return u.write(epoch, raw, true, now)
}

func (u *UpTrack) write(epoch uint32, raw []byte, made bool, now time.Time) error {
	var h rtp.Header
	n, err := h.Unmarshal(raw)
	if err != nil {
		return fmt.Errorf("read RTP header: %w", err)
	}
	p := &Packet{From: u, Epoch: epoch, at: now.UnixNano(), Time: h.Timestamp, Marker: h.Marker, Padding: h.Padding, Payload: raw[n:]}
	wish := u.number(p, h.SequenceNumber, len(raw), made, now)
	if wish == nil {
		return nil
	}
	u.stats.packetsIn.Add(1)
	u.stats.bytesIn.Add(uint64(len(raw)))
	if u.off.Load() || !u.cache.Put(p) {
		return nil
	}
	for _, l := range u.lanes {
		l.offer(p, u.video)
	}
	wish()
	return nil
}

// number fills in what the track knows about the packet. It returns nil if the packet is not of the publisher on air,
// otherwise what to do when the packet was handed on.
func (u *UpTrack) number(p *Packet, sequence uint16, size int, made bool, now time.Time) (after func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if p.Epoch != u.epoch {
		return nil
	}
	if u.video && u.Quiet(now) > outdatedAfter {
		u.cache.Outdate()
		u.seenKey = false
	}
	u.lastAt.Store(now.UnixNano())
	u.meter.add(size, now)
	if !u.numbers.started {
		if c := u.clock.Load(); c == nil || c.epoch != u.epoch { // or a report came before
			u.clock.Store(&clock{epoch: u.epoch, ntp: toNTP(now), rtp: p.Time, at: now, rate: u.rate})
		}
	}
	p.Index = u.numbers.next(sequence)
	if u.video {
		p.KeyStart, p.Parameters = u.scan.scan(media(p), p.Time)
		p.Sets = !u.scan.vp8 && setsAlone(media(p))
	}
	if made {
		u.reception.made(p.Index, now)
	} else {
		u.reception.arrived(p.Index, p.Time, now)
	}
	if u.video && p.Marker {
		u.arrival.completed(p.Time, now)
	}
	if p.KeyStart {
		if !u.scan.size.within(u.most) {
			u.over = u.scan.size
			u.epoch++ // so nothing is taken of that publisher any more
			return nil
		}
		u.reception.key(p.Index, now)
	}
	if u.video {
		u.seenKey = u.seenKey || p.KeyStart
		if !u.seenKey {
			return u.wishLocked(now)
		}
	}
	return func() {}
}

// media is the packet's payload without padding.
func media(p *Packet) []byte {
	if n := len(p.Payload); p.Padding && n > 0 {
		return p.Payload[:max(0, n-int(p.Payload[n-1]))]
	}
	return p.Payload
}

// RequestKey asks the publisher for a key frame, unless it was asked a moment ago.
func (u *UpTrack) RequestKey(now time.Time) { u.RequestKeyAfter(keyInterval, now) }

// RequestKeyAfter is RequestKey for those who can wait: unless the publisher was asked within that time.
func (u *UpTrack) RequestKeyAfter(wait time.Duration, now time.Time) {
	if u.off.Load() {
		return // a picture that nobody sees
	}
	ask := func() {}
	u.mu.Lock()
	if now.Sub(u.keyAskedAt) >= wait {
		ask = u.wishLocked(now)
	}
	u.mu.Unlock()
	ask()
}

// wishLocked returns what must be called, without the lock, to wish for a key frame.
func (u *UpTrack) wishLocked(now time.Time) func() {
	if u.askKey == nil || now.Sub(u.keyAskedAt) < keyInterval {
		return func() {}
	}
	u.keyAskedAt = now
	u.stats.plis.Add(1)
	return u.askKey
}

// Report takes over what a publisher's sender report says about its clock, which may be that it has none (RFC 3550 §6.4.1).
func (u *UpTrack) Report(epoch uint32, ntp uint64, rtp uint32, now time.Time) {
	u.mu.Lock()
	current := epoch == u.epoch
	if current {
		u.reception.heard(ntp, now)
	}
	u.mu.Unlock()
	if current && ntp != 0 {
		u.clock.Store(&clock{epoch: epoch, ntp: ntp, rtp: rtp, at: now, rate: u.rate, told: true})
	}
}

// Stamped takes over what a packet with the timestamp says about when it was captured.
func (u *UpTrack) Stamped(epoch uint32, ntp uint64, rtp uint32, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if epoch == u.epoch {
		u.stamped = &clock{epoch: epoch, ntp: ntp, rtp: rtp, at: now, rate: u.rate, told: true}
	}
}

// captureClock is the clock by which the publisher tells when it captured what it sends: that of its packets, else that of its
// reports; nil where neither tells.
func (u *UpTrack) captureClock() *clock {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.stamped != nil {
		return u.stamped
	}
	if c := u.clock.Load(); c != nil && c.told && c.epoch == u.epoch {
		return c
	}
	return nil
}

// written reports whether the publisher with that epoch is the source.
func (u *UpTrack) written(epoch uint32) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return epoch == u.epoch
}

// Missing appends to out the sequence numbers that the publisher with that epoch should send again.
func (u *UpTrack) Missing(epoch uint32, now time.Time, out []uint16) []uint16 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if epoch != u.epoch {
		return out
	}
	before := len(out)
	out = u.reception.requests(now, out)
	u.stats.requested.Add(uint64(len(out) - before))
	return out
}

// protected returns the packets, from a sequence number on, of which parity has come, nil for those that are missing; nil
// before the first packet and for a publisher that is not the source.
func (u *UpTrack) protected(epoch uint32, first uint16, n int, now time.Time) (have []*Packet) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if epoch != u.epoch || !u.numbers.started {
		return nil
	}
	u.reception.protected = now
	index := u.numbers.highest + int64(int16(first-uint16(u.numbers.highest)))
	for i := range int64(n) {
		have = append(have, u.cache.Get(index+i))
	}
	return have
}

// Reception is the report (RFC 3550 §6.4.1) to the publisher with that epoch about its stream. ok is false before the first
// packet.
func (u *UpTrack) Reception(epoch, ssrc uint32, now time.Time) (b rtcp.ReceptionReport, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if epoch != u.epoch {
		return b, false
	}
	return u.reception.report(ssrc, now)
}

// bound has the publisher that writes send no larger picture, zero for any.
func (u *UpTrack) bound(most Size) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.most = most
}

// Over is the size of a picture larger than its publisher may send, of whom nothing is taken any more; zero while there was none.
func (u *UpTrack) Over() Size {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.over
}

// Size is the picture's since the newest key frame; the zero Size before the first one and for sound.
func (u *UpTrack) Size() Size {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.scan.size
}

// Bitrate is what comes, in bits a second, measured over the last full second; 0 once nothing has come for two.
func (u *UpTrack) Bitrate(now time.Time) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.meter.rate(now)
}

// usual is the Bitrate when something came last.
func (u *UpTrack) usual() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.meter.last
}

// Quiet is how long nothing has come; very long before the first packet.
func (u *UpTrack) Quiet(now time.Time) time.Duration { return now.Sub(time.Unix(0, u.lastAt.Load())) }

// meter measures a stream's bitrate over windows of a second. The zero value is ready. Between two stretches of a stream it
// keeps what it has measured last.
type meter struct {
	begun       time.Time // of the window
	bytes, last int       // of the window, and bits a second of the one before
}

func (m *meter) add(bytes int, now time.Time) {
	if d := now.Sub(m.begun); d >= time.Second {
		if d < 2*time.Second {
			m.last = int(float64(8*m.bytes) / d.Seconds())
		}
		m.begun, m.bytes = now, 0
	}
	m.bytes += bytes
}

func (m *meter) rate(now time.Time) int {
	if now.Sub(m.begun) >= 2*time.Second {
		return 0
	}
	return m.last
}

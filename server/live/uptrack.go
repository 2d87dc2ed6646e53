package live

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// keyInterval is the least time between two key frame requests to a publisher: a key frame costs several times a normal
// frame, and one serves all viewers.
const keyInterval = 500 * time.Millisecond

// UpTrack is the sound or the picture of a show as its publishers send it, one after the other. It numbers and stores their
// packets and hands them to the lanes. Write belongs to the reader of the publisher on air; everything else may be called
// from anywhere.
type UpTrack struct {
	video bool
	rate  uint32
	cache *PacketCache
	lanes []*lane
	stats *counters

	clock atomic.Pointer[clock] // nil before the first packet

	mu         sync.Mutex // guards what follows; never held over a write
	epoch      uint32
	numbers    unwrapper
	scan       frameScanner
	seenKey    bool      // in this epoch
	keyAskedAt time.Time // when askKey was last called
	askKey     func()    // sends a PLI to the publisher; nil while there is none
}

// newUpTrack makes a track whose cache holds at most limit bytes.
func newUpTrack(c Codec, limit int, lanes []*lane, stats *counters) *UpTrack {
	return &UpTrack{
		video: c.Video(), rate: c.ClockRate, cache: newPacketCache(limit), lanes: lanes, stats: stats,
		scan: frameScanner{vp8: c.Name() == "VP8"},
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
	return u.epoch
}

// Silence takes the source away until the next Switch.
func (u *UpTrack) Silence() { u.Switch(nil) }

// Write takes an RTP packet of the publisher that was given the epoch; packets of others are ignored. It keeps raw.
func (u *UpTrack) Write(epoch uint32, raw []byte, now time.Time) error {
	var h rtp.Header
	n, err := h.Unmarshal(raw)
	if err != nil {
		return fmt.Errorf("read RTP header: %w", err)
	}
	p := &Packet{Epoch: epoch, Time: h.Timestamp, Marker: h.Marker, Padding: h.Padding, Payload: raw[n:]}
	wish := u.number(p, h.SequenceNumber, now)
	if wish == nil {
		return nil
	}
	u.stats.packetsIn.Add(1)
	u.stats.bytesIn.Add(uint64(len(raw)))
	if !u.cache.Put(p) {
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
func (u *UpTrack) number(p *Packet, sequence uint16, now time.Time) (after func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if p.Epoch != u.epoch {
		return nil
	}
	if !u.numbers.started {
		u.clock.Store(&clock{epoch: u.epoch, ntp: toNTP(now), rtp: p.Time, at: now, rate: u.rate})
	}
	p.Index = u.numbers.next(sequence)
	if u.video {
		p.KeyStart, p.Parameters = u.scan.scan(media(p), p.Time)
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
func (u *UpTrack) RequestKey(now time.Time) {
	u.mu.Lock()
	ask := u.wishLocked(now)
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

// Report takes over what a publisher's sender report says about its clock.
func (u *UpTrack) Report(epoch uint32, ntp uint64, rtp uint32, now time.Time) {
	u.mu.Lock()
	current := epoch == u.epoch
	u.mu.Unlock()
	if current {
		u.clock.Store(&clock{epoch: epoch, ntp: ntp, rtp: rtp, at: now, rate: u.rate})
	}
}

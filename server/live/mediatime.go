package live

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"

	"vitrine/server/wire"
)

// absCaptureTime is the header extension by which a sender tells when it captured what a packet is of
// (http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time).
const absCaptureTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"

// MediaTime is the capture time of what the host of a show sends at this moment, in ms since 1970 by the host's own clock: what an
// event is stamped with so that viewers are shown it with the picture that it belongs to. Of a host that tells no time it is the
// time at which its packets come. ok is false while nothing is on air.
func (s *Stage) MediaTime(id wire.ShowID) (ms int64, ok bool) {
	s.mu.Lock()
	show := s.shows[id]
	s.mu.Unlock()
	if show == nil {
		return 0, false
	}
	on := show.state.Load()
	f := on.video
	if f == nil {
		f = on.audio
	}
	if !on.live || f == nil {
		return 0, false
	}
	return f.mediaTime(time.Now()), true
}

// mediaTime is the capture time of what comes at that moment, by the newest that the publisher told of any layer.
func (f *feed) mediaTime(at time.Time) (ms int64) {
	var newest *clock
	for _, l := range f.layers() {
		if c := l.up.captureClock(); c != nil && (newest == nil || c.at.After(newest.at)) {
			newest = c
		}
	}
	if newest == nil {
		return at.UnixMilli()
	}
	ntp, _ := newest.read(at)
	return unixMilli(ntp, at)
}

// tellTime tells the viewer how the timestamps that it gets go with media time. A layer whose publisher has not told its own is
// taken to come at once.
func (d *DownTrack) tellTime(offset, epoch uint32, now time.Time) {
	if d.timed == nil {
		return
	}
	e := wire.ClockEvent{RTP: d.forwarder.lastTime}
	c := d.up.captureClock()
	d.guessed = c == nil || c.epoch != epoch
	if d.guessed {
		e.Media = d.feed.mediaTime(d.forwarder.lastAt)
	} else {
		e.Media = unixMilli(c.captured(e.RTP-offset, now), now)
	}
	d.timed(e)
}

// stamps reads the capture times that the packets of a publisher carry. It belongs to one goroutine.
type stamps struct {
	id     uint8 // of the extension; 0 where the publisher does not send it
	header rtp.Header
}

// read returns a packet's timestamp and its capture time in NTP; ok is false for one that carries none.
func (s *stamps) read(packet []byte) (ticks uint32, ntp uint64, ok bool) {
	if s.id == 0 {
		return 0, 0, false
	}
	if _, err := s.header.Unmarshal(packet); err != nil {
		return 0, 0, false
	}
	value := s.header.GetExtension(s.id)
	if len(value) < 8 {
		return 0, 0, false
	}
	return s.header.Timestamp, binary.BigEndian.Uint64(value), true
}

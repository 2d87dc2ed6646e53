package live

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v3"
)

// slabSize is how much memory the payloads of a track are cut from at a time.
const slabSize = 64 << 10

// Publisher is a session that sends a show. It is incoming until its first packet, then on air until it is replaced or gone.
type Publisher struct {
	*peer
	*inbound
	audio, video *Codec // nil where it sends none
	rids         []string
	// soundAgain and pictureAgain say that it sends lost packets of the kind again, pauses that it pauses layers.
	soundAgain, pictureAgain, pauses bool

	// captures and levels are the ids of the extensions by which the picture's packets carry their capture time and the sound's how loud it
	// is; 0 for none.
	captures, levels uint8
	sounded          atomic.Int64 // when sound was heard last, in ns since 1970
	// most bounds the picture of a guest; zero for others. pace, and that something has flowed, belong to the show's loop.
	most   Size
	pace   pace
	flowed bool

	mu      sync.Mutex // guards what follows; never held over a write
	uplinks []*uplink
	early   map[uint32]earlyReport // by SSRC; of streams whose first packet is on its way to the show
}

// newPublisher reads from an offer what its sender sends. ok is false if a section that wants to send has no codec that
// viewers can be sent.
func newPublisher(o *offer) (p *Publisher, ok bool) {
	choose := func(s *section) (*Codec, bool) {
		if !s.flows() {
			return nil, true
		}
		for _, c := range s.codecs {
			if c.carried() {
				return &c, true
			}
		}
		return nil, false
	}
	p = &Publisher{}
	var okA, okV bool
	p.audio, okA = choose(o.audio)
	p.video, okV = choose(o.video)
	if p.audio != nil {
		p.soundAgain = o.audio.feeds(p.audio, "nack")
		p.levels = o.audio.extensions[audioLevel]
		// What we would like to receive: error correction, and both channels.
		a := p.audio.with("useinbandfec", "1").with("stereo", "1")
		p.audio = &a
	}
	if p.video != nil {
		p.rids = o.video.rids
		p.captures = o.video.extensions[absCaptureTime]
		p.pictureAgain = o.video.feeds(p.video, "nack")
		p.pauses = o.video.feeds(p.video, "ccm pause")
	}
	return p, okA && okV
}

func (p *Publisher) codecs() (list []Codec) {
	for _, c := range []*Codec{p.audio, p.video} {
		if c != nil {
			list = append(list, *c)
		}
	}
	return list
}

// receive reads a stream of the publisher, after what was read of it early, until its connection ends or another publisher takes over. promote is called once,
// with the first packet in hand; it returns nil if the publisher does not get on air. woken is called when a packet comes
// after a silence.
func (p *Publisher) receive(track *webrtc.TrackRemote, early [][]byte, captures uint8, promote func() *source, woken func()) error {
	var (
		slab []byte
		from *source
	)
	capture := stamps{id: captures}
	for {
		var raw []byte
		if len(early) > 0 {
			raw, early = early[0], early[1:]
		} else {
			if len(slab) < receiveMTU {
				slab = make([]byte, slabSize)
			}
			n, _, err := track.Read(slab)
			if errors.Is(err, io.ErrShortBuffer) || errors.Is(err, webrtc.ErrCodecNotFound) {
				continue // no packet of ours, and no reason to stop
			}
			if err != nil {
				return nil // the connection has ended; its state change tells the show
			}
			raw, slab = slab[:n:n], slab[n:]
		}
		if from == nil {
			if from = promote(); from == nil {
				return nil
			}
		}
		now := time.Now()
		quiet := from.layer.up.Quiet(now) > interruptedAfter
		// A packet that is no RTP has not passed SRTP, so there is no error to expect and none to act upon.
		_ = from.layer.up.Write(from.epoch, raw, now)
		if ticks, ntp, ok := capture.read(raw); ok {
			from.layer.up.Stamped(from.epoch, ntp, ticks, now)
		}
		if !from.layer.up.video && audible(raw, p.levels) {
			p.sounded.Store(now.UnixNano())
		}
		if quiet {
			woken()
		}
	}
}

// source is the right to write to a layer.
type source struct {
	layer *Layer
	epoch uint32
}

// admitPublisher makes p the publisher that is expected, in place of another that is still expected.
func (s *Show) admitPublisher(p *Publisher) {
	if s.incoming != nil {
		s.drop(s.incoming.peer, replaced())
	}
	s.incoming = p
	if s.onAir == nil && seat(s.id) {
		s.prepare(p)
	}
	hear := p.heard
	p.buffers.hear.Store(&hear)
	p.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		s.post(func() { s.startReceiving(p, t) })
	})
	s.watchLink(p.peer)
	s.group.Go(func() error { return p.attend(s.ctx) })
}

func (s *Show) startReceiving(p *Publisher, t *webrtc.TrackRemote) {
	if p != s.incoming && p != s.onAir {
		return
	}
	u := &uplink{rid: t.RID(), ssrc: uint32(t.SSRC()), video: t.Kind() == webrtc.RTPCodecTypeVideo, again: p.soundAgain}
	captures := uint8(0)
	if u.video {
		u.again, captures = p.pictureAgain, p.captures
	}
	if !p.add(u) {
		return
	}
	promote := func() (from *source) {
		_ = s.do(context.Background(), func() { from = s.promote(p, u) }) // ends with the show at the latest
		return from
	}
	early := p.buffers.early(u.ssrc)
	if u.rid == "" {
		early = nil // of a stream that it was told of, pion hands on what it has read
	}
	s.group.Go(func() error { return p.receive(t, early, captures, promote, s.awake) })
}

// promote puts p on air if it is the one expected, and returns where the stream is written.
func (s *Show) promote(p *Publisher, u *uplink) *source {
	if p == s.incoming {
		s.incoming = nil
		s.putOnAir(p)
	}
	f := s.audio
	if u.video {
		f = s.video
	}
	if p != s.onAir || f == nil {
		return nil
	}
	l := f.layer(u.rid)
	if l == nil {
		return nil
	}
	from := &source{l, l.epoch}
	p.join(u, from)
	return from
}

func (s *Show) putOnAir(p *Publisher) {
	old := s.onAir
	s.onAir, s.vacantSince = p, time.Time{}
	p.sounded.Store(time.Now().UnixNano())
	if s.since.IsZero() {
		s.since = time.Now()
	}
	s.prepare(p)
	for _, l := range s.layers() {
		var ask func()
		if l.up.video {
			ask = func() { p.askKey(l.rid) }
		}
		l.epoch = l.up.Switch(ask)
		if l.up.video {
			l.up.bound(p.most)
		}
	}
	if old != nil {
		s.drop(old.peer, replaced())
	}
	s.log.Info("on air", "video", p.video != nil, "audio", p.audio != nil, "layers", len(p.rids), "took_over", old != nil)
}

// prepare has the feeds be of what p sends. Viewers who cannot go on with that are ended.
func (s *Show) prepare(p *Publisher) {
	if s.fits(p) {
		if s.video != nil {
			s.video.carry(p.rids)
		}
		return
	}
	s.endViewers()
	s.audio, s.video = nil, nil
	if p.audio != nil {
		s.audio = s.newFeed(*p.audio, nil, &s.dumb)
	}
	if p.video != nil {
		s.video = s.newFeed(*p.video, p.rids, &s.dark)
	}
}

// newFeed makes a feed of which nothing is sent while off is set.
func (s *Show) newFeed(c Codec, rids []string, off *atomic.Bool) *feed {
	f := feedWith(c, rids, func() *UpTrack {
		u := newUpTrack(c, s.cfg.CacheBytes, s.lanes, s.stats)
		u.off = off
		return u
	})
	f.asked = seat(s.id)
	return f
}

// layers lists those of the sound and of the picture.
func (s *Show) layers() (list []*Layer) {
	for _, f := range []*feed{s.audio, s.video} {
		if f != nil {
			list = append(list, f.layers()...)
		}
	}
	return list
}

// fits reports whether viewers can go on with what p sends.
func (s *Show) fits(p *Publisher) bool {
	match := func(f *feed, c *Codec) bool {
		return (f == nil) == (c == nil) && (f == nil || same(f.codec, *c))
	}
	return match(s.audio, p.audio) && match(s.video, p.video)
}

package live

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

// slabSize is how much memory the payloads of a track are cut from at a time.
const slabSize = 64 << 10

// Publisher is a session that sends a show. It is incoming until its first packet, then on air until it is replaced or gone.
type Publisher struct {
	*peer
	*uplink
	audio, video *Codec // nil where it sends none
	videoSSRC    atomic.Uint32
}

// codecsOf chooses for each kind the first codec of the offer that viewers can be sent. ok is false if a section that
// wants to send has none.
func codecsOf(o *offer) (audio, video *Codec, ok bool) {
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
	audio, okA := choose(o.audio)
	video, okV := choose(o.video)
	if audio != nil {
		// What we would like to receive: error correction, and both channels.
		a := audio.with("useinbandfec", "1").with("stereo", "1")
		audio = &a
	}
	return audio, video, okA && okV
}

func (p *Publisher) codecs() (list []Codec) {
	for _, c := range []*Codec{p.audio, p.video} {
		if c != nil {
			list = append(list, *c)
		}
	}
	return list
}

// receive reads a track of the publisher until its connection ends or another publisher takes over. promote is called
// once, with the first packet in hand; it returns nil if the publisher does not get on air.
func (p *Publisher) receive(track *webrtc.TrackRemote, promote func() *source) error {
	var (
		slab []byte
		from *source
	)
	for {
		if len(slab) < receiveMTU {
			slab = make([]byte, slabSize)
		}
		n, _, err := track.Read(slab)
		if errors.Is(err, io.ErrShortBuffer) {
			continue
		}
		if err != nil {
			return nil // the connection has ended; its state change tells the show
		}
		if from == nil {
			if from = promote(); from == nil {
				return nil
			}
		}
		// A packet that is no RTP has not passed SRTP, so there is no error to expect and none to act upon.
		_ = from.up.Write(from.epoch, slab[:n:n], time.Now())
		slab = slab[n:]
	}
}

// source is the right to write to an UpTrack.
type source struct {
	up    *UpTrack
	epoch uint32
}

// listen reads the publisher's sender reports until its connection ends.
func (p *Publisher) listen(r *webrtc.RTPReceiver, ssrc uint32, current func() *source) error {
	buf := make([]byte, receiveMTU)
	for {
		n, _, err := r.Read(buf)
		if err != nil {
			return nil // the connection has ended
		}
		list, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, m := range list {
			sr, ok := m.(*rtcp.SenderReport)
			if !ok || sr.SSRC != ssrc {
				continue
			}
			if from := current(); from != nil {
				from.up.Report(from.epoch, sr.NTPTime, sr.RTPTime, time.Now())
			}
		}
	}
}

// askKey sends a PLI (RFC 4585 §6.3.1) for the publisher's picture.
func (p *Publisher) askKey() {
	if ssrc := p.videoSSRC.Load(); ssrc != 0 {
		_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
	}
}

// admitPublisher makes p the publisher that is expected, in place of another that is still expected.
func (s *Show) admitPublisher(p *Publisher) {
	if s.incoming != nil {
		s.drop(s.incoming.peer, true)
	}
	s.incoming = p
	p.pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		s.post(func() { s.startReceiving(p, t, r) })
	})
	s.watchLink(p.peer)
}

func (s *Show) startReceiving(p *Publisher, t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	if p != s.incoming && p != s.onAir {
		return
	}
	video := t.Kind() == webrtc.RTPCodecTypeVideo
	if video {
		p.videoSSRC.Store(uint32(t.SSRC()))
	}
	fromShow := func(f func() *source) func() *source {
		return func() (from *source) {
			_ = s.do(context.Background(), func() { from = f() }) // ends with the show at the latest
			return from
		}
	}
	s.group.Go(func() error { return p.receive(t, fromShow(func() *source { return s.promote(p, video) })) })
	s.group.Go(func() error {
		return p.listen(r, uint32(t.SSRC()), fromShow(func() *source { return s.sourceOf(p, video) }))
	})
}

// promote puts p on air if it is the one expected, and returns where it writes.
func (s *Show) promote(p *Publisher, video bool) *source {
	if p == s.incoming {
		s.incoming = nil
		s.putOnAir(p)
	}
	return s.sourceOf(p, video)
}

func (s *Show) putOnAir(p *Publisher) {
	old := s.onAir
	s.onAir = p
	if s.since.IsZero() {
		s.since = time.Now()
	}
	if !s.fits(p) {
		s.endViewers()
		s.audio, s.video = nil, nil
		if p.audio != nil {
			s.audio = &feed{*p.audio, newUpTrack(*p.audio, s.cfg.CacheBytes, s.lanes, s.stats), 0}
		}
		if p.video != nil {
			s.video = &feed{*p.video, newUpTrack(*p.video, s.cfg.CacheBytes, s.lanes, s.stats), 0}
		}
	}
	if s.audio != nil {
		s.audio.epoch = s.audio.up.Switch(nil)
	}
	if s.video != nil {
		s.video.epoch = s.video.up.Switch(p.askKey)
	}
	if old != nil {
		s.drop(old.peer, true)
	}
	s.log.Info("on air", "video", p.video != nil, "audio", p.audio != nil, "took_over", old != nil)
}

// fits reports whether viewers can go on with what p sends.
func (s *Show) fits(p *Publisher) bool {
	match := func(f *feed, c *Codec) bool {
		return (f == nil) == (c == nil) && (f == nil || same(f.codec, *c))
	}
	return match(s.audio, p.audio) && match(s.video, p.video)
}

// sourceOf returns where p writes; nil if it is not on air or sends nothing of the kind.
func (s *Show) sourceOf(p *Publisher, video bool) *source {
	f := s.audio
	if video {
		f = s.video
	}
	if p != s.onAir || f == nil {
		return nil
	}
	return &source{f.up, f.epoch}
}

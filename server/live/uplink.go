package live

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

const (
	// attendEvery is how often a publisher's streams are looked after, receiveEvery how often they are reported on.
	attendEvery, receiveEvery = 10 * time.Millisecond, time.Second
	// maxRequests bounds one NACK message, which must fit a datagram: each may need a pair of 4 bytes.
	maxRequests = 256
)

// uplink is one RTP stream of a publisher: sound, picture, or one layer of it.
type uplink struct {
	rid   string
	ssrc  uint32
	video bool
	again bool // lost packets may be asked for

	from  *source // nil until its first packet
	pause pauser
}

// add takes a stream in. It reports false for a second one of the same kind and identifier.
func (p *Publisher) add(u *uplink) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, other := range p.uplinks {
		if other.video == u.video && other.rid == u.rid {
			return false
		}
	}
	p.uplinks = append(p.uplinks, u)
	return true
}

// join tells where the stream is written from now on.
func (p *Publisher) join(u *uplink, from *source) {
	p.mu.Lock()
	u.from = from
	r, ok := p.early[u.ssrc]
	delete(p.early, u.ssrc)
	p.mu.Unlock()
	if ok {
		from.layer.up.Report(from.epoch, r.ntp, r.ticks, r.at)
	}
}

// earlyReport is a sender report that came before anything knew its stream: senders that report with the first packet do not do
// so again for a second or more.
type earlyReport struct {
	ntp   uint64
	ticks uint32
	at    time.Time
}

// maxEarly bounds the reports that are kept: a publisher may name any stream.
const maxEarly = 2 * maxLayers

// report takes over a sender report, or keeps it for a stream that is about to begin.
func (p *Publisher) report(sr *rtcp.SenderReport, now time.Time) {
	p.mu.Lock()
	from := p.sourceLocked(sr.SSRC)
	if from == nil && len(p.early) < maxEarly {
		if p.early == nil {
			p.early = map[uint32]earlyReport{}
		}
		p.early[sr.SSRC] = earlyReport{sr.NTPTime, sr.RTPTime, now}
	}
	p.mu.Unlock()
	if from != nil {
		from.layer.up.Report(from.epoch, sr.NTPTime, sr.RTPTime, now)
	}
}

// askKey sends a PLI (RFC 4585 §6.3.1) for the picture with that stream identifier.
func (p *Publisher) askKey(rid string) {
	p.mu.Lock()
	var wish rtcp.PictureLossIndication
	for _, u := range p.uplinks {
		if u.video && u.rid == rid {
			wish.MediaSSRC = u.ssrc
		}
	}
	p.mu.Unlock()
	if wish.MediaSSRC != 0 {
		_ = p.pc.WriteRTCP([]rtcp.Packet{&wish})
	}
}

// attend looks after the publisher's streams until its connection or ctx ends: it mends what parity can, asks for lost packets, reports what came,
// and pauses the layers that nobody wants. Errors of writing mean that the connection is going away.
func (p *Publisher) attend(ctx context.Context) error {
	ourselves, reported := rand.Uint32(), time.Time{}
	tick := time.NewTicker(attendEvery)
	defer tick.Stop()
	for p.pc.SignalingState() != webrtc.SignalingStateClosed {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			p.mend(now)
			due := now.Sub(reported) >= receiveEvery
			if due {
				reported = now
			}
			for _, message := range p.messages(ourselves, due, now) {
				_ = p.pc.WriteRTCP(message)
			}
		}
	}
	return nil
}

// messages makes the RTCP that is due, as compound packets.
func (p *Publisher) messages(sender uint32, report bool, now time.Time) (list [][]rtcp.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := &rtcp.ReceiverReport{SSRC: sender}
	for _, u := range p.uplinks {
		if u.from == nil {
			continue
		}
		up, epoch := u.from.layer.up, u.from.epoch
		if u.again {
			list = append(list, requests(sender, u.ssrc, up.Missing(epoch, now, nil))...)
		}
		if p.pauses && u.rid != "" {
			if m := u.steer(sender, now); m != nil {
				list = append(list, m)
			}
		}
		if !report {
			continue
		}
		if b, ok := up.Reception(epoch, u.ssrc, now); ok {
			all.Reports = append(all.Reports, b)
		}
	}
	if report && p.most != (Size{}) {
		list = append(list, p.bound(sender)...)
	}
	if len(all.Reports) > 0 {
		list = append(list, []rtcp.Packet{all})
	}
	return list
}

// bound tells a guest how much of the picture may come (draft-alvestrand-rmcat-remb-03), beside what the answer says of it.
func (p *Publisher) bound(sender uint32) (list [][]rtcp.Packet) {
	wish := &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: sender, Bitrate: SeatBitrate}
	for _, u := range p.uplinks {
		if u.video {
			wish.SSRCs = append(wish.SSRCs, u.ssrc)
		}
	}
	if len(wish.SSRCs) > 0 {
		list = append(list, []rtcp.Packet{wish})
	}
	return list
}

func requests(sender, ssrc uint32, missing []uint16) (list [][]rtcp.Packet) {
	for len(missing) > 0 {
		n := min(len(missing), maxRequests)
		list = append(list, []rtcp.Packet{&rtcp.TransportLayerNack{
			SenderSSRC: sender, MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing[:n]),
		}})
		missing = missing[n:]
	}
	return list
}

// steer makes the pause or resume message that is due, or nil. It goes with a report, because receivers such as pion find the
// stream that a compound packet belongs to by what they know. A layer is not paused before its size, and so its place among
// the others, is known.
func (u *uplink) steer(sender uint32, now time.Time) []rtcp.Packet {
	l := u.from.layer
	if !l.up.written(u.from.epoch) {
		return nil // another publisher took over
	}
	needed := l.wanted.Load() > 0 || l.lowest.Load() || l.Size() == Size{}
	kind, ok := u.pause.next(needed, l.up.Quiet(now), now)
	if u.pause.paused {
		l.paused.Store(u.from.epoch)
	} else {
		l.paused.Store(0)
	}
	if !ok {
		return nil
	}
	b, _ := l.up.Reception(u.from.epoch, u.ssrc, now)
	raw := rtcp.RawPacket(appendPause(nil, sender, pauseMessage{u.ssrc, kind, u.pause.id}))
	list := []rtcp.Packet{&rtcp.ReceiverReport{SSRC: sender, Reports: []rtcp.ReceptionReport{b}}, &raw}
	if kind == pauseResume {
		list = append(list, &rtcp.PictureLossIndication{SenderSSRC: sender, MediaSSRC: u.ssrc})
	}
	return list
}

// heard takes what came by RTCP for a stream. It must not block: the connection's reader calls it.
func (p *Publisher) heard(raw []byte) {
	now := time.Now()
	for _, m := range readPauses(raw) {
		if m.Kind == pauseRefused {
			p.refused(m.SSRC)
		}
	}
	list, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	for _, m := range list {
		if sr, ok := m.(*rtcp.SenderReport); ok {
			p.report(sr, now)
		}
	}
}

func (p *Publisher) sourceOf(ssrc uint32) *source {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sourceLocked(ssrc)
}

func (p *Publisher) sourceLocked(ssrc uint32) *source {
	for _, u := range p.uplinks {
		if u.ssrc == ssrc {
			return u.from
		}
	}
	return nil
}

func (p *Publisher) refused(ssrc uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.uplinks {
		if u.ssrc == ssrc {
			u.pause.refused = true
		}
	}
}

package live

import (
	"context"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// Viewer is a session that receives a show.
type Viewer struct {
	*peer
	downs []*DownTrack
	lane  *lane // nil until it is connected
	wants []*Layer
}

// newViewer makes a connection for what the offer takes of the tracks on air.
func (s *Stage) newViewer(o *offer, session SessionID, id wire.ShowID, on *onAir) (*Viewer, error) {
	type choice struct {
		codec Codec
		layer *Layer
	}
	var (
		codecs []Codec
		chosen []choice
	)
	for _, k := range []struct {
		s *section
		f *feed
	}{{o.audio, on.audio}, {o.video, on.video}} {
		switch {
		case k.s == nil:
		case k.f == nil || !k.s.active: // answered as inactive
			if i := slices.IndexFunc(k.s.codecs, Codec.carried); i >= 0 {
				codecs = append(codecs, k.s.codecs[i])
			}
		default:
			c, ok := pick(k.f.codec, k.s.codecs)
			if !ok {
				return nil, wire.Errorf(wire.NoCodec, "the show is sent as %s, which the offer does not list", k.f.codec.Name())
			}
			codecs = append(codecs, c)
			chosen = append(chosen, choice{c, k.f.best(time.Now())})
		}
	}
	if len(chosen) == 0 {
		return nil, wire.Errorf(wire.NoCodec, "the offer asks for nothing that the show sends")
	}
	p, err := s.newPeer(o, session, watching, codecs)
	if err != nil {
		return nil, err
	}
	v := &Viewer{peer: p}
	for _, c := range chosen {
		d := newDownTrack(c.codec, string(id), c.layer.up, p.pc)
		if _, err := p.pc.AddTransceiverFromTrack(d, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			_ = p.close()
			return nil, wire.Errorf(wire.Internal, "the connection cannot send %s", c.codec.Name())
		}
		v.downs, v.wants = append(v.downs, d), append(v.wants, c.layer)
	}
	return v, nil
}

// listen reads the viewer's RTCP for one track until the connection ends, and hands its wishes to the lane.
func (v *Viewer) listen(sender *webrtc.RTPSender, d *DownTrack, l *lane) error {
	buf := make([]byte, receiveMTU)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return nil // the connection has ended
		}
		list, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		f := feedback{down: d}
		for _, m := range list {
			switch m := m.(type) {
			case *rtcp.TransportLayerNack:
				if m.MediaSSRC == d.header.SSRC {
					f.nacks = append(f.nacks, m.Nacks...)
				}
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				f.key = true
			}
		}
		if f.key || f.nacks != nil {
			l.tell(f)
		}
	}
}

// admitViewer takes a viewer in whose answer is about to be sent. It fails if the show has changed since the answer was made.
func (s *Show) admitViewer(v *Viewer, on *onAir) error {
	if s.onAir == nil || s.audio != on.audio || s.video != on.video {
		return notLive()
	}
	s.viewers[v.id] = v
	s.watchLink(v.peer)
	return nil
}

func (v *Viewer) want(yes bool) {
	for _, l := range v.wants {
		l.Want(yes)
	}
}

// startSending begins to send to a viewer whose connection is up.
func (s *Show) startSending(ctx context.Context, v *Viewer) {
	if v.lane != nil {
		return
	}
	for _, l := range s.lanes {
		if v.lane == nil || l.viewers < v.lane.viewers {
			v.lane = l
		}
	}
	v.lane.viewers++
	v.want(true)
	s.stats.joins.Add(1)
	for _, sender := range v.pc.GetSenders() {
		if d, ok := sender.Track().(*DownTrack); ok {
			s.group.Go(func() error { return v.listen(sender, d, v.lane) })
		}
	}
	v.lane.do(ctx, func(now time.Time) { v.lane.attach(now, v.downs) })
}

// stopSending takes the viewer off its lane.
func (s *Show) stopSending(ctx context.Context, v *Viewer) {
	if v.lane == nil {
		return
	}
	v.lane.viewers--
	v.want(false)
	v.lane.do(ctx, func(time.Time) { v.lane.detach(v.downs) })
}

func notLive() error {
	return &wire.Error{Code: wire.NotLive, Text: "nobody is sending this show at the moment", RetryAfter: 2 * time.Second}
}

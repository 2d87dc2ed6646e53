package live

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"vitrine/server/wire"
)

// Viewer is a session that receives a show.
type Viewer struct {
	*peer
	direct *direct
	downs  []*DownTrack
	guard  guard // belongs to the lane
	// highest is the highest sequence number reported for a track; it belongs to whoever calls hear, one at a time.
	highest map[*DownTrack]uint32
	// lane is nil until the viewer is connected.
	lane atomic.Pointer[lane]
	// news is nil for viewers without event channel.
	news  *news
	sight sight
	door  *door // the way out; belongs to the lane
	// tells hands on what the player reports; nil for nobody.
	tells func(Said)
	// enters opens the viewer's way into the room.
	enters func(Say) Guest
}

// newViewer makes a connection for what the offer takes of the tracks on air.
func (s *Stage) newViewer(o *offer, session SessionID, id wire.ShowID, on *onAir) (*Viewer, error) {
	v, r := &Viewer{highest: map[*DownTrack]uint32{}}, reply{offer: o, show: string(id), tracks: map[*section]*DownTrack{}}
	for _, k := range []struct {
		s *section
		f *feed
	}{{o.audio, on.audio}, {o.video, on.video}} {
		if k.f == nil || !k.s.flows() {
			continue
		}
		c, ok := pick(k.f.codec, k.s.codecs)
		if !ok {
			return nil, wire.Errorf(wire.NoCodec, "the show is sent as %s, which the offer does not list", k.f.codec.Name())
		}
		l := k.f.first(&v.guard, ceiling{}, time.Now())
		d := newDownTrack(c, k.s, k.f, l)
		d.guard = &v.guard
		r.tracks[k.s] = d
		v.downs = append(v.downs, d)
		if k.f == on.video {
			v.sight.seen.Current = l.id()
			d.choice.ceiling = v.ceiling
			d.choice.changed = func(l *Layer) { v.layersEvent(func(e *wire.LayersEvent) { e.Current = l.id() }) }
		}
	}
	if len(v.downs) == 0 {
		return nil, wire.Errorf(wire.NoCodec, "the offer asks for nothing that the show sends")
	}
	if o.data != nil {
		v.news = newNews()
		if d := v.steered(); d.codec.Video() {
			d.timed = func(e wire.ClockEvent) { v.news.put(ofClock, e) }
		}
	}
	v.direct = s.newDirect(r, v)
	v.peer = s.newPeer(o, session, watching, v.direct)
	v.enters = func(say Say) Guest {
		if seat(id) {
			return outsider{} // the way into the room leads through the host's channel
		}
		return s.cfg.Room(id, say)
	}
	if tell := s.cfg.Reported; tell != nil {
		v.tells = func(said Said) { tell(id, session, said) }
	}
	return v, nil
}

// hear takes the viewer's RTCP, a compound packet which it does not keep, and hands its wishes to the lane.
func (v *Viewer) hear(compound []byte) {
	l := v.lane.Load()
	if l == nil {
		return
	}
	messages(compound, func(message []byte) {
		room := messageRoom.Get().(*[receiveMTU]byte)
		l.tell(feedback{guard: &v.guard, down: v.steered(), transport: room[:copy(room[:], message)]})
	}, func(message []byte) { v.understand(message, l) })
}

// understand takes one RTCP message, or nothing of one that is malformed.
func (v *Viewer) understand(message []byte, l *lane) {
	list, err := rtcp.Unmarshal(message)
	if err != nil {
		return
	}
	for _, m := range list {
		f := feedback{guard: &v.guard}
		switch m := m.(type) {
		case *rtcp.ReceiverReport:
			v.reported(m.Reports, l)
		case *rtcp.SenderReport:
			v.reported(m.Reports, l)
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			f.down, f.limit = v.steered(), float64(m.Bitrate)
		case *rtcp.TransportLayerNack:
			f.down, f.nacks = v.track(m.MediaSSRC), m.Nacks
		case *rtcp.PictureLossIndication:
			f.down, f.key = v.track(m.MediaSSRC), true
		case *rtcp.FullIntraRequest:
			for _, e := range m.FIR {
				f.down, f.key = v.track(e.SSRC), true
			}
		}
		if f.down != nil {
			l.tell(f)
		}
	}
}

// steered is the track whose layers are chosen among: the picture, or the sound where there is no picture.
func (v *Viewer) steered() *DownTrack { return v.downs[len(v.downs)-1] }

// reported takes reception reports: the round trip, and the losses of viewers that send no transport-wide feedback.
func (v *Viewer) reported(list []rtcp.ReceptionReport, l *lane) {
	for _, r := range list {
		d := v.track(r.SSRC)
		if d == nil {
			continue
		}
		f := feedback{guard: &v.guard, down: d, rtt: d.roundTrip(r, time.Now())}
		if was := v.highest[d]; was != 0 && v.direct.reply.transportSequence(v.direct.reply.offer.video) == 0 {
			f.packets = int(int32(r.LastSequenceNumber - was))
			f.lost = f.packets * int(r.FractionLost) / 256
		}
		v.highest[d] = r.LastSequenceNumber
		l.tell(f)
	}
}

// track returns the track that is sent under the SSRC; nil if there is none.
func (v *Viewer) track(ssrc uint32) *DownTrack {
	for _, d := range v.downs {
		if d.ssrc == ssrc {
			return d
		}
	}
	return nil
}

// admitViewer takes a viewer in whose answer is about to be sent. It fails if the show has changed since the answer was made.
func (s *Show) admitViewer(v *Viewer, on *onAir, base wire.Show) error {
	if s.onAir == nil && !s.coming() || s.audio != on.audio || s.video != on.video {
		return notLive()
	}
	s.base = Status{}.Describe(base)
	s.viewers[v.id] = v
	s.measureLayers(time.Now())
	v.news.put(ofShow, s.poster)
	s.watchLink(v.peer)
	return nil
}

// startSending begins to send to a viewer whose connection is up.
func (s *Show) startSending(ctx context.Context, v *Viewer) {
	if v.lane.Load() != nil {
		return
	}
	least := s.lanes[0]
	for _, l := range s.lanes {
		if l.viewers < least.viewers {
			least = l
		}
	}
	least.viewers++
	s.stats.joins.Add(1)
	v.door = &door{
		direct: v.direct, out: least.out, sealer: v.direct.keys.Load().out,
		extension: v.direct.reply.transportSequence(v.direct.reply.offer.video), way: &v.guard.way,
	}
	for _, d := range v.downs {
		d.exit = v.door
	}
	if v.direct.lossy {
		v.guard.expect(suspicion)
	}
	v.lane.Store(least)
	least.do(ctx, func(now time.Time) { least.attach(now, v.downs) })
}

// stopSending takes the viewer off its lane.
func (s *Show) stopSending(ctx context.Context, v *Viewer) {
	l := v.lane.Load()
	if l == nil {
		return
	}
	l.viewers--
	l.do(ctx, func(time.Time) { l.detach(v.downs) })
}

func notLive() error {
	return &wire.Error{Code: wire.NotLive, Text: "nobody is sending this show at the moment", RetryAfter: 2 * time.Second}
}

package publish

import (
	"time"

	"github.com/pion/rtcp"

	"vitrine/capture/frame"
)

// heard follows what the server said: what arrived when, what is missing, what nobody watches.
func (s *sender) heard(packets []rtcp.Packet) {
	now := s.now()
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.TransportLayerCC:
			s.estimate.feedback(now, acks(p))
		case *rtcp.TransportLayerNack:
			if st := s.stream(p.MediaSSRC); st != nil {
				s.answer(st, p, now)
			}
		case *rtcp.RawPacket:
			for _, w := range parsePauses(*p) {
				s.pause(w)
			}
		}
	}
	s.follow()
}

// stream is the one with an SSRC, or nil.
func (s *sender) stream(ssrc uint32) *stream {
	for _, l := range s.layers {
		if l.has(ssrc) {
			return l.stream
		}
	}
	if s.audio.has(ssrc) {
		return s.audio
	}
	return nil
}

// agree takes over which layers the server takes, by rid, and whether as paused; with none it takes one stream.
func (s *sender) agree(taken map[string]bool) {
	for i, l := range s.layers {
		l.pausing.paused, l.taken = taken[l.track.rid]
		l.taken = l.taken || i == 0 && len(taken) == 0
	}
}

// lost hears that the picture of an SSRC must begin anew. Safe for any goroutine.
func (s *sender) lost(ssrc uint32) {
	for _, l := range s.layers {
		if l.has(ssrc) {
			s.askKey(l, frame.Layer(l.source.Load()))
		}
	}
}

func (s *sender) pause(w pauseWish) {
	for _, l := range s.layers {
		if l.has(w.ssrc) {
			l.pausing.hear(w)
		}
	}
}

// follow steers pace and encoder by the estimate and by what is wanted.
func (s *sender) follow() {
	again := s.repetition(s.now())
	s.usual += (again - s.usual) / repetitionSmooth
	if bps := s.expected.Load(); bps > 0 {
		// What loss costs must not come off the picture as long as the path carries both.
		s.estimate.expect(int(float64(int(bps)*(headerPart+2)/headerPart+roomForSound) * (1 + s.usual)))
	}
	rate := s.estimate.rate()
	if rate == 0 && s.numbered() {
		rate = firstEstimate // until the first feedback comes
	}
	s.pace.set(rate)
	s.carries.Store(int64(rate))
	var d frame.Demand
	for i, l := range s.layers {
		d.Wanted[i] = l.wanted()
	}
	if rate > 0 {
		s.sound.add(s.now(), 0)
		left := float64(rate)/(1+again) - s.sound.rate()
		d.Bitrate = max(1, int(left)*(headerPart-1)/headerPart)
	}
	if was := s.demanded.Bitrate; !s.told || d.Wanted != s.demanded.Wanted || d.Bitrate != was && abs(d.Bitrate-was) >= was/32 {
		s.demanded, s.told = d, true
		s.demand(d)
	}
}

// repetition is what is sent beside the streams themselves for every bit of theirs. It is the ratio that counts: of a rate
// that is shared out, a smaller picture leaves more and needs less.
func (s *sender) repetition(now time.Duration) float64 {
	s.estimate.repeat(0, now)
	s.plain.add(now, 0)
	plain := s.plain.rate()
	if plain == 0 {
		return 0
	}
	return min(s.estimate.repeated.rate()/plain, mostRepetition)
}

// numbered reports whether the server will say what arrives, as far as is known yet.
func (s *sender) numbered() bool {
	b := s.audio.track.bound.Load()
	return b == nil || b.transport > 0
}

func abs(n int) int { return max(n, -n) }

// acks reads what transport-wide feedback says, in the order of the packets' numbers. Feedback that contradicts itself is
// read as far as it goes.
func acks(f *rtcp.TransportLayerCC) (out []ack) {
	at := time.Duration(f.ReferenceTime) * 64 * time.Millisecond
	seq, deltas := f.BaseSequenceNumber, f.RecvDeltas
	one := func(symbol uint16) bool {
		if len(out) >= int(f.PacketStatusCount) {
			return false
		}
		a := ack{seq: seq}
		seq++
		if symbol == rtcp.TypeTCCPacketReceivedSmallDelta || symbol == rtcp.TypeTCCPacketReceivedLargeDelta {
			if len(deltas) == 0 {
				return false
			}
			at += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
			a.got, a.at = true, at
		}
		out = append(out, a)
		return true
	}
	for _, c := range f.PacketChunks {
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			for range c.RunLength {
				if !one(c.PacketStatusSymbol) {
					return out
				}
			}
		case *rtcp.StatusVectorChunk:
			for _, symbol := range c.SymbolList {
				if !one(symbol) {
					return out
				}
			}
		}
	}
	return out
}

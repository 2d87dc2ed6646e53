package publish

import (
	"math"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	// keptPackets is how many packets of a stream can be asked for again: two seconds of a large picture.
	keptPackets = 1024
	// answerAfter is between two sendings of one answer, soundAfter between two of a packet of sound that nobody has asked for:
	// far enough apart that a burst does not take both.
	answerAfter, soundAfter = 8 * time.Millisecond, 12 * time.Millisecond
	// copiesLeave is the share of packets that may be missing after all copies; those are asked for again. copiesMost bounds
	// them.
	copiesLeave, copiesMost = 0.03, 5
	// setsLeave is the share of parameter sets that may be missing after all sendings, of which there are setsMost at most, from a
	// loss of setsFrom on.
	setsFrom, setsLeave, setsMost = 0.002, 1e-3, 16
	// farFrom is the round trip from which waiting for a request costs more than sending too much. What is nearer is repaired by
	// asking alone, which costs no more than what was lost.
	farFrom = 25 * time.Millisecond
	// Answers may take so much of what the path carries, and more the more it loses by itself. Without a bound a full path
	// would be asked for what it has dropped, drop the answers, be asked again, and stay full.
	repairPart, repairMore, repairMost = 0.25, 1.5, 0.9
	// mostRepetition bounds what is set aside for repetitions, as a multiple of what is repeated. repetitionSmooth is over how many
	// messages of the server it is averaged where chance would make us search for more bandwidth again and again.
	mostRepetition, repetitionSmooth = 4, 64
)

// repair answers what the server asks for again, as long as the path is not full. An answer is the very packet, its number of
// the transport included: the same key stream must not encrypt anything else (with AES-GCM a second text under one nonce
// gives the key of the authentication away). It belongs to the sender's loop.
type repair struct {
	later []copied
}

// copied is a packet that waits to be sent once more.
type copied struct {
	at     time.Duration
	stream *stream
	seq    uint16
	asked  bool // for
}

// sendings is how often a packet must be sent for it to arrive but for copiesLeave, where so much is lost.
func sendings(loss float64) int {
	if loss <= copiesLeave {
		return 1
	}
	return int(min(math.Ceil(math.Log(copiesLeave)/math.Log(min(loss, 0.9))), copiesMost))
}

// setsSendings is how often parameter sets are sent at once. They must not come late, repaired, after the picture that they are for:
// browsers throw away the beginning of a key frame whose sets they have not got, and wait for the next one.
func setsSendings(loss float64) int {
	if loss <= setsFrom {
		return 1
	}
	return int(min(math.Ceil(math.Log(setsLeave)/math.Log(min(loss, 0.9))), setsMost))
}

// far reports whether the path is long and free, so that sending more than what is asked for gains time and does no harm.
func (s *sender) far(rtt time.Duration) bool { return rtt >= farFrom && s.estimate.queue < drainFrom }

// mayRepair reports whether the path has room for another answer. For sound there is always some: it is little, and must not
// stand behind the parity of pictures.
func (s *sender) mayRepair(st *stream, now time.Duration) bool {
	if st == s.audio {
		return true
	}
	rate := float64(s.estimate.rate())
	s.estimate.repeat(0, now)
	return rate == 0 || s.estimate.repeated.rate() < rate*min(repairPart+repairMore*s.estimate.loss.own, repairMost)
}

// answer sends again what is asked for, as often as the loss makes likely that it comes through. A request that was made
// before those answers can have arrived is one with the request that they answer.
func (s *sender) answer(st *stream, nack *rtcp.TransportLayerNack, now time.Duration) {
	rtt, loss := s.reports.quality()
	times := 1
	if s.far(rtt) {
		times = sendings(loss / 100)
	}
	for _, pair := range nack.Nacks {
		pair.Range(func(seq uint16) bool {
			o, times := &st.kept[seq%keptPackets], times
			if o.header.Padding {
				times = 1 // nobody waits for it
			}
			if now < o.answered || !s.again(copied{now, st, seq, true}, now) {
				return true
			}
			o.answered = now + time.Duration(times-1)*answerAfter + rtt*9/10
			s.repeat(copied{now, st, seq, true}, times-1, answerAfter)
			return true
		})
	}
}

// repeat has a packet sent so many times more after what is said of it.
func (s *sender) repeat(c copied, times int, every time.Duration) {
	for range times {
		c.at += every
		s.repair.later = append(s.repair.later, c)
	}
}

// again sends a packet once more and reports whether it still could.
func (s *sender) again(c copied, now time.Duration) bool {
	o := &c.stream.kept[c.seq%keptPackets]
	if o.payload == nil || o.header.SequenceNumber != c.seq || !s.mayRepair(c.stream, now) || !c.stream.rewrite(o) {
		return false
	}
	if o.numbered {
		s.estimate.resent(o.transport, c.asked)
	}
	s.repeated(o.size(), len(o.payload), now)
	return true
}

// repeated accounts for bytes that were sent beside the streams themselves: on the wire, and of payload.
func (s *sender) repeated(size, payload int, now time.Duration) {
	s.pace.spend(size)
	s.estimate.repeat(size, now)
	s.bytes.Add(int64(payload))
}

// copies sends the repetitions that are due and returns how long until the next is; negative when there is none.
func (s *sender) copies(now time.Duration) time.Duration {
	wait := time.Duration(-1)
	s.repair.later = slices.DeleteFunc(s.repair.later, func(c copied) bool {
		if c.at <= now {
			s.again(c, now)
			return true
		}
		if wait < 0 || c.at-now < wait {
			wait = c.at - now
		}
		return false
	})
	return wait
}

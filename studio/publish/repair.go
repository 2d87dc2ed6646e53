package publish

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	// keptPackets is how many packets of a stream can be asked for again: two seconds of a large picture.
	keptPackets = 1024
	// Where this much is lost, in percent, an answer is sent twice, far enough apart that one burst does not take both.
	twiceFrom  = 10
	twiceAfter = 8 * time.Millisecond
	// Answers may take so much of what the path carries, and more the more it loses by itself. Without a bound a full path
	// would be asked for what it has dropped, drop the answers, be asked again, and stay full.
	repairPart, repairMore, repairMost = 0.25, 1.5, 0.9
)

// repair answers what the server asks for again. Every request is answered, however often it comes, as long as the path is not
// full: the answer may have been lost too. An answer is the very packet, its number of the transport included: the same key stream must not encrypt anything
// else (with AES-GCM a second text under one nonce gives the key of the authentication away). It belongs to the sender's
// loop.
type repair struct {
	later []copied
	sent  meter
}

// copied is an answer that waits to be sent once more.
type copied struct {
	at     time.Duration
	stream *stream
	seq    uint16
}

// mayRepair reports whether the path has room for another answer.
func (s *sender) mayRepair(now time.Duration) bool {
	rate := float64(s.estimate.rate())
	s.repair.sent.add(now, 0)
	return rate == 0 || s.repair.sent.rate() < rate*min(repairPart+repairMore*s.estimate.loss.own, repairMost)
}

func (s *sender) answer(st *stream, nack *rtcp.TransportLayerNack, now time.Duration) {
	_, loss := s.reports.quality()
	for _, pair := range nack.Nacks {
		pair.Range(func(seq uint16) bool {
			if s.again(st, seq, now) && loss >= twiceFrom {
				s.repair.later = append(s.repair.later, copied{now + twiceAfter, st, seq})
			}
			return true
		})
	}
}

// again sends a packet once more and reports whether it still could.
func (s *sender) again(st *stream, seq uint16, now time.Duration) bool {
	o := &st.kept[seq%keptPackets]
	if o.payload == nil || o.header.SequenceNumber != seq || !s.mayRepair(now) || !st.rewrite(o) {
		return false
	}
	if o.numbered {
		s.estimate.resent(o.transport)
	}
	n := o.size()
	s.pace.spend(n)
	s.repair.sent.add(now, n)
	s.bytes.Add(int64(len(o.payload)))
	return true
}

// copies sends the second answers that are due and returns how long until the next is; negative when there is none.
func (s *sender) copies(now time.Duration) time.Duration {
	due := 0
	for ; due < len(s.repair.later) && s.repair.later[due].at <= now; due++ {
		c := s.repair.later[due]
		s.again(c.stream, c.seq, now)
	}
	s.repair.later = slices.Delete(s.repair.later, 0, due)
	if len(s.repair.later) == 0 {
		return -1
	}
	return s.repair.later[0].at - now
}

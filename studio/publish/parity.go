package publish

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/klauspost/reedsolomon"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"

	"vitrine/server/wire"
)

const (
	// parityPayload is the payload type of shards; on a stream that only our server knows, any would do.
	parityPayload = 120
	// parityFrom is the loss from which pictures are protected. What is made up for follows loss when it is so much more or less.
	parityFrom, parityRise, parityFall = 0.04, 0.02, 0.04
	// parityMost is the most loss that is made up for: beyond it, the shards would take three quarters of the path.
	parityMost = 0.6
	// parityLeave is the share of groups that may stay incomplete: these are asked for.
	parityLeave = 0.05
)

// protection makes the parity of pictures (wire.Parity): where a path is long, so that asking comes late, and loses packets
// whatever we send. It belongs to the sender's loop.
type protection struct {
	ssrc  uint32 // 0 while the server has not agreed
	seq   uint16
	level float64 // the loss that is made up for
	coded map[[2]int]reedsolomon.Encoder
}

// follow takes the loss of the path. It does not follow chance.
func (p *protection) follow(loss float64) {
	switch {
	case loss < parityFrom-parityRise:
		p.level = 0
	case loss > p.level+parityRise && loss >= parityFrom, loss < p.level-parityFall:
		p.level = min(loss, parityMost)
	}
}

// shards is how many a group of packets needs for only parityLeave of such groups to lose more packets than there are shards.
func shards(packets int, loss float64) int {
	if loss <= 0 {
		return 0
	}
	for n := 1; n < wire.ParityShards; n++ {
		// Of all packets and shards at least as many as packets must come: the rest of the binomial distribution.
		total, fails := packets+n, 0.0
		term := math.Pow(loss, float64(total)) // none comes
		for come := range packets {
			fails += term
			term *= float64(total-come) / float64(come+1) * (1 - loss) / loss
		}
		if fails <= parityLeave {
			return n
		}
	}
	return wire.ParityShards
}

// protect returns the packets of parity for those of a picture.
func (p *protection) protect(of uint32, picture []outgoing) (list []outgoing, err error) {
	for len(picture) > 0 && picture[0].header.Padding {
		picture = picture[1:] // introduction
	}
	groups := (len(picture) + wire.ParityPackets - 1) / wire.ParityPackets
	for ; groups > 0; groups-- {
		n := (len(picture) + groups - 1) / groups
		part, err := p.group(of, picture[:n])
		if err != nil {
			return nil, err
		}
		list, picture = append(list, part...), picture[n:]
	}
	return list, nil
}

func (p *protection) group(of uint32, packets []outgoing) (list []outgoing, err error) {
	n := shards(len(packets), p.level)
	coder := p.coded[[2]int{len(packets), n}]
	if coder == nil {
		coder, err = reedsolomon.New(len(packets), n, reedsolomon.WithCauchyMatrix(), reedsolomon.WithMaxGoroutines(1))
		if err != nil {
			return nil, fmt.Errorf("protect %d packets by %d: %w", len(packets), n, err)
		}
		p.coded[[2]int{len(packets), n}] = coder
	}
	all, longest := make([][]byte, len(packets)+n), 0
	for i, o := range packets {
		all[i] = wire.AppendShard(nil, o.header.Timestamp, o.header.Marker, o.payload)
		longest = max(longest, len(all[i]))
	}
	for i := range all {
		all[i] = append(all[i], make([]byte, longest-len(all[i]))...)
	}
	if err := coder.Encode(all); err != nil {
		return nil, fmt.Errorf("protect %d packets by %d: %w", len(packets), n, err)
	}
	about := wire.Parity{Stream: of, First: packets[0].header.SequenceNumber, Packets: uint8(len(packets)), Shards: uint8(n)}
	for i, shard := range all[len(packets):] {
		about.Index = uint8(i)
		list = append(list, outgoing{
			header: rtp.Header{
				Version: rtpVersion, PayloadType: parityPayload, SSRC: p.ssrc, SequenceNumber: p.seq, Timestamp: packets[0].header.Timestamp,
			},
			payload: append(about.Append(nil), shard...), pts: packets[0].pts,
		})
		p.seq++
	}
	return list, nil
}

// protected returns the packets of a picture, followed by their parity where that is called for.
func (s *sender) protected(l *layer, picture []outgoing) []outgoing {
	p := &s.parity
	p.follow(s.estimate.loss.own)
	b := l.track.bound.Load()
	if rtt, _ := s.reports.quality(); p.ssrc == 0 || p.level == 0 || b == nil || !s.far(rtt) {
		return picture
	}
	parity, err := p.protect(b.ssrc, picture)
	if err != nil {
		return picture // it can be asked for
	}
	return append(picture, parity...)
}

// sendParity writes a packet of parity. It has no number among those of all streams: the server counts it in none.
func (s *sender) sendParity(l *layer, o *outgoing) {
	if b := l.track.bound.Load(); b != nil {
		if _, err := b.out.WriteRTP(&o.header, o.payload); err == nil {
			s.repeated(o.size(), len(o.payload), s.now())
		}
	}
}

// offerParity adds to an offer that we could send parity, and under which SSRC.
func offerParity(offer string) (with string, ssrc uint32, err error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(offer); err != nil {
		return "", 0, fmt.Errorf("read own description: %w", err)
	}
	ssrc = rand.Uint32()>>1 + 1
	d.WithValueAttribute(wire.ParityAttribute, fmt.Sprint(ssrc))
	out, err := d.Marshal()
	if err != nil {
		return "", 0, fmt.Errorf("write own description: %w", err)
	}
	return string(out), ssrc, nil
}

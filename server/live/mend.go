package live

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/reedsolomon"
	"github.com/pion/rtp"

	"vitrine/server/wire"
)

const (
	// mendQueue bounds the packets of parity that wait for the next tick, mendGroups the groups that wait for more of them, and
	// mendFor how long they do: then viewers have played past them.
	mendQueue, mendGroups = 512, 64
	mendFor               = askFor
	// mendCoders bounds the codes kept, each for one size of group.
	mendCoders = 64
)

// mender brings back packets that were lost on the way from our studio, by the parity that it sends (wire.Parity). The
// connection's reader puts packets in; everything else belongs to one goroutine, which is not that of the stream: what is
// not found missing at its tick has had time to come.
type mender struct {
	ssrc uint32 // of the stream of parity; 0 where none was offered

	mu      sync.Mutex
	waiting [][]byte

	groups []*group // oldest first
	coders map[[2]int]reedsolomon.Encoder
}

// group is what came of the parity of a few packets.
type group struct {
	wire.Parity          // its Index says nothing
	shards      [][]byte // by index; nil where it has not come
	came        int
	size        int
	began       time.Time
}

// readParity is the SSRC under which a publisher offers to send parity, 0 for none.
func readParity(o *offer) uint32 {
	value, _ := o.description.Attribute(wire.ParityAttribute)
	ssrc, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(ssrc)
}

// answerParity is what agrees to it, to be appended to an answer.
func (m *mender) answerParity() string {
	if m.ssrc == 0 {
		return ""
	}
	return fmt.Sprintf("a=%s:%d\r\n", wire.ParityAttribute, m.ssrc)
}

// put takes a packet of the stream of parity. It does not block; a full queue drops the packet, which is like any other loss.
func (m *mender) put(packet []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) < mendQueue {
		m.waiting = append(m.waiting, append([]byte(nil), packet...))
	}
}

// sort puts what came into its groups.
func (m *mender) sort(now time.Time) {
	m.mu.Lock()
	waiting := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	for _, packet := range waiting {
		var h rtp.Header
		n, err := h.Unmarshal(packet)
		if err != nil {
			continue
		}
		if p, shard, ok := wire.ReadParity(packet[n:]); ok {
			m.groupOf(p, len(shard), now).add(p.Index, shard)
		}
	}
	for len(m.groups) > 0 && (len(m.groups) > mendGroups || now.Sub(m.groups[0].began) > mendFor) {
		m.groups = m.groups[1:]
	}
}

func (m *mender) groupOf(p wire.Parity, size int, now time.Time) *group {
	p.Index = 0
	for _, g := range m.groups {
		if g.Parity == p {
			return g
		}
	}
	g := &group{Parity: p, shards: make([][]byte, p.Shards), size: size, began: now}
	m.groups = append(m.groups, g)
	return g
}

func (g *group) add(index uint8, shard []byte) {
	if g.shards[index] == nil && len(shard) == g.size {
		g.shards[index] = shard
		g.came++
	}
}

// lacks is how many more shards the group needs to make up for what is nil in have; below 0 if it has nothing to do.
func (g *group) lacks(have []*Packet) int {
	missing := 0
	for _, p := range have {
		if p == nil {
			missing++
		}
	}
	if missing == 0 {
		return -1
	}
	return max(0, missing-g.came)
}

// packets makes the packets of the group that are nil in have. It returns nil where what was sent does not fit.
func (m *mender) packets(g *group, have []*Packet) (made [][]byte) {
	all := make([][]byte, len(have), len(have)+len(g.shards))
	for i, p := range have {
		if p == nil {
			continue
		}
		shard := wire.AppendShard(make([]byte, 0, g.size), p.Time, p.Marker, p.Payload)
		if len(shard) > g.size {
			return nil
		}
		all[i] = append(shard, make([]byte, g.size-len(shard))...)
	}
	coder, err := m.coder(len(have), len(g.shards))
	if err != nil {
		return nil
	}
	if all = append(all, g.shards...); coder.ReconstructData(all) != nil {
		return nil
	}
	for i, p := range have {
		if p != nil {
			continue
		}
		ticks, marker, payload, ok := wire.ReadShard(all[i])
		if !ok {
			return nil
		}
		made = append(made, rtpPacket(g.Stream, g.First+uint16(i), ticks, marker, payload))
	}
	return made
}

func (m *mender) coder(packets, shards int) (c reedsolomon.Encoder, err error) {
	size := [2]int{packets, shards}
	if c = m.coders[size]; c != nil {
		return c, nil
	}
	if m.coders == nil || len(m.coders) >= mendCoders {
		m.coders = map[[2]int]reedsolomon.Encoder{}
	}
	c, err = reedsolomon.New(packets, shards, reedsolomon.WithCauchyMatrix(), reedsolomon.WithInversionCache(false), reedsolomon.WithMaxGoroutines(1))
	if err == nil {
		m.coders[size] = c
	}
	return c, err //nolint:wrapcheck // nobody reads it
}

// rtpPacket writes an RTP packet (RFC 3550 §5.1) as UpTrack.Write reads it; the payload type is not looked at.
func rtpPacket(ssrc uint32, sequence uint16, ticks uint32, marker bool, payload []byte) []byte {
	raw := make([]byte, 0, 12+len(payload))
	kind := byte(0)
	if marker {
		kind = 0x80
	}
	raw = binary.BigEndian.AppendUint16(append(raw, 2<<6, kind), sequence)
	raw = binary.BigEndian.AppendUint32(raw, ticks)
	raw = binary.BigEndian.AppendUint32(raw, ssrc)
	return append(raw, payload...)
}

// mend writes what can be brought back into its tracks.
func (p *Publisher) mend(now time.Time) {
	m := &p.mender
	if m.ssrc == 0 {
		return
	}
	m.sort(now)
	kept := m.groups[:0]
	for _, g := range m.groups {
		from := p.sourceOf(g.Stream)
		if from == nil {
			kept = append(kept, g) // its stream has not begun for us
			continue
		}
		up := from.layer.up
		have := up.protected(from.epoch, g.First, int(g.Packets), now)
		lacks := g.lacks(have)
		if lacks > 0 {
			kept = append(kept, g)
		}
		if lacks != 0 {
			continue
		}
		for _, raw := range m.packets(g, have) {
			_ = up.Restore(from.epoch, raw, now) // made by ourselves, so it can be read
		}
	}
	clear(m.groups[len(kept):])
	m.groups = kept
}

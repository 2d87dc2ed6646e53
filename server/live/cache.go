package live

import "sync"

const (
	// cacheHistory is how many packets stay available for retransmission even if a key frame came since.
	cacheHistory = 512
	cacheSlots   = 1024
	maxSlots     = 1 << 15
)

// PacketCache keeps a track's packets from its newest key frame on, and a little history: what a viewer who joins needs,
// and what viewers lose and ask for again. All viewers of a track share one. When the frames since the key frame outgrow the
// bounds only the history stays, and newcomers wait for the next key frame.
//
// It is safe for concurrent use: one goroutine puts, many get. Packets are shared and must not be changed.
type PacketCache struct {
	mu       sync.RWMutex
	ring     []*Packet // by Index modulo its length, which is a power of two
	limit    int       // bytes of payload
	bytes    int
	low      int64 // no packet below is kept
	head     int64 // the highest index put
	key      int64 // where the newest key frame starts
	hasKey   bool
	newest   *Packet
	arrivals uint64
}

// newPacketCache makes a cache that keeps at most limit bytes of payload.
func newPacketCache(limit int) *PacketCache {
	return &PacketCache{ring: make([]*Packet, cacheSlots), limit: limit}
}

// Put stores the packet and sets its Arrival. It reports false for a packet that is there already or too old to matter.
func (c *PacketCache) Put(p *Packet) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest == nil || p.Epoch != c.newest.Epoch {
		c.startEpoch(p)
	}
	if p.Index < c.low || c.at(p.Index) != nil {
		return false
	}
	c.arrivals++
	p.Arrival = c.arrivals
	if p.Index > c.head || c.newest == nil {
		c.head, c.newest = p.Index, p
	}
	if p.KeyStart && (!c.hasKey || p.Index > c.key) {
		c.key, c.hasKey = p.Index, true
	}
	c.fit()
	if p.Index < c.low {
		return false
	}
	c.ring[c.slot(p.Index)] = p
	c.bytes += len(p.Payload)
	return true
}

// startEpoch forgets the packets of the publisher before: their gap to the new numbers would fill the ring with nothing.
func (c *PacketCache) startEpoch(p *Packet) {
	clear(c.ring)
	c.bytes, c.hasKey, c.newest = 0, false, nil
	c.low, c.head = p.Index-cacheHistory/2, p.Index
}

// fit makes room for head, by growing or by forgetting the oldest.
func (c *PacketCache) fit() {
	keep := c.head - cacheHistory + 1
	if c.hasKey && c.key < keep {
		if c.head-c.key >= maxSlots || c.bytes > c.limit {
			c.hasKey = false
		} else {
			keep = c.key
		}
	}
	c.forget(keep)
	for c.head-c.low >= int64(len(c.ring)) {
		old := c.ring
		c.ring = make([]*Packet, 2*len(old))
		for _, p := range old {
			if p != nil {
				c.ring[c.slot(p.Index)] = p
			}
		}
	}
}

// forget drops all packets below keep. Beyond the ring's length nothing is stored, so a jump costs at most one turn.
func (c *PacketCache) forget(keep int64) {
	for i := c.low; i < min(keep, c.low+int64(len(c.ring))); i++ {
		if s := c.slot(i); c.ring[s] != nil && c.ring[s].Index < keep {
			c.bytes -= len(c.ring[s].Payload)
			c.ring[s] = nil
		}
	}
	c.low = max(c.low, keep)
}

func (c *PacketCache) slot(index int64) int64 { return index & int64(len(c.ring)-1) }

func (c *PacketCache) at(index int64) *Packet {
	if p := c.ring[c.slot(index)]; p != nil && p.Index == index {
		return p
	}
	return nil
}

// Get returns the packet with that index, or nil.
func (c *PacketCache) Get(index int64) *Packet {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.at(index)
}

// Before returns up to n packets of p's publisher that lie directly before p, the nearest first, until one is missing.
func (c *PacketCache) Before(p *Packet, n int) (list []*Packet) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for i := p.Index - 1; i >= c.low && len(list) < n; i-- {
		e := c.at(i)
		if e == nil || e.Epoch != p.Epoch {
			break
		}
		list = append(list, e)
	}
	return list
}

// Key returns the packet with which the newest key frame starts and the newest packet; nil, nil if decoding cannot begin
// with anything that is kept.
func (c *PacketCache) Key() (key, newest *Packet) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.hasKey {
		return nil, nil
	}
	return c.at(c.key), c.newest
}

// Outdate keeps newcomers from beginning with what there is: they wait for the next key frame.
func (c *PacketCache) Outdate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hasKey = false
}

// From appends to out, in order of Index, at most n packets that are not below index. It returns the index to go on with,
// and the Arrival number up to which the caller has seen everything once done is true.
func (c *PacketCache) From(index int64, n int, out []*Packet) (packets []*Packet, next int64, seen uint64, done bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	i := max(index, c.low)
	for ; i <= c.head && n > 0; i++ {
		if p := c.at(i); p != nil {
			out = append(out, p)
			n--
		}
	}
	return out, i, c.arrivals, i > c.head
}

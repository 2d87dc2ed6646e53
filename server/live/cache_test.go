package live

import (
	"testing"

	"pgregory.net/rapid"
)

func put(c *PacketCache, list ...*Packet) {
	for _, p := range list {
		c.Put(p)
	}
}

func TestPacketCache(t *testing.T) {
	all := func(c *PacketCache, from int64) (indexes []int64) {
		for done := false; !done; {
			var list []*Packet
			list, from, _, done = c.From(from, 3, nil)
			for _, p := range list {
				indexes = append(indexes, p.Index)
			}
		}
		return indexes
	}
	t.Run("it keeps all since the key frame, however many", func(t *testing.T) {
		c := newPacketCache(1 << 20)
		put(c, feedOf(1, 100, 0, 9000, 1<<20)...)
		key, newest := c.Key()
		if key == nil || key.Index != 100 || newest.Index != 9099 || len(all(c, key.Index)) != 9000 {
			t.Errorf("key %v, newest %v", key, newest)
		}
	})
	t.Run("a key frame lets the old go, but for a history", func(t *testing.T) {
		c := newPacketCache(1 << 20)
		put(c, feedOf(1, 0, 0, 6000, 3000)...)
		if c.Get(5999-cacheHistory) != nil && c.Get(2999) != nil {
			t.Error("old packets are kept")
		}
		put(c, feedOf(1, 6000, 0, 3, 1)...)
		if got := len(all(c, 0)); got != cacheHistory {
			t.Errorf("%d are kept", got)
		}
	})
	t.Run("frames that outgrow the bound are let go", func(t *testing.T) {
		c := newPacketCache(100_000)
		list := feedOf(1, 0, 0, 2000, 1<<20)
		for _, p := range list {
			p.Payload = make([]byte, 100)
		}
		put(c, list...)
		if key, _ := c.Key(); key != nil || c.bytes > 100_000 || len(all(c, 0)) != cacheHistory {
			t.Errorf("key %v, %d bytes, %d packets", key, c.bytes, len(all(c, 0)))
		}
		put(c, feedOf(1, 2000, 0, 1, 1)...)
		if key, _ := c.Key(); key == nil {
			t.Error("the next key frame is not taken")
		}
	})
	t.Run("late packets take their place, copies do not", func(t *testing.T) {
		c := newPacketCache(1 << 20)
		p := feedOf(1, 0, 0, 4, 9)
		put(c, p[0], p[3], p[1])
		if c.Put(p[1]) {
			t.Error("a copy was taken")
		}
		if got := all(c, 0); len(got) != 3 || got[1] != 1 {
			t.Errorf("kept %v", got)
		}
		if _, _, seen, done := c.From(4, 1, nil); !done || seen != 3 || p[1].Arrival != 3 {
			t.Errorf("seen %d", seen)
		}
	})
	t.Run("another publisher begins anew", func(t *testing.T) {
		c := newPacketCache(1 << 20)
		put(c, feedOf(1, 0, 0, 10, 9)...)
		put(c, feedOf(2, 100_000, 0, 2, 9)...)
		if got := all(c, 0); len(got) != 2 || got[0] != 100_000 {
			t.Errorf("kept %v", got)
		}
	})
}

// TestPacketCache_model holds the cache against a map.
func TestPacketCache_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newPacketCache(4000)
		model := map[int64]*Packet{}
		next := int64(rapid.IntRange(0, 1<<20).Draw(t, "start"))
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 300).Draw(t, "n") {
					next += int64(rapid.SampledFrom([]int{1, 1, 1, 1, 2, 700}).Draw(t, "step"))
					p := &Packet{Index: next, Epoch: 1, KeyStart: next%97 == 0, Payload: make([]byte, 10)}
					if c.Put(p) {
						model[next] = p
					}
				}
			},
			"": func(t *rapid.T) {
				bytes := 0
				for _, p := range c.ring {
					if p != nil {
						bytes += len(p.Payload)
					}
				}
				if bytes != c.bytes {
					t.Fatalf("it counts %d bytes and has %d", c.bytes, bytes)
				}
				for i := next - cacheHistory + 1; i <= next; i++ {
					if c.Get(i) != model[i] {
						t.Fatalf("index %d is %v, want %v", i, c.Get(i), model[i])
					}
				}
				if key, newest := c.Key(); key != nil && (!key.KeyStart || newest.Index < key.Index) {
					t.Fatalf("key %v, newest %v", key, newest)
				}
			},
		})
	})
}

package live

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// feedOf makes packets of one publisher, one a frame, 30 frames a second, a key frame every group.
func feedOf(epoch uint32, index int64, start uint32, n, group int) (list []*Packet) {
	for i := range n {
		list = append(list, &Packet{
			Index: index + int64(i), Epoch: epoch, Time: start + uint32(3000*i), KeyStart: i%group == 0, Marker: true,
		})
	}
	return list
}

func TestForwarder(t *testing.T) {
	now := time.Unix(1000, 0)
	type sent struct {
		seq  uint16
		time uint32
	}
	for _, c := range []struct {
		name string
		do   func(f *Forwarder, send func(...*Packet))
		want []sent
	}{
		{"a picture begins with a key frame", func(_ *Forwarder, send func(...*Packet)) {
			send(feedOf(1, 500, 0, 5, 3)[1:]...)
		}, []sent{{7, 9000}, {8, 12000}}},
		{"a gap before us stays a gap, so that the viewer asks for what comes late", func(_ *Forwarder, send func(...*Packet)) {
			p := feedOf(1, 500, 0, 4, 99)
			send(p[0], p[2], p[3], p[1])
		}, []sent{{7, 0}, {9, 6000}, {10, 9000}, {8, 3000}}},
		{"a packet from before the beginning is left out", func(_ *Forwarder, send func(...*Packet)) {
			p := feedOf(1, 500, 0, 4, 2)
			send(p[2], p[1], p[3])
		}, []sent{{7, 6000}, {8, 9000}}},
		{"after dropped packets it goes on at a key frame, without a gap", func(f *Forwarder, send func(...*Packet)) {
			p := feedOf(1, 500, 0, 10, 4)
			send(p[0], p[1])
			f.Break()
			send(p[7:]...)
		}, []sent{{7, 0}, {8, 3000}, {9, 24000}, {10, 27000}}},
		{"another publisher continues numbers and time", func(_ *Forwarder, send func(...*Packet)) {
			send(feedOf(1, 500, 0, 2, 9)...)
			send(feedOf(2, 90000, 77, 2, 9)...)
		}, []sent{{7, 0}, {8, 3000}, {9, 3000 + 9000}, {10, 3000 + 9000 + 3000}}},
		{"a publisher that was replaced is not heard again", func(_ *Forwarder, send func(...*Packet)) {
			old := feedOf(1, 500, 0, 4, 1)
			send(old[0])
			send(feedOf(2, 90000, 0, 1, 9)...)
			send(old[1:]...)
		}, []sent{{7, 0}, {8, 9000}}},
		{"a burst is short and ends in its own time", func(f *Forwarder, send func(...*Packet)) {
			p := feedOf(1, 500, 0, 31, 99)
			f.Burst(p[0], p[30], now)
			send(p[0], p[15], p[29], p[30])
		}, []sent{{7, 90000 - 900}, {22, 90000 - 450}, {36, 90000 - 30}, {37, 90000}}},
		{"the same frames again move the stream as little as possible", func(f *Forwarder, send func(...*Packet)) {
			p := feedOf(1, 500, 0, 31, 99)
			f.Burst(p[0], p[30], now)
			send(p[0], p[30])
			f.Burst(p[0], p[30], now)
			send(p[0], p[30])
		}, []sent{{7, 89100}, {37, 90000}, {38, 90001}, {68, 90901}}},
		{"another layer continues numbers, and keeps its place in time", func(f *Forwarder, send func(...*Packet)) {
			send(feedOf(1, 500, 0, 2, 9)...)
			low := feedOf(1, 90000, 700+6000, 2, 9)
			for _, p := range low {
				p.From = &UpTrack{}
			}
			low[1].From = low[0].From
			f.Switch(low[0], ^uint32(699), now)
			send(low...)
		}, []sent{{7, 0}, {8, 3000}, {9, 6000}, {10, 9000}}},
		{"parameter sets get the number before", func(_ *Forwarder, send func(...*Packet)) {
			p := feedOf(1, 500, 0, 2, 9)
			p[0].Parameters = []byte{1}
			send(p...)
		}, []sent{{8, 0}, {9, 3000}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newForwarder(true, 90000, 7)
			at, epoch := now, uint32(0)
			var got []sent
			c.do(f, func(list ...*Packet) {
				for _, p := range list {
					if epoch != 0 && p.Epoch > epoch {
						at = at.Add(100 * time.Millisecond)
					}
					epoch = max(epoch, p.Epoch)
					if h, _, ok := f.Forward(p, at); ok {
						got = append(got, sent{uint16(h.Number), h.Time})
					}
				}
			})
			if len(got) != len(c.want) {
				t.Fatalf("sent %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Fatalf("sent %v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestLost_parameter_sets_are_found_again(t *testing.T) {
	f, p := newForwarder(true, 90000, 7), feedOf(1, 500, 4000, 2, 9)
	p[0].Parameters = []byte{1}
	for _, k := range p {
		f.Forward(k, time.Unix(1000, 0))
	}
	o, ok := f.Lookup(7)
	if want := (Header{7, 4000}); !ok || !o.Sets || o.Index != 500 || o.Header(p[0]) != want {
		t.Errorf("number 7 was %+v, %v", o, ok)
	}
	for _, never := range []uint16{6, 10} {
		if o, ok := f.Lookup(never); ok {
			t.Errorf("number %d was never given, and was %+v", never, o)
		}
	}
}

// TestForwarder_model drives a forwarder with whatever a show can do, and holds it to what a viewer relies on.
func TestForwarder_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newForwarder(true, 90000, rapid.Uint16().Draw(t, "first"))
		now, epoch := time.Unix(1000, 0), uint32(1)
		type source struct {
			up      *UpTrack
			cache   *PacketCache
			numbers unwrapper
			seq     uint16
			offset  uint32 // of its timestamps
		}
		var layers [2]*source
		for i := range layers {
			layers[i] = &source{up: &UpTrack{}, cache: newPacketCache(1 << 20), seq: rapid.Uint16().Draw(t, "seq"), offset: rapid.Uint32().Draw(t, "offset")}
		}
		on, ts := layers[0], uint32(0)
		type origin struct {
			from  *UpTrack
			index int64
		}
		sent := map[int64]origin{} // by extended number
		var high int64
		var highTime uint32
		forward := func(p *Packet, inOrder bool) {
			h, opens, ok := f.Forward(p, now)
			if !ok {
				return
			}
			n := high + int64(int16(uint16(h.Number)-uint16(high)))
			if len(sent) == 0 {
				n, high, highTime = int64(uint16(h.Number))+1<<16, int64(uint16(h.Number))+1<<16-1, h.Time-1
				if opens && p.Parameters != nil {
					high--
				}
			}
			if old, taken := sent[n]; taken && old != (origin{p.From, p.Index}) {
				t.Fatalf("number %d was %v and is now %d", n, old, p.Index)
			}
			sent[n] = origin{p.From, p.Index}
			if opens && !p.KeyStart {
				t.Fatalf("a run begins with no key frame")
			}
			if opens && n != high+1 && (p.Parameters == nil || n != high+2) {
				t.Fatalf("a run begins with %d after %d", n, high)
			}
			if n > high {
				if inOrder && int32(h.Time-highTime) < 0 {
					t.Fatalf("time %d follows %d", h.Time, highTime)
				}
				high, highTime = n, h.Time
			}
			o, found := f.Lookup(uint16(h.Number))
			if !found || o.From != p.From || o.Index != p.Index || o.Sets || o.Header(p) != h {
				t.Fatalf("looking up %d gives %+v, %v", uint16(h.Number), o, found)
			}
		}
		frame := func(key bool) (list []*Packet) {
			now = now.Add(33 * time.Millisecond)
			ts += 3000
			for i := range rapid.IntRange(1, 4).Draw(t, "packets") {
				p := &Packet{
					From: on.up, Index: on.numbers.next(on.seq), Epoch: epoch, Time: ts + on.offset, KeyStart: key && i == 0, Payload: []byte{1},
				}
				on.seq++
				if p.KeyStart && rapid.Bool().Draw(t, "sets") {
					p.Parameters = []byte{2}
				}
				if on.cache.Put(p) {
					list = append(list, p)
				}
			}
			return list
		}
		t.Repeat(map[string]func(*rapid.T){
			"a frame": func(t *rapid.T) {
				for _, p := range frame(rapid.IntRange(0, 9).Draw(t, "key") == 0) {
					if rapid.IntRange(0, 9).Draw(t, "arrives") > 0 {
						forward(p, true)
					}
				}
			},
			"a late packet": func(t *rapid.T) {
				if p := on.cache.Get(on.numbers.highest - int64(rapid.IntRange(0, 20).Draw(t, "late"))); p != nil {
					forward(p, false)
				}
			},
			"an overrun": func(*rapid.T) { f.Break() },
			"a burst": func(*rapid.T) {
				key, newest := on.cache.Key()
				if key == nil {
					return
				}
				f.Burst(key, newest, now)
				list, _, _, _ := on.cache.From(key.Index, 1<<20, nil)
				for _, p := range list {
					forward(p, true)
				}
			},
			"another layer": func(*rapid.T) {
				before := on
				on = layers[0]
				if before == on {
					on = layers[1]
				}
				list := frame(true)
				f.Switch(list[0], before.offset-on.offset, now)
				for _, p := range list {
					forward(p, true)
				}
			},
			"a take-over": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "pause")) * time.Millisecond)
				epoch++
				for _, l := range layers {
					l.numbers.restart()
					l.seq, l.offset = rapid.Uint16().Draw(t, "seq"), rapid.Uint32().Draw(t, "offset")
				}
			},
			"": func(*rapid.T) {},
		})
	})
}

func TestNumbers_are_extended_to_the_nearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var u unwrapper
		real := int64(rapid.Uint16().Draw(t, "start"))
		base := u.next(uint16(real)) - real
		for range rapid.IntRange(1, 200).Draw(t, "n") {
			step := int64(rapid.IntRange(-100, 30000).Draw(t, "step"))
			if got := u.next(uint16(real + step)); got != base+real+step {
				t.Fatalf("%d became %d, want %d", uint16(real+step), got, base+real+step)
			}
			real = max(real, real+step)
		}
		last := u.highest
		u.restart()
		if n := u.next(rapid.Uint16().Draw(t, "again")); n <= last {
			t.Fatalf("the new series begins with %d, the old one reached %d", n, last)
		}
	})
}

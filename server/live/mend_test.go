package live

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/reedsolomon"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
	"pgregory.net/rapid"

	"vitrine/server/wire"
)

// protect makes the parity of packets as the studio does, as RTP packets.
func protect(tb interface{ Fatal(...any) }, of uint32, first uint16, packets []*Packet, shards int) (list [][]byte) {
	all, longest := make([][]byte, len(packets)+shards), 0
	for i, p := range packets {
		all[i] = wire.AppendShard(nil, p.Time, p.Marker, p.Payload)
		longest = max(longest, len(all[i]))
	}
	for i := range all {
		all[i] = append(all[i], make([]byte, longest-len(all[i]))...)
	}
	coder, err := reedsolomon.New(len(packets), shards, reedsolomon.WithCauchyMatrix())
	if err != nil {
		tb.Fatal(err)
	}
	if err := coder.Encode(all); err != nil {
		tb.Fatal(err)
	}
	for i, shard := range all[len(packets):] {
		about := wire.Parity{Stream: of, First: first, Packets: uint8(len(packets)), Shards: uint8(shards), Index: uint8(i)}
		list = append(list, rtpPacket(9, uint16(i), 0, false, append(about.Append(nil), shard...)))
	}
	return list
}

func TestAsManyLostPacketsComeBackAsParityCame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, shards := rapid.IntRange(1, wire.ParityPackets).Draw(t, "packets"), rapid.IntRange(1, wire.ParityShards).Draw(t, "shards")
		first := rapid.Uint16().Draw(t, "first")
		sent, have := make([]*Packet, n), make([]*Packet, n)
		missing := 0
		for i := range sent {
			sent[i] = &Packet{Time: 77, Marker: i == n-1, Payload: rapid.SliceOfN(rapid.Byte(), 1, 30).Draw(t, "payload")}
			if rapid.Bool().Draw(t, "comes") {
				have[i] = sent[i]
			} else {
				missing++
			}
		}
		m, came := &mender{}, 0
		for _, packet := range protect(t, 5, first, sent, shards) {
			if rapid.Bool().Draw(t, "parity comes") {
				m.put(packet)
				m.put(packet) // twice is once
				came++
			}
		}
		m.sort(dawn)
		if came == 0 {
			if len(m.groups) != 0 {
				t.Fatal("a group of nothing")
			}
			return
		}
		g := m.groups[0]
		switch lacks := g.lacks(have); {
		case missing == 0 && lacks >= 0, missing > came && lacks != missing-came, missing > 0 && missing <= came && lacks != 0:
			t.Fatalf("%d missing, %d came, %d lacking", missing, came, lacks)
		case lacks != 0:
			return
		}
		made := m.packets(g, have)
		if len(made) != missing {
			t.Fatalf("%d packets made of %d", len(made), missing)
		}
		for _, raw := range made {
			var p rtp.Packet
			if err := p.Unmarshal(raw); err != nil {
				t.Fatal(err)
			}
			i := int(p.SequenceNumber - first)
			if p.SSRC != 5 || have[i] != nil || p.Timestamp != 77 || p.Marker != sent[i].Marker || !bytes.Equal(p.Payload, sent[i].Payload) {
				t.Fatalf("packet %d is %v, it was %+v", i, p, sent[i])
			}
		}
	})
}

func TestParityWaitsForALimitedTimeInALimitedPlace(t *testing.T) {
	m := &mender{}
	for i := range 3 * mendGroups {
		m.put(protect(t, 5, uint16(i), []*Packet{{Payload: []byte{1}}, {Payload: []byte{2}}}, 1)[0])
	}
	m.sort(dawn)
	if len(m.groups) != mendGroups || m.groups[0].First != 2*mendGroups {
		t.Errorf("%d groups, the oldest begins with %d", len(m.groups), m.groups[0].First)
	}
	m.sort(dawn.Add(mendFor + time.Millisecond))
	if len(m.groups) != 0 {
		t.Errorf("%d groups wait for ever", len(m.groups))
	}
	for range 2 * mendQueue {
		m.put(nil)
	}
	if len(m.waiting) != mendQueue {
		t.Errorf("%d packets wait", len(m.waiting))
	}
}

func TestWhatParityBringsBackIsWrittenAsIfItHadCome(t *testing.T) {
	up := newUpTrack(h264, 1<<20, nil, &counters{})
	epoch := up.Switch(nil)
	p := &Publisher{inbound: &inbound{mender: mender{ssrc: 9}}, uplinks: []*uplink{{video: true, ssrc: 5, from: &source{&Layer{up: up}, epoch}}}}
	sent := []*Packet{{Time: 3, Payload: []byte{0x65, 1}}, {Time: 3, Payload: []byte{2, 2, 2}}, {Time: 3, Marker: true, Payload: []byte{3}}}
	for i, s := range sent {
		if i != 1 && i != 2 {
			_ = up.Write(epoch, rtpPacket(5, uint16(100+i), s.Time, s.Marker, s.Payload), dawn)
		}
	}
	for _, packet := range protect(t, 5, 100, sent, 2) {
		p.mender.put(packet)
	}
	p.mend(dawn)
	for i, got := range up.protected(epoch, 100, 3, dawn) {
		if got == nil || !bytes.Equal(got.Payload, sent[i].Payload) || got.Marker != sent[i].Marker || got.Time != 3 {
			t.Errorf("packet %d is %+v", i, got)
		}
	}
	if b, _ := up.Reception(epoch, 5, dawn); b.TotalLost != 2 {
		t.Errorf("%d packets are reported as lost", b.TotalLost)
	}
	if len(p.mender.groups) != 0 {
		t.Error("the group is kept")
	}
}

func TestParityIsAgreedOnOnlyWhereItIsOffered(t *testing.T) {
	s := startStage(t, Config{})
	for _, offered := range []bool{false, true} {
		c := newClient(t, opus, h264)
		if _, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			t.Fatal(err)
		}
		offer, line := c.offer(false), "\r\na="+wire.ParityAttribute+":4711\r\n"
		if offered {
			offer = strings.Replace(offer, "\r\nm=", line+"m=", 1)
		}
		a, err := s.Publish(t.Context(), "parity", offer, loopback)
		if err != nil {
			t.Fatal(err)
		}
		if agreed := strings.Contains(a.SDP, line); agreed != offered {
			t.Errorf("offered %v, agreed %v:\n%s", offered, agreed, a.SDP)
		}
	}
}

func FuzzMender(f *testing.F) {
	whole := protect(f, 5, 10, []*Packet{{Payload: []byte("one")}, {Payload: []byte("three")}}, 2)
	f.Add(whole[0], whole[1], byte(1))
	f.Add(rtpPacket(9, 1, 2, true, wire.Parity{Packets: 32, Shards: 64, Index: 63}.Append(nil)), []byte{}, byte(0))
	f.Fuzz(func(t *testing.T, a, b []byte, comes byte) {
		m := &mender{}
		m.put(a)
		m.put(b)
		m.sort(dawn)
		for _, g := range m.groups {
			have := make([]*Packet, g.Packets)
			for i := range have {
				if comes>>(i%8)&1 == 1 {
					have[i] = &Packet{Payload: []byte("one")}
				}
			}
			if g.lacks(have) == 0 {
				for _, raw := range m.packets(g, have) {
					var p rtp.Packet
					if err := p.Unmarshal(raw); err != nil {
						t.Errorf("it made no RTP packet: %v", err)
					}
				}
			}
		}
	})
}

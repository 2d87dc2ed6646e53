package publish

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/reedsolomon"
	"github.com/pion/rtp"
	"pgregory.net/rapid"

	"vitrine/server/wire"
)

// plainPicture is a picture in so many packets.
func plainPicture(packets int, first uint16) (list []outgoing) {
	for i := range packets {
		list = append(list, outgoing{
			header:  rtp.Header{SequenceNumber: first + uint16(i), Timestamp: 5, Marker: i == packets-1},
			payload: bytes.Repeat([]byte{byte(i)}, 1+(i*37)%maxPayload),
		})
	}
	return list
}

func TestShardsLeaveFewGroupsIncomplete(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, loss := range []float64{0.05, 0.1, 0.3, 0.5, parityMost} {
		before := 0
		for packets := 1; packets <= wire.ParityPackets; packets++ {
			n := shards(packets, loss)
			if n < 1 || n > wire.ParityShards || n < before {
				t.Fatalf("%d shards for %d packets at %.2f, %d for one less", n, packets, loss, before)
			}
			before = n
			if packets%4 > 0 {
				continue
			}
			const groups = 4000
			failed := 0
			for range groups {
				come := 0
				for range packets + n {
					if random.Float64() >= loss {
						come++
					}
				}
				if come < packets {
					failed++
				}
			}
			if share := float64(failed) / groups; share > parityLeave+0.02 && n < wire.ParityShards {
				t.Errorf("%d shards for %d packets at %.2f leave %.3f incomplete", n, packets, loss, share)
			}
		}
	}
	if n := shards(8, 0); n != 0 {
		t.Errorf("%d shards where nothing is lost", n)
	}
}

func TestTheProtectionFollowsLossAndNotChance(t *testing.T) {
	p := &protection{}
	for _, c := range []struct{ loss, level float64 }{
		{0, 0}, {0.03, 0}, {0.1, 0.1}, {0.11, 0.1}, {0.07, 0.1}, {0.3, 0.3}, {0.27, 0.3}, {0.2, 0.2}, {0.9, parityMost}, {0.03, 0.03}, {0.01, 0}, {0.03, 0},
	} {
		if p.follow(c.loss); math.Abs(p.level-c.level) > 1e-9 {
			t.Errorf("at %.2f it makes up for %.2f, want %.2f", c.loss, p.level, c.level)
		}
	}
}

func TestEveryPacketOfAPictureIsInOneGroupThatFitsTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, first := rapid.IntRange(1, 200).Draw(t, "packets"), rapid.Uint16().Draw(t, "first")
		p := &protection{ssrc: 7, level: rapid.Float64Range(parityFrom, parityMost).Draw(t, "loss"), coded: map[[2]int]reedsolomon.Encoder{}}
		list, err := p.protect(3, plainPicture(n, first))
		if err != nil {
			t.Fatal(err)
		}
		covered := map[uint16]int{}
		for i, o := range list {
			about, shard, ok := wire.ReadParity(o.payload)
			if !ok || about.Stream != 3 || len(shard) == 0 || o.header.SSRC != 7 || o.header.SequenceNumber != uint16(i) || o.size() > 1280 {
				t.Fatalf("packet %d is %+v, %+v", i, about, o.header)
			}
			if about.Index == 0 {
				for q := range uint16(about.Packets) {
					covered[about.First+q]++
				}
			}
		}
		for i := range n {
			if c := covered[first+uint16(i)]; c != 1 {
				t.Fatalf("packet %d of %d is in %d groups", i, n, c)
			}
		}
		if len(covered) != n {
			t.Fatalf("%d packets are protected, there are %d", len(covered), n)
		}
	})
}

func TestLostPacketsCanBeMadeFromAsManyShards(t *testing.T) {
	p := &protection{level: 0.5, coded: map[[2]int]reedsolomon.Encoder{}}
	picture := plainPicture(8, 65533)
	list, err := p.protect(3, picture)
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]byte, len(picture)+len(list))
	for i, o := range list {
		_, all[len(picture)+i], _ = wire.ReadParity(o.payload)
	}
	for i, o := range picture[:2] {
		all[i] = append(wire.AppendShard(nil, 5, false, o.payload), make([]byte, len(all[8])-7-len(o.payload))...)
	}
	coder, err := reedsolomon.New(len(picture), len(list), reedsolomon.WithCauchyMatrix())
	if err != nil {
		t.Fatal(err)
	}
	if err := coder.ReconstructData(all); err != nil {
		t.Fatal(err)
	}
	for i, o := range picture {
		ticks, marker, payload, ok := wire.ReadShard(all[i])
		if !ok || ticks != 5 || marker != o.header.Marker || !bytes.Equal(payload, o.payload) {
			t.Errorf("packet %d comes back as %d bytes, time %d, marker %v", i, len(payload), ticks, marker)
		}
	}
}

func TestParityIsSentOnlyWhereItHelpsAndToWhomItIsKnown(t *testing.T) {
	for _, c := range []struct {
		agreed     uint32
		own        float64
		rtt, queue time.Duration
		want       bool
	}{
		{7, 0.3, 80 * time.Millisecond, 0, true},
		{0, 0.3, 80 * time.Millisecond, 0, false},
		{7, 0.01, 80 * time.Millisecond, 0, false},
		{7, 0.3, time.Millisecond, 0, false},
		{7, 0.3, 80 * time.Millisecond, 2 * drainFrom, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{}
			s := testSender(t, l, func() {})
			s.parity.ssrc, s.estimate.loss.own, s.reports.rtt, s.estimate.queue = c.agreed, c.own, c.rtt, c.queue
			stop := running(t, s)
			s.writeVideo(vp8Picture(true, 5000, 0))
			time.Sleep(time.Second)
			stop()
			shards, last := 0, -1
			for i, p := range l.packets {
				switch p.SSRC {
				case 7:
					shards++
				case 1:
					last = i
				}
			}
			if shards > 0 != c.want || len(l.packets) != last+1+shards {
				t.Errorf("%+v: %d packets, %d of parity", c, len(l.packets), shards)
			}
		})
	}
}

func TestAServerThatKnowsNoParityIsSentNone(t *testing.T) {
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint())
	s.await(t, "live")
	if out := s.out.Load(); out == nil || out.parity.ssrc != 0 {
		t.Errorf("parity is taken as agreed with %+v", out)
	}
	offer := receive(t, "offer", server.requests, func(r request) bool { return r.method == "POST" })
	if !bytes.Contains([]byte(offer.body), []byte("\r\na="+wire.ParityAttribute+":")) {
		t.Error("it was not offered")
	}
	s.end(t)
}

package publish

import (
	"bytes"
	"encoding/binary"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"vitrine/capture/frame"
)

func inLayer(p *frame.Packet, l frame.Layer) *frame.Packet {
	p.Layer = l
	return p
}

// unitOf reads a whole picture from a stream; padding is skipped.
func unitOf(t *testing.T, from <-chan *rtp.Packet) (unit []byte, ssrc uint32) {
	t.Helper()
	depacketizer := &codecs.H264Packet{}
	last := receive(t, "end of the picture", from, func(p *rtp.Packet) bool {
		if len(p.Payload) == 0 {
			return false
		}
		part, err := depacketizer.Unmarshal(p.Payload)
		if err != nil {
			t.Fatal(err)
		}
		unit = append(unit, part...)
		return p.Marker
	})
	return unit, last.SSRC
}

func TestEvery_layer_arrives_whole_from_its_first_packet_under_its_name(t *testing.T) {
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	if d := <-s.demands; d.Wanted != [frame.Layers]bool{true, true, true} {
		t.Errorf("a server that takes all layers wants %v", d.Wanted)
	}
	for size, rid := range rids {
		s.WriteVideo(inLayer(picture(true, 5000+size, time.Second), frame.Layer(size)))
		unit, _ := unitOf(t, server.layers[rid])
		if want := picture(true, 5000+size, 0).Data; !bytes.Equal(unit, want) {
			t.Errorf("layer %s: a picture of %d bytes arrived as %d bytes", rid, len(want), len(unit))
		}
	}
	s.end(t)
}

func TestA_server_that_takes_one_stream_gets_whichever_size_fits(t *testing.T) {
	server := newWHIPServer(t)
	server.simulcast = takesOne
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	if d := <-s.demands; d.Wanted != [frame.Layers]bool{frame.Full: true} {
		t.Errorf("a server that takes one stream wants %v", d.Wanted)
	}
	receive(t, "wish at the start", s.wishes, func(frame.Layer) bool { return true })
	s.WriteVideo(picture(true, 100, 1*time.Second))
	s.WriteVideo(inLayer(picture(false, 200, 2*time.Second), frame.Quarter)) // depends on what did not go
	s.WriteVideo(inLayer(picture(true, 300, 3*time.Second), frame.Quarter))
	s.WriteVideo(inLayer(picture(false, 400, 4*time.Second), frame.Quarter))
	ssrc := uint32(0)
	for _, want := range []*frame.Packet{picture(true, 100, 0), picture(true, 300, 0), picture(false, 400, 0)} {
		unit, from := unitOf(t, server.packets)
		if !bytes.Equal(unit, want.Data) || ssrc != 0 && from != ssrc {
			t.Errorf("%d bytes arrived in stream %d, want %d bytes in the one stream %d", len(unit), from, len(want.Data), ssrc)
		}
		ssrc = from
	}
	if server.posts != 1 {
		t.Errorf("%d offers", server.posts)
	}
	s.end(t)
}

func TestA_server_that_understands_half_of_simulcast_gets_a_plain_offer(t *testing.T) {
	server := newWHIPServer(t)
	server.simulcast = takesHalf
	s := onAir(t, server.endpoint())
	receive(t, "live link", s.links, func(l frame.Link) bool {
		if l.Phase == frame.LinkWaiting || l.Fault != frame.FaultNone {
			t.Errorf("the host was troubled with %+v", l)
		}
		return l.Phase == frame.LinkLive
	})
	s.WriteVideo(picture(true, 3000, 0))
	if unit, _ := unitOf(t, server.packets); !bytes.Equal(unit, picture(true, 3000, 0).Data) {
		t.Errorf("the picture arrived as %d bytes", len(unit))
	}
	if server.posts != 2 {
		t.Errorf("%d offers, want one with layers and one without", server.posts)
	}
	receive(t, "end of the first session", server.requests, func(r request) bool { return r.method == "DELETE" })
	s.end(t)
}

func TestA_lost_picture_is_begun_anew_in_its_layer_only(t *testing.T) {
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	s.WriteVideo(inLayer(picture(true, 100, 0), frame.Half))
	_, ssrc := unitOf(t, server.layers["h"])
	for range frame.Layers {
		receive(t, "wishes at the start", s.wishes, func(frame.Layer) bool { return true })
	}
	for asked := false; !asked; {
		if err := server.current().WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
			t.Fatal(err)
		}
		select { // the first ones come while the wish at the start still counts as fresh
		case l := <-s.wishes:
			if asked = true; l != frame.Half {
				t.Errorf("a key frame of layer %d is wished for", l)
			}
		case <-time.After(keyPatience):
		}
	}
	s.end(t)
}

// pauseRequest is RFC 7728 §8's packet about one stream.
func pausePacket(ssrc uint32, kind byte, id uint16) rtcp.Packet {
	b := []byte{2<<6 | pauseFormat, feedbackType, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, kind<<4, 0)
	b = binary.BigEndian.AppendUint16(b, id)
	raw := rtcp.RawPacket(b)
	return &raw
}

func TestA_layer_that_nobody_watches_is_paused_and_resumed(t *testing.T) {
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	s.WriteVideo(inLayer(picture(true, 100, 0), frame.Half))
	_, ssrc := unitOf(t, server.layers["h"])
	ask := func(kind byte, id uint16) {
		// pion hands on only what names a stream in a way it knows, so a report block goes ahead.
		err := server.current().WriteRTCP([]rtcp.Packet{
			&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: ssrc}}}, pausePacket(ssrc, kind, id),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wants := func(what string, half bool) {
		t.Helper()
		d := receive(t, what, s.demands, func(d frame.Demand) bool { return d.Wanted[frame.Half] == half })
		if !d.Wanted[frame.Full] || !d.Wanted[frame.Quarter] {
			t.Errorf("%s touched another layer: %v", what, d.Wanted)
		}
	}
	wants("demand at the start", true)
	ask(typePause, 7)
	wants("pause", false)
	ask(typeResume, 7)
	wants("resumption", true)
	s.end(t)
}

func TestLate_pauses_are_ignored(t *testing.T) {
	var p pausing
	for _, c := range []struct {
		w    pauseWish
		want bool
	}{
		{pauseWish{id: 65535}, true},
		{pauseWish{id: 65535, resume: true}, false},
		{pauseWish{id: 65534}, false},
		{pauseWish{id: 0}, true},
		{pauseWish{id: 65535, resume: true}, true},
		{pauseWish{id: 1, resume: true}, false},
	} {
		if p.hear(c.w); p.paused != c.want {
			t.Errorf("after %+v paused: %v", c.w, p.paused)
		}
	}
}

func FuzzPauses(f *testing.F) {
	raw, err := pausePacket(77, typePause, 3).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(append(bytes.Clone(raw), 0, 0, 0, 9, 0x10, 255, 0, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := len(parsePauses(b)); n > len(b)/pauseRequest {
			t.Errorf("%d requests in %d bytes", n, len(b))
		}
	})
}

func FuzzAcks(f *testing.F) {
	raw, err := (&rtcp.TransportLayerCC{
		Header:            rtcp.Header{Padding: true, Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 5},
		PacketStatusCount: 2,
		PacketChunks:      []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{Type: 0, PacketStatusSymbol: 1, RunLength: 2}},
		RecvDeltas:        []*rtcp.RecvDelta{{Type: 1, Delta: 250}, {Type: 1, Delta: 500}},
	}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		var fb rtcp.TransportLayerCC
		if fb.Unmarshal(b) != nil {
			return
		}
		out := acks(&fb)
		if len(out) > int(fb.PacketStatusCount) {
			t.Errorf("%d packets of %d", len(out), fb.PacketStatusCount)
		}
		e := newEstimator(3_000_000)
		for i := range out {
			e.sent(out[i].seq, 1200, time.Duration(i)*time.Millisecond)
		}
		e.feedback(time.Second, out)
		if r := e.rate(); r < leastEstimate*drainLeast || r > 3_000_000 {
			t.Errorf("estimate of %d bit/s", r)
		}
	})
}

// The path falls from 4 Mbit/s to 300 kbit/s and comes back. A show that does as it is asked must follow, without losing its
// sound while it is down.
func TestThe_demand_follows_a_path_down_and_up_again(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	path := newNarrow(conn)
	path.rate.Store(4_000_000)
	server := newServer(t, path, nil)
	s := onAir(t, server.endpoint(), func(p *Publisher) { p.Expect(2_500_000) })
	s.await(t, frame.LinkLive)
	var asked atomic.Int64
	asked.Store(300_000)
	ask := func(d frame.Demand) {
		if d.Bitrate > 0 {
			asked.Store(int64(d.Bitrate))
		}
	}
	stop, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		tick := time.NewTicker(frame.BlockDuration)
		defer tick.Stop()
		for n := 0; ; n++ {
			at := time.Duration(n) * frame.BlockDuration
			s.WriteAudio(sound(at))
			if bps := asked.Load(); n%3 == 0 && bps > 30_000 {
				s.WriteVideo(inLayer(picture(n%300 == 0, int(bps*3/100/8), at), frame.Quarter))
			}
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	began := time.Now()
	until := func(what string, is func(bps int) bool) {
		t.Helper()
		d := receive(t, what, s.demands, func(d frame.Demand) bool {
			ask(d)
			return is(d.Bitrate)
		})
		t.Logf("%5.2f s: %s, %d bit/s", time.Since(began).Seconds(), what, d.Bitrate)
	}
	until("wide at the start", func(bps int) bool { return bps >= 2_000_000 })
	path.rate.Store(300_000)
	until("narrow", func(bps int) bool { return bps < 250_000 })
	for len(server.packets) > 0 {
		<-server.packets
	}
	for range 200 { // two seconds of sound
		before := len(s.demands)
		receive(t, "sound on the narrow path", server.packets, func(p *rtp.Packet) bool { return !isVideo(p) })
		for range before {
			ask(<-s.demands)
		}
	}
	path.rate.Store(4_000_000)
	until("wide again", func(bps int) bool { return bps >= 2_000_000 })
	close(stop)
	<-written
	s.end(t)
}

func TestA_real_server_s_feedback_finds_the_bandwidth_that_the_show_can_use(t *testing.T) {
	const expected = 2_500_000
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint(), func(p *Publisher) { p.Expect(expected) })
	s.await(t, frame.LinkLive)
	stop, written := make(chan struct{}), make(chan struct{})
	go func() { // a show that uses a fifth of it
		defer close(written)
		tick := time.NewTicker(frame.BlockDuration)
		defer tick.Stop()
		for n := 0; ; n++ {
			at := time.Duration(n) * frame.BlockDuration
			s.WriteAudio(sound(at))
			if n%3 == 0 {
				s.WriteVideo(inLayer(picture(n%300 == 0, 2000, at), frame.Half))
			}
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	receive(t, "all that the show can use", s.demands, func(d frame.Demand) bool { return d.Bitrate >= expected })
	receive(t, "link with the estimate", s.links, func(l frame.Link) bool { return l.Estimate > expected })
	close(stop)
	<-written
	s.end(t)
}

func TestFeedback_is_read_in_order(t *testing.T) {
	got := acks(&rtcp.TransportLayerCC{
		BaseSequenceNumber: 65534, PacketStatusCount: 5, ReferenceTime: 10,
		PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketNotReceived, RunLength: 1},
			&rtcp.StatusVectorChunk{SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit, SymbolList: []uint16{1, 2, 0, 1, 0, 0, 0}},
		},
		RecvDeltas: []*rtcp.RecvDelta{{Type: 1, Delta: 250}, {Type: 2, Delta: -1000}, {Type: 1, Delta: 500}},
	})
	us := 640 * time.Millisecond
	want := []ack{{seq: 65534}, {65535, true, us + 250*time.Microsecond}, {0, true, us - 750*time.Microsecond}, {seq: 1}, {2, true, us - 250*time.Microsecond}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("packet %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestRequests_are_answered_once_a_round_trip_and_the_oftener_the_more_is_lost(t *testing.T) {
	const rtt = 60 * time.Millisecond
	for _, c := range []struct {
		lost     uint8 // of 256
		rtt      time.Duration
		queue    time.Duration
		requests int // within a round trip
		answers  int // to three bursts of them
	}{
		{0, rtt, 0, 1, 3},
		{0, rtt, 0, 3, 3},
		{64, rtt, 0, 1, 9},
		{64, rtt, 0, 3, 9},
		{64, time.Millisecond, 0, 1, 3},  // near enough to ask again
		{64, rtt, 2 * drainFrom, 1, 3},   // full
		{250, rtt, 0, 1, 3 * copiesMost}, // bounded
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{}
			s := testSender(t, l, func() {})
			for i, highest := range []uint32{100, 400} {
				s.reports.heard(rtcp.ReceptionReport{SSRC: 1, LastSequenceNumber: highest, FractionLost: c.lost * uint8(i)}, time.Now())
			}
			s.reports.rtt, s.estimate.queue = c.rtt, c.queue
			s.writeVideo(vp8Picture(true, 100, 0))
			stop := running(t, s)
			seq := l.packets[0].SequenceNumber
			for range 3 {
				for range c.requests {
					s.hear([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: 1, Nacks: []rtcp.NackPair{{PacketID: seq}, {PacketID: seq + 1000}}}})
					time.Sleep(rtt / 4)
				}
				time.Sleep(2 * rtt)
			}
			stop()
			if n := len(l.packets) - 1; n != c.answers {
				t.Errorf("%+v: %d answers", c, n)
			}
			for i, p := range l.packets {
				if p.SequenceNumber != seq {
					t.Errorf("packet %d is another: %+v", i, p)
				}
				if i > 1 && l.times[i].Sub(l.times[i-1]) < answerAfter {
					t.Errorf("answers come %v after each other", l.times[i].Sub(l.times[i-1]))
				}
			}
		})
	}
}

func TestSound_is_repeated_unasked_where_a_long_path_loses_it_by_itself(t *testing.T) {
	for _, c := range []struct {
		own        float64
		rtt, queue time.Duration
		sent       int
	}{
		{0, 80 * time.Millisecond, 0, 1},
		{0.3, 80 * time.Millisecond, 0, 3},
		{0.5, 80 * time.Millisecond, 0, copiesMost},
		{0.3, time.Millisecond, 0, 1},
		{0.3, 80 * time.Millisecond, 2 * drainFrom, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{}
			s := testSender(t, l, func() {})
			s.estimate.loss.own, s.reports.rtt, s.estimate.queue = c.own, c.rtt, c.queue
			stop := running(t, s)
			s.writeAudio(sound(0))
			time.Sleep(time.Second)
			stop()
			if len(l.packets) != c.sent {
				t.Errorf("%+v: sent %d times", c, len(l.packets))
			}
			for i := 1; i < len(l.packets); i++ {
				if l.packets[i].SequenceNumber != l.packets[0].SequenceNumber || l.times[i].Sub(l.times[i-1]) < soundAfter {
					t.Errorf("%+v: repetition %d is number %d, %v later", c, i, l.packets[i].SequenceNumber, l.times[i].Sub(l.times[i-1]))
				}
			}
		})
	}
}

func TestParameter_sets_are_sent_often_enough_not_to_come_after_their_picture(t *testing.T) {
	for _, c := range []struct {
		own  float64
		sent int
	}{{0, 1}, {0.02, 2}, {0.3, 6}, {0.5, 10}, {0.8, setsMost}} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{}
			s := testSender(t, l, func() {})
			s.layers[0].payloader = &codecs.H264Payloader{}
			s.estimate.loss.own = c.own
			stop := running(t, s)
			s.writeVideo(picture(true, 500, 0))
			s.writeVideo(picture(false, 500, time.Second/30))
			time.Sleep(time.Second)
			stop()
			times := map[uint16]int{}
			for _, p := range l.packets {
				times[p.SequenceNumber]++
			}
			if first := l.packets[0].SequenceNumber; times[first] != c.sent || len(l.packets) != c.sent+2 {
				t.Errorf("at %.0f %% of loss they are sent %d times, of %d packets", 100*c.own, times[first], len(l.packets))
			}
			for i := range c.sent {
				if l.packets[i].SequenceNumber != l.packets[0].SequenceNumber {
					t.Errorf("at %.0f %% the picture goes before its sets", 100*c.own)
				}
			}
		})
	}
}

func TestWhat_is_sent_so_often_arrives_but_for_a_little_share(t *testing.T) {
	last := 1
	for loss := 0.0; loss < 1; loss += 0.01 {
		n := sendings(loss)
		if n < last || n > copiesMost {
			t.Fatalf("%d sendings at %.2f, %d at less", n, loss, last)
		}
		if left := math.Pow(loss, float64(n)); n < copiesMost && left > copiesLeave {
			t.Errorf("%d sendings at %.2f leave %.3f", n, loss, left)
		}
		last = n
	}
}

package live

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
)

func TestProtection_follows_loss_quickly_and_leaves_slowly(t *testing.T) {
	now, g := time.Unix(1000, 0), &guard{}
	during := func(share float64, d time.Duration) {
		for end := now.Add(d); now.Before(end); now = now.Add(100 * time.Millisecond) {
			g.reported(100, int(100*share), now)
		}
	}
	for _, c := range []struct {
		loss   float64
		copies int
	}{{0, 0}, {0.10, 0}, {0.30, 1}, {0.50, 3}, {0.64, 10}, {0.85, 15}} {
		during(c.loss, time.Second)
		if s := g.shield(); s.Copies != c.copies {
			t.Errorf("after a second of %.0f %% loss: %+v", 100*c.loss, s)
		}
	}
	during(0, 2*time.Second)
	if g.shield().Copies == 0 {
		t.Error("protection ended two seconds after the loss")
	}
	during(0, 40*time.Second)
	if s := g.shield(); s != shields[0].Shield {
		t.Errorf("protection stays: %+v", s)
	}
}

// travel sends packets over a path with a delay for each, negative for those that are lost, and reports them, a feedback for
// each ten.
func travel(t *testing.T, g *guard, from int, delays []time.Duration, start time.Time) {
	const every = 5 * time.Millisecond
	to := &recipient{Recorder: twcc.NewRecorder(1)}
	for i := 0; i+10 <= len(delays); i += 10 {
		for k := i; k < i+10; k++ {
			sent := start.Add(time.Duration(k) * every)
			g.way.leaves(uint16(from+k), 1000, sent)
			if delays[k] >= 0 {
				to.got(uint16(from+k), sent.Add(delays[k]))
			}
		}
		for _, m := range to.report(t) {
			g.told(m, start.Add(time.Duration(i+10)*every))
		}
	}
}

// recipient makes a viewer's transport-wide feedback, by pion.
type recipient struct {
	*twcc.Recorder
	some bool
}

func (r *recipient) got(number uint16, at time.Time) {
	r.Record(1, number, at.UnixMicro()%(1<<24*64_000)) // the clock of feedback turns over
	r.some = true
}

func (r *recipient) report(t *testing.T) (messages [][]byte) {
	if !r.some {
		return nil
	}
	r.some = false
	for _, p := range r.BuildFeedbackPacket() {
		raw, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, raw)
	}
	return messages
}

func TestLoss_on_a_path_with_a_full_queue_is_answered_with_less_not_more(t *testing.T) {
	for _, c := range []struct {
		name   string
		delay  func(i int) time.Duration
		copies bool
	}{
		{"a lossy path", func(int) time.Duration { return 20 * time.Millisecond }, true},
		{"a lossy path to a receiver that is busy most of the time", func(i int) time.Duration {
			return time.Duration(20+max(250-i%80*5, 0)) * time.Millisecond
		}, true},
		{"a queue", func(i int) time.Duration { return time.Duration(20+min(i, 300)) * time.Millisecond }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, delays := &guard{}, []time.Duration{}
			for i := range 800 {
				d := c.delay(i)
				if i%10 < 3 {
					d = -1
				}
				delays = append(delays, d)
			}
			travel(t, g, 65000, delays, time.Unix(1000, 0))
			if seen := g.loss > 0.27 && g.loss < 0.33; seen != c.copies {
				t.Errorf("30 %% of loss are seen as %.2f", g.loss)
			}
			if s := g.shield(); s.Copies > 0 != c.copies {
				t.Errorf("with %v of standing delay the shield is %+v", g.way.standing(), s)
			}
		})
	}
}

// readRED is a plain reading of RFC 2198, for comparison: offsets and payloads, the packet's own last.
func readRED(b []byte) (offsets []uint32, blocks [][]byte) {
	var lengths []int
	for b[0]&0x80 != 0 {
		h := binary.BigEndian.Uint32(b)
		offsets, lengths = append(offsets, h>>10&redSpan), append(lengths, int(h&redBlock))
		b = b[4:]
	}
	b = b[1:]
	for _, n := range lengths {
		blocks, b = append(blocks, b[:n]), b[n:]
	}
	return append(offsets, 0), append(blocks, b)
}

func TestSound_repeats_as_much_of_itself_as_fits(t *testing.T) {
	for _, c := range []struct{ size, blocks, want int }{{80, 4, 4}, {80, 17, 12}, {300, 17, 2}, {1100, 17, 0}, {0, 17, 17}} {
		cache := newPacketCache(1 << 20)
		var p *Packet
		for i := range int64(40) {
			p = &Packet{Index: i, Time: uint32(480 * i), Payload: bytes.Repeat([]byte{byte(i)}, c.size)}
			cache.Put(p)
		}
		out := appendRED(nil, 111, p, cache.Before(p, c.blocks))
		offsets, blocks := readRED(out)
		if len(blocks) != c.want+1 || len(out) > redMost && c.want > 0 {
			t.Fatalf("%d blocks of %d bytes: %d in %d bytes", c.blocks, c.size, len(blocks)-1, len(out))
		}
		for i, b := range blocks {
			back := uint32(len(blocks) - 1 - i)
			if offsets[i] != 480*back || !bytes.Equal(b, cache.Get(39-int64(back)).Payload) {
				t.Fatalf("block %d is %d ticks back", i, offsets[i])
			}
		}
	}
}

func TestSound_is_heard_again_after_one_packet_and_after_three(t *testing.T) {
	sound := newFeed(opus, nil, 1<<20, nil, &counters{})
	s := &screen{}
	d := newDownTrack(opus, &section{}, sound, sound.layer(""))
	d.exit, d.phase = s, flowing
	for _, c := range []struct {
		loss float64
		want []int // how far back after each packet
	}{{0, nil}, {0.3, []int{1, 1, 1, 1, 1}}, {0.8, []int{1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3}}, {0, nil}} {
		d.guard.expect(c.loss)
		s.again = nil
		var back []int
		for range 6 {
			n := len(s.got)
			d.offer(&Packet{From: d.up, Index: int64(100 + n), Epoch: 1, Arrival: uint64(1 + n), Time: uint32(480 * n), Payload: []byte{1}}, time.Unix(1000, 0))
			for ; len(s.again) > len(back); back = append(back, int(s.got[n].SequenceNumber-s.again[len(back)])) {
			}
		}
		if !slices.Equal(back, c.want) {
			t.Errorf("at %.0f %% of loss what lies %v back is repeated, want %v", 100*c.loss, back, c.want)
		}
	}
}

func TestCopies_follow_each_packet_at_their_distance(t *testing.T) {
	pictures := newFeed(h264, nil, 1<<20, nil, &counters{})
	up := pictures.up()
	s := &screen{}
	d := newDownTrack(h264, &section{}, pictures, pictures.layer(""))
	d.exit, d.phase = s, flowing
	d.guard.level = 4 // three copies
	d.guard.adjust()
	d.repeat = Codec{Payload: 97}
	now, tr := time.Unix(1000, 0), &trail{}
	sent := 0
	for i := range int64(200) {
		p := &Packet{From: up, Index: 100 + i, Epoch: 1, Time: uint32(i * 300), KeyStart: i == 0, Payload: []byte{1}}
		if _, _, ok := d.forwarder.Forward(p, now); ok && i < 100 {
			tr.add([]*Packet{p}, now)
			sent++
		}
		now = now.Add(5 * time.Millisecond)
		tr.repeat([]*DownTrack{d}, now)
	}
	if got := len(s.headers()); got != 3*sent {
		t.Errorf("%d copies of %d packets, want three of each", got, sent)
	}
}

func TestParameter_sets_are_sent_until_they_are_sure_to_arrive(t *testing.T) {
	sps, pps, idr := unhex(t, sets["baseline"].unit), []byte{0x68, 1, 2}, []byte{0x65, 1, 2}
	for _, c := range []struct {
		name    string
		payload []byte
		loss    float64
		again   int
	}{
		{"without loss", stapA(sps, pps), 0, 0},
		{"2 %", stapA(sps, pps), 0.02, 2},
		{"30 %", stapA(sps, pps), 0.3, 7},
		{"30 %, one set alone", sps, 0.3, 7},
		{"70 %", stapA(sps, pps), 0.7, 24},
		{"sets with a picture behind", stapA(sps, pps, idr), 0.3, 0},
		{"a picture", idr, 0.3, 0},
		{"nonsense", []byte{nalSTAPA, 0, 200}, 0.3, 0},
	} {
		s := &screen{}
		pictures := newFeed(h264, nil, 1<<20, nil, &counters{})
		d := newDownTrack(h264, &section{}, pictures, pictures.layer(""))
		d.exit, d.phase, d.repeat, d.guard.loss = s, flowing, Codec{Payload: 97}, c.loss
		p := &Packet{From: d.up, Index: 100, Epoch: 1, Arrival: 1, KeyStart: true, Payload: c.payload, Sets: setsAlone(c.payload)}
		d.offer(p, time.Unix(1000, 0))
		if got := len(s.headers()) - 1; got != c.again {
			t.Errorf("%s: sent %d times again, want %d", c.name, got, c.again)
		}
	}
}

//go:build unix

package live

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"
	keyframe "golang.org/x/image/vp8"

	"vitrine/server/wire"
)

// card is a moving test card, made with ffmpeg's testsrc2: VP8, 320×180, 15 pictures a second, 2 s, each second a key frame.
//
//go:embed testdata/card.ivf
var card []byte

const cardRate = 15

func cardFrames(t *testing.T) (list [][]byte) {
	t.Helper()
	r, _, err := ivfreader.NewWith(bytes.NewReader(card))
	if err != nil {
		t.Fatal(err)
	}
	for {
		frame, _, err := r.ParseNextFrame()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, frame)
	}
}

// perform sends the test card, and sound that says who it is from, until stop is closed.
func (c *client) perform(frames [][]byte, who byte, stop <-chan struct{}) {
	tick := time.NewTicker(time.Second / cardRate)
	defer tick.Stop()
	packets := rtp.NewPacketizer(1100, 0, 0, &codecs.VP8Payloader{}, rtp.NewRandomSequencer(), 90000)
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for _, p := range packets.Packetize(frames[n%len(frames)], 90000/cardRate) {
			_ = c.video.WriteRTP(p) // fails at the end of a test
		}
		for i := range 3 { // a little less than 50 a second
			h := rtp.Header{Version: 2, SequenceNumber: uint16(3*n + i), Timestamp: 960 * uint32(3*n+i)}
			_ = c.audio.WriteRTP(&rtp.Packet{Header: h, Payload: append([]byte{0xfc, who}, make([]byte, 60)...)})
		}
	}
}

// spectator is one session of a viewer of the whole stage: what it got of one seat. A busy machine loses packets, which it does not ask
// for again.
type spectator struct {
	*listener
	frames, keys, sounds, lost atomic.Int64
}

// follow reads what comes until the connection ends: sound must be of whom it is to be, key frames are decoded.
func (v *spectator) follow(who byte, wg *sync.WaitGroup) {
	go func() { // until the connection ends, which closes nothing: the test's end does
		for {
			select {
			case <-v.events:
			case <-v.t.Context().Done():
				return
			}
		}
	}()
	wg.Go(func() {
		track := v.track(webrtc.RTPCodecTypeAudio)
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if len(p.Payload) < 2 || p.Payload[1] != who {
				v.t.Errorf("seat %d hears % x", who, p.Payload)
			}
			v.sounds.Add(1)
		}
	})
	wg.Go(func() {
		track, last, broken := v.track(webrtc.RTPCodecTypeVideo), uint16(0), true
		var frame []byte
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if gap := int16(p.SequenceNumber - last - 1); gap != 0 {
				if v.frames.Load() > 0 {
					v.lost.Add(int64(max(gap, 0)))
				}
				broken = true
			}
			last = p.SequenceNumber
			var one codecs.VP8Packet
			part, err := one.Unmarshal(p.Payload)
			if err != nil {
				v.t.Error(err)
			}
			if one.S == 1 && one.PID == 0 {
				frame, broken = nil, false
			}
			if frame = append(frame, part...); p.Marker && !broken {
				v.show(frame)
			}
		}
	})
}

// show takes a whole frame. What decodes it is Go's, which knows key frames.
func (v *spectator) show(frame []byte) {
	v.frames.Add(1)
	if frame[0]&1 != 0 {
		return
	}
	d := keyframe.NewDecoder()
	d.Init(bytes.NewReader(frame), len(frame))
	if h, err := d.DecodeFrameHeader(); err != nil || h.Width != 320 || h.Height != 180 {
		v.t.Errorf("a key frame of %d×%d: %v", h.Width, h.Height, err)
		return
	}
	if _, err := d.DecodeFrame(); err != nil {
		v.t.Error(err)
		return
	}
	v.keys.Add(1)
}

// burnt is the processor time of this process.
func burnt() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestA_full_stage_is_seen_by_one_viewer_who_is_sent_only_what_is_visible: seventeen stock peers send sound and real VP8, and one viewer has a
// session of each.
func TestA_full_stage_is_seen_by_one_viewer_who_is_sent_only_what_is_visible(t *testing.T) {
	s := startStage(t, Config{MaxPerAddress: 4})
	frames, stop := cardFrames(t), make(chan struct{})
	ids := []wire.ShowID{"demo"}
	for i := range wire.MaxOnStage - 1 {
		ids = append(ids, SeatID("demo", wire.SpotID(fmt.Sprintf("m%d", i))))
	}
	var sending, reading sync.WaitGroup
	t.Cleanup(func() { close(stop); sending.Wait() })
	for i, id := range ids {
		p := publish(t, s, id, opus, vp8)
		sending.Go(func() { p.perform(frames, byte(i), stop) })
	}
	await(t, "all to be on stage", func() bool { return s.Stats().Shows == 1 && s.Stats().Seats == len(ids)-1 })
	var all []*spectator
	for i, id := range ids {
		v := &spectator{listener: listen(t, s, wire.Show{ID: id}, opus, vp8)}
		v.follow(byte(i), &reading)
		all = append(all, v)
	}
	t.Cleanup(reading.Wait)
	t.Cleanup(func() {
		for _, v := range all {
			v.close()
		}
	})
	everybody := func(what string, so func(v *spectator) bool) {
		t.Helper()
		await(t, what, func() bool {
			for _, v := range all {
				if !so(v) {
					return false
				}
			}
			return true
		})
	}
	everybody("pictures and sound of all", func(v *spectator) bool { return v.keys.Load() >= 2 && v.frames.Load() >= 20 && v.sounds.Load() >= 30 })
	span := func(what string) {
		from, cpu, before := time.Now(), burnt(), s.Stats()
		for end := from.Add(2 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		}
		wall, after := time.Since(from), s.Stats()
		rate := func(n uint64) float64 { return float64(n) / wall.Seconds() }
		t.Logf("%s: %.0f %% of a processor with all 34 pion peers; in %.0f packets/s, %.2f Mbit/s; out %.0f packets/s, %.2f Mbit/s", what,
			100*(burnt()-cpu).Seconds()/wall.Seconds(), rate(after.PacketsIn-before.PacketsIn), 8e-6*rate(after.BytesIn-before.BytesIn),
			rate(after.PacketsOut-before.PacketsOut), 8e-6*rate(after.BytesOut-before.BytesOut))
		lost := int64(0)
		for _, v := range all {
			lost += v.lost.Load()
		}
		t.Logf("%d packets of pictures were lost so far", lost)
	}
	span("17 of 17 visible")
	const visible = 4
	for _, v := range all[visible:] {
		v.tells(wire.ShowPicture{})
	}
	await(t, "the others to be hidden", func() bool { // they are when nobody wants their pictures
		for _, id := range ids[visible:] {
			if s.picture(id).layers()[0].wanted.Load() > 0 {
				return false
			}
		}
		return true
	})
	sent := func(i int) (n map[bool]uint32) { // packets, of the picture or not
		e, err := s.find(Resource{false, ids[i], all[i].answer.Session})
		if err != nil {
			t.Fatal(err)
		}
		n = map[bool]uint32{}
		counted := make(chan struct{})
		if err := e.show.do(t.Context(), func() {
			v := e.show.viewers[e.id]
			v.lane.Load().do(t.Context(), func(time.Time) {
				defer close(counted)
				for _, d := range v.downs {
					n[d.codec.Video()] = d.packets
				}
			})
		}); err != nil {
			t.Fatal(err)
		}
		<-counted
		return n
	}
	before := make([]map[bool]uint32, len(all))
	for i := range all {
		before[i] = sent(i)
	}
	span("4 of 17 visible")
	for i := range all {
		now := sent(i)
		if pictures, sounds := now[true]-before[i][true], now[false]-before[i][false]; sounds == 0 || (pictures > 0) != (i < visible) {
			t.Errorf("of seat %d, visible: %v, %d packets of the picture were sent and %d of the sound", i, i < visible, pictures, sounds)
		}
	}
	keys := make([]int64, len(all))
	for i, v := range all {
		keys[i] = v.keys.Load()
		v.tells(wire.ShowPicture{Picture: true, Height: 180})
	}
	await(t, "all pictures again", func() bool {
		for i, v := range all {
			if v.keys.Load() == keys[i] {
				return false
			}
		}
		return true
	})
}

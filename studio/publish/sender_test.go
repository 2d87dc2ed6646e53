package publish

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

// line notes what would go over the network, and when.
type line struct {
	mu      sync.Mutex
	packets []rtp.Header
	times   []time.Time
	reports []*rtcp.SenderReport
}

func (l *line) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.packets, l.times = append(l.packets, *h), append(l.times, time.Now())
	return len(payload), nil
}

func (l *line) Write(b []byte) (int, error) { return len(b), nil }

func (l *line) control(packets []rtcp.Packet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range packets {
		if sr, ok := p.(*rtcp.SenderReport); ok {
			l.reports = append(l.reports, sr)
		}
	}
	return nil
}

func testSender(t *testing.T, l *line, keyFrame func()) *sender {
	t.Helper()
	codec, payloader, err := videoCodec(frame.VP8)
	if err != nil {
		t.Fatal(err)
	}
	video, audio := &track{codec: codec}, &track{codec: opusCodec()}
	video.bound.Store(&binding{ssrc: 1, payloadType: 96, out: l})
	audio.bound.Store(&binding{ssrc: 2, payloadType: 111, out: l})
	s := newSender([]*layer{newLayer(newStream(video, payloader, 1), frame.Full)}, newStream(audio, &codecs.OpusPayloader{}, 2), senderWays{
		control: l.control, keyFrame: func(frame.Layer) { keyFrame() }, demand: func(frame.Demand) {}, expected: &atomic.Int64{}, reports: &receiverReports{},
	})
	s.agree(nil)
	return s
}

// running starts a sender's loop; the function that it returns ends it.
func running(t *testing.T, s *sender) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { _ = s.run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		synctest.Wait()
	}
}

func vp8Picture(key bool, n int, pts time.Duration) *frame.Packet {
	return &frame.Packet{Data: make([]byte, n), PTS: pts, Key: key}
}

func TestA_full_queue_drops_to_the_next_key_frame_and_asks_for_it(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, wishes := &line{}, 0
		s := testSender(t, l, func() { wishes++ })
		s.writeVideo(vp8Picture(false, 10, 0))
		if wishes != 1 || s.dropped.Load() != 1 {
			t.Fatalf("before the first key frame: %d wishes, %d dropped; want 1 and 1", wishes, s.dropped.Load())
		}
		time.Sleep(keyPatience)
		s.writeVideo(vp8Picture(true, 10, 0))
		for range 2 * videoQueue { // nobody sends
			s.writeVideo(vp8Picture(false, 10, 0))
		}
		if want := uint64(1 + videoQueue + 1); s.dropped.Load() != want || wishes != 2 {
			t.Errorf("full: %d dropped and %d wishes, want %d and 2", s.dropped.Load(), wishes, want)
		}
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = s.run(ctx) }()
		synctest.Wait()
		s.writeVideo(vp8Picture(false, 10, 0))
		synctest.Wait()
		if len(l.packets) != videoQueue {
			t.Errorf("%d pictures sent, want the %d that waited and none that depends on a dropped one", len(l.packets), videoQueue)
		}
		s.writeVideo(vp8Picture(true, 10, 0))
		s.writeVideo(vp8Picture(false, 10, 0))
		synctest.Wait()
		if len(l.packets) != videoQueue+2 {
			t.Errorf("%d pictures sent after the key frame, want %d", len(l.packets), videoQueue+2)
		}
		stop()
	})
}

func TestA_key_frame_does_not_flood_the_path_and_sound_does_not_wait_for_it(t *testing.T) {
	for _, c := range []struct {
		estimate    float64 // bits a second; 0 unknown
		least, most time.Duration
	}{
		{0, 5 * time.Millisecond, 10 * time.Millisecond},
		{4_000_000, 30 * time.Millisecond, 50 * time.Millisecond},
		{300_000, 400 * time.Millisecond, 600 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{}
			s := testSender(t, l, func() {})
			s.estimate.heard, s.estimate.target = c.estimate > 0, c.estimate
			ctx, stop := context.WithCancel(t.Context())
			go func() { _ = s.run(ctx) }()
			s.writeVideo(vp8Picture(true, 40*1100, 0))
			synctest.Wait()
			s.writeAudio(sound(0))
			synctest.Wait()
			l.mu.Lock()
			if n := len(l.packets); l.packets[n-1].PayloadType != 111 || l.packets[n-2].Marker {
				t.Errorf("%.0f bit/s: sound waited for the picture", c.estimate)
			}
			l.mu.Unlock()
			time.Sleep(2 * time.Second)
			stop()
			synctest.Wait()
			for n, p := range l.packets {
				if took := l.times[n].Sub(l.times[0]); p.Marker && p.PayloadType == 96 && (took < c.least || took > c.most) {
					t.Errorf("%.0f bit/s: a picture of 44 kB took %v, want %v to %v", c.estimate, took, c.least, c.most)
				}
			}
		})
	}
}

func TestReports_come_with_the_first_packet_and_every_second(t *testing.T) {
	t.Run("taken when the first is sent", func(t *testing.T) { reportsCome(t, 0) })
	t.Run("taken when the show's clock says", func(t *testing.T) { reportsCome(t, 90*time.Millisecond) })
}

// reportsCome sends what was taken so long before; 0 where nobody says.
func reportsCome(t *testing.T, age time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		s := testSender(t, l, func() {})
		begun := time.Now().Add(reportInterval / 2)
		if age > 0 {
			s.position = func() time.Duration { return time.Hour + age + time.Since(begun) }
		}
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = s.run(ctx) }()
		time.Sleep(reportInterval / 2)
		const begin = time.Hour
		for n := range 200 { // two seconds; pictures arrive 70 ms late
			pts := begin + time.Duration(n)*10*time.Millisecond
			s.writeAudio(sound(pts))
			s.writeVideo(vp8Picture(n == 0, 10, pts-70*time.Millisecond))
			time.Sleep(10 * time.Millisecond)
		}
		stop()
		synctest.Wait()
		if len(l.reports) != 6 {
			t.Fatalf("%d reports, want one each at once and after every of two seconds", len(l.reports))
		}
		for _, r := range l.reports {
			st := map[uint32]*stream{1: s.layers[0].stream, 2: s.audio}[r.SSRC]
			pts := begin + time.Duration(float64(int32(r.RTPTime-st.timestamp(begin)))/float64(st.rate)*1e9)
			if ntp := ntpTime(s.epoch.Add(pts)); math.Abs(float64(int64(ntp-r.NTPTime)))/(1<<32) > 0.0001 {
				t.Errorf("report of %d is off the common line: position %v at NTP %x, want %x", r.SSRC, pts, r.NTPTime, ntp)
			}
		}
		if want := begun.Add(-begin - age); !s.epoch.Equal(want) {
			t.Errorf("position 0 is %v, want %v", s.epoch, want)
		}
	})
}

func TestTimestamps_follow_the_clock_for_days(t *testing.T) {
	s := newStream(&track{codec: opusCodec()}, &codecs.OpusPayloader{}, 7)
	rapid.Check(t, func(t *rapid.T) {
		blocks := rapid.Int64Range(0, 100*3600*24*30).Draw(t, "blocks of 10 ms")
		if got, want := s.timestamp(time.Duration(blocks)*frame.BlockDuration)-s.base, uint32(blocks*frame.BlockSamples); got != want {
			t.Fatalf("block %d at RTP time %d, want %d", blocks, got, want)
		}
	})
}

func TestReceiver_reports_give_round_trip_and_loss(t *testing.T) {
	var r receiverReports
	start := time.Now()
	ntp := ntpTime(start)
	r.sent(ntp, start)
	report := func(ssrc, highest uint32, lost uint8, after time.Duration) {
		r.heard(rtcp.ReceptionReport{
			SSRC: ssrc, LastSequenceNumber: highest, FractionLost: lost, LastSenderReport: uint32(ntp >> 16), Delay: 65536 / 4,
		}, start.Add(after))
	}
	report(1, 100, 0, 300*time.Millisecond)
	report(2, 100, 0, 300*time.Millisecond)
	report(1, 400, 64, 300*time.Millisecond) // 300 packets, a quarter lost
	report(2, 200, 0, 300*time.Millisecond)  // 100 packets, all there
	report(2, 200, 0, 300*time.Millisecond)  // the same again
	if rtt, loss := r.quality(); rtt != 50*time.Millisecond || loss != 18.75 {
		t.Errorf("round trip %v and loss %v %%, want 50 ms and 18.75 %%", rtt, loss)
	}
}

func TestBack_off_doubles_spreads_and_starts_again(t *testing.T) {
	b := backoff{first: firstWait, most: longestWait, stable: stableAfter}
	for _, want := range []time.Duration{firstWait, 2 * firstWait, longestWait, longestWait} {
		if got := b.next(0); got < want/2 || got > want*3/2 {
			t.Errorf("waits %v, want %v or half of it more or less", got, want)
		}
	}
	if got := b.next(time.Second); got < longestWait/2 {
		t.Errorf("waits %v after a connection that broke at once", got)
	}
	if got := b.next(stableAfter); got != 0 {
		t.Errorf("waits %v after a stable connection, want not at all", got)
	}
	if got := b.next(0); got > firstWait*3/2 {
		t.Errorf("waits %v at the first failure after a success", got)
	}
}

var _ webrtc.TrackLocalWriter = (*line)(nil)

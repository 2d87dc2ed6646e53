package main

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/capture/synthetic"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/encode"
	"vitrine/studio/publish"
	"vitrine/studio/remote"
	"vitrine/studio/scene"
)

// ears is a synthetic machine that tells when its speaker plays a beep.
type ears struct {
	*synthetic.Devices
	mu    sync.Mutex
	beeps []time.Time
}

func (e *ears) PlayAudio(ctx context.Context, _ string, in *frame.Queue) error {
	tick := time.NewTicker(frame.BlockDuration)
	defer tick.Stop()
	var b frame.Block
	quiet := 100
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if !in.Get(&b) {
				continue
			}
			switch level := toneLevel(&b, synthetic.BeepHz); {
			case level < synthetic.BeepLevel/4:
				quiet++
			case quiet > 30:
				quiet = 0
				begins := time.Duration((1 - min(level/synthetic.BeepLevel, 1)) * float64(frame.BlockDuration)) // within the block
				e.mu.Lock()
				e.beeps = append(e.beeps, now.Add(begins))
				e.mu.Unlock()
			}
		}
	}
}

// toneLevel is the amplitude of a frequency in a block.
func toneLevel(b *frame.Block, hz float64) float64 {
	var re, im float64
	for i := 0; i < len(b); i += 2 {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i/2) / frame.SampleRate)
		re, im = re+float64(b[i])*cos, im+float64(b[i])*sin
	}
	return 2 * math.Hypot(re, im) / frame.BlockSamples
}

// linked is a room in which somebody is linked with the host of the show demo.
type linked struct{ studio.RoomLink }

func (linked) Room(string, string, wire.ShowID) (studio.RoomLink, error) { return linked{}, nil }

func (linked) Run(ctx context.Context, f studio.RoomFeedback) error {
	f.Joined(wire.RoomJoined{Me: wire.Member{Alias: "m1"}, State: wire.RoomState{Stage: &wire.StageNow{Battle: &wire.Battle{
		ID: "b", Phase: wire.BattleLinked, Us: "us", Corners: []wire.BattleCorner{{ID: "us"}, {ID: "demo", Media: "demo", Room: wire.BattleRoom{Name: "Mia"}}},
	}}}})
	<-ctx.Done()
	return nil
}

// plays runs a studio on synthetic devices and real codecs until the test ends.
func plays(t *testing.T, address string, codec frame.Codec, devices studio.Devices, rooms func(stage) studio.Rooms) *studio.Session {
	t.Helper()
	client, log := stage{remote.New()}, slog.New(slog.DiscardHandler)
	s := studio.New(studio.Config{
		Devices: devices, Encoders: encoders{}, Uplink: uplink(log), Backstage: client, Rooms: rooms(client), Rulebook: client,
		Receivers: receivers{publish.NewWatcher(log)}, Decoders: decoders{},
		Storefront: client, Keeper: &memory{}, Outbox: &pocket{}, Tracks: tracks{}, Scale: capture.Scale,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	go func() { _ = drainPreview(ctx, s.Preview()) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		client.CloseIdle()
	})
	h := host{s, t}
	o := studio.Defaults().Output
	o.Codec, o.Format = codec, frame.Format{Width: 640, Height: 360, FPS: 30}
	h.must(s.SetOutput(ctx, o))
	h.must(s.SetServer(ctx, studio.Server{Address: "http://" + address, Show: "demo", Token: "correct-horse"}))
	return s
}

func TestAHostSeesAndHearsAnotherHost(t *testing.T) {
	if testing.Short() {
		t.Skip("two studios have to keep time: not with -short, for the race detector")
	}
	for _, codec := range []frame.Codec{frame.VP8, frame.H264} {
		t.Run(string(codec), func(t *testing.T) {
			address := realServer(t)
			mia := plays(t, address, codec, synthetic.NewDevices(synthetic.Host{}), func(c stage) studio.Rooms { return c })
			_, err := mia.AddSource(t.Context(), "Camera", frame.Input{Kind: frame.Camera, Device: synthetic.CameraID})
			h := host{mia, t}
			h.must(err)
			h.must(mia.GoLive(t.Context()))
			tom := &ears{Devices: synthetic.NewDevices(synthetic.Host{})}
			s := plays(t, address, codec, tom, func(stage) studio.Rooms { return linked{} })
			var thumb *frame.Slot
			for thumb == nil {
				time.Sleep(time.Millisecond)
				thumb = s.StagePicture("demo")
			}
			late := watchClock(t, thumb, 60)
			f := s.Snapshot().Stage.Feed("demo")
			if f.Status != studio.Running || f.Width != 640 && f.Width != 320 && f.Width != 160 || f.Name != "Mia" {
				t.Errorf("the feed: %+v", f)
			}
			sounds := tom.wait(t, 4)
			t.Logf("pictures are %v late, at most %v; sound %v; the studio says %v", late[len(late)/2], late[len(late)-1], sounds, f.Delay)
		})
	}
}

// watchClock reads the time code of so many pictures and returns how late they were, the least first.
func watchClock(t *testing.T, in *frame.Slot, n int) (late []time.Duration) {
	t.Helper()
	giveUp := time.After(patience)
	for len(late) < n {
		select {
		case <-in.Ready():
		case <-giveUp:
			t.Fatalf("%d of %d pictures had a time code", len(late), n)
		}
		v := in.Take()
		if v == nil {
			continue
		}
		if ms, ok := synthetic.ReadTimeCode(v.Y, v.YStride, v.Width, v.Height); ok {
			late = append(late, time.Duration(uint32(time.Now().UnixMilli())-ms)*time.Millisecond)
		}
		v.Release()
	}
	slices.Sort(late)
	return late
}

// wait waits for so many beeps and returns how long after the second of theirs they were heard.
func (e *ears) wait(t *testing.T, n int) (late []time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		e.mu.Lock()
		beeps := slices.Clone(e.beeps)
		e.mu.Unlock()
		if len(beeps) >= n {
			for _, at := range beeps {
				late = append(late, at.Sub(at.Truncate(time.Second)).Round(time.Millisecond))
			}
			return late
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d beeps were heard", len(beeps), n)
		}
	}
}

// BenchmarkAStageBesideTheEncoder draws a host and three guests into a picture of 1080p and encodes it in three layers, at the same time, as a show does. 30
// pictures a second are wanted.
func BenchmarkAStageBesideTheEncoder(b *testing.B) {
	f := frame.Format{Width: 1920, Height: 1080, FPS: 30}
	e, err := encode.NewLayers(frame.VideoSettings{Codec: frame.H264, Format: f, KeyInterval: 2 * time.Second}, capture.Scale)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	var items []scene.Item
	var boxes []wire.StageBox
	for i, size := range []frame.Format{f, {Width: 1280, Height: 720}, {Width: 640, Height: 360}, {Width: 640, Height: 480}} {
		v := frame.New(size.Width, size.Height)
		for n := range v.Y {
			v.Y[n] = byte(n*(i+3)>>4) | 16
		}
		spot := wire.SpotID("spot" + string(rune('0'+i)))
		items = append(items, scene.Item{Spot: spot, Picture: v})
		boxes = append(boxes, wire.StageBox{Spot: spot, X: i % 2 * 5000, Y: i / 2 * 5000, W: 5000, H: 5000})
	}
	c := scene.NewCompositor(capture.Scale)
	defer c.Close()
	c.Arrange(boxes, 0, time.Now())
	var pool frame.Pool
	drawn := make(chan *frame.Video, 1)
	done := make(chan struct{})
	plan := frame.Plan{{Bitrate: 4_000_000, FPS: 30}, {Bitrate: 1_000_000, FPS: 30}, {Bitrate: 250_000, FPS: 30}}
	go func() {
		defer close(done)
		for v := range drawn {
			if _, err := e.Encode(v, plan, [frame.Layers]bool{}); err != nil {
				b.Error(err)
			}
			v.Release()
		}
	}()
	drawing := time.Duration(0)
	n := 0
	for b.Loop() {
		v := pool.Get(f.Width, f.Height)
		began := time.Now()
		c.Draw(v, items, began)
		drawing += time.Since(began)
		v.PTS = time.Duration(n) * f.Interval()
		n++
		drawn <- v
	}
	close(drawn)
	<-done
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
	b.ReportMetric(float64(drawing.Milliseconds())/float64(b.N), "ms-drawing/picture")
}

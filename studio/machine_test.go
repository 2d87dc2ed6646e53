package studio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/scene"
)

// machine fills every need of a session without hardware and records what the session did. All of it runs on synctest's
// clock.
type machine struct {
	mu       sync.Mutex
	devices  []frame.Device
	changed  func([]frame.Device)
	fail     map[string]error // by Device.ID: what opening or running it gives
	mute     bool             // the microphone delivers nothing
	loud     float32          // what it delivers, on both sides
	played   *frame.Queue     // what the speaker plays
	listened *frame.Queue     // what the headphones play
	pool     frame.Pool
	opened   []string
	encoding time.Duration // a picture takes this long
	keep     []byte
	aside    bool

	shows   map[wire.ShowID]wire.Show
	calls   []string
	openErr error
	passErr error
	refuse  error // what rooms answer from now on

	script   func(ctx context.Context, m *machine, f studio.Feedback) error
	reports  []wire.StudioReport
	video    []frame.Packet
	audio    []frame.Packet
	heard    frame.Block // what the sound encoder got last
	targets  []frame.Target
	expected int // bits a second
	closed   int // encoders

	stage *theatre // those on stage; nil for a studio that does not see them

	book book  // the shop's rules
	hall *hall // the last room that was asked for

	shop   *shopServer
	drawer *drawer

	fonts scene.Fonts                 // of the card; nil for no card
	seen  atomic.Pointer[frame.Video] // the newest picture in the window, with fonts

	effects            bool         // the session has some
	previewed, encoded atomic.Int32 // luma of the newest picture in the window and in the encoder
}

func newMachine() *machine {
	return &machine{
		devices: []frame.Device{{Kind: frame.Camera, ID: "cam", Name: "Camera"}, {Kind: frame.Microphone, ID: "mic", Name: "Mic", Default: true}, {Kind: frame.Speaker, ID: "desk", Name: "Desk", Default: true}},
		fail:    map[string]error{},
		keep:    []byte("{}"),
		loud:    0.1, // far below the limiter, which is what costs most over hours
		shows:   map[wire.ShowID]wire.Show{"evening": {ID: "evening", Title: "Evening", State: wire.Open}},
		script:  live,
		shop:    newShopServer(), drawer: &drawer{},
	}
}

// live is an uplink that connects after 100 ms and stays.
func live(ctx context.Context, m *machine, f studio.Feedback) error {
	f.Link(frame.Link{Phase: frame.LinkConnecting, Attempt: 1})
	if !rest(ctx, 100*time.Millisecond) {
		return nil
	}
	f.Link(frame.Link{Phase: frame.LinkLive})
	f.KeyFrame(frame.Full)
	<-ctx.Done()
	f.Link(frame.Link{Phase: frame.LinkIdle})
	return nil
}

func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (m *machine) Watch(ctx context.Context, changed func([]frame.Device)) error {
	m.mu.Lock()
	m.changed = changed
	d := m.devices
	m.mu.Unlock()
	changed(d)
	<-ctx.Done()
	return nil
}

func (m *machine) failure(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fail[id]
}

func (m *machine) setFailure(id string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail[id] = err
}

func (m *machine) CaptureVideo(ctx context.Context, in frame.Input, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) error {
	m.mu.Lock()
	m.opened = append(m.opened, in.Device)
	m.mu.Unlock()
	t := time.NewTicker(want.Interval())
	defer t.Stop()
	for {
		if err := m.failure(in.Device); err != nil {
			return fmt.Errorf("camera %q: %w", in.Device, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if play.Paused() {
				continue
			}
			v := m.pool.Get(32, 18)
			v.Fill(100, 128, 128)
			v.PTS = now()
			out.Put(v)
		}
	}
}

func (m *machine) CaptureAudio(ctx context.Context, device string, channels int, out *frame.Queue) error {
	t := time.NewTicker(frame.BlockDuration)
	defer t.Stop()
	var b frame.Block
	for {
		if err := m.failure("mic"); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			m.mu.Lock()
			mute := m.mute
			for i := range b {
				b[i] = m.loud
			}
			m.mu.Unlock()
			if !mute {
				out.Put(&b)
			}
		}
	}
}

func (m *machine) PlayAudio(ctx context.Context, device string, in *frame.Queue) error {
	if device == phones {
		m.mu.Lock()
		m.listened = in
		m.mu.Unlock()
		<-ctx.Done()
		return nil
	}
	if err := m.failure("speaker"); err != nil {
		return err
	}
	m.mu.Lock()
	m.played = in
	m.mu.Unlock()
	<-ctx.Done()
	return nil
}

type fakeVideo struct {
	m  *machine
	s  frame.VideoSettings
	on frame.Plan
}

func (m *machine) Video(s frame.VideoSettings) (studio.VideoEncoder, error) {
	return &fakeVideo{m: m, s: s}, nil
}

func (e *fakeVideo) Encode(v *frame.Video, plan frame.Plan, keys [frame.Layers]bool) (packets []*frame.Packet, err error) {
	e.m.encoded.Store(int32(v.Y[0]))
	if v.Width != e.s.Format.Width || v.Height != e.s.Format.Height {
		return nil, fmt.Errorf("picture of %dx%d for an encoder of %v", v.Width, v.Height, e.s.Format)
	}
	for l := frame.Quarter; l >= frame.Full; l-- {
		if !plan[l].On() {
			continue
		}
		e.m.mu.Lock()
		slow := e.m.encoding * time.Duration(v.Height>>l) / 720
		e.m.mu.Unlock()
		time.Sleep(slow)
		packets = append(packets, &frame.Packet{
			Data: make([]byte, plan[l].Bitrate/8/plan[l].FPS), PTS: v.PTS, Key: keys[l] || !e.on[l].On(), Duration: e.s.Format.Interval(), Layer: l,
		})
	}
	e.on = plan
	return packets, nil
}
func (e *fakeVideo) Skipped() [frame.Layers]uint64 { return [frame.Layers]uint64{} }
func (e *fakeVideo) Close() error                  { return e.m.count() }

func (m *machine) count() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed++
	return nil
}

type fakeAudio struct {
	m     *machine
	first time.Duration
	half  bool
}

func (m *machine) Audio(frame.AudioSettings) (studio.AudioEncoder, error) {
	return &fakeAudio{m: m}, nil
}

func (e *fakeAudio) Encode(b *frame.Block, pts time.Duration) (*frame.Packet, error) {
	e.m.mu.Lock()
	e.m.heard = *b
	e.m.mu.Unlock()
	e.half = !e.half
	if e.half {
		e.first = pts
		return nil, nil
	}
	return &frame.Packet{Data: []byte{2}, PTS: e.first, Duration: 20 * time.Millisecond}, nil
}
func (e *fakeAudio) SetLoss(int) error { return nil }
func (e *fakeAudio) Close() error      { return e.m.count() }

func (m *machine) Run(ctx context.Context, t frame.Target, f studio.Feedback) error {
	m.mu.Lock()
	m.targets = append(m.targets, t)
	script := m.script
	m.mu.Unlock()
	return script(ctx, m, f)
}

func (m *machine) Expect(bps int) {
	m.mu.Lock()
	m.expected = bps
	m.mu.Unlock()
}

func (m *machine) WriteVideo(p *frame.Packet) {
	m.mu.Lock()
	m.video = append(m.video, *p)
	m.mu.Unlock()
}

func (m *machine) WriteAudio(p *frame.Packet) {
	m.mu.Lock()
	m.audio = append(m.audio, *p)
	m.mu.Unlock()
}

func (m *machine) sent() (video, audio []frame.Packet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	video, audio = m.video, m.audio
	m.video, m.audio = nil, nil
	return video, audio
}

func (m *machine) call(what string) {
	m.mu.Lock()
	m.calls = append(m.calls, what)
	m.mu.Unlock()
}

func (m *machine) Addresses(server string, id wire.ShowID) (string, string, error) {
	if server == "nonsense" {
		return "", "", errors.New("this is no address")
	}
	return server + "/whip/" + string(id), server + "/watch/" + string(id), nil
}

func (m *machine) Page(link string) (string, wire.ShowID, error) {
	server, show, ok := strings.Cut(link, "/watch/")
	if !ok {
		return "", "", errors.New("this is no page")
	}
	return server, wire.ShowID(show), nil
}

func (m *machine) StagePass(_ context.Context, server string, id wire.ShowID) (whip, token string, err error) {
	m.call("pass")
	m.mu.Lock()
	defer m.mu.Unlock()
	return server + "/whip/" + string(id) + "~m1", "pass", m.passErr
}

func (m *machine) Fault(err error) frame.Fault {
	if wire.CodeOf(err) == wire.Unauthenticated {
		return frame.FaultToken
	}
	return frame.FaultUnreachable
}

func (m *machine) Shows(context.Context, string, string) ([]wire.Show, error) {
	return []wire.Show{m.shows["evening"]}, nil
}

func (m *machine) Create(_ context.Context, _, _ string, n wire.NewShow) (wire.CreatedShow, error) {
	return wire.CreatedShow{Show: wire.Show{ID: n.ID, Title: n.Title, State: wire.Open}, Token: "t"}, nil
}

func (m *machine) Show(_ context.Context, _ string, id wire.ShowID) (wire.Show, error) {
	s, ok := m.shows[id]
	if !ok {
		return s, wire.Errorf(wire.NotFound, "there is no such show")
	}
	s.Viewers = 7
	return s, nil
}

func (m *machine) Open(context.Context, string, string, wire.ShowID) error {
	m.call("open")
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.openErr
}

func (m *machine) Close(context.Context, string, string, wire.ShowID) error {
	m.call("close")
	return nil
}

func (m *machine) Report(_ context.Context, _, _ string, id wire.ShowID, r wire.StudioReport) (wire.Truth, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reports = append(m.reports, r)
	return wire.Truth{Show: id, Viewers: 7}, nil
}

func (m *machine) FindHosts(_ context.Context, _, _, q string) ([]wire.BattleHost, error) {
	m.call("find " + q)
	return []wire.BattleHost{{BattleRoom: wire.BattleRoom{Show: "morning", Name: q}, Viewers: 3}}, nil
}

func (m *machine) Check(_ context.Context, server, token string, progress func(float64, frame.Path)) (frame.Path, error) {
	m.call("check " + server + " " + token)
	progress(0.5, frame.Path{RTT: time.Millisecond})
	return frame.Path{Up: 1_000_000, RTT: time.Millisecond}, nil
}

func (m *machine) Load() ([]byte, error) { return m.keep, nil }

func (m *machine) Save(b []byte) error {
	m.mu.Lock()
	m.keep = b
	m.mu.Unlock()
	return nil
}

func (m *machine) SetAside() (string, error) { m.aside = true; return "settings.damaged", nil }

func nearest(dst, src *frame.Video) { dst.Fill(src.Y[0], src.U[0], src.V[0]) }

// onSession runs a session on m in a bubble of fake time, hands it to test, and ends it. A goroutine that outlives the
// session fails the bubble; a picture that is not released fails the test.
func onSession(t *testing.T, m *machine, test func(ctx context.Context, s *studio.Session)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		config := studio.Config{Devices: m, Encoders: m, Uplink: m, Backstage: m, Rooms: m, Rulebook: &m.book, Storefront: m, Outbox: m.drawer, Tracks: m, Keeper: m, Scale: nearest, Open: open, Write: write}
		config.Fonts = m.fonts
		if m.stage != nil {
			config.Receivers, config.Decoders = m.stage, m.stage
		}
		if m.effects {
			config.Rack = effects.New() // its channels belong to the bubble
		}
		s := studio.New(config)
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		go func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-s.Preview().Ready():
					if v := s.Preview().Take(); v != nil {
						m.previewed.Store(int32(v.Y[0]))
						if m.fonts != nil {
							own := frame.New(v.Width, v.Height)
							own.Copy(v)
							m.seen.Store(own)
						}
						v.Release()
					}
				}
			}
		}()
		synctest.Wait()
		test(ctx, s)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the session ended with %v", err)
		}
		synctest.Wait()
		s.Preview().Drain()
		if m.stage != nil {
			m.stage.over(t)
		}
		if n := m.pool.Live(); n != 0 {
			t.Errorf("%d pictures were never released", n)
		}
	})
}

func open(path string) (io.ReadSeekCloser, error) { return os.Open(path) }

func write(path string, b []byte) error { return os.WriteFile(path, b, 0o600) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var evening = studio.Server{Address: "http://127.0.0.1:1", Show: "evening", Token: "secret"}

var camera = frame.Input{Kind: frame.Camera, Device: "cam"}

// long leaves a test of minutes on the virtual clock out under -short: the race detector looks at the same loops in shorter ones.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("minutes of sound are mixed without -short")
	}
}

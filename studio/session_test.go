package studio_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAShowGoesOnAirWithAKeyFrameAndEndsClosed(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		if err := s.GoLive(ctx); !errors.Is(err, studio.ErrNoServer) {
			t.Fatalf("without a server: %v", err)
		}
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		wait(time.Second)
		if v, a := m.sent(); len(v)+len(a) != 0 {
			t.Fatalf("%d pictures and %d sounds left before the show", len(v), len(a))
		}
		must(t, s.GoLive(ctx))
		wait(10 * time.Second)
		snap := s.Snapshot()
		if snap.Air.Phase != studio.OnAir || snap.Air.Viewers != 7 || snap.Air.WatchURL != "http://127.0.0.1:1/watch/evening" {
			t.Fatalf("on air: %+v", snap.Air)
		}
		if st := snap.Sources[0]; st.Status != studio.Running || st.Width != 32 || st.FPS < 29 || st.FPS > 31 {
			t.Errorf("source: %+v", st)
		}
		if snap.Program.FPS < 29 || snap.Program.FPS > 31 || snap.Program.Dropped != 0 {
			t.Errorf("program: %+v", snap.Program)
		}
		if l := snap.Sound.Voice.RMS; l < -20.1 || l > -19.9 || snap.Sound.Status != studio.Running {
			t.Errorf("voice: %+v", snap.Sound)
		}
		video, audio := m.sent()
		if n := len(video); n < 290 || n > 300 || !video[0].Key {
			t.Errorf("%d pictures in 9.9 s, first a key frame: %v", n, video[0].Key)
		}
		checkTimes(t, "video", video, time.Millisecond, 60*time.Millisecond)
		checkTimes(t, "audio", audio, 20*time.Millisecond, 20*time.Millisecond)
		if d := video[len(video)-1].PTS - audio[len(audio)-1].PTS; d < -80*time.Millisecond || d > 80*time.Millisecond {
			t.Errorf("picture and sound are %v apart", d)
		}
		must(t, s.End(ctx))
		wait(time.Second)
		if got := s.Snapshot().Air.Phase; got != studio.OffAir || !slices.Equal(m.calls, []string{"open", "close"}) {
			t.Errorf("after the end: %s, calls %v", got, m.calls)
		}
		if m.closed != 2 {
			t.Errorf("%d of 2 encoders were closed", m.closed)
		}
	})
}

func checkTimes(t *testing.T, what string, p []frame.Packet, least, most time.Duration) {
	t.Helper()
	for i := 1; i < len(p); i++ {
		if d := p[i].PTS - p[i-1].PTS; d < least || d > most {
			t.Fatalf("%s packet %d comes %v after the one before", what, i, d)
		}
	}
}

func TestTheUplinkKnowsWhenThePictureWasTaken(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		wait(10 * time.Second) // a show does not begin with its program
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		for range 50 {
			wait(333 * time.Millisecond)
			video, _ := m.sent()
			if len(video) == 0 {
				continue
			}
			if age := m.targets[0].Position() - video[len(video)-1].PTS; age < 0 || age > 200*time.Millisecond { // at few frames a second
				t.Errorf("the newest picture was taken %v ago", age)
			}
		}
	})
}

func TestAVanishedCameraLeavesItsLastPictureThenTheSlateAndHealsByItself(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		wait(2 * time.Second)
		m.sent()
		m.setFailure("cam", frame.ErrGone)
		wait(time.Second)
		if got := s.Snapshot().Program.Showing; got != studio.ShowingLast {
			t.Errorf("a second later viewers see %s", got)
		}
		wait(4 * time.Second)
		snap := s.Snapshot()
		if snap.Program.Showing != studio.ShowingSlate {
			t.Errorf("5 seconds later viewers see %s", snap.Program.Showing)
		}
		st := snap.Sources[0]
		if st.Status != studio.Failed || st.Problem.Trouble != studio.DeviceGone || !strings.Contains(st.Problem.Detail, "not connected") {
			t.Errorf("the source says %+v", st)
		}
		if n := len(snap.Notices); n != 1 || snap.Notices[0].Name != "Camera" {
			t.Errorf("the host was told %d times: %+v", n, snap.Notices)
		}
		video, audio := m.sent()
		if len(video) < 20 || len(audio) < 240 {
			t.Errorf("in 5 s without a camera %d pictures and %d sounds went out", len(video), len(audio))
		}
		m.setFailure("cam", nil)
		m.changed(m.devices)
		wait(200 * time.Millisecond)
		if got := s.Snapshot(); got.Program.Showing != studio.ShowingSource || got.Sources[0].Status != studio.Running {
			t.Errorf("plugged in again: %s, %+v", got.Program.Showing, got.Sources[0])
		}
	})
}

func TestAFirstStartShowsTheFirstCamera(t *testing.T) {
	m := newMachine()
	m.keep = nil
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		wait(time.Second)
		if snap := s.Snapshot(); len(snap.Sources) != 1 || snap.Sources[0].Status != studio.Running || snap.Settings.Sources[0].Name != "Camera" {
			t.Errorf("sources: %+v", snap.Settings.Sources)
		}
	})
}

func TestASilentMicrophoneIsReplacedBySilenceWithoutAGap(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		wait(2 * time.Second)
		m.mu.Lock()
		m.mute = true
		m.mu.Unlock()
		wait(15 * time.Second)
		m.mu.Lock()
		m.mute = false
		m.mu.Unlock()
		wait(10 * time.Second)
		_, audio := m.sent()
		checkTimes(t, "audio", audio, 20*time.Millisecond, 20*time.Millisecond)
		if n := len(audio); n < 1330 || n > 1350 {
			t.Errorf("%d packets of 20 ms in 26.9 s", n)
		}
		if got := s.Snapshot().Sound; got.Silence < 1480 || got.Silence > 1510 || got.Status != studio.Running {
			t.Errorf("sound: %+v", got)
		}
	})
}

func TestSourcesAreAddedRenamedMovedRemovedAndBroughtBack(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		names := func() string {
			var n []string
			for _, src := range s.Snapshot().Settings.Sources {
				n = append(n, src.Name)
			}
			return strings.Join(n, ",")
		}
		var ids []studio.SourceID
		for _, n := range []string{"A", "B", "C"} {
			id, err := s.AddSource(ctx, n, frame.Input{Kind: frame.Camera, Device: n})
			must(t, err)
			ids = append(ids, id)
		}
		must(t, s.RenameSource(ctx, ids[1], "  Table  "))
		must(t, s.MoveSource(ctx, ids[2], 0))
		must(t, s.SelectSource(ctx, ids[1]))
		wait(time.Second)
		if got := names(); got != "C,A,Table" {
			t.Fatalf("sources are %s", got)
		}
		must(t, s.RemoveSource(ctx, ids[1]))
		wait(time.Second)
		if snap := s.Snapshot(); snap.Settings.Selected != ids[0] || snap.Undo.Kind != studio.SourceRemoved || snap.Undo.Name != "Table" {
			t.Fatalf("after removing: selected %s, undo %+v", snap.Settings.Selected, snap.Undo)
		}
		undo(t, ctx, s)
		wait(time.Second)
		if snap := s.Snapshot(); names() != "C,A,Table" || snap.Settings.Selected != ids[1] || snap.Undo != (studio.Change{}) {
			t.Fatalf("after undo: %s, selected %s", names(), snap.Settings.Selected)
		}
		_, nothing := s.Undo(ctx)
		for what, err := range map[string]error{
			"an empty name":   s.RenameSource(ctx, ids[0], "   "),
			"a long name":     s.RenameSource(ctx, ids[0], strings.Repeat("x", 81)),
			"a missing one":   s.SelectSource(ctx, "nobody"),
			"nothing to undo": nothing,
			"a camera paused": s.PauseSource(ctx, ids[1], true),
		} {
			if err == nil {
				t.Errorf("%s was accepted", what)
			}
		}
	})
	kept, err := studio.ParseSettings(m.keep)
	must(t, err)
	if len(kept.Sources) != 3 || kept.Sources[2].Name != "Table" {
		t.Errorf("kept: %+v", kept.Sources)
	}
}

func TestDamagedSettingsAreSetAsideAndTheHostIsTold(t *testing.T) {
	for _, bad := range []string{"{", `{"microphone":{"channels":9}}`, `{"selected":"ghost"}`, "\x00\xff", `[]`} {
		m := newMachine()
		m.keep = []byte(bad)
		onSession(t, m, func(ctx context.Context, s *studio.Session) {
			wait(time.Second)
			n := s.Snapshot().Notices
			if !m.aside || len(n) != 1 || n[0].Trouble != studio.SettingsAside || n[0].Name != "settings.damaged" {
				t.Errorf("%q: set aside %v, notices %+v", bad, m.aside, n)
			}
		})
	}
}

func TestAnOverloadedEncoderGetsLessAndTheHostIsTold(t *testing.T) {
	m := newMachine()
	m.encoding = 45 * time.Millisecond // at 720p; 33 ms is the limit
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		wait(10 * time.Second)
		snap := s.Snapshot()
		if !snap.Program.Reduced || snap.Program.Format.Height >= 720 || snap.Program.FPS < 28 {
			t.Errorf("program: %+v", snap.Program)
		}
		if !slices.ContainsFunc(snap.Notices, func(n studio.Notice) bool { return n.Trouble == studio.EncoderSlow }) {
			t.Errorf("the host was not told: %+v", snap.Notices)
		}
		if testing.Short() { // two minutes of pictures take the race detector half a minute
			return
		}
		m.mu.Lock()
		m.encoding = time.Millisecond
		m.mu.Unlock()
		wait(2 * time.Minute)
		if snap := s.Snapshot(); snap.Program.Reduced {
			t.Errorf("two easy minutes later: %+v", snap.Program)
		}
	})
}

func TestARefusedShowEndsWithTheReason(t *testing.T) {
	m := newMachine()
	m.openErr = wire.Errorf(wire.Unauthenticated, "the token is wrong")
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		wait(time.Second)
		a := s.Snapshot().Air
		if a.Phase != studio.OffAir || a.Link.Fault != frame.FaultToken || len(m.targets) != 0 {
			t.Errorf("air: %+v, attempts %d", a, len(m.targets))
		}
	})
}

func TestTheNetworkIsCheckedBeforeTheShowAndNotDuringIt(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		var shares []float64
		check := func() (frame.Path, error) {
			return s.CheckNetwork(ctx, func(share float64, _ frame.Path) { shares = append(shares, share) })
		}
		if _, err := check(); !errors.Is(err, studio.ErrNoServer) {
			t.Errorf("without a server: %v", err)
		}
		must(t, s.SetServer(ctx, evening))
		p, err := check()
		if err != nil || p.Up != 1_000_000 || !slices.Equal(shares, []float64{0.5}) || !slices.Equal(m.calls, []string{"check " + evening.Address + " secret"}) {
			t.Errorf("found %+v, %v after %v by %q", p, err, shares, m.calls)
		}
		must(t, s.GoLive(ctx))
		wait(time.Second)
		if _, err := check(); !errors.Is(err, studio.ErrOnAir) {
			t.Errorf("on air: %v", err)
		}
	})
}

func TestAShowThatIsClosedWhenTheServerComesBackIsOpenedAgain(t *testing.T) {
	m := newMachine()
	m.openErr = errors.New("connection refused")
	m.script = func(ctx context.Context, m *machine, f studio.Feedback) error {
		if len(m.targets) == 1 {
			m.mu.Lock()
			m.openErr = nil
			m.mu.Unlock()
			f.Link(frame.Link{Phase: frame.LinkRefused, Fault: frame.FaultClosed})
			return errors.New("closed")
		}
		return live(ctx, m, f)
	}
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		wait(time.Second)
		if got := s.Snapshot().Air.Phase; got != studio.OnAir {
			t.Errorf("the show is %s", got)
		}
	})
}

func TestTheSpeakerTestSaysHowItWent(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.TestSpeaker(ctx))
		must(t, s.TestSpeaker(ctx))
		wait(time.Second)
		if got := s.Snapshot().Sound.Speaker; got != studio.Running {
			t.Errorf("while it plays: %s", got)
		}
		wait(2 * time.Second)
		if got := s.Snapshot().Sound.Speaker; got != studio.Idle {
			t.Errorf("after: %s", got)
		}
		m.setFailure("speaker", frame.ErrBusy)
		must(t, s.TestSpeaker(ctx))
		wait(time.Second)
		if got := s.Snapshot().Sound; got.Speaker != studio.Failed || got.SpeakerProblem.Trouble != studio.DeviceBusy {
			t.Errorf("busy: %+v", got)
		}
	})
}

func TestTheOutputIsCheckedAndTheCodecStaysOnAir(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		good := studio.Defaults().Output
		for what, edit := range map[string]func(*studio.Output){
			"an odd size":  func(o *studio.Output) { o.Format.Width = 1281 },
			"1000 fps":     func(o *studio.Output) { o.Format.FPS = 1000 },
			"AV1":          func(o *studio.Output) { o.Codec = "AV1" },
			"1 bit/s":      func(o *studio.Output) { o.VideoBitrate = 1 },
			"deaf":         func(o *studio.Output) { o.AudioBitrate = 0 },
			"no key frame": func(o *studio.Output) { o.KeyInterval = 0 },
		} {
			o := good
			edit(&o)
			if s.SetOutput(ctx, o) == nil {
				t.Errorf("%s was accepted", what)
			}
		}
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		wait(time.Second)
		vp8 := good
		vp8.Codec = frame.VP8
		if s.SetOutput(ctx, vp8) == nil || s.SetServer(ctx, studio.Server{}) == nil {
			t.Error("codec or server changed on air")
		}
		small := good
		small.Format = frame.Format{Width: 640, Height: 360, FPS: 15}
		must(t, s.SetOutput(ctx, small))
		wait(time.Second)
		if got := s.Snapshot().Program.Format; got != small.Format {
			t.Errorf("program is %v", got)
		}
	})
}

// A quarter of an hour of a bad evening (two minutes with -short, for the race detector): the link breaks every 20 s, the camera every
// 30 s. Nothing may grow.
func TestReconnectingAgainAndAgainLeavesNothingBehind(t *testing.T) {
	minutes, settled := 15, 5
	if testing.Short() {
		minutes, settled = 2, 1
	}
	m := newMachine()
	m.script = func(ctx context.Context, m *machine, f studio.Feedback) error {
		for attempt := 1; ; attempt++ {
			f.Link(frame.Link{Phase: frame.LinkConnecting, Attempt: attempt})
			f.Link(frame.Link{Phase: frame.LinkLive})
			if !rest(ctx, 18*time.Second) {
				return nil
			}
			f.Link(frame.Link{Phase: frame.LinkWaiting, Attempt: attempt, Fault: frame.FaultMedia})
			if !rest(ctx, 2*time.Second) {
				return nil
			}
		}
	}
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		must(t, s.SetOutput(ctx, studio.Output{Codec: frame.H264, Format: frame.Format{Width: 320, Height: 180, FPS: 15}, AudioBitrate: 64000, KeyInterval: time.Second}))
		var before runtime.MemStats
		goroutines := 0
		for minute := range minutes {
			for range 2 {
				wait(28 * time.Second)
				m.setFailure("cam", frame.ErrGone)
				wait(2 * time.Second)
				m.setFailure("cam", nil)
			}
			m.sent()
			m.mu.Lock()
			m.opened = m.opened[:0]
			m.mu.Unlock()
			if minute == settled-1 {
				runtime.GC()
				runtime.ReadMemStats(&before)
				goroutines = runtime.NumGoroutine()
			}
		}
		runtime.GC()
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Errorf("%d goroutines after %d minutes, %d after %d", goroutines, settled, n, minutes)
		}
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
			t.Errorf("the heap grew by %s", fmt.Sprintf("%d KiB", grown>>10))
		}
		if n := len(s.Snapshot().Notices); n > 20 {
			t.Errorf("%d notices", n)
		}
	})
}

// crash is what is kept when the studio is killed now.
func (m *machine) crash() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.keep)
}

func TestAShowThatACrashCutOffIsOfferedAndGoneOnWith(t *testing.T) {
	long(t)
	m := newMachine()
	var kept []byte
	var until time.Time
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		wait(2 * time.Second)
		if set, err := studio.ParseSettings(m.crash()); err != nil || set.Unfinished != nil {
			t.Errorf("off air an unfinished show is kept: %+v, %v", set.Unfinished, err)
		}
		must(t, s.GoLive(ctx))
		wait(5 * time.Minute)
		kept, until = m.crash(), time.Now()
	})
	if set, err := studio.ParseSettings(m.keep); err != nil || set.Unfinished != nil {
		t.Errorf("after a clean end an unfinished show is kept: %+v, %v", set.Unfinished, err)
	}

	again := newMachine()
	again.keep = kept
	onSession(t, again, func(ctx context.Context, s *studio.Session) {
		wait(time.Second)
		u := s.Snapshot().Unfinished
		if u == nil || u.Show != evening.Show || u.Address != evening.Address {
			t.Fatalf("the unfinished show is %+v", u)
		}
		if gone := until.Sub(u.Until); gone < 0 || gone > 35*time.Second {
			t.Errorf("it was on air until %v before the crash", gone)
		}
		must(t, s.GoLive(ctx))
		wait(2 * time.Second)
		if snap := s.Snapshot(); snap.Air.Phase != studio.OnAir || snap.Unfinished != nil {
			t.Errorf("going on: %s, still offered %+v", snap.Air.Phase, snap.Unfinished)
		}
		must(t, s.End(ctx))
		wait(2 * time.Second)
		if set, err := studio.ParseSettings(again.crash()); err != nil || set.Unfinished != nil {
			t.Errorf("after the end an unfinished show is kept: %+v, %v", set.Unfinished, err)
		}
	})
}

func TestAShowThatWasCutOffIsOfferedOnlyWhereItWaitsForItsHost(t *testing.T) {
	set := studio.Defaults()
	set.Server = evening
	set.Unfinished = &studio.Unfinished{Address: evening.Address, Show: evening.Show, Until: time.Now()}
	kept, err := set.Marshal()
	must(t, err)
	for what, c := range map[string]struct {
		show wire.Show
		do   func(context.Context, *studio.Session) error
		left bool // a later start may offer it
	}{
		"it is gone":                 {show: wire.Show{ID: "other"}, left: true},
		"it was closed":              {show: wire.Show{ID: "evening", State: wire.Closed}},
		"somebody else is on air":    {show: wire.Show{ID: "evening", State: wire.Open, Live: true}, left: true},
		"the host does not want it":  {show: wire.Show{ID: "evening", State: wire.Open}, do: func(ctx context.Context, s *studio.Session) error { return s.LeaveUnfinished(ctx) }},
		"another server was chosen":  {show: wire.Show{ID: "evening", State: wire.Open}, do: func(ctx context.Context, s *studio.Session) error { return s.SetServer(ctx, studio.Server{}) }, left: true},
		"the host is on air with it": {show: wire.Show{ID: "evening", State: wire.Open}, do: func(ctx context.Context, s *studio.Session) error { return s.GoLive(ctx) }, left: true},
	} {
		m := newMachine()
		m.keep, m.shows = kept, map[wire.ShowID]wire.Show{c.show.ID: c.show}
		onSession(t, m, func(ctx context.Context, s *studio.Session) {
			if c.do != nil {
				wait(time.Second)
				must(t, c.do(ctx, s))
			}
			wait(5 * time.Second)
			if u := s.Snapshot().Unfinished; u != nil {
				t.Errorf("%s: offered %+v", what, u)
			}
			if now, err := studio.ParseSettings(m.crash()); err != nil || (now.Unfinished != nil) != c.left {
				t.Errorf("%s: kept %+v, %v", what, now.Unfinished, err)
			}
		})
	}
}

func TestPicturesThatTheWayDoesNotTakeAreNoFaultOfTheEncoder(t *testing.T) {
	m := newMachine()
	m.script = func(ctx context.Context, _ *machine, f studio.Feedback) error {
		for ctx.Err() == nil {
			f.Link(frame.Link{Phase: frame.LinkLive})
			rest(ctx, 4*time.Second)
			f.Link(frame.Link{Phase: frame.LinkWaiting})
			rest(ctx, 4*time.Second)
		}
		return nil
	}
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		wait(time.Second)
		must(t, s.GoLive(ctx))
		wait(20 * time.Second)
		m.mu.Lock()
		m.encoding = 400 * time.Millisecond
		told := slices.Clone(m.reports)
		m.mu.Unlock()
		for i := 1; i < len(told); i++ {
			if made := told[i].Encode.Pictures - told[i-1].Encode.Pictures; made < 58 || made > 62 || told[i].Encode.Stalled != 0 {
				t.Errorf("in two seconds %d pictures left: %+v", made, told[i].Encode)
			}
		}
		wait(8 * time.Second)
		m.mu.Lock()
		last := m.reports[len(m.reports)-1]
		m.mu.Unlock()
		if stalled := last.Encode.Stalled; stalled < 1000 || len(told) < 8 {
			t.Errorf("an encoder that takes 400 ms has gaps of %d ms; %d reports", stalled, len(told))
		}
	})
}

func TestTheServerIsToldHowTheShowLeavesAndSaysWhatViewersSee(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		wait(5 * time.Second)
		if n := len(m.reports); n != 0 || s.Snapshot().Air.Truth != nil {
			t.Errorf("off air %d reports are made", n)
		}
		must(t, s.GoLive(ctx))
		wait(7 * time.Second)
		m.mu.Lock()
		n := len(m.reports)
		last := m.reports[n-1]
		m.mu.Unlock()
		if n < 3 || n > 4 || last.Capture.FPS < 29 || last.Capture.Wanted != 30 || last.Encode.FPS < 29 || last.Encode.Reduced || last.Encode.Height != 720 {
			t.Errorf("%d reports, the last %+v", n, last)
		}
		if made := last.Encode.Pictures - m.reports[n-2].Encode.Pictures; made < 58 || made > 62 || last.Encode.Stalled != 0 || last.Encode.Late != 0 {
			t.Errorf("in two seconds %d pictures left: %+v", made, last.Encode)
		}
		if truth := s.Snapshot().Air.Truth; truth == nil || truth.Viewers != 7 {
			t.Errorf("the host is told %+v", truth)
		}
	})
}

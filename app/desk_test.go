package app

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/mix"
)

// recorder is a Desk that writes down what it is asked and answers as the test wants.
type recorder struct {
	snap    *studio.Snapshot
	changed chan struct{}
	slot    *frame.Slot
	calls   []string
	err     error
	shows   []wire.Show
	fault   frame.Fault
	path    frame.Path
	tried   wire.Tried
	// What was put, and what is answered, in the shop.
	put      []wire.Product
	offered  []wire.Offer
	coupons  []wire.Coupon
	thumb    []byte
	pictures map[wire.PictureID][]byte
	imported *studio.Import
	// The stage's.
	slots map[wire.SpotID]*frame.Slot
	hosts []wire.BattleHost
}

func newRecorder() *recorder {
	s := &studio.Snapshot{Settings: studio.Defaults()}
	s.Settings.Language = "en"
	s.Settings.Theme = "dark"
	s.Settings.Sources = []studio.Source{
		{ID: "a", Name: "Front", Input: frame.Input{Kind: frame.Camera, Device: "cam0"}},
		{ID: "b", Name: "Clip", Input: frame.Input{Kind: frame.File, URL: "/clip.mp4"}},
		{ID: "c", Name: "Desk", Input: frame.Input{Kind: frame.Screen, Device: "screen0"}},
	}
	s.Settings.Selected = "a"
	s.Sources = []studio.SourceStatus{{Status: studio.Running, Width: 1280, Height: 720, FPS: 30}, {Status: studio.Idle}, {Status: studio.Idle}}
	s.Devices = []frame.Device{
		{Kind: frame.Camera, ID: "cam0", Name: "Webcam"},
		{Kind: frame.Screen, ID: "screen0", Name: "Screen 1"},
		{Kind: frame.Microphone, ID: "mic0", Name: "Yeti", Default: true},
		{Kind: frame.Microphone, ID: "mic1", Name: "Webcam mic"},
		{Kind: frame.Speaker, ID: "spk0", Name: "Headphones", Default: true},
	}
	s.Program.Format = s.Settings.Output.Format
	s.Sound.Status = studio.Running
	silent := mix.Level{Peak: mix.Floor, RMS: mix.Floor}
	s.Sound.Voice, s.Sound.Music, s.Sound.Master = silent, silent, silent
	s.Sound.Loudness = studio.Loudness{Momentary: mix.Floor, ShortTerm: mix.Floor, Integrated: mix.Silence}
	s.Air.Phase = studio.OffAir
	return &recorder{snap: s, changed: make(chan struct{}, 1), slot: frame.NewSlot()}
}

func (d *recorder) call(format string, args ...any) error {
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
	return d.err
}

func (d *recorder) Snapshot() *studio.Snapshot { return d.snap }
func (d *recorder) Changed() <-chan struct{}   { return d.changed }
func (d *recorder) Preview() *frame.Slot       { return d.slot }

func (d *recorder) AddSource(_ context.Context, name string, in frame.Input) (studio.SourceID, error) {
	return "new", d.call("add %s %s %s%s %v", name, in.Kind, in.Device, in.URL, in.Region)
}

func (d *recorder) RenameSource(_ context.Context, id studio.SourceID, name string) error {
	return d.call("rename %s %s", id, name)
}

func (d *recorder) RemoveSource(_ context.Context, id studio.SourceID) error {
	return d.call("remove %s", id)
}

func (d *recorder) Undo(context.Context) (studio.Change, error) { return d.snap.Undo, d.call("undo") }

func (d *recorder) MoveSource(_ context.Context, id studio.SourceID, to int) error {
	return d.call("move %s %d", id, to)
}

func (d *recorder) SelectSource(_ context.Context, id studio.SourceID) error {
	return d.call("select %s", id)
}

func (d *recorder) PauseSource(_ context.Context, id studio.SourceID, on bool) error {
	return d.call("pause %s %t", id, on)
}

func (d *recorder) SetLook(_ context.Context, l effects.Look) error { return d.call("look %+v", l) }

func (d *recorder) Compare(_ context.Context, on bool) error { return d.call("compare %t", on) }

func (d *recorder) SetVoice(_ context.Context, v effects.Voice) error { return d.call("voice %+v", v) }

func (d *recorder) KeepPerson(_ context.Context, name string) error { return d.call("keep %q", name) }

func (d *recorder) UsePerson(_ context.Context, name string) error { return d.call("use %q", name) }

func (d *recorder) RemovePerson(_ context.Context, name string) error {
	return d.call("forget %q", name)
}

func (d *recorder) SetPlugins(_ context.Context, p studio.Plugins) error {
	return d.call("plugins %+v", p)
}

func (d *recorder) SetMicrophone(_ context.Context, m studio.Microphone) error {
	return d.call("mic %q %d %t %g", m.Device, m.Channels, m.Muted, m.GainDB)
}

func (d *recorder) SetSpeaker(_ context.Context, id string) error { return d.call("speaker %q", id) }
func (d *recorder) TestSpeaker(context.Context) error             { return d.call("test speaker") }

func (d *recorder) AddTracks(_ context.Context, paths []string) error {
	return d.call("add tracks %v", paths)
}

func (d *recorder) RemoveTrack(_ context.Context, id mix.EntryID) error {
	return d.call("remove track %d", id)
}

func (d *recorder) MoveTrack(_ context.Context, id mix.EntryID, to int) error {
	return d.call("move track %d %d", id, to)
}

func (d *recorder) PlayTrack(_ context.Context, id mix.EntryID) error {
	return d.call("play track %d", id)
}
func (d *recorder) PlayMusic(context.Context) error     { return d.call("play") }
func (d *recorder) PauseMusic(context.Context) error    { return d.call("pause") }
func (d *recorder) StopMusic(context.Context) error     { return d.call("stop") }
func (d *recorder) NextTrack(context.Context) error     { return d.call("next") }
func (d *recorder) PreviousTrack(context.Context) error { return d.call("previous") }
func (d *recorder) SeekMusic(_ context.Context, to time.Duration) error {
	return d.call("seek %v", to)
}

func (d *recorder) CueMusic(_ context.Context, on bool) error        { return d.call("cue %t", on) }
func (d *recorder) SetMusic(_ context.Context, m studio.Music) error { return d.call("music %+v", m) }

func (d *recorder) ListenTo(_ context.Context, id mix.EntryID) error {
	return d.call("listen to track %d", id)
}

func (d *recorder) SetHeadphones(_ context.Context, id string) error {
	return d.call("headphones %q", id)
}

func (d *recorder) SetPad(_ context.Context, i int, path string) error {
	return d.call("pad %d plays %q", i, path)
}
func (d *recorder) TriggerPad(_ context.Context, i int) error { return d.call("pad %d", i) }
func (d *recorder) StopPads(context.Context) error            { return d.call("stop pads") }
func (d *recorder) SetPadVolume(_ context.Context, i int, db float64) error {
	return d.call("pad %d at %g", i, db)
}

func (d *recorder) SetServer(_ context.Context, s studio.Server) error {
	return d.call("server %s %s %s", s.Address, s.Show, s.Token)
}

func (d *recorder) SetOutput(_ context.Context, o studio.Output) error {
	return d.call("output %s %s %d %d", o.Codec, o.Format, o.VideoBitrate, o.AudioBitrate)
}

func (d *recorder) SetAppearance(_ context.Context, language, theme string) error {
	return d.call("look %q %q", language, theme)
}

func (d *recorder) DismissNotice(_ context.Context, seq int) error { return d.call("dismiss %d", seq) }
func (d *recorder) SetKeys(_ context.Context, k studio.Keys) error { return d.call("keys %v", k) }
func (d *recorder) PlayCue(_ context.Context, c studio.Cue) error  { return d.call("play %s", c) }
func (d *recorder) SetCue(_ context.Context, c studio.Cue, on bool) error {
	return d.call("cue %s %t", c, on)
}
func (d *recorder) GoLive(context.Context) error          { return d.call("go live") }
func (d *recorder) End(context.Context) error             { return d.call("end") }
func (d *recorder) LeaveUnfinished(context.Context) error { return d.call("leave") }

func (d *recorder) Say(_ context.Context, text string, reply int64) error {
	return d.call("say %q to %d", text, reply)
}

func (d *recorder) CallMe(_ context.Context, name string) error { return d.call("call me %q", name) }
func (d *recorder) Pin(_ context.Context, n int64) error        { return d.call("pin %d", n) }
func (d *recorder) Highlight(_ context.Context, n int64) error  { return d.call("highlight %d", n) }
func (d *recorder) RemoveLine(_ context.Context, n int64, _ string) error {
	return d.call("take back %d", n)
}

func (d *recorder) Announce(_ context.Context, text string) error { return d.call("announce %q", text) }

func (d *recorder) StartPoll(_ context.Context, p wire.StartPoll) error {
	return d.call("poll %q %q for %d", p.Question, p.Options, p.Seconds)
}
func (d *recorder) EndPoll(_ context.Context, n int64) error { return d.call("end poll %d", n) }
func (d *recorder) AnswerQuestion(_ context.Context, n int64, text string) error {
	return d.call("answer %d with %q", n, text)
}

func (d *recorder) Judge(_ context.Context, n int64, v wire.Decision, _ string) error {
	return d.call("judge %d %s", n, v)
}

func (d *recorder) Silence(_ context.Context, s wire.SilenceOne) error {
	return d.call("silence %s for %d ban %t lift %t", s.Who, s.Seconds, s.Ban, s.Lift)
}
func (d *recorder) SetModes(_ context.Context, m wire.Modes) error { return d.call("modes %+v", m) }

func (d *recorder) OpenRules(context.Context) error { return d.call("open rules") }
func (d *recorder) EditRules(_ context.Context, r wire.Rules) error {
	return d.call("rules %v, %s links, hosts %v, contact %s, lists %v, hold %g", r.Words, r.Links, r.Hosts, r.Contact, r.Lists, r.Hold)
}
func (d *recorder) SaveRules(context.Context) error     { return d.call("save rules") }
func (d *recorder) DropRuleEdits(context.Context) error { return d.call("drop rules") }
func (d *recorder) TryRules(_ context.Context, text string, fresh bool) (wire.Tried, error) {
	return d.tried, d.call("try %q, new %t", text, fresh)
}

func (d *recorder) CheckServer(_ context.Context, s studio.Server) (wire.Show, error) {
	err := d.call("check %s %s", s.Address, s.Show)
	return wire.Show{ID: s.Show, Title: "Evening", State: wire.Open}, err
}

func (d *recorder) Shows(_ context.Context, s studio.Server) ([]wire.Show, error) {
	return d.shows, d.call("shows %s", s.Address)
}

func (d *recorder) CreateShow(_ context.Context, s studio.Server, n wire.NewShow) (wire.CreatedShow, error) {
	err := d.call("create %s %s %s %s", s.Address, s.Token, n.ID, n.Title)
	return wire.CreatedShow{Show: wire.Show{ID: n.ID, Title: n.Title}, Token: "made"}, err
}

func (d *recorder) StageDo(_ context.Context, w wire.StageWish) error {
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return d.call("%s", text)
}

func (d *recorder) BeGuest(_ context.Context, link, name string) error {
	return d.call("guest %s %q", link, name)
}

func (d *recorder) EndGuest(context.Context) error { return d.call("end guest") }

func (d *recorder) DarkenGuest(_ context.Context, dark bool) error { return d.call("dark %t", dark) }

func (d *recorder) SetStageStrip(_ context.Context, spot wire.SpotID, s studio.StageStrip) error {
	return d.call("strip %s %g muted %t solo %t", spot, s.Gain, s.Muted, s.Solo)
}

func (d *recorder) StagePicture(spot wire.SpotID) *frame.Slot { return d.slots[spot] }

func (d *recorder) FindHosts(_ context.Context, q string) ([]wire.BattleHost, error) {
	return d.hosts, d.call("find hosts %q", q)
}

func (d *recorder) Deal(_ context.Context, who wire.Alias, p wire.ProductID, v wire.VariantID, price wire.Money) error {
	return d.call("deal %s %s %s %s", who, p, v, price)
}

func (d *recorder) CheckNetwork(ctx context.Context, progress func(float64, frame.Path)) (frame.Path, error) {
	if err := ctx.Err(); err != nil {
		return frame.Path{}, err
	}
	progress(0.5, frame.Path{RTT: d.path.RTT, Loss: -1})
	return d.path, d.call("network")
}

func (d *recorder) Fault(error) frame.Fault { return d.fault }

// bench is a window under test. Its gestures reach the recorder when the test says so, and its clock stands still.
type bench struct {
	*testing.T
	w      *Window
	d      *recorder
	closed bool
	// menuItems are what the last menu offered.
	menuItems []*fyne.MenuItem
}

func newBench(t *testing.T, edit ...func(*studio.Snapshot)) *bench {
	t.Helper()
	d := newRecorder()
	for _, e := range edit {
		e(d.snap)
	}
	w := New(test.NewTempApp(t), d, func(*image.RGBA, *frame.Video) {}, nil, nil)
	now := time.Date(2026, 5, 1, 20, 0, 0, 0, time.UTC)
	w.now = func() time.Time { return now }
	w.Show()
	b := &bench{T: t, w: w, d: d}
	w.offer = func(_ fyne.Position, items []*fyne.MenuItem) { b.menuItems = items }
	w.win.SetOnClosed(func() { b.closed = true })
	t.Cleanup(func() {
		if !b.closed {
			w.win.Close()
		}
	})
	b.change(func(*studio.Snapshot) {})
	return b
}

// change shows an edited copy of the snapshot.
func (b *bench) change(edit func(*studio.Snapshot)) {
	next := *b.d.snap
	next.Settings.Sources = slices.Clone(next.Settings.Sources)
	next.Sources = slices.Clone(next.Sources)
	edit(&next)
	b.d.snap = &next
	b.w.apply(b.d.snap)
}

// carry hands the waiting gestures to the recorder, as Window.Run does, and returns what was asked.
func (b *bench) carry() []string {
	b.d.calls = nil
	for {
		select {
		case g := <-b.w.gestures:
			b.w.settle(g, g.do(b.Context()))
		default:
			return b.d.calls
		}
	}
}

func (b *bench) expect(want ...string) {
	b.Helper()
	if got := b.carry(); !slices.Equal(got, want) {
		b.Errorf("the desk was asked %q, want %q", got, want)
	}
}

// roots are what the host can see and reach: the top sheet, else the window.
func (b *bench) roots() fyne.CanvasObject {
	c := b.w.win.Canvas()
	if top := c.Overlays().Top(); top != nil {
		return top
	}
	return c.Content()
}

// all calls f with everything that is visible below the roots.
func (b *bench) all(f func(fyne.CanvasObject)) {
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if !o.Visible() {
			return
		}
		f(o)
		switch o := o.(type) {
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c)
			}
		}
	}
	walk(b.roots())
}

// text is all that can be read, a piece a line.
func (b *bench) text() string {
	var lines []string
	b.all(func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *canvas.Text:
			lines = append(lines, o.Text)
		case *widget.Text:
			lines = append(lines, o.Text())
		case *widget.Paragraph:
			lines = append(lines, o.Text())
		case *widget.Feed:
			for _, p := range o.Posts() {
				lines = append(lines, p.Over, p.Lead+" "+p.Head+" "+p.Text, p.Under)
			}
		}
	})
	return strings.Join(lines, "\n")
}

func (b *bench) reads(want ...string) {
	b.Helper()
	text := b.text()
	for _, s := range want {
		if !strings.Contains(text, s) {
			b.Errorf("%q cannot be read in the window:\n%s", s, text)
		}
	}
}

func (b *bench) lacks(unwanted ...string) {
	b.Helper()
	text := b.text()
	for _, s := range unwanted {
		if strings.Contains(text, s) {
			b.Errorf("%q is in the window:\n%s", s, text)
		}
	}
}

// press taps the button with that text.
func (b *bench) press(label string) {
	b.Helper()
	var found *widget.Button
	b.all(func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && button.Text() == label {
			found = button
		}
	})
	if found == nil {
		b.Fatalf("there is no button %q", label)
	}
	test.Tap(found)
}

// key types a key where the keyboard is.
func (b *bench) key(k fyne.KeyName) {
	c := b.w.win.Canvas()
	if f := c.Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: k})
		return
	}
	c.OnTypedKey()(&fyne.KeyEvent{Name: k})
}

// shortcut types a key with modifiers as the desktop driver does: the keys of editing have shortcuts of their own; the
// menu has a shortcut first, then what has the keyboard, then the window.
func (b *bench) shortcut(s fyne.Shortcut) {
	b.Helper()
	if s.ShortcutName() == ctrl(fyne.KeyZ).ShortcutName() {
		s = &fyne.ShortcutUndo{}
	}
	if i := menuItem(b.w.menu.bar.Items, s); i != nil {
		i.Action()
		return
	}
	if f, ok := b.w.win.Canvas().Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(s)
		return
	}
	b.w.win.Canvas().(fyne.Shortcutable).TypedShortcut(s)
}

func menuItem(menus []*fyne.Menu, s fyne.Shortcut) *fyne.MenuItem {
	for _, m := range menus {
		for _, i := range m.Items {
			if i.Shortcut != nil && i.Shortcut.ShortcutName() == s.ShortcutName() {
				return i
			}
		}
	}
	return nil
}

func ctrl(k fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
}

// entries are the visible lines to type in.
func (b *bench) entries() (all []*widget.Entry) {
	b.all(func(o fyne.CanvasObject) {
		if e, ok := o.(*widget.Entry); ok {
			all = append(all, e)
		}
	})
	return all
}

// pickers are the visible lists to choose from.
func (b *bench) pickers() (all []*widget.Picker) {
	b.all(func(o fyne.CanvasObject) {
		if p, ok := o.(*widget.Picker); ok {
			all = append(all, p)
		}
	})
	return all
}

func withServer(s *studio.Snapshot) {
	s.Settings.Server = studio.Server{Address: "shop.example", Show: "evening", Token: "secret"}
	s.Air.Title, s.Air.WatchURL = "Evening with Lena", "https://shop.example/watch/evening"
}

func onAir(s *studio.Snapshot) {
	withServer(s)
	s.Air.Phase = studio.OnAir
	s.Air.Since = time.Date(2026, 5, 1, 18, 58, 55, 0, time.UTC)
	s.Air.Viewers, s.Audience.Viewers = 128, 128
	s.Air.Link = frame.Link{Phase: frame.LinkLive, RTT: 24 * time.Millisecond, LossPercent: 0.3, Bitrate: 2_760_000, Estimate: 4_200_000}
	s.Program.FPS, s.Program.EncodeTime, s.Program.Dropped = 30, 4200*time.Microsecond, 7
}

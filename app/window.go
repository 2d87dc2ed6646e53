// Package app is the studio's window: it draws studio.Snapshot and turns gestures into calls on the Session. It decides
// nothing about the show and holds nothing that is not about looking at it.
//
// The toolkit's goroutine owns every widget and every field of Window. Beside it run, within Window.Run, one bridge, which
// alone speaks to the toolkit (fyne.Do occurs in two places: for snapshots with the outcomes of gestures, and for pictures),
// and one pair of hands, which carries gestures to the session in their order, so that the window never waits for anything.
//
// Queues: snapshot and picture → toolkit hold one, newest wins; gestures hold 64, a gesture beyond is refused with a word to
// the host; outcomes wait for the next snapshot and are bounded by the gestures.
//
// A panel is a file: it builds its pieces once for a language, and apply sets them from a snapshot; the pieces repaint only
// what changed. Texts are fields of one struct in two languages, so a missing text does not compile. The language can
// change while the window is open: the panels are built again.
package app

import (
	"context"
	"crypto/rand"
	"image"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// Window is the studio's window.
type Window struct {
	desk     Desk
	app      fyne.App
	win      fyne.Window
	log      *slog.Logger
	now      func() time.Time
	newName  func() string // makes the name of a thing: random, never the same twice
	openFile func(path string) (fs.File, error)
	convert  widget.Convert
	offer    func(at fyne.Position, items []*fyne.MenuItem) // shows a menu

	gestures chan gesture
	outcomes chan func()
	underWay int              // gestures whose outcome is not known yet
	stale    *studio.Snapshot // shown by the desk when the last outcome came: it may not hold that outcome yet

	picture *widget.Picture // outlives the panels: the bridge draws to it
	snap    *studio.Snapshot
	words   *words
	system  string // the system's language
	look    string // the theme's mode
	// comparing says that the host holds the button or the key that shows the picture without the look.
	comparing bool
	live      []func(*studio.Snapshot)

	overlay  *overlay
	toast    *toast
	sources  *sources
	mixer    *mixer
	controls *controls
	side     *side
	playlist *musicPanel
	room     *roomPanel
	shop     *shopPanel
	stage    *stagePanel
	eyes     *stageEyes           // outlive the panels: the bridge draws for them
	deals    map[wire.Alias]dealt // the last with each guest
	sales    *sales
	big      *bigType // nil while it is closed
	// pollLasts is how long polls last, as the host chose, a number of seconds.
	pollLasts string
	music     studio.Music // as the host set it, before the desk says so
	notices   *notices
	menu      *menu
	looks     *lookPanel
	sheet     *widget.Sheet
	page      tab // of the settings while they are open, noTab otherwise
	groups    []actions
	actions   []action        // of all groups
	chosen    studio.Keys     // as the host chose them, before the desk says so
	hot       keymap          // which key does what
	bound     []fyne.Shortcut // what the window listens to beside the menu
	held      fyne.KeyName    // the key that was told of last and not let go since, as of heldAt
	heldAt    time.Time
	keyList   *keysForm              // nil while the settings are closed
	awaits    func(chord)            // takes the next key in place of what it does; nil for nobody
	watch     func(*studio.Snapshot) // the open sheet's interest in snapshots
	offered   *studio.Unfinished     // the show that the host was last asked to go on with
	drop      func(paths []string)   // takes files that are dropped while a sheet wants them; nil for no such sheet
	closeBy   time.Time              // set once the host wants to close: when the show is over, or then
}

// Places of panels in the side column.
const (
	musicSide = 3
	roomSide  = 4
	shopSide  = 5
	stageSide = 6
)

// Sizes of the window in device-independent pixels.
const (
	firstWidth, firstHeight = 1280, 720
	leftWidth, rightWidth   = 248, 264
	rightGrow               = 76
	mixerHeight             = 148
	noticesHeight           = 196
)

// New returns the window, not yet shown. convert scales a picture into an image's size, open reads a file that the host named.
func New(a fyne.App, d Desk, convert func(*image.RGBA, *frame.Video), open func(path string) (fs.File, error), log *slog.Logger) *Window {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	w := &Window{
		desk: d, app: a, log: log, now: time.Now, newName: randomName, openFile: open, convert: convert,
		gestures: make(chan gesture, maxGestures), outcomes: make(chan func()), page: noTab,
	}
	w.sales, w.eyes, w.deals = &sales{w: w}, newStageEyes(w), map[wire.Alias]dealt{}
	w.system = lang.SystemLocale().LanguageString()
	w.snap = d.Snapshot()
	w.music, w.chosen = w.snap.Settings.Music, w.snap.Settings.Keys
	w.words = wordsFor(w.snap.Settings.Language, w.system)
	w.setTheme(w.snap.Settings.Theme)
	w.win = a.NewWindow(w.words.Product)
	w.win.SetIcon(theme.Mark())
	w.win.SetMaster()
	w.win.SetPadded(false)
	w.win.SetCloseIntercept(w.requestClose)
	w.win.SetOnDropped(func(at fyne.Position, files []fyne.URI) {
		var paths []string
		for _, f := range files {
			paths = append(paths, f.Path())
		}
		w.droppedAt(at, paths)
	})
	w.offer = func(at fyne.Position, items []*fyne.MenuItem) {
		fynewidget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), w.win.Canvas(), at)
	}
	w.overlay = newOverlay(w)
	w.picture = widget.NewPicture(w.convert, w.overlay.object)
	w.build()
	w.bindKeys()
	w.win.Resize(fyne.NewSize(firstWidth, firstHeight))
	return w
}

func randomName() string { return strings.ToLower(rand.Text()) }

// Show shows the window.
func (w *Window) Show() { w.win.Show() }

// build makes the panels in the window's language and shows what is known.
func (w *Window) build() {
	w.live = nil
	w.makeActions()
	w.win.SetTitle(w.words.Product)
	w.overlay.build()
	w.toast = w.overlay.toast
	w.sources, w.mixer, w.controls = newSources(w), newMixer(w), newControls(w)
	w.notices = newNotices(w)
	show, status := newShowPanel(w), newStatusBar(w)
	voice := newVoicePanel(w)
	w.looks = newLookPanel(w)
	at, in, desk, beside := 0, 0, 0, 0
	if w.side != nil {
		at, in, desk, beside = w.side.at, w.room.at, w.shop.at, w.stage.at
	}
	dashboard := newDashboard(w)
	w.room, w.shop = newRoomPanel(w, in), newShopPanel(w, desk)
	w.stage = newStagePanel(w, beside)
	w.playlist = newMusicPanel(w)
	w.side = newSide(w, at, sidePanel{w.words.TabShow, show.object}, sidePanel{w.words.TabLook, w.looks.object},
		sidePanel{w.words.TabVoice, voice.object}, sidePanel{w.words.TabMusic, w.playlist.object},
		sidePanel{w.words.TabRoom, w.room.object}, sidePanel{w.words.TabShop, w.shop.object}, sidePanel{w.words.TabStage, w.stage.object})
	w.menu = newMenu(w)
	w.live = []func(*studio.Snapshot){
		w.overlay.apply, w.sources.apply, w.mixer.apply, show.apply, w.looks.apply, voice.apply,
		w.playlist.apply, w.notices.apply, w.controls.apply, status.apply, w.menu.apply, w.room.draw, w.shop.draw, w.stage.draw,
		dashboard.apply, w.sales.apply,
	}
	const gap = 10
	left := widget.Sized(fyne.NewSize(leftWidth, 0), widget.Fill(gap, nil, w.sources.object, w.notices.object))
	middle := widget.Fill(gap, nil, w.picture, widget.Stack(gap, dashboard.object, widget.Sized(fyne.NewSize(0, mixerHeight), w.mixer.object)))
	right := widget.Sized(fyne.NewSize(rightWidth, 0), widget.Fill(gap, nil, w.side.object, w.controls.object))
	body := container.New(sidesLayout{gap, rightGrow}, middle, left, right)
	w.win.SetContent(container.NewStack(widget.Fill(0, nil, widget.Inset(gap, gap, body), status.object), widget.NewTips(w.words.symbols())))
	if w.big != nil {
		w.big.build()
	}
	w.applyPanels()
}

// apply shows a snapshot.
func (w *Window) apply(s *studio.Snapshot) {
	w.snap = s
	w.setTheme(s.Settings.Theme)
	if now := wordsFor(s.Settings.Language, w.system); now != w.words {
		w.words = now
		w.rebuild()
	} else {
		w.applyPanels()
	}
	w.followKeys(s)
	if w.watch != nil {
		w.watch(s)
	}
	w.offerUnfinished(s)
	w.covered()
	if !w.closeBy.IsZero() && w.settled(s) && (s.Air.Phase == studio.OffAir || w.now().After(w.closeBy)) {
		w.closeBy = time.Time{}
		w.win.Close()
	}
}

// closeWithin is how long a show may take to end before the window closes all the same.
const closeWithin = 8 * time.Second

// rebuild makes the panels in another language; the settings, where the language is chosen, stay open.
func (w *Window) rebuild() {
	open, at := w.page != noTab, w.page
	w.closeSheet()
	w.build()
	if open {
		w.openSettings(at)
	}
}

func (w *Window) applyPanels() {
	for _, apply := range w.live {
		apply(w.snap)
	}
	if w.big != nil {
		w.big.apply(w.snap)
	}
}

// settled reports whether a snapshot holds the outcome of all gestures; before, a panel keeps what the host set.
func (w *Window) settled(s *studio.Snapshot) bool { return w.underWay == 0 && s != w.stale }

func (w *Window) setTheme(mode string) {
	if mode == "" {
		mode = "system"
	}
	if w.look != mode {
		w.look = mode
		w.app.Settings().SetTheme(theme.New(mode))
	}
}

// requestClose asks before it ends a show.
func (w *Window) requestClose() {
	if w.snap.Air.Phase == studio.OffAir {
		w.win.Close()
		return
	}
	if w.sheet != nil {
		w.sheet.Close()
	}
	w.confirm(w.words.CloseTitle, w.words.CloseText, w.words.CloseConfirm, w.words.KeepGoing, func() {
		w.closeBy = w.now().Add(closeWithin)
		w.command(w.desk.End)
	})
}

// goLive is the host's main gesture: go live, or ask to end, whichever makes sense now.
func (w *Window) goLive() {
	switch w.snap.Air.Phase {
	case studio.Ending:
	case studio.OnAir:
		w.confirm(w.words.EndTitle, w.words.EndText, w.words.EndConfirm, w.words.KeepGoing, func() { w.command(w.desk.End) })
	case studio.Starting:
		w.command(w.desk.End)
	default:
		if w.sheet != nil {
			return
		}
		if !ready(w.snap.Settings.Server) {
			w.openSettings(serverTab)
			return
		}
		w.command(w.desk.GoLive)
	}
}

// ready says whether a server and a show are set.
func ready(s studio.Server) bool { return s.Address != "" && s.Show != "" && s.Token != "" }

// toggleMute mutes the microphone or lets it be heard.
func (w *Window) toggleMute() {
	w.mixer.change(func(m *studio.Microphone) { m.Muted = !m.Muted })
}

// setMicrophone sends the microphone's settings to the desk.
func (w *Window) setMicrophone(m studio.Microphone) {
	w.command(func(ctx context.Context) error { return w.desk.SetMicrophone(ctx, m) })
}

// Resize gives the window a size in device-independent pixels.
func (w *Window) Resize(s fyne.Size) { w.win.Resize(s) }

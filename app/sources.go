package app

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// sources is the list of what can be shown.
type sources struct {
	w       *Window
	object  fyne.CanvasObject
	list    *fyne.Container
	rows    []*widget.Item
	ids     []studio.SourceID // parallel to rows
	current studio.SourceID   // what the keyboard was on last; "" for the one that is shown

	rename, up, down, remove *widget.Button
}

func newSources(w *Window) *sources {
	p := &sources{w: w, list: widget.Stack(2)}
	t := w.words
	add := widget.NewButton(t.AddSource, theme.Add, widget.Plain, nil)
	add.OnTap(func() { w.showAddMenu(add) })
	p.rename = widget.NewButton("", theme.Rename, widget.Quiet, w.renameSource)
	p.up = widget.NewButton("", theme.Up, widget.Quiet, func() { w.moveSource(-1) })
	p.down = widget.NewButton("", theme.Down, widget.Quiet, func() { w.moveSource(+1) })
	p.remove = widget.NewButton("", theme.Remove, widget.Quiet, w.removeSource)
	for _, b := range []*widget.Button{add, p.rename, p.up, p.down, p.remove} {
		b.Keys = w.keys
	}
	scroll := container.NewVScroll(p.list)
	tools := widget.Row(widget.Line(2, p.rename, p.up, p.down), p.remove)
	p.object = widget.NewCard(t.Sources, add, widget.Fill(6, nil, scroll, tools))
	return p
}

// symbol is how an input is drawn.
func symbol(in frame.Input) theme.Symbol {
	switch in.Kind {
	case frame.Camera:
		return theme.Camera
	case frame.Screen:
		if !in.Region.Empty() {
			return theme.Region
		}
		return theme.Screen
	case frame.Window:
		return theme.Window
	case frame.File:
		return theme.File
	case frame.Stream:
		return theme.Stream
	}
	return theme.Synthetic
}

// pausable says whether an input can be held.
func pausable(in frame.Input) bool { return in.Kind == frame.File || in.Kind == frame.Stream }

// face is how a source looks in the list.
func (t *words) face(src studio.Source, st studio.SourceStatus, selected bool) widget.Face {
	f := widget.Face{Symbol: symbol(src.Input), Title: src.Name, Selected: selected}
	switch st.Status {
	case studio.Running:
		f.Detail = fmt.Sprintf(t.StatusRunning, st.Width, st.Height, st.FPS)
	case studio.Opening:
		f.Detail = fmt.Sprintf(t.StatusOpening, t.kind(src.Input))
	case studio.Paused:
		f.Detail = t.StatusPaused
	case studio.Failed:
		f.Detail, f.Trouble = t.problem(st.Problem), true
	default:
		f.Detail = fmt.Sprintf(t.StatusIdle, t.kind(src.Input))
	}
	if selected && pausable(src.Input) {
		f.Action = theme.Pause
		if st.Status == studio.Paused {
			f.Action = theme.Play
		}
	}
	return f
}

func (p *sources) apply(s *studio.Snapshot) {
	set := s.Settings
	p.rows = p.w.fit(p.list, p.rows, len(set.Sources), p.newRow)
	p.ids = make([]studio.SourceID, len(p.rows))
	for i, src := range set.Sources {
		p.ids[i] = src.ID
		var st studio.SourceStatus
		if i < len(s.Sources) {
			st = s.Sources[i]
		}
		p.rows[i].Set(p.w.words.face(src, st, src.ID == set.Selected))
	}
	at := p.at(s)
	p.rename.SetEnabled(at >= 0)
	p.remove.SetEnabled(at >= 0)
	p.up.SetEnabled(at > 0)
	p.down.SetEnabled(at >= 0 && at < len(p.ids)-1)
}

func (p *sources) newRow(i int) *widget.Item {
	r := widget.NewItem()
	id := func() studio.SourceID { return p.ids[i] }
	r.Chosen = func() { p.current = id(); p.w.selectSource(id()) }
	r.Focused = func() { p.current = id() }
	r.Acted = func() { p.w.pauseSource(id()) }
	r.Second = func(at fyne.Position) {
		p.current = id()
		fynewidget.ShowPopUpMenuAtPosition(fyne.NewMenu("", p.rowItems(i)...), p.w.win.Canvas(), at)
	}
	r.Keys = func(e *fyne.KeyEvent, down bool) {
		switch {
		case down && e.Name == fyne.KeyUp:
			p.focus(i - 1)
		case down && e.Name == fyne.KeyDown:
			p.focus(i + 1)
		default:
			p.w.keys(e, down)
		}
	}
	return r
}

// rowItems are the commands about a row, for its menu.
func (p *sources) rowItems(i int) []*fyne.MenuItem {
	t, items := p.w.words, p.w.menu.sourceItems()
	label := ""
	switch p.rows[i].Face().Action {
	case theme.Pause:
		label = t.PauseFile
	case theme.Play:
		label = t.PlayFile
	default:
		return items
	}
	return append([]*fyne.MenuItem{fyne.NewMenuItem(label, p.rows[i].Acted)}, items...)
}

func (p *sources) focus(i int) {
	if i >= 0 && i < len(p.rows) {
		p.w.win.Canvas().Focus(p.rows[i])
	}
}

// at is the place in the list that commands are about: what the keyboard or the pointer was on last, else what is shown.
// It is −1 where there is none.
func (p *sources) at(s *studio.Snapshot) int {
	shown := -1
	for i, src := range s.Settings.Sources {
		if src.ID == p.current {
			return i
		}
		if src.ID == s.Settings.Selected {
			shown = i
		}
	}
	return shown
}

// source is what commands are about.
func (w *Window) source() (src studio.Source, at int, ok bool) {
	at = w.sources.at(w.snap)
	if at < 0 {
		return src, at, false
	}
	return w.snap.Settings.Sources[at], at, true
}

func (w *Window) selectSource(id studio.SourceID) {
	w.command(func(ctx context.Context) error { return w.desk.SelectSource(ctx, id) })
}

func (w *Window) selectNumber(n int) {
	if n < len(w.snap.Settings.Sources) {
		w.sources.current = w.snap.Settings.Sources[n].ID
		w.selectSource(w.sources.current)
	}
}

func (w *Window) removeSource() {
	if src, _, ok := w.source(); ok {
		w.command(func(ctx context.Context) error { return w.desk.RemoveSource(ctx, src.ID) })
	}
}

// moveChosen moves what the keyboard is on: a product in its list, else a source.
func (w *Window) moveChosen(by int) {
	if w.atProducts() && w.products().focused() {
		w.products().move(by)
		return
	}
	w.moveSource(by)
}

func (w *Window) moveSource(by int) {
	src, at, ok := w.source()
	if to := at + by; ok && to >= 0 && to < len(w.snap.Settings.Sources) {
		w.sources.current = src.ID
		w.command(func(ctx context.Context) error { return w.desk.MoveSource(ctx, src.ID, to) })
	}
}

func (w *Window) pauseSource(id studio.SourceID) {
	for i, src := range w.snap.Settings.Sources {
		if src.ID == id && i < len(w.snap.Sources) && pausable(src.Input) {
			on := w.snap.Sources[i].Status != studio.Paused
			w.command(func(ctx context.Context) error { return w.desk.PauseSource(ctx, id, on) })
		}
	}
}

// addSource adds a source; off air it is shown at once, on air the host decides when.
func (w *Window) addSource(name string, in frame.Input) {
	show := w.snap.Air.Phase == studio.OffAir
	w.command(func(ctx context.Context) error {
		id, err := w.desk.AddSource(ctx, name, in)
		if err != nil || !show {
			return err
		}
		return w.desk.SelectSource(ctx, id)
	})
}

package app

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
	"vitrine/studio/mix"
)

// padBoard is the sounds that the host plays by a key or a click: the studio's, and files of the host's own, which are dropped on a pad or
// chosen from the menu.
type padBoard struct {
	w      *Window
	object *fyne.Container
	view   *container.Scroll
	rows   *fyne.Container
	pads   [mix.PadCount]*widget.Button
	names  [mix.PadCount]string // "" for a pad without a sound
	own    [mix.PadCount]bool
	laid   string // the names as they are laid out
}

// How many pads stand side by side, how many rows of them are in sight at once, and how many letters of a name one has room for.
const (
	padColumns = 2
	padRows    = 3
	padLetters = 14
	padGap     = 4
)

func newPadBoard(w *Window, keys func(e *fyne.KeyEvent, down bool)) *padBoard {
	p := &padBoard{w: w, rows: widget.Stack(padGap)}
	p.view = scrolled(p.rows)
	for i := range p.pads {
		p.pads[i] = widget.NewButton("", "", widget.Plain, func() {
			w.command(func(ctx context.Context) error { return w.desk.TriggerPad(ctx, i) })
		}).Slim()
		p.pads[i].Keys = keys
	}
	stop := widget.NewButton(w.words.StopPads, "", widget.Quiet, func() { w.command(w.desk.StopPads) }).Slim()
	more := widget.NewButton("", theme.More, widget.Quiet, nil)
	more.OnTap(func() { w.pop(fyne.CurrentApp().Driver().AbsolutePositionForObject(more), p.menu()...) })
	stop.Keys, more.Keys = keys, keys
	p.object = widget.Stack(padGap, p.view, widget.Row(stop, more))
	return p
}

func (p *padBoard) apply(s *studio.Snapshot) {
	usual := strings.Split(p.w.words.PadNames, "|")
	for i, one := range s.Music.Pads {
		path := s.Settings.PadFiles[i]
		p.own[i] = path != ""
		switch {
		case p.own[i] && one.Name == "":
			p.names[i] = filepath.Base(path)
		case p.own[i]:
			p.names[i] = one.Name
		case i < len(usual):
			p.names[i] = usual[i]
		default:
			p.names[i] = ""
		}
		kind := widget.Plain
		if one.Playing {
			kind = widget.Primary
		}
		p.pads[i].Set(brief(p.names[i]), "", kind)
		p.pads[i].SetEnabled(one.Length > 0)
	}
	p.lay()
}

// lay shows the pads that have a sound, anew only when they are others.
func (p *padBoard) lay() {
	names := strings.Join(p.names[:], "\n")
	if names == p.laid {
		return
	}
	p.laid = names
	var cells []fyne.CanvasObject
	for i, b := range p.pads {
		if p.names[i] != "" {
			cells = append(cells, b)
		}
	}
	p.rows.Objects = nil
	high := float32(-padGap)
	for row := range slices.Chunk(cells, padColumns) {
		p.rows.Add(widget.Columns(padGap, row...))
		if len(p.rows.Objects) <= padRows {
			high += padGap + p.rows.Objects[0].MinSize().Height
		}
	}
	p.view.SetMinSize(fyne.NewSize(0, high))
}

// brief shortens a name to what a pad has room for; letters as wide as they are high count twice.
func brief(name string) string {
	room := padLetters
	for i, r := range name {
		if room--; r >= 0x1100 {
			room--
		}
		if room < 0 {
			return name[:i] + "…"
		}
	}
	return name
}

// free is the first pad without a sound, PadCount if there is none.
func (p *padBoard) free() int {
	if i := slices.Index(p.names[:], ""); i >= 0 {
		return i
	}
	return mix.PadCount
}

// menu has what may be on the pads: another file for each, what the studio has for it, and a file for a free one.
func (p *padBoard) menu() []*fyne.MenuItem {
	t := p.w.words
	var all []*fyne.MenuItem
	if i := p.free(); i < mix.PadCount {
		all = append(all, fyne.NewMenuItem(t.PadAdd, func() { p.browse(i) }), fyne.NewMenuItemSeparator())
	}
	for i, name := range p.names {
		if name == "" {
			continue
		}
		choices := []*fyne.MenuItem{fyne.NewMenuItem(t.PadFile, func() { p.browse(i) })}
		if p.own[i] {
			choices = append(choices, fyne.NewMenuItem(t.PadTakeOff, func() { p.put(i, "") }))
		}
		one := fyne.NewMenuItem(fmt.Sprintf(t.KeyPad, i+1, name), nil)
		one.ChildMenu = fyne.NewMenu("", choices...)
		all = append(all, one)
	}
	return all
}

func (p *padBoard) browse(i int) {
	p.w.browse(p.w.words.PadTitle, func(path string) { p.put(i, path) }, studio.MusicEndings...)
}

func (p *padBoard) put(i int, path string) {
	p.w.command(func(ctx context.Context) error { return p.w.desk.SetPad(ctx, i, path) })
}

// drop takes files that were dropped at a place of the canvas: on a pad, its sound, and of several those of the free ones after it; beside
// them, the first free one's. It reports whether the place is one of the board's.
func (p *padBoard) drop(at fyne.Position, paths []string) bool {
	on := func(o fyne.CanvasObject) bool {
		from := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
		to := from.Add(o.Size())
		return at.X >= from.X && at.Y >= from.Y && at.X < to.X && at.Y < to.Y
	}
	if !on(p.object) {
		return false
	}
	i := p.free()
	for k, b := range p.pads {
		if p.names[k] != "" && on(p.view) && on(b) {
			i = k
		}
	}
	for _, path := range paths {
		if i == mix.PadCount {
			break
		}
		p.put(i, path)
		p.names[i] = filepath.Base(path)
		i = p.free()
	}
	return true
}

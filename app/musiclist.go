package app

import (
	"context"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
	"vitrine/studio/catalog"
	"vitrine/studio/mix"
)

func (p *musicPanel) newRow(i int) *widget.Item {
	r := widget.NewItem()
	r.Chosen = func() {
		id := p.ids[i]
		p.current = id
		p.w.command(func(ctx context.Context) error { return p.w.desk.PlayTrack(ctx, id) })
	}
	r.Focused = func() { p.current = p.ids[i] }
	r.Acted = func() { p.listen(p.ids[i]) }
	r.Second = func(at fyne.Position) {
		p.current = p.ids[i]
		t := p.w.words
		fynewidget.ShowPopUpMenuAtPosition(fyne.NewMenu("",
			fyne.NewMenuItem(t.Listen, func() { p.listen(p.current) }),
			fyne.NewMenuItem(t.MoveUp, func() { p.move(-1) }),
			fyne.NewMenuItem(t.MoveDown, func() { p.move(+1) }),
			fyne.NewMenuItem(t.Remove, p.remove)), p.w.win.Canvas(), at)
	}
	r.Keys = func(e *fyne.KeyEvent, down bool) {
		switch {
		case down && e.Name == fyne.KeyUp:
			p.focus(i - 1)
		case down && e.Name == fyne.KeyDown:
			p.focus(i + 1)
		default:
			p.keys(e, down)
		}
	}
	return r
}

// keys takes the keys of the panel: Delete here is about a track, not about a source.
func (p *musicPanel) keys(e *fyne.KeyEvent, down bool) {
	if down && e.Name == fyne.KeyDelete && p.w.sheet == nil {
		p.remove()
		return
	}
	p.w.keys(e, down)
}

func (p *musicPanel) focus(i int) {
	if i >= 0 && i < len(p.rows) {
		p.w.win.Canvas().Focus(p.rows[i])
	}
}

// at is the place in the list that commands are about: what the keyboard or the pointer was on last, else what plays; −1 where
// there is none.
func (p *musicPanel) at(m studio.MusicStatus) int {
	is := func(id mix.EntryID) int {
		return slices.IndexFunc(m.Tracks, func(t studio.TrackStatus) bool { return t.ID == id })
	}
	if i := is(p.current); i >= 0 {
		return i
	}
	return is(m.Current)
}

// listen has the host alone hear a track, or no longer if it is the one that is heard.
func (p *musicPanel) listen(id mix.EntryID) {
	if id == p.w.snap.Music.Listening {
		id = 0
	}
	p.w.command(func(ctx context.Context) error { return p.w.desk.ListenTo(ctx, id) })
}

// listenChosen listens to the track that commands are about.
func (p *musicPanel) listenChosen() {
	if i := p.at(p.w.snap.Music); i >= 0 {
		p.listen(p.w.snap.Music.Tracks[i].ID)
	}
}

// headphoneChoices are no headphones and the outputs beside the speaker.
func (w *Window) headphoneChoices() []widget.Choice {
	all, chosen, speaker := w.deviceChoices(frame.Speaker, w.snap.Settings.Headphones), w.snap.Settings.Headphones, w.snap.Settings.Speaker
	if speaker == "" {
		if i := slices.IndexFunc(w.snap.Devices, func(d frame.Device) bool { return d.Kind == frame.Speaker && d.Default }); i >= 0 {
			speaker = w.snap.Devices[i].ID
		}
	}
	all[0].Label = w.words.NoHeadphones
	return slices.DeleteFunc(all, func(c widget.Choice) bool { return c.Value != "" && c.Value == speaker && c.Value != chosen })
}

func (p *musicPanel) remove() {
	if i := p.at(p.w.snap.Music); i >= 0 {
		id := p.w.snap.Music.Tracks[i].ID
		p.w.command(func(ctx context.Context) error { return p.w.desk.RemoveTrack(ctx, id) })
	}
}

func (p *musicPanel) move(by int) {
	all := p.w.snap.Music.Tracks
	i := p.at(p.w.snap.Music)
	if to := i + by; i >= 0 && to >= 0 && to < len(all) {
		p.current = all[i].ID
		p.w.command(func(ctx context.Context) error { return p.w.desk.MoveTrack(ctx, all[i].ID, to) })
	}
}

// addItems are the ways to add music; the toolkit's dialog picks one file at a time.
func (p *musicPanel) addItems() []*fyne.MenuItem {
	t, w := p.w.words, p.w
	return []*fyne.MenuItem{
		fyne.NewMenuItem(t.MusicFile, func() {
			w.browse(t.MusicTitle, func(path string) { w.addTracks([]string{path}) })
		}),
		fyne.NewMenuItem(t.MusicFolder, p.addFolder),
	}
}

// addFolder adds the music in a folder that the host picks.
func (p *musicPanel) addFolder() {
	w := p.w
	d := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		if err != nil || folder == nil {
			return
		}
		all, err := folder.List()
		if err != nil {
			w.toast.say(w.sentence(err))
			return
		}
		w.addTracks(slices.Sorted(func(yield func(string) bool) {
			for _, one := range all {
				if studio.IsMusic(one.Path()) && !yield(one.Path()) {
					return
				}
			}
		}))
	}, w.win)
	d.SetConfirmText(w.words.Add)
	d.SetDismissText(w.words.Cancel)
	d.SetTitleText(w.words.FolderTitle)
	d.Resize(fyne.NewSize(760, 520))
	d.Show()
}

func (w *Window) addTracks(paths []string) {
	if len(paths) > 0 {
		w.command(func(ctx context.Context) error { return w.desk.AddTracks(ctx, paths) })
	}
}

// droppedAt takes files that were dropped at a place of the window: a pad takes them for its sound.
func (w *Window) droppedAt(at fyne.Position, paths []string) {
	if w.drop == nil && w.sheet == nil && w.side.at == musicSide && w.playlist.pads.drop(at, paths) {
		return
	}
	w.dropped(paths)
}

// dropped takes files that were dropped on the window: on the music's panel all are music, elsewhere what is none becomes a
// source, and a file of products is read. An open sheet may want them first.
func (w *Window) dropped(paths []string) {
	if w.drop != nil && len(paths) > 0 {
		w.drop(paths)
		return
	}
	var tracks []string
	for _, path := range paths {
		if catalog.Named(path) {
			w.importFile(path)
			return
		}
		if w.side.at == musicSide || studio.IsMusic(path) {
			tracks = append(tracks, path)
		} else {
			w.addSource(clip(filepath.Base(path)), frame.Input{Kind: frame.File, URL: path, Loop: true})
		}
	}
	w.addTracks(tracks)
}

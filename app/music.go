package app

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
	"vitrine/studio/mix"
)

// musicPanel is the background music: what plays, the playlist, how it plays, and the pads. What plays and the pads stay in
// sight; the rest may be long.
type musicPanel struct {
	w      *Window
	object fyne.CanvasObject

	player         fyne.CanvasObject
	title, time    *widget.Text
	wave           *widget.Waveform
	drawn          []studio.Peak
	strokes        []widget.Stroke
	play           *widget.Button
	list           *fyne.Container
	rows           []*widget.Item
	ids            []mix.EntryID // parallel to rows
	current        mix.EntryID   // what the keyboard was on last; 0 for the one that plays
	reading        *widget.Text
	empty          fyne.CanvasObject
	up, down, drop *widget.Button

	loop          *widget.Picker
	crossfade     *dial
	duck, monitor *widget.Toggle
	cue           *widget.Toggle
	echo          fyne.CanvasObject
	pads          *padBoard
	headphones    *widget.Picker
	volume        *dial
	loud          int // the pads' volume as the host set it
}

func newMusicPanel(w *Window) *musicPanel {
	p := &musicPanel{w: w, list: widget.Stack(2)}
	t := w.words
	add := widget.NewButton(t.AddSource, theme.Add, widget.Plain, nil)
	add.OnTap(func() {
		fynewidget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", p.addItems()...), w.win.Canvas(), fyne.NewPos(0, add.Size().Height+4), add)
	})
	p.up = p.button(theme.Up, func() { p.move(-1) })
	p.down = p.button(theme.Down, func() { p.move(+1) })
	p.drop = p.button(theme.Remove, p.remove)
	add.Keys = p.keys
	p.player, p.pads = p.newPlayer(), newPadBoard(w, p.keys)
	p.reading = widget.Caption("")
	p.empty = widget.Stack(2, widget.NewText(t.NoMusic, widget.Style{Bold: true}), paragraph(t.NoMusicHint))
	rows := append([]fyne.CanvasObject{p.empty, p.list, p.reading}, p.settings()...)
	p.object = widget.NewCard(t.TabMusic, widget.Line(2, p.up, p.down, p.drop, add),
		widget.Fill(8, p.player, scrolled(widget.Stack(6, rows...)), p.pads.object))
	return p
}

// button is a quiet one with a symbol.
func (p *musicPanel) button(s theme.Symbol, do func()) *widget.Button {
	b := widget.NewButton("", s, widget.Quiet, do)
	b.Keys = p.keys
	return b
}

func (p *musicPanel) newPlayer() fyne.CanvasObject {
	d, t := p.w.desk, p.w.words
	p.title = widget.NewText("", widget.Style{Bold: true, Shrink: true})
	p.time = widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Shrink: true})
	p.wave = widget.NewWaveform(func(to float64) {
		at := time.Duration(to * float64(p.w.snap.Music.Length))
		p.w.command(func(ctx context.Context) error { return d.SeekMusic(ctx, at) })
	})
	p.play = p.button(theme.Play, p.toggle)
	p.wave.Keys = p.keys
	return widget.Stack(4, p.title, p.wave, widget.Row(p.time,
		p.button(theme.Previous, func() { p.w.command(d.PreviousTrack) }).Explain(t.KeyMusicPrevious), p.play,
		p.button(theme.Next, func() { p.w.command(d.NextTrack) }).Explain(t.KeyMusicNext),
		p.button(theme.Stop, func() { p.w.command(d.StopMusic) }).Explain(t.KeyMusicStop)))
}

// toggle plays or pauses.
func (p *musicPanel) toggle() {
	if p.w.snap.Music.Playing {
		p.w.command(p.w.desk.PauseMusic)
	} else {
		p.w.command(p.w.desk.PlayMusic)
	}
}

func (p *musicPanel) settings() []fyne.CanvasObject {
	w, t := p.w, p.w.words
	p.loop = widget.NewPicker(func(v string) { w.changeMusic(func(m *studio.Music) { m.Loop = mix.Loop(v) }) })
	p.crossfade = w.newDial(t.Crossfade, t.SecondsUnit, 0, studio.MaxCrossfade, func(v int) {
		w.changeMusic(func(m *studio.Music) { m.Crossfade = v })
	})
	p.duck = widget.NewToggle(t.Duck, func(on bool) { w.changeMusic(func(m *studio.Music) { m.Duck = on }) })
	p.monitor = widget.NewToggle(t.Monitor, func(on bool) { w.changeMusic(func(m *studio.Music) { m.Monitor = on }) })
	p.cue = widget.NewToggle(t.Cue, func(on bool) {
		w.command(func(ctx context.Context) error { return w.desk.CueMusic(ctx, on) })
	})
	p.cue.Keys = p.keys
	p.echo = paragraph(t.MonitorEcho)
	p.headphones = widget.NewPicker(func(id string) {
		w.command(func(ctx context.Context) error { return w.desk.SetHeadphones(ctx, id) })
	})
	p.headphones.Keys = p.keys
	p.volume = w.newDial(t.PadVolume, t.DecibelUnit, studio.MinMusicDB, studio.MaxMusicDB, p.setVolume)
	p.loop.Keys, p.duck.Keys, p.monitor.Keys = p.keys, p.keys, p.keys
	p.crossfade.fader.Keys, p.volume.fader.Keys = p.keys, p.keys
	return []fyne.CanvasObject{
		widget.Columns(6, widget.NewText(t.Loop, widget.Style{Size: theme.Small, Shrink: true}), p.loop),
		p.crossfade.object, p.duck, p.monitor, p.cue, p.echo,
		widget.Columns(6, widget.NewText(t.Headphones, widget.Style{Size: theme.Small, Shrink: true}), p.headphones),
		p.volume.object,
	}
}

// setVolume gives all pads one volume.
func (p *musicPanel) setVolume(db int) {
	p.loud = db
	p.w.command(func(ctx context.Context) error {
		for i := range mix.PadCount {
			if err := p.w.desk.SetPadVolume(ctx, i, float64(db)); err != nil {
				return err
			}
		}
		return nil
	})
}

// changeMusic changes how the music plays as the host wants it, on top of what the host wanted before.
func (w *Window) changeMusic(edit func(*studio.Music)) {
	edit(&w.music)
	want := w.music
	w.mixer.showMusic(want)
	w.playlist.show(want)
	w.command(func(ctx context.Context) error { return w.desk.SetMusic(ctx, want) })
}

func (p *musicPanel) apply(s *studio.Snapshot) {
	t, m := p.w.words, s.Music
	if p.w.settled(s) {
		p.loud = int(s.Settings.Pads[0])
		p.cue.Set(m.Cued)
		p.headphones.Set(p.w.headphoneChoices(), s.Settings.Headphones)
	}
	p.rows = p.w.fit(p.list, p.rows, len(m.Tracks), p.newRow)
	p.ids = make([]mix.EntryID, len(p.rows))
	title := ""
	for i, one := range m.Tracks {
		p.ids[i] = one.ID
		p.rows[i].Set(t.trackFace(one, m, s.Settings.Headphones != ""))
		if one.ID == m.Current {
			title = one.Title
		}
	}
	p.title.Set(title)
	p.time.Set(trackTime(m.Position) + " / " + trackTime(m.Length))
	p.wave.Set(p.draw(m.Outline.Peaks), share(m.Position, m.Length))
	symbol := theme.Play
	if m.Playing {
		symbol = theme.Pause
	}
	p.play.Set("", symbol, widget.Quiet)
	none := len(m.Tracks) == 0
	show(p.player, !none)
	show(p.empty, none && m.Reading == 0)
	p.reading.Set(fmt.Sprintf(t.ReadingMusic, m.Reading))
	show(p.reading, m.Reading > 0)
	at := p.at(m)
	p.drop.SetEnabled(at >= 0)
	p.up.SetEnabled(at > 0)
	p.down.SetEnabled(at >= 0 && at < len(p.ids)-1)
	p.pads.apply(s)
	p.show(p.w.music)
	show(p.echo, (p.w.music.Monitor || m.Cued) && !s.Settings.Voice.Echo)
}

func (p *musicPanel) show(m studio.Music) {
	t := p.w.words
	p.loop.Set([]widget.Choice{
		{Value: string(mix.LoopOff), Label: t.LoopOff},
		{Value: string(mix.LoopOne), Label: t.LoopOne},
		{Value: string(mix.LoopAll), Label: t.LoopAll},
	}, string(m.Loop))
	p.crossfade.set(m.Crossfade)
	p.duck.Set(m.Duck)
	p.monitor.Set(m.Monitor)
	p.volume.set(p.loud)
}

// draw makes strokes of peaks, anew only when they are others.
func (p *musicPanel) draw(peaks []studio.Peak) []widget.Stroke {
	if len(peaks) == len(p.drawn) && (len(peaks) == 0 || &peaks[0] == &p.drawn[0]) {
		return p.strokes
	}
	p.drawn, p.strokes = peaks, make([]widget.Stroke, len(peaks))
	for i, one := range peaks {
		p.strokes[i] = widget.Stroke{Low: one.Min, High: one.Max}
	}
	return p.strokes
}

func share(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// trackTime says a time within a track.
func trackTime(t time.Duration) string {
	s := int(t.Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// trackFace is how a track looks in the list.
func (t *words) trackFace(one studio.TrackStatus, m studio.MusicStatus, headphones bool) widget.Face {
	f := widget.Face{Symbol: theme.Music, Title: one.Title, Selected: one.ID == m.Current}
	if headphones {
		f.Action = theme.Headphones
	}
	switch {
	case one.Problem != "":
		f.Detail, f.Trouble = one.Problem, true
	case one.ID == m.Listening:
		f.Detail, f.Action = t.Listening, theme.Stop
	case one.Artist != "":
		f.Detail = one.Artist + " · " + trackTime(one.Length)
	default:
		f.Detail = trackTime(one.Length)
	}
	return f
}

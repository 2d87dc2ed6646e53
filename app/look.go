package app

import (
	"context"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/effects"
	"vitrine/studio"
)

// lookPanel is what is done to the picture: beauty, background, colour.
type lookPanel struct {
	w      *Window
	object fyne.CanvasObject
	want   effects.Look // as the host set it, before the desk says so

	presets    *widget.Picker
	dials      []lookDial
	compare    *widget.Button
	background *widget.Picker
	blur       *dial
	backdrop   *widget.Entry
	backdropAt fyne.CanvasObject
	auto       *widget.Toggle
	grade      *widget.Picker
	strength   *dial
	person     *people
}

// lookDial is a dial and the number of the look that it sets.
type lookDial struct {
	*dial
	of func(*effects.Look) *int
}

func newLookPanel(w *Window) *lookPanel {
	p := &lookPanel{w: w, want: w.snap.Settings.Look, person: newPeople(w)}
	t := w.words
	p.presets = widget.NewPicker(func(v string) { p.change(func(l *effects.Look) { *l = l.With(effects.Preset(v)) }) })
	p.compare = widget.NewButton(t.Compare, theme.Viewers, widget.Plain, nil)
	p.compare.OnHold(w.compare)
	p.background = widget.NewPicker(func(v string) {
		p.change(func(l *effects.Look) { l.Background = effects.Background(v) })
	})
	p.blur = w.newDial(t.BlurStrength, "", 0, 100, func(v int) { p.change(func(l *effects.Look) { l.Blur = v }) })
	p.backdrop = widget.NewEntry(t.BackdropHint)
	p.backdrop.OnSubmitted = func(v string) { p.change(func(l *effects.Look) { l.Backdrop = v }) }
	browse := widget.NewButton("", theme.File, widget.Plain, p.browseBackdrop)
	p.backdropAt = widget.Row(p.backdrop, browse)
	p.auto = widget.NewToggle(t.AutoColour, func(on bool) { p.change(func(l *effects.Look) { l.Auto = on }) })
	p.grade = widget.NewPicker(p.chooseGrade)
	p.strength = w.newDial(t.GradeStrength, "", 0, 100, func(v int) { p.change(func(l *effects.Look) { l.GradeStrength = v }) })
	p.presets.Keys, p.compare.Keys, p.background.Keys, p.backdrop.Keys = w.keys, w.keys, w.keys, w.keys
	browse.Keys, p.auto.Keys, p.grade.Keys = w.keys, w.keys, w.keys
	rows := []fyne.CanvasObject{p.person.object, heading(t.Beauty), widget.Columns(6, p.presets, p.compare)}
	rows = append(rows, p.addDials(0, []lookRow{
		{t.Smooth, func(l *effects.Look) *int { return &l.Smooth }},
		{t.Whiten, func(l *effects.Look) *int { return &l.Whiten }},
		{t.Blush, func(l *effects.Look) *int { return &l.Blush }},
		{t.Lips, func(l *effects.Look) *int { return &l.Lips }},
		{t.SlimFace, func(l *effects.Look) *int { return &l.Slim }},
		{t.BigEyes, func(l *effects.Look) *int { return &l.Eyes }},
		{t.Sharpen, func(l *effects.Look) *int { return &l.Sharpen }},
	})...)
	rows = append(rows, heading(t.BackgroundHeading), p.background, p.blur.object, p.backdropAt)
	rows = append(rows, heading(t.ColourHeading), p.auto)
	rows = append(rows, p.addDials(-100, []lookRow{
		{t.Temperature, func(l *effects.Look) *int { return &l.Temperature }},
		{t.Tint, func(l *effects.Look) *int { return &l.Tint }},
		{t.Exposure, func(l *effects.Look) *int { return &l.Exposure }},
		{t.Contrast, func(l *effects.Look) *int { return &l.Contrast }},
		{t.Saturation, func(l *effects.Look) *int { return &l.Saturation }},
	})...)
	rows = append(rows, widget.Columns(6, widget.NewText(t.Grade, widget.Style{Size: theme.Small, Shrink: true}), p.grade), p.strength.object)
	p.object = widget.NewCard(t.TabLook, nil, scrolled(widget.Stack(6, rows...)))
	return p
}

// lookRow names a number of the look.
type lookRow struct {
	name string
	of   func(*effects.Look) *int
}

func (p *lookPanel) addDials(low int, list []lookRow) (rows []fyne.CanvasObject) {
	for _, r := range list {
		d := p.w.newDial(r.name, "", low, 100, func(v int) { p.change(func(l *effects.Look) { *r.of(l) = v }) })
		p.dials = append(p.dials, lookDial{d, r.of})
		rows = append(rows, d.object)
	}
	return rows
}

// change changes the look as the host wants it, on top of what the host wanted before.
func (p *lookPanel) change(edit func(*effects.Look)) {
	edit(&p.want)
	want := p.want
	p.show(want)
	p.w.command(func(ctx context.Context) error { return p.w.desk.SetLook(ctx, want) })
}

// gradeFile is the choice of a grade that asks for a file.
const gradeFile = "…"

func (p *lookPanel) chooseGrade(v string) {
	if v == gradeFile {
		p.show(p.want)
		p.w.browse(p.w.words.GradeTitle, p.chooseGrade, effects.GradeEnding)
		return
	}
	p.change(func(l *effects.Look) {
		l.Grade = v
		if l.GradeStrength == 0 {
			l.GradeStrength = firstGrade
		}
	})
}

// firstGrade is how strong a grade is at first.
const firstGrade = 60

func (p *lookPanel) browseBackdrop() {
	p.w.browse(p.w.words.BackdropTitle, func(path string) { p.change(func(l *effects.Look) { l.Backdrop = path }) })
}

func (p *lookPanel) apply(s *studio.Snapshot) {
	if p.w.settled(s) {
		p.want = s.Settings.Look
	}
	p.show(p.want)
	p.person.apply(s)
}

func (p *lookPanel) show(l effects.Look) {
	t := p.w.words
	p.presets.Set(t.presetChoices(l.Preset()), string(l.Preset()))
	for _, d := range p.dials {
		d.set(*d.of(&l))
	}
	p.background.Set(t.grounds(), string(l.Background))
	show(p.blur.object, l.Background == effects.BlurBackground)
	p.blur.set(l.Blur)
	show(p.backdropAt, l.Background == effects.ReplaceBackground)
	if p.w.win.Canvas().Focused() != p.backdrop && p.backdrop.Text != l.Backdrop {
		p.backdrop.SetText(l.Backdrop)
	}
	p.auto.Set(l.Auto)
	p.grade.Set(t.gradeChoices(l.Grade), l.Grade)
	show(p.strength.object, l.Grade != "")
	p.strength.set(l.GradeStrength)
}

// grounds are what the background can be.
func (t *words) grounds() []widget.Choice {
	return []widget.Choice{
		{Value: string(effects.KeepBackground), Label: t.BackgroundKeep},
		{Value: string(effects.BlurBackground), Label: t.BackgroundBlur},
		{Value: string(effects.ReplaceBackground), Label: t.BackgroundReplace},
	}
}

// presetChoices are the presets, and the host's own where it is none of them.
func (t *words) presetChoices(now effects.Preset) []widget.Choice {
	names := map[effects.Preset]string{effects.Plain: t.PresetOff, effects.Natural: t.PresetNatural, effects.Fresh: t.PresetFresh, effects.Radiant: t.PresetRadiant}
	var list []widget.Choice
	for _, p := range effects.Presets {
		list = append(list, widget.Choice{Value: string(p), Label: names[p]})
	}
	if now == "" {
		list = append(list, widget.Choice{Value: "", Label: t.PresetOwn})
	}
	return list
}

// gradeChoices are our grades, and the host's file where one is chosen.
func (t *words) gradeChoices(now string) []widget.Choice {
	list := []widget.Choice{{Value: "", Label: t.GradeNone}}
	for _, name := range effects.Grades() {
		list = append(list, widget.Choice{Value: name, Label: name})
	}
	if now != "" && !slices.Contains(effects.Grades(), now) {
		list = append(list, widget.Choice{Value: now, Label: filepath.Base(now)})
	}
	return append(list, widget.Choice{Value: gradeFile, Label: t.GradeFile})
}

package app

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/effects"
	"vitrine/studio"
)

// voicePanel is what is done to the microphone's sound.
type voicePanel struct {
	w      *Window
	object fyne.CanvasObject
	want   effects.Voice // as the host set it, before the desk says so

	toggles []voiceToggle
	dials   []voiceDial
	noise   *widget.Picker
	changer *widget.Picker
	reverb  *widget.Picker
	delay   *widget.Text
}

type voiceToggle struct {
	*widget.Toggle
	of func(*effects.Voice) *bool
}

type voiceDial struct {
	*dial
	of func(*effects.Voice) *int
}

func newVoicePanel(w *Window) *voicePanel {
	p := &voicePanel{w: w, want: w.snap.Settings.Voice}
	t := w.words
	p.noise = p.picker(func(v *effects.Voice, s string) { v.Noise = effects.Noise(s) })
	p.changer = p.picker(func(v *effects.Voice, s string) { *v = v.With(effects.Changer(s)) })
	p.reverb = p.picker(func(v *effects.Voice, s string) {
		v.Reverb = effects.Reverb(s)
		if v.Wet == 0 {
			v.Wet = firstWet
		}
	})
	p.delay = widget.Caption("")
	named := func(name string, o fyne.CanvasObject) fyne.CanvasObject {
		return widget.Columns(6, widget.NewText(name, widget.Style{Size: theme.Small, Shrink: true}), o)
	}
	rows := []fyne.CanvasObject{
		heading(t.CleanHeading),
		p.toggle(t.Rumble, func(v *effects.Voice) *bool { return &v.Rumble }),
		p.toggle(t.Echo, func(v *effects.Voice) *bool { return &v.Echo }),
		named(t.Noise, p.noise),
		p.toggle(t.Gate, func(v *effects.Voice) *bool { return &v.Gate }),
		heading(t.LevelHeading),
		p.toggle(t.AutoLevel, func(v *effects.Voice) *bool { return &v.Level }),
		p.dial(t.Press, "", 0, 100, func(v *effects.Voice) *int { return &v.Press }),
		heading(t.ChangerHeading),
		p.changer,
		p.dial(t.Pitch, "", -12, 12, func(v *effects.Voice) *int { return &v.Pitch }),
		p.dial(t.Formant, "", -12, 12, func(v *effects.Voice) *int { return &v.Formant }),
		named(t.Reverb, p.reverb),
		p.dial(t.Wet, "", 0, 100, func(v *effects.Voice) *int { return &v.Wet }),
		heading(t.EqualiserHeading),
	}
	for i, band := range strings.Fields(t.Bands) {
		rows = append(rows, p.dial(band, "", -12, 12, func(v *effects.Voice) *int { return &v.Equaliser[i] }))
	}
	rows = append(rows, p.delay)
	p.object = widget.NewCard(t.TabVoice, nil, scrolled(widget.Stack(6, rows...)))
	return p
}

// firstWet is how strong a reverb is at first.
const firstWet = 25

func (p *voicePanel) picker(set func(*effects.Voice, string)) *widget.Picker {
	k := widget.NewPicker(func(s string) { p.change(func(v *effects.Voice) { set(v, s) }) })
	k.Keys = p.w.keys
	return k
}

func (p *voicePanel) toggle(name string, of func(*effects.Voice) *bool) fyne.CanvasObject {
	t := widget.NewToggle(name, func(on bool) { p.change(func(v *effects.Voice) { *of(v) = on }) })
	t.Keys = p.w.keys
	p.toggles = append(p.toggles, voiceToggle{t, of})
	return t
}

func (p *voicePanel) dial(name, unit string, low, high int, of func(*effects.Voice) *int) fyne.CanvasObject {
	d := p.w.newDial(name, unit, low, high, func(n int) { p.change(func(v *effects.Voice) { *of(v) = n }) })
	p.dials = append(p.dials, voiceDial{d, of})
	return d.object
}

// change changes the voice as the host wants it, on top of what the host wanted before.
func (p *voicePanel) change(edit func(*effects.Voice)) {
	edit(&p.want)
	want := p.want
	p.show(want)
	p.w.command(func(ctx context.Context) error { return p.w.desk.SetVoice(ctx, want) })
}

func (p *voicePanel) apply(s *studio.Snapshot) {
	if p.w.settled(s) {
		p.want = s.Settings.Voice
	}
	p.show(p.want)
	p.delay.Set(fmt.Sprintf(p.w.words.VoiceDelay, s.Sound.Delay.Milliseconds()))
}

func (p *voicePanel) show(v effects.Voice) {
	for _, t := range p.toggles {
		t.Set(*t.of(&v))
	}
	for _, d := range p.dials {
		d.set(*d.of(&v))
	}
	t := p.w.words
	p.noise.Set([]widget.Choice{
		{Value: string(effects.KeepNoise), Label: t.NoiseKeep},
		{Value: string(effects.LightNoise), Label: t.NoiseLight},
		{Value: string(effects.StrongNoise), Label: t.NoiseStrong},
	}, string(v.Noise))
	p.changer.Set(t.changerChoices(v.Changer()), string(v.Changer()))
	p.reverb.Set([]widget.Choice{
		{Value: string(effects.DryRoom), Label: t.ReverbNone},
		{Value: string(effects.StudioRoom), Label: t.ReverbStudio},
		{Value: string(effects.SmallRoom), Label: t.ReverbRoom},
		{Value: string(effects.HallRoom), Label: t.ReverbHall},
		{Value: string(effects.PlateRoom), Label: t.ReverbPlate},
	}, string(v.Reverb))
}

func (t *words) changerChoices(now effects.Changer) []widget.Choice {
	names := map[effects.Changer]string{
		effects.OwnVoice: t.ChangerOff, effects.Deeper: t.ChangerDeeper, effects.Brighter: t.ChangerBrighter, effects.Child: t.ChangerChild,
		effects.Robot: t.ChangerRobot, effects.Chipmunk: t.ChangerChipmunk, effects.InTheHall: t.ChangerHall, effects.OnThePhone: t.ChangerPhone,
	}
	var list []widget.Choice
	for _, c := range effects.Changers {
		list = append(list, widget.Choice{Value: string(c), Label: names[c]})
	}
	if now == "" {
		list = append(list, widget.Choice{Value: "", Label: t.PresetOwn})
	}
	return list
}

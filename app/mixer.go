package app

import (
	"context"
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// mixer is the sound: a strip for the microphone and one for what goes out.
type mixer struct {
	w      *Window
	object fyne.CanvasObject
	note   *widget.Text
	mic    studio.Microphone // as the host set it, before the desk says so

	voice, master           *widget.Meter
	voiceLevel, masterLevel *widget.Text
	mute                    *widget.Button
	gain                    *widget.Fader
	gainText                *widget.Text
	device, channels        *widget.Picker
	speaker                 *widget.Picker
	test                    *widget.Button
}

func newMixer(w *Window) *mixer {
	m := &mixer{w: w, mic: w.snap.Settings.Microphone}
	t := w.words
	m.voice, m.master = widget.NewMeter(t.Clip), widget.NewMeter(t.Clip)
	m.voiceLevel, m.masterLevel = levelText(), levelText()
	m.mute = widget.NewButton(t.Mute, theme.Mic, widget.Plain, w.toggleMute)
	m.gain = widget.NewFader(studio.MinGainDB, studio.MaxGainDB, 1, func(v float64) {
		m.change(func(mic *studio.Microphone) { mic.GainDB = v })
	})
	m.gainText = widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Align: fyne.TextAlignTrailing})
	m.device = w.microphonePicker()
	m.channels = w.channelPicker()
	m.speaker = w.speakerPicker()
	m.test = w.speakerTest()
	m.mute.Keys, m.gain.Keys = w.keys, w.keys
	m.note = widget.NewText("", widget.Style{Color: fynetheme.ColorNameWarning, Size: theme.Small, Align: fyne.TextAlignTrailing, Shrink: true})
	m.object = widget.NewCard(t.Mixer, widget.Sized(fyne.NewSize(360, 0), m.note), widget.Columns(28, m.voiceStrip(), m.masterStrip()))
	return m
}

func levelText() *widget.Text {
	return widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Align: fyne.TextAlignTrailing})
}

func strip(name string, level *widget.Text, meter *widget.Meter, rows ...fyne.CanvasObject) *fyne.Container {
	head := widget.Row(widget.NewText(name, widget.Style{Bold: true, Shrink: true}), widget.Sized(fyne.NewSize(64, 0), level))
	return widget.Stack(6, append([]fyne.CanvasObject{head, meter}, rows...)...)
}

func (m *mixer) voiceStrip() fyne.CanvasObject {
	t := m.w.words
	gain := widget.Row(m.gain, widget.Sized(fyne.NewSize(46, 0), m.gainText))
	return strip(t.Microphone, m.voiceLevel, m.voice,
		widget.Row(gain, m.mute),
		widget.Row(m.device, m.channels))
}

func (m *mixer) masterStrip() fyne.CanvasObject {
	t := m.w.words
	return strip(t.Program, m.masterLevel, m.master,
		widget.Sized(fyne.NewSize(0, theme.Theme{}.Size(theme.Line)), widget.Row(widget.Caption(t.SpeakerHint))),
		widget.Row(m.speaker, m.test))
}

// change changes the microphone as the host wants it, on top of what the host wanted before.
func (m *mixer) change(edit func(*studio.Microphone)) {
	edit(&m.mic)
	m.show(m.mic)
	m.w.setMicrophone(m.mic)
}

func (m *mixer) apply(s *studio.Snapshot) {
	if m.w.settled(s) {
		m.mic = s.Settings.Microphone
	}
	t := m.w.words
	m.voice.Set(s.Sound.Voice.Peak, s.Sound.Voice.RMS, s.Sound.Voice.Clipped, m.mic.Muted)
	m.master.Set(s.Sound.Master.Peak, s.Sound.Master.RMS, s.Sound.Master.Clipped, false)
	m.voiceLevel.Set(t.level(s.Sound.Voice.Peak))
	m.masterLevel.Set(t.level(s.Sound.Master.Peak))
	m.note.Set(t.soundNote(s))
	m.show(m.mic)
	m.w.setMicrophoneChoices(m.device, m.mic.Device)
	m.w.setChannelChoices(m.channels, m.mic.Channels)
	m.w.setSpeakerChoices(m.speaker, m.test)
}

func (m *mixer) show(mic studio.Microphone) {
	t := m.w.words
	m.gain.Set(mic.GainDB)
	m.gainText.Set(t.signed(mic.GainDB))
	if mic.Muted {
		m.mute.Set(t.Muted, theme.MicOff, widget.Warn)
	} else {
		m.mute.Set(t.Mute, theme.Mic, widget.Plain)
	}
}

// soundNote is what the host should know about the sound; "" while all is well.
func (t *words) soundNote(s *studio.Snapshot) string {
	switch {
	case s.Sound.Status == studio.Failed:
		return t.problem(named(s.Sound.Problem, t.TheMicrophone))
	case s.Sound.Speaker == studio.Failed:
		return t.problem(named(s.Sound.SpeakerProblem, t.TheSpeaker))
	case s.Settings.Microphone.Muted:
		return t.MicrophoneMuted
	case s.Sound.Status == studio.Opening:
		return t.MicrophoneOpening
	}
	return ""
}

// named gives a problem a name where the device has none.
func named(p studio.Problem, name string) studio.Problem {
	if p.Name == "" {
		p.Name = name
	}
	return p
}

// level says a peak in decibels; below the meter's floor nothing is heard.
func (t *words) level(db float64) string {
	if !(db > -60) {
		return t.Silent
	}
	return minus(fmt.Sprintf(t.Decibels, db))
}

// signed says a gain in decibels with its sign.
func (t *words) signed(db float64) string {
	text := fmt.Sprintf(t.Gains, db)
	return minus(text)
}

// minus sets the typographer's minus sign for the programmer's hyphen.
func minus(s string) string {
	if len(s) > 0 && s[0] == '-' {
		return "−" + s[1:]
	}
	return s
}

// deviceChoices lists the machine's devices of a kind, the system's default first. A chosen device that is not connected
// stays in the list, so that the host sees what is missing.
func (w *Window) deviceChoices(kind frame.Kind, chosen string) []widget.Choice {
	t := w.words
	first := widget.Choice{Value: "", Label: t.DefaultDevice}
	var all []widget.Choice
	found := chosen == ""
	for _, d := range w.snap.Devices {
		if d.Kind != kind {
			continue
		}
		if d.Default {
			first.Label = fmt.Sprintf(t.DefaultDeviceNamed, d.Name)
		}
		if d.ID != "" {
			all = append(all, widget.Choice{Value: d.ID, Label: d.Name})
			found = found || d.ID == chosen
		}
	}
	if !found {
		all = append(all, widget.Choice{Value: chosen, Label: fmt.Sprintf(t.NotConnected, chosen)})
	}
	return append([]widget.Choice{first}, all...)
}

func (w *Window) microphonePicker() *widget.Picker {
	p := widget.NewPicker(func(id string) {
		w.mixer.change(func(m *studio.Microphone) { m.Device = id })
	})
	p.Keys = w.keys
	return p
}

func (w *Window) setMicrophoneChoices(p *widget.Picker, chosen string) {
	p.Set(w.deviceChoices(frame.Microphone, chosen), chosen)
}

func (w *Window) channelPicker() *widget.Picker {
	p := widget.NewPicker(func(n string) {
		if channels, err := strconv.Atoi(n); err == nil {
			w.mixer.change(func(m *studio.Microphone) { m.Channels = channels })
		}
	})
	p.Keys = w.keys
	return p
}

func (w *Window) setChannelChoices(p *widget.Picker, channels int) {
	p.Set([]widget.Choice{{Value: "1", Label: w.words.Mono}, {Value: "2", Label: w.words.Stereo}}, strconv.Itoa(channels))
}

func (w *Window) speakerPicker() *widget.Picker {
	p := widget.NewPicker(func(id string) {
		w.command(func(ctx context.Context) error { return w.desk.SetSpeaker(ctx, id) })
	})
	p.Keys = w.keys
	return p
}

func (w *Window) speakerTest() *widget.Button {
	b := widget.NewButton(w.words.TestSpeaker, theme.Speaker, widget.Plain, w.testSpeaker)
	b.Keys = w.keys
	return b
}

func (w *Window) testSpeaker() { w.command(w.desk.TestSpeaker) }

func (w *Window) setSpeakerChoices(p *widget.Picker, test *widget.Button) {
	chosen := w.snap.Settings.Speaker
	if w.settled(w.snap) {
		p.Set(w.deviceChoices(frame.Speaker, chosen), chosen)
	}
	switch w.snap.Sound.Speaker {
	case studio.Running, studio.Opening:
		test.Set(w.words.Playing, theme.Speaker, widget.Plain)
	default:
		test.Set(w.words.TestSpeaker, theme.Speaker, widget.Plain)
	}
}

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

// mixer is the sound: a strip for the microphone, one for the music, and one for what goes out.
type mixer struct {
	w      *Window
	object fyne.CanvasObject
	note   *widget.Text
	mic    studio.Microphone // as the host set it, before the desk says so

	voice, music, master                *widget.Meter
	voiceLevel, musicLevel, masterLevel *widget.Text
	gain, musicGain                     *volume
	duck, loudness                      *widget.Text
	device, speaker                     *widget.Picker
	test                                *widget.Button
}

func newMixer(w *Window) *mixer {
	m := &mixer{w: w, mic: w.snap.Settings.Microphone}
	t := w.words
	m.voice, m.music, m.master = widget.NewMeter(t.Clip), widget.NewMeter(t.Clip), widget.NewMeter(t.Clip)
	m.voiceLevel, m.musicLevel, m.masterLevel = levelText(), levelText(), levelText()
	m.duck, m.loudness = widget.Caption(""), widget.Caption("")
	m.gain = w.newVolume(studio.MinGainDB, studio.MaxGainDB, theme.Mic, theme.MicOff, w.toggleMute, func(db float64) {
		m.change(func(mic *studio.Microphone) { mic.GainDB = db })
	})
	m.musicGain = w.newVolume(studio.MinMusicDB, studio.MaxMusicDB, theme.Speaker, theme.SpeakerOff, func() {
		w.changeMusic(func(music *studio.Music) { music.Muted = !music.Muted })
	}, func(db float64) {
		w.changeMusic(func(music *studio.Music) { music.GainDB = db })
	})
	m.device = w.microphonePicker()
	m.speaker = w.speakerPicker()
	m.test = widget.NewButton("", theme.Speaker, widget.Plain, w.testSpeaker).Explain(t.TestSpeakerMenu)
	m.test.Keys = w.keys
	m.note = widget.NewText("", widget.Style{Color: fynetheme.ColorNameWarning, Size: theme.Small, Align: fyne.TextAlignTrailing, Shrink: true})
	m.object = widget.NewNotedCard(t.Mixer, m.note, widget.Columns(stripGap, m.voiceStrip(), m.musicStrip(), m.masterStrip()))
	return m
}

// stripGap is the room between strips in pixels.
const stripGap = 14

// volume is a fader with its number and a button that mutes.
type volume struct {
	object  fyne.CanvasObject
	fader   *widget.Fader
	text    *widget.Text
	mute    *widget.Button
	on, off theme.Symbol
}

func (w *Window) newVolume(low, high float64, on, off theme.Symbol, mute func(), changed func(db float64)) *volume {
	v := &volume{on: on, off: off}
	v.fader = widget.NewFader(low, high, 1, changed)
	v.text = widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Align: fyne.TextAlignTrailing})
	v.mute = widget.NewButton("", on, widget.Plain, mute)
	v.fader.Keys, v.mute.Keys = w.keys, w.keys
	v.object = widget.Row(v.fader, widget.Sized(fyne.NewSize(46, 0), v.text), v.mute)
	return v
}

func (v *volume) set(db float64, said string, muted bool) {
	v.fader.Set(db)
	v.text.Set(said)
	if muted {
		v.mute.Set("", v.off, widget.Warn)
	} else {
		v.mute.Set("", v.on, widget.Plain)
	}
}

func levelText() *widget.Text {
	return widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Align: fyne.TextAlignTrailing})
}

func strip(name string, level *widget.Text, meter *widget.Meter, rows ...fyne.CanvasObject) *fyne.Container {
	head := widget.Row(widget.NewText(name, widget.Style{Bold: true, Shrink: true}), widget.Sized(fyne.NewSize(56, 0), level))
	return widget.Stack(6, append([]fyne.CanvasObject{head, meter}, rows...)...)
}

func (m *mixer) voiceStrip() fyne.CanvasObject {
	t := m.w.words
	return strip(t.Microphone, m.voiceLevel, m.voice,
		m.gain.object, m.device)
}

func (m *mixer) musicStrip() fyne.CanvasObject {
	return strip(m.w.words.TabMusic, m.musicLevel, m.music, m.musicGain.object, m.line(m.duck))
}

// line is a text as high as a button.
func (m *mixer) line(o fyne.CanvasObject) fyne.CanvasObject {
	return widget.Sized(fyne.NewSize(0, theme.Theme{}.Size(theme.Line)), widget.Row(o))
}

func (m *mixer) masterStrip() fyne.CanvasObject {
	t := m.w.words
	return strip(t.Program, m.masterLevel, m.master,
		m.line(m.loudness),
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
		m.mic, m.w.music = s.Settings.Microphone, s.Settings.Music
	}
	t := m.w.words
	m.voice.Set(s.Sound.Voice.Peak, s.Sound.Voice.RMS, s.Sound.Voice.Clipped, m.mic.Muted)
	m.music.Set(s.Sound.Music.Peak, s.Sound.Music.RMS, s.Sound.Music.Clipped, m.w.music.Muted)
	m.master.Set(s.Sound.Master.Peak, s.Sound.Master.RMS, s.Sound.Master.Clipped, false)
	m.voiceLevel.Set(t.levelOf(s.Sound.Voice.Peak, m.mic.Muted))
	m.musicLevel.Set(t.levelOf(s.Sound.Music.Peak, m.w.music.Muted))
	m.masterLevel.Set(t.levelOf(s.Sound.Master.Peak, false))
	m.duck.Set(t.musicNote(s))
	m.loudness.Set(fmt.Sprintf(t.Loudness, t.lufs(s.Sound.Loudness.ShortTerm), t.lufs(s.Sound.Loudness.Integrated)))
	m.note.Set(t.soundNote(s))
	m.show(m.mic)
	m.showMusic(m.w.music)
	m.w.setMicrophoneChoices(m.device, m.mic.Device)
	m.w.setSpeakerChoices(m.speaker)
	kind := widget.Plain
	if s.Sound.Speaker == studio.Running {
		kind = widget.Primary
	}
	m.test.Set("", theme.Speaker, kind)
}

func (m *mixer) show(mic studio.Microphone) {
	m.gain.set(mic.GainDB, m.w.words.signed(mic.GainDB), mic.Muted)
}

func (m *mixer) showMusic(music studio.Music) {
	m.musicGain.set(music.GainDB, m.w.words.signed(music.GainDB), music.Muted)
}

// soundNote is what the host should know about the sound; "" while all is well.
func (t *words) soundNote(s *studio.Snapshot) string {
	switch {
	case s.Sound.Status == studio.Failed:
		return t.problem(named(s.Sound.Problem, t.TheMicrophone))
	case s.Sound.Speaker == studio.Failed:
		return t.problem(named(s.Sound.SpeakerProblem, t.TheSpeaker))
	case s.Music.Monitor == studio.Failed:
		return t.problem(named(s.Music.MonitorProblem, t.TheSpeaker))
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

// levelOf says a strip's peak, or that it is muted.
func (t *words) levelOf(db float64, muted bool) string {
	if muted {
		return t.Muted
	}
	return t.level(db)
}

// musicNote says why the music is softer than its fader: the host alone hears it, or it gives way to the voice; "" if it is not.
func (t *words) musicNote(s *studio.Snapshot) string {
	switch {
	case s.Music.Cued:
		return t.Cued
	case s.Music.Playing && s.Sound.DuckDB < -0.5:
		return fmt.Sprintf(t.Ducked, t.signed(s.Sound.DuckDB))
	}
	return ""
}

// lufs says a loudness; below −60 there is nothing to say.
func (t *words) lufs(loudness float64) string {
	if !(loudness > -60) {
		return t.NoLoudness
	}
	return minus(fmt.Sprintf("%.1f", loudness))
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

func (w *Window) setSpeakerChoices(p *widget.Picker) {
	chosen := w.snap.Settings.Speaker
	if w.settled(w.snap) {
		p.Set(w.deviceChoices(frame.Speaker, chosen), chosen)
	}
}

// setSpeakerTest says on the button of the test whether it plays.
func (w *Window) setSpeakerTest(test *widget.Button) {
	switch w.snap.Sound.Speaker {
	case studio.Running, studio.Opening:
		test.Set(w.words.Playing, theme.Speaker, widget.Plain)
	default:
		test.Set(w.words.TestSpeaker, theme.Speaker, widget.Plain)
	}
}

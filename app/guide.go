package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// guide is the set-up check: a step for the picture, the microphone, the speaker and the server, each with live evidence,
// and what has come of them. Every step can be skipped.
type guide struct {
	w     *Window
	steps []step
	at    int

	body        *fyne.Container
	name, count *widget.Text
	next        *widget.Button
	back, skip  *widget.Button

	played      bool // the chime
	heard       bool // the microphone
	server      *serverForm
	camera      *widget.Picker
	evidence    map[int]*verdict
	meter       *widget.Meter
	mic         *widget.Picker
	speaker     *widget.Picker
	test        *widget.Button
	ready       []*verdict
	summary     *widget.Paragraph
	wasSpeaking bool
}

// step is a page of the guide.
type step struct {
	name   string
	object fyne.CanvasObject
}

// Steps of the guide.
const (
	stepCamera = iota
	stepMicrophone
	stepSpeaker
	stepServer
	stepReady
)

// verdict is a line of evidence: a symbol and a sentence.
type verdict struct {
	icon *canvas.Image
	text *widget.Text
	box  fyne.CanvasObject
	good bool
	set  bool
}

func newVerdict() *verdict {
	v := &verdict{icon: canvas.NewImageFromResource(nil), text: widget.NewText("", widget.Style{Shrink: true})}
	v.icon.FillMode = canvas.ImageFillContain
	v.box = container.NewBorder(nil, nil, widget.Inset(0, 0, widget.Sized(fyne.NewSize(26, 18), widget.Line(0, widget.Sized(fyne.NewSquareSize(18), v.icon)))), nil, v.text)
	return v
}

func (v *verdict) say(good bool, text string) {
	v.text.Set(text)
	if v.set && v.good == good {
		return
	}
	v.good, v.set = good, true
	v.icon.Resource = theme.Warning.Resource(fynetheme.ColorNameWarning)
	if good {
		v.icon.Resource = theme.Check.Resource(fynetheme.ColorNameSuccess)
	}
	v.icon.Refresh()
}

// Guide opens the set-up check, as the first start does.
func (w *Window) Guide() {
	if w.sheet != nil {
		return
	}
	t := w.words
	g := &guide{w: w, evidence: map[int]*verdict{}}
	g.name = widget.NewText("", widget.Style{Size: fynetheme.SizeNameSubHeadingText, Bold: true})
	g.count = widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small})
	g.back = widget.NewButton(t.GuideBack, "", widget.Plain, func() { g.show(g.at - 1) })
	g.skip = widget.NewButton(t.GuideSkip, "", widget.Quiet, w.closeSheet)
	g.next = widget.NewButton(t.GuideNext, "", widget.Primary, func() { g.show(g.at + 1) })
	g.steps = []step{
		{t.GuideCamera, g.cameraStep()},
		{t.GuideMicrophone, g.microphoneStep()},
		{t.GuideSpeaker, g.speakerStep()},
		{t.GuideServer, g.serverStep()},
		{t.GuideReady, g.readyStep()},
	}
	g.body = container.NewStack()
	for _, s := range g.steps {
		s.object.Hide()
		g.body.Add(s.object)
	}
	pieces := append(g.server.pieces(), g.back, g.skip, g.next, g.camera, g.mic, g.speaker, g.test)
	w.openSheet(widget.SheetSpec{
		Heading: t.GuideTitle,
		Content: widget.Fill(12, container.NewBorder(nil, nil, g.name, g.count), container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, scrollRoom), g.body)), nil),
		Size:    fyne.NewSize(560, 430),
		Note:    g.skip, Foot: []fyne.CanvasObject{g.back, g.next}, Focus: g.next,
		Closed: w.picture.Unmirror,
	}, pieces...)
	w.watch = g.apply
	g.show(stepCamera)
}

// show goes to a step; beyond the last the guide is done.
func (g *guide) show(at int) {
	if at >= len(g.steps) {
		g.w.closeSheet()
		return
	}
	g.at = max(0, at)
	t := g.w.words
	for i, s := range g.steps {
		show(s.object, i == g.at)
	}
	g.name.Set(g.steps[g.at].name)
	g.count.Set(fmt.Sprintf(t.GuideStep, g.at+1, len(g.steps)))
	show(g.back, g.at > 0)
	show(g.skip, g.at < stepReady)
	next := t.GuideNext
	if g.at == stepReady {
		next = t.GuideDone
	}
	g.next.Set(next, "", widget.Primary)
	g.apply(g.w.snap)
}

// proof is a step's line of evidence.
func (g *guide) proof(at int) fyne.CanvasObject {
	v := newVerdict()
	g.evidence[at] = v
	return v.box
}

func (g *guide) cameraStep() fyne.CanvasObject {
	g.camera = widget.NewPicker(func(id string) { g.w.selectSource(studio.SourceID(id)) })
	add := widget.NewButton(g.w.words.AddSource, theme.Add, widget.Plain, nil)
	add.Keys = g.w.keys
	add.OnTap(func() {
		fynewidget.NewPopUpMenu(fyne.NewMenu("", g.deviceItems()...), g.w.win.Canvas()).
			ShowAtRelativePosition(fyne.NewPos(0, add.Size().Height+4), add)
	})
	view := widget.NewBox(widget.Sized(fyne.NewSize(432, 243), g.w.picture.Mirror()), theme.Stage, theme.Edge, fyne.NewSize(3, 3))
	return widget.Stack(10, paragraph(g.w.words.GuideCameraText),
		widget.Row(g.camera, add), container.NewCenter(view), g.proof(stepCamera))
}

// deviceItems are what can be added without leaving the guide.
func (g *guide) deviceItems() []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, i := range g.w.addItems() {
		if i.ChildMenu != nil {
			items = append(items, i)
		}
	}
	return append(items, g.w.syntheticItem())
}

func (g *guide) microphoneStep() fyne.CanvasObject {
	g.mic, g.meter = g.w.microphonePicker(), widget.NewMeter(g.w.words.Clip)
	return widget.Stack(14, paragraph(g.w.words.GuideMicrophoneText), g.mic, g.meter, g.proof(stepMicrophone))
}

func (g *guide) speakerStep() fyne.CanvasObject {
	g.speaker = g.w.speakerPicker()
	g.test = widget.NewButton(g.w.words.GuideSpeakerPlay, theme.Speaker, widget.Plain, g.w.testSpeaker)
	return widget.Stack(14, paragraph(g.w.words.GuideSpeakerText), widget.Row(g.speaker, g.test), g.proof(stepSpeaker))
}

func (g *guide) serverStep() fyne.CanvasObject {
	g.server = newServerForm(g.w)
	return widget.Stack(8, paragraph(g.w.words.GuideServerText), g.server.object)
}

func (g *guide) readyStep() fyne.CanvasObject {
	lines := []fyne.CanvasObject{widget.NewText(g.w.words.GuideReadyText, widget.Style{Color: theme.Quiet})}
	for range stepReady {
		v := newVerdict()
		g.ready = append(g.ready, v)
		lines = append(lines, v.box)
	}
	g.summary = widget.NewParagraph("", fynetheme.ColorNameForeground)
	return widget.Stack(12, append(lines, widget.Inset(-7, -7, g.summary))...)
}

func (g *guide) apply(s *studio.Snapshot) {
	t, w := g.w.words, g.w
	var choices []widget.Choice
	for _, src := range s.Settings.Sources {
		choices = append(choices, widget.Choice{Value: string(src.ID), Label: src.Name})
	}
	g.camera.Set(choices, string(s.Settings.Selected))
	w.setMicrophoneChoices(g.mic, w.mixer.mic.Device)
	chosen := s.Settings.Speaker
	g.speaker.Set(w.deviceChoices(frame.Speaker, chosen), chosen)
	voice := s.Sound.Voice
	g.meter.Set(voice.Peak, voice.RMS, voice.Clipped, s.Settings.Microphone.Muted)
	g.server.apply(s)
	speaking := s.Sound.Speaker == studio.Running
	g.played = g.played || g.wasSpeaking && !speaking && s.Sound.Speaker != studio.Failed
	g.wasSpeaking = speaking
	g.heard = g.heard || voice.Peak > heardAt
	verdicts := t.guideVerdicts(s, g.heard, g.played)
	all := true
	for i, v := range verdicts {
		if e := g.evidence[i]; e != nil {
			e.say(v.good, v.text)
		}
		g.ready[i].say(v.good, g.steps[i].name+" · "+v.text)
		all = all && v.good
	}
	summary := t.GuideSomeOpen
	if all {
		summary = t.GuideAllGood
	}
	g.summary.Set(summary, fynetheme.ColorNameForeground)
}

// heardAt is the peak in dBFS above which a microphone hears somebody rather than a room.
const heardAt = -40

// finding is what a step has come to.
type finding struct {
	good bool
	text string
}

// guideVerdicts are what the steps before the last have come to.
func (t *words) guideVerdicts(s *studio.Snapshot, heard, played bool) [stepReady]finding {
	var f [stepReady]finding
	f[stepCamera] = finding{false, t.GuideCameraWait}
	if p := sourceProblem(s); p.Trouble != studio.NoTrouble {
		f[stepCamera].text = t.problem(p)
	}
	for i, src := range s.Settings.Sources {
		if src.ID == s.Settings.Selected && i < len(s.Sources) && s.Sources[i].Status == studio.Running {
			f[stepCamera] = finding{true, t.GuideCameraGood}
		}
	}
	f[stepMicrophone] = finding{heard, t.GuideMicrophoneWait}
	if heard {
		f[stepMicrophone].text = t.GuideMicrophoneGood
	}
	if note := t.soundNote(s); s.Sound.Status == studio.Failed {
		f[stepMicrophone] = finding{false, note}
	}
	f[stepSpeaker] = finding{played, t.GuideSpeakerWait}
	switch {
	case s.Sound.Speaker == studio.Failed:
		f[stepSpeaker] = finding{false, t.problem(named(s.Sound.SpeakerProblem, t.TheSpeaker))}
	case played:
		f[stepSpeaker].text = t.GuideSpeakerGood
	}
	f[stepServer] = finding{false, t.GuideServerOpen}
	if srv := s.Settings.Server; ready(srv) {
		f[stepServer] = finding{true, fmt.Sprintf(t.GuideServerGood, srv.Show, srv.Address)}
	}
	return f
}

package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// tab is a page of the settings.
type tab int

const (
	noTab tab = iota - 1
	serverTab
	outputTab
	audioTab
	appearanceTab
	pluginsTab
	keysTab
)

// scrollRoom is kept free for a scroll bar, in pixels.
const scrollRoom = 12

// page is one tab: what it shows, what takes the keyboard in it, and how it follows snapshots.
type page struct {
	symbol theme.Symbol
	name   string
	object fyne.CanvasObject
	pieces []fyne.CanvasObject
	apply  func(*studio.Snapshot)
	// fills says that the page scrolls by itself.
	fills bool
}

// openSettings opens the settings at a tab.
func (w *Window) openSettings(at tab) {
	if w.sheet != nil {
		return
	}
	pages := []page{w.serverPage(), w.outputPage(), w.audioPage(), w.appearancePage(), w.pluginsPage(), w.keysPage()}
	nav := widget.Stack(2)
	stack := container.NewStack()
	scroll := container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, scrollRoom), stack))
	body := container.NewStack(scroll)
	items := make([]*widget.Item, len(pages))
	choose := func(n int) {
		for i, p := range pages {
			items[i].Set(widget.Face{Symbol: p.symbol, Title: p.name, Selected: i == n})
			show(p.object, i == n)
		}
		show(scroll, !pages[n].fills)
		w.page = tab(n)
	}
	var pieces []fyne.CanvasObject
	for i, p := range pages {
		items[i] = widget.NewItem()
		items[i].Chosen = func() { choose(i) }
		nav.Add(items[i])
		if p.fills {
			body.Add(p.object)
		} else {
			stack.Add(p.object)
		}
		pieces = append(append(pieces, items[i]), p.pieces...)
		p.apply(w.snap)
	}
	done := widget.NewButton(w.words.CloseSheet, "", widget.Plain, w.closeSheet)
	w.openSheet(widget.SheetSpec{
		Heading: w.words.SettingsTitle,
		Content: container.NewBorder(nil, nil, widget.Sized(fyne.NewSize(176, 0), nav), nil,
			container.NewBorder(nil, nil, widget.Sized(fyne.NewSize(20, 0), container.NewWithoutLayout()), nil, body)),
		Size: fyne.NewSize(740, 396), Foot: []fyne.CanvasObject{done}, Focus: items[at],
		Closed: func() { w.page, w.awaits, w.keyList = noTab, nil, nil },
	}, append(pieces, done)...)
	choose(int(at))
	w.watch = func(s *studio.Snapshot) {
		for _, p := range pages {
			p.apply(s)
		}
	}
}

func (w *Window) serverPage() page {
	f := newServerForm(w)
	return page{symbol: theme.Server, name: w.words.TabServer, object: f.object, pieces: f.pieces(), apply: f.apply}
}

// audioPage has the devices again, with the meter to watch while choosing.
func (w *Window) audioPage() page {
	t := w.words
	mic, channels, speaker, test := w.microphonePicker(), w.channelPicker(), w.speakerPicker(), w.speakerTest()
	meter := widget.NewMeter(t.Clip)
	note := widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Shrink: true})
	cues := newCueList(w)
	object := widget.Stack(14,
		widget.Columns(10, field(t.Microphone, mic), field(t.Channels, channels)),
		meter, paragraph(t.AudioHint),
		field(t.Speaker, widget.Row(speaker, test)), note, cues.object)
	apply := func(s *studio.Snapshot) {
		m := w.mixer.mic
		w.setMicrophoneChoices(mic, m.Device)
		w.setChannelChoices(channels, m.Channels)
		w.setSpeakerChoices(speaker)
		w.setSpeakerTest(test)
		meter.Set(s.Sound.Voice.Peak, s.Sound.Voice.RMS, s.Sound.Voice.Clipped, m.Muted)
		note.Set(t.soundNote(s))
		cues.apply(s)
	}
	return page{symbol: theme.Mic, name: t.TabAudio, object: object, pieces: append(cues.pieces, mic, channels, speaker, test), apply: apply}
}

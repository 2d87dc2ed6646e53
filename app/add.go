package app

import (
	"image"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/widget"
	"vitrine/capture/frame"
)

// goodName says whether a source may bear a name.
func goodName(name string) bool {
	n := utf8.RuneCountInString(strings.TrimSpace(name))
	return n >= 1 && n <= 80 && utf8.ValidString(name)
}

// addFile asks for a video file. The path can be typed or browsed for.
func (w *Window) addFile() {
	if w.sheet != nil {
		return
	}
	t := w.words
	path := widget.NewEntry("")
	loop := fynewidget.NewCheck(t.LoopFile, nil)
	loop.SetChecked(true)
	browse := widget.NewButton(t.Browse, "", widget.Plain, func() { w.browse(t.FileTitle, path.SetText) })
	w.form(t.FileTitle, widget.Stack(10, field(t.FilePath, widget.Row(path, browse)), loop), path, t.Add, func() string {
		p := strings.TrimSpace(path.Text)
		if p == "" {
			return t.FileWrong
		}
		w.addSource(clip(filepath.Base(p)), frame.Input{Kind: frame.File, URL: p, Loop: loop.Checked})
		return ""
	}, path, browse)
}

// browse hands on the path of a file that the host picks, of those with one of the endings if some are given.
func (w *Window) browse(title string, take func(path string), endings ...string) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return
		}
		take(f.URI().Path())
		if err := f.Close(); err != nil {
			w.log.Warn("close a picked file", "error", err)
		}
	}, w.win)
	if len(endings) > 0 {
		d.SetFilter(storage.NewExtensionFileFilter(endings))
	}
	d.SetConfirmText(w.words.Choose)
	d.SetDismissText(w.words.Cancel)
	d.SetTitleText(title)
	d.Resize(fyne.NewSize(760, 520))
	d.Show()
}

// clip shortens a name to what a source may bear.
func clip(name string) string {
	runes := []rune(strings.ToValidUTF8(name, ""))
	return string(runes[:min(len(runes), 80)])
}

var streamSchemes = []string{"rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "srt", "udp"}

// streamName is the name of a stream's source, or "" for what is no address of a stream. It holds no password.
func streamName(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !slices.Contains(streamSchemes, strings.ToLower(u.Scheme)) {
		return ""
	}
	return clip(u.Host + strings.TrimSuffix(u.Path, "/"))
}

func (w *Window) addStream() {
	if w.sheet != nil {
		return
	}
	t := w.words
	address := widget.NewEntry("rtsp://")
	w.form(t.StreamTitle, widget.Stack(6, field(t.StreamAddress, address), paragraph(t.StreamHint)), address, t.Add, func() string {
		a := strings.TrimSpace(address.Text)
		name := streamName(a)
		if name == "" {
			return t.StreamWrong
		}
		w.addSource(name, frame.Input{Kind: frame.Stream, URL: a})
		return ""
	}, address)
}

// parseRegion reads left, top, width and height in pixels.
func parseRegion(fields [4]string) (image.Rectangle, bool) {
	var n [4]int
	for i, f := range fields {
		v, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || v < 0 || v > 1<<15 {
			return image.Rectangle{}, false
		}
		n[i] = v
	}
	return image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]), n[2] >= 16 && n[3] >= 16
}

func (w *Window) addRegion() {
	if w.sheet != nil {
		return
	}
	t := w.words
	screen := widget.NewPicker(nil)
	choices := w.screens()
	if len(choices) > 0 {
		screen.Set(choices, choices[0].Value)
	}
	var entries [4]*widget.Entry
	var cells []fyne.CanvasObject
	first := [4]string{"0", "0", "1280", "720"}
	for i, label := range [4]string{t.RegionX, t.RegionY, t.RegionWidth, t.RegionHeight} {
		entries[i] = widget.NewEntry("")
		entries[i].SetText(first[i])
		cells = append(cells, field(label, entries[i]))
	}
	fields := widget.Stack(10, field(t.RegionScreen, screen), widget.Columns(8, cells...))
	w.form(t.RegionTitle, fields, entries[0], t.Add, func() string {
		if len(choices) == 0 {
			return t.NoScreen
		}
		r, ok := parseRegion([4]string{entries[0].Text, entries[1].Text, entries[2].Text, entries[3].Text})
		if !ok {
			return t.RegionWrong
		}
		w.addSource(t.KindRegion, frame.Input{Kind: frame.Screen, Device: screen.Value(), Region: r})
		return ""
	}, screen, entries[0], entries[1], entries[2], entries[3])
}

func (w *Window) screens() []widget.Choice {
	var all []widget.Choice
	for _, d := range w.snap.Devices {
		if d.Kind == frame.Screen {
			all = append(all, widget.Choice{Value: d.ID, Label: d.Name})
		}
	}
	return all
}

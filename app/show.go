package app

import (
	"fmt"
	"net/url"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// showPanel says which show this is, where people watch it, and while on air how well it gets out.
type showPanel struct {
	w      *Window
	object fyne.CanvasObject

	unset, set    fyne.CanvasObject
	title, server *widget.Text
	chip          *widget.Text
	pill          *widget.Box
	link          *widget.Text
	linkBox       fyne.CanvasObject
	copy, open    *widget.Button
	check         *widget.Button
	copiedUntil   time.Time
	truth         *truthPanel
	quality       fyne.CanvasObject
	verdict       *widget.Paragraph
	upload        steady
	values        []*widget.Text // parallel to qualityRows
	watchURL      string
}

func newShowPanel(w *Window) *showPanel {
	p := &showPanel{w: w}
	t := w.words
	connect := widget.NewButton(t.ConnectServer, theme.Server, widget.Plain, func() { w.openSettings(serverTab) })
	p.copy = widget.NewButton(t.CopyLink, theme.Copy, widget.Plain, p.copyLink)
	p.open = widget.NewButton(t.OpenLink, theme.Open, widget.Plain, p.openLink)
	p.check = widget.NewButton(t.CheckNetwork, theme.Check, widget.Plain, w.checkNetwork)
	for _, b := range []*widget.Button{connect, p.copy, p.open, p.check} {
		b.Keys = w.keys
	}
	p.unset = widget.Stack(8,
		widget.NewText(t.NoServerTitle, widget.Style{Bold: true, Shrink: true}),
		paragraph(t.NoServerHint),
		connect)
	p.title = widget.NewText("", widget.Style{Bold: true, Size: fynetheme.SizeNameSubHeadingText, Shrink: true})
	p.server = widget.Caption("")
	p.chip = widget.NewText("", widget.Style{Size: theme.Small, Bold: true})
	p.pill = widget.NewPill(p.chip, fynetheme.ColorNameButton)
	p.link = widget.NewText("", widget.Style{Size: theme.Small, Mono: true, Shrink: true})
	p.linkBox = widget.Stack(8,
		widget.Caption(t.WatchLink),
		widget.NewBox(p.link, fynetheme.ColorNameInputBackground, theme.Edge, fyne.NewSize(10, 7)),
		widget.Columns(8, p.copy, p.open))
	p.truth, p.quality = newTruthPanel(w), p.newQuality()
	p.set = widget.Stack(14,
		widget.Stack(2, widget.Row(p.title, p.pill), p.server),
		p.linkBox, p.check, p.truth.object, p.quality)
	p.object = widget.NewCard(t.Show, nil, scrolled(container.NewStack(p.unset, p.set)))
	return p
}

// paragraph is wrapped text of second rank, flush with the texts around it.
func paragraph(text string) fyne.CanvasObject {
	p := widget.NewParagraph(text, theme.Quiet)
	return widget.Inset(-7, -7, p)
}

// qualityRows are the labels of the quality section.
func (t *words) qualityRows() []string {
	return []string{t.LinkLabel, t.BitrateLabel, t.UploadLabel, t.RoundTripLabel, t.LossLabel, t.PictureLabel, t.EncoderLabel, t.DroppedLabel}
}

func (p *showPanel) newQuality() fyne.CanvasObject {
	t := p.w.words
	p.verdict = widget.NewParagraph("", fynetheme.ColorNameForeground)
	rows := []fyne.CanvasObject{
		widget.NewText(t.Quality, widget.Style{Color: theme.Quiet, Size: theme.Small, Bold: true}),
		widget.Inset(-7, -7, p.verdict),
	}
	for _, label := range t.qualityRows() {
		value := widget.NewText("", widget.Style{Size: theme.Small, Align: fyne.TextAlignTrailing, Shrink: true})
		p.values = append(p.values, value)
		name := widget.NewText(label, widget.Style{Size: theme.Small, Color: theme.Quiet})
		rows = append(rows, container.NewBorder(nil, nil, name, nil, value))
	}
	return widget.Stack(4, rows...)
}

func (p *showPanel) apply(s *studio.Snapshot) {
	srv, t := s.Settings.Server, p.w.words
	isSet := srv.Address != "" && srv.Show != ""
	show(p.unset, !isSet)
	show(p.set, isSet)
	if !isSet {
		return
	}
	title := s.Air.Title
	if title == "" {
		title = string(srv.Show)
	}
	p.title.Set(title)
	p.server.Set(fmt.Sprintf(t.GuideServerGood, srv.Show, srv.Address))
	p.applyChip(s.Air)
	p.watchURL = s.Air.WatchURL
	p.link.Set(s.Air.WatchURL)
	show(p.linkBox, s.Air.WatchURL != "")
	label := t.CopyLink
	if p.w.now().Before(p.copiedUntil) {
		label = t.Copied
	}
	p.copy.Set(label, theme.Copy, widget.Plain)
	show(p.check, s.Air.Phase == studio.OffAir)
	p.truth.apply(s.Air.Truth)
	show(p.quality, s.Air.Phase != studio.OffAir)
	live := s.Air.Link.Phase == frame.LinkLive
	show(p.verdict, live)
	if live {
		ceiling := s.Settings.Output
		ceiling.Format = s.Program.Format // what the computer does not manage is not searched for
		sentence := t.UploadMeasuring
		if path, known := p.upload.path(s.Air.Link, p.w.now()); known {
			sentence = t.verdict(path, ceiling)
		}
		p.verdict.Set(sentence, fynetheme.ColorNameForeground)
	}
	for i, v := range t.qualityValues(s, p.w.now()) {
		p.values[i].Set(v)
	}
}

func (p *showPanel) applyChip(a studio.Air) {
	t := p.w.words
	ground, ink := fynetheme.ColorNameButton, theme.Quiet
	text := ""
	switch airState(a) {
	case stateLive:
		text, ground, ink = t.ChipLive, fynetheme.ColorNamePrimary, fynetheme.ColorNameForegroundOnPrimary
	case stateReconnecting:
		text, ink = t.ChipReconnecting, fynetheme.ColorNameWarning
	case stateStarting:
		text, ink = t.ChipStarting, fynetheme.ColorNameWarning
	case stateEnding:
		text = t.ChipEnding
	default:
		text = t.ChipOffAir
	}
	p.chip.Set(text)
	p.chip.SetColor(ink)
	p.pill.SetFill(ground)
}

// qualityValues runs parallel to qualityRows.
func (t *words) qualityValues(s *studio.Snapshot, now time.Time) []string {
	l, o := s.Air.Link, s.Settings.Output
	none := "–"
	values := []string{t.linkState(l, now), none, none, none, none, t.SoundOnly, none, none}
	if l.Phase == frame.LinkLive {
		values[1] = fmt.Sprintf(t.Megabits, float64(l.Bitrate)/1e6)
		if l.Estimate > 0 {
			values[2] = fmt.Sprintf(t.UploadValue, float64(l.Estimate)/1e6)
		}
		values[3] = fmt.Sprintf(t.Milliseconds, l.RTT.Round(time.Millisecond).Milliseconds())
		values[4] = fmt.Sprintf(t.Percent, l.LossPercent)
	}
	if o.Codec != "" {
		f := largestOn(s.Program)
		values[5] = fmt.Sprintf(t.PictureValue, f.Width, f.Height, f.FPS, t.codec(o.Codec))
		if s.Program.Reduced {
			values[5] = fmt.Sprintf(t.PictureReduced, f.Width, f.Height, f.FPS)
		}
		values[6] = fmt.Sprintf(t.EncoderValue, s.Program.FPS, float64(s.Program.EncodeTime.Microseconds())/1000)
		values[7] = fmt.Sprintf(t.Frames, s.Program.Dropped)
	}
	return values
}

// largestOn is the largest picture that goes out now, or the program's where none does.
func largestOn(p studio.Program) frame.Format {
	for _, l := range p.Layers {
		if l.State == studio.LayerOn {
			return l.Format
		}
	}
	return p.Format
}

// codec names a codec as people write it.
func (t *words) codec(c frame.Codec) string {
	if c == frame.H264 {
		return t.NameH264
	}
	return t.CodecVP8
}

// rank is how good a link is.
type rank int

const (
	noLink rank = iota
	poor
	fair
	good
)

// rankOf judges a link by what viewers notice: lost packets first, then delay.
func rankOf(l frame.Link) rank {
	switch {
	case l.Phase != frame.LinkLive:
		return noLink
	case l.LossPercent >= 8 || l.RTT >= 500*time.Millisecond:
		return poor
	case l.LossPercent >= 2 || l.RTT >= 200*time.Millisecond:
		return fair
	}
	return good
}

// linkState says how the link stands; a shape goes with each rank.
func (t *words) linkState(l frame.Link, now time.Time) string {
	switch rankOf(l) {
	case good:
		return "▮▮▮ " + t.LinkGood
	case fair:
		return "▮▮▯ " + t.LinkFair
	case poor:
		return "▮▯▯ " + t.LinkPoor
	}
	switch {
	case l.Phase == frame.LinkWaiting:
		return fmt.Sprintf(t.LinkWaiting, l.Attempt+1, max(0, int(l.RetryAt.Sub(now).Seconds()+0.999)))
	case l.Attempt > 1:
		return fmt.Sprintf(t.LinkConnectingAgain, l.Attempt)
	}
	return t.LinkConnecting
}

func (p *showPanel) copyLink() {
	p.w.app.Clipboard().SetContent(p.watchURL)
	p.copiedUntil = p.w.now().Add(2 * time.Second)
	p.copy.Set(p.w.words.Copied, theme.Copy, widget.Plain)
}

func (p *showPanel) openLink() {
	u, err := url.Parse(p.watchURL)
	if err == nil {
		err = p.w.app.OpenURL(u)
	}
	if err != nil {
		p.w.toast.say(fmt.Sprintf(p.w.words.SomethingWrong, err.Error()))
	}
}

package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// networkCheck is the check of the way to the server before the show: what it carries in figures and in words, and the next
// step with one click. It begins with the sheet and ends with it.
type networkCheck struct {
	w    *Window
	stop context.CancelFunc // of the check under way
	now  *atomic.Pointer[progress]

	bar                 *widget.Progress
	values              []*widget.Text // parallel to networkRows
	icon                *canvas.Image
	sentence            *widget.Paragraph
	again, done, choose *widget.Button
	height              int // of the picture to choose instead; 0 for none

	path *frame.Path // the result; nil before
}

// progress is how far a check is. It comes from the desk's goroutines, so it waits for the next snapshot.
type progress struct {
	share float64
	path  frame.Path
}

// headroom is the part of a full line that a show should take: what came through in a check's seconds may be less in others.
const headroom = 0.8

// mostUp is a line beyond every show's needs, in bits a second; how fast it is exactly, a check's seconds do not say.
const mostUp = 100_000_000

// checkNetwork opens the check, or what has to be filled in before.
func (w *Window) checkNetwork() {
	switch {
	case w.sheet != nil || w.snap.Air.Phase != studio.OffAir:
		return
	case !ready(w.snap.Settings.Server):
		w.openSettings(serverTab)
		return
	}
	t := w.words
	c := &networkCheck{w: w, bar: widget.NewProgress(), sentence: widget.NewParagraph("", fynetheme.ColorNameForeground)}
	c.again = widget.NewButton(t.CheckAgain, "", widget.Quiet, c.start)
	c.done = widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	c.choose = widget.NewButton("", "", widget.Primary, c.lower)
	c.icon = canvas.NewImageFromResource(nil)
	c.icon.FillMode = canvas.ImageFillContain
	tiles := make([]fyne.CanvasObject, 0, len(t.networkRows()))
	for _, label := range t.networkRows() {
		value := widget.NewText("", widget.Style{Size: fynetheme.SizeNameSubHeadingText, Bold: true, Shrink: true})
		c.values = append(c.values, value)
		tiles = append(tiles, widget.NewBox(widget.Stack(4, widget.Caption(label), value), fynetheme.ColorNameInputBackground, "", fyne.NewSize(12, 9)))
	}
	icon := widget.Sized(fyne.NewSize(30, 0), container.NewVBox(widget.Line(0, widget.Sized(fyne.NewSquareSize(20), c.icon))))
	w.openSheet(widget.SheetSpec{
		Heading: t.NetworkTitle,
		Content: widget.Stack(14,
			paragraph(fmt.Sprintf(t.NetworkText, w.snap.Settings.Server.Address)),
			c.bar, widget.Columns(8, tiles...),
			widget.Sized(fyne.NewSize(0, 48), container.NewBorder(nil, nil, icon, nil, widget.Inset(-7, -7, c.sentence)))),
		Size: fyne.NewSize(560, 0), Note: c.again, Foot: []fyne.CanvasObject{c.done, c.choose}, Focus: c.done,
		Closed: func() { c.stop() },
	}, c.again, c.done, c.choose)
	w.watch = c.apply
	c.start()
}

// start begins a check; one that is under way has ended.
func (c *networkCheck) start() {
	wanted, stop := context.WithCancel(context.Background())
	now := &atomic.Pointer[progress]{}
	now.Store(&progress{path: frame.Path{Loss: -1}})
	c.stop, c.now, c.path = stop, now, nil
	c.again.SetEnabled(false)
	c.done.Set(c.w.words.Cancel, "", widget.Plain)
	c.say("", c.w.words.NetworkMeasuring, fynetheme.ColorNameForeground, 0)
	c.apply(c.w.snap)
	c.w.win.Canvas().Focus(c.done)
	var found frame.Path
	c.w.ask(gesture{
		slow: true,
		do: func(ctx context.Context) (err error) {
			if wanted.Err() != nil {
				return wanted.Err()
			}
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(wanted, cancel)()
			found, err = c.w.desk.CheckNetwork(ctx, func(share float64, so frame.Path) { now.Store(&progress{share, so}) })
			return err
		},
		done: func(err error) {
			if wanted.Err() == nil {
				c.end(found, err)
			}
		},
	})
}

// end shows what a check came to.
func (c *networkCheck) end(found frame.Path, err error) {
	c.stop()
	c.again.SetEnabled(true)
	c.done.Set(c.w.words.CloseSheet, "", widget.Plain)
	if err != nil {
		c.now.Store(&progress{path: frame.Path{Loss: -1}})
		c.say(theme.Warning, c.w.networkSentence(err), fynetheme.ColorNameError, 0)
	} else {
		c.now.Store(&progress{1, found})
		c.path = &found
	}
	c.apply(c.w.snap)
	if c.height > 0 {
		c.w.win.Canvas().Focus(c.choose)
	}
}

// say shows a sentence with its symbol, and the picture to choose.
func (c *networkCheck) say(s theme.Symbol, sentence string, color fyne.ThemeColorName, height int) {
	c.icon.Resource = nil
	switch s {
	case theme.Check:
		c.icon.Resource = s.Resource(fynetheme.ColorNameSuccess)
	case theme.Warning:
		c.icon.Resource = s.Resource(fynetheme.ColorNameWarning)
	}
	c.icon.Refresh()
	c.sentence.Set(sentence, color)
	c.height = height
	c.choose.Set(fmt.Sprintf(c.w.words.ChooseHeight, height), "", widget.Primary)
	show(c.choose, height > 0)
}

// apply shows the progress, and judges the result by what the host asks for now.
func (c *networkCheck) apply(s *studio.Snapshot) {
	t, now := c.w.words, c.now.Load()
	c.bar.Set(now.share)
	for i, v := range t.networkValues(now.path) {
		c.values[i].Set(v)
	}
	if c.path == nil {
		return
	}
	p := *c.path
	p.Up = max(1, int(float64(p.Up)*headroom))
	next, height := t.nextStep(p, s.Settings.Output)
	symbol, sentence := theme.Warning, t.verdict(p, s.Settings.Output)
	if next == t.NextLive {
		symbol = theme.Check
	}
	if next != "" {
		sentence = fmt.Sprintf(t.NextStep, sentence, next)
	}
	if c.sentence.Text() != sentence {
		c.say(symbol, sentence, fynetheme.ColorNameForeground, height)
	}
}

// lower chooses the picture that the line carries.
func (c *networkCheck) lower() {
	o := lowered(c.w.snap.Settings.Output, c.height)
	c.w.command(func(ctx context.Context) error { return c.w.desk.SetOutput(ctx, o) })
	c.w.win.Canvas().Focus(c.done)
}

// networkRows are the labels of the figures.
func (t *words) networkRows() []string {
	return []string{t.UploadLabel, t.RoundTripLabel, t.JitterLabel, t.LossLabel}
}

// networkValues runs parallel to networkRows.
func (t *words) networkValues(p frame.Path) []string {
	const none = "–"
	values := []string{none, none, none, none}
	switch {
	case p.Up > mostUp:
		values[0] = fmt.Sprintf(t.MoreMegabits, mostUp/1_000_000)
	case p.Up > 0:
		values[0] = fmt.Sprintf(t.Megabits, float64(p.Up)/1e6)
	}
	if p.RTT > 0 {
		up := func(d time.Duration) int64 { return (d + time.Millisecond - 1).Milliseconds() } // none is 0
		values[1], values[2] = fmt.Sprintf(t.Milliseconds, up(p.RTT)), fmt.Sprintf(t.Milliseconds, up(p.Jitter))
	}
	if p.Loss >= 0 {
		values[3] = fmt.Sprintf(t.Percent, 100*p.Loss)
	}
	return values
}

// nextStep says what to do about a line, "" where the verdict says it, and the height of the picture to choose for it.
func (t *words) nextStep(p frame.Path, ceiling studio.Output) (sentence string, height int) {
	height = ceiling.Format.Height
	if ceiling.Codec != "" {
		height = carried(p.Up, ceiling)
	}
	switch {
	case p.Loss >= heavyLoss:
		return "", 0
	case height == 0:
		return t.NextLine, 0
	case height < ceiling.Format.Height:
		return fmt.Sprintf(t.NextLess, height), height
	case p.RTT >= slowReply || p.Jitter >= unsteady:
		return "", 0
	}
	return t.NextLive, 0
}

// networkSentence says why a check failed.
func (w *Window) networkSentence(err error) string {
	switch {
	case errors.Is(err, studio.ErrOnAir):
		return w.words.NetworkOnAir
	case wire.CodeOf(err) == wire.RateLimited:
		return w.words.NetworkTooOften
	}
	return w.words.fault(w.desk.Fault(err))
}

package app

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// statusBar is the window's foot: on air, time, viewers, quality, and what is not well.
type statusBar struct {
	w       *Window
	object  fyne.CanvasObject
	badge   *widget.Text
	pill    *widget.Box
	clock   *widget.Text
	viewers *widget.Text
	watched fyne.CanvasObject
	link    *widget.Text
	note    *widget.Text

	gaps      uint64 // missing and surplus blocks of sound at the last count
	gapsUntil time.Time
	rate      *widget.Text
}

func newStatusBar(w *Window) *statusBar {
	b := &statusBar{w: w}
	b.badge = widget.NewText("", widget.Style{Size: theme.Small, Bold: true})
	b.pill = widget.NewPill(b.badge, fynetheme.ColorNameButton)
	b.clock = widget.NewText("", widget.Style{Mono: true, Bold: true})
	b.viewers = widget.NewText("", widget.Style{})
	eye := canvas.NewImageFromResource(theme.Viewers.Resource(theme.Quiet))
	eye.FillMode = canvas.ImageFillContain
	b.watched = widget.Line(6, widget.Sized(fyne.NewSquareSize(16), eye), b.viewers)
	b.link = widget.NewText("", widget.Style{})
	b.rate = widget.NewText("", widget.Style{Color: theme.Quiet})
	b.note = widget.NewText("", widget.Style{Color: fynetheme.ColorNameWarning, Shrink: true, Align: fyne.TextAlignTrailing})
	state := widget.Line(18, b.pill, b.clock, b.watched, b.link, b.rate)
	b.object = widget.NewBar(widget.Sized(fyne.NewSize(0, 24), widget.Line(18, state, layout.NewSpacer(), widget.Sized(fyne.NewSize(400, 0), b.note))))
	return b
}

func (b *statusBar) apply(s *studio.Snapshot) {
	t := b.w.words
	state := airState(s.Air)
	ground, ink, text := fynetheme.ColorNameButton, theme.Quiet, t.OffAirBadge
	switch state {
	case stateLive:
		ground, ink, text = fynetheme.ColorNamePrimary, fynetheme.ColorNameForegroundOnPrimary, "● "+t.OnAirBadge
	case stateReconnecting:
		ink, text = fynetheme.ColorNameWarning, "▲ "+t.WaitingBadge
	case stateStarting:
		ink, text = fynetheme.ColorNameWarning, t.StartingShow
	case stateEnding:
		text = t.EndingShow
	}
	b.badge.Set(text)
	b.badge.SetColor(ink)
	b.pill.SetFill(ground)
	on := s.Air.Phase == studio.OnAir
	if on {
		b.clock.Set(clock(b.w.now().Sub(s.Air.Since)))
	}
	show(b.clock, on)
	b.viewers.Set(fmt.Sprintf(t.Viewers, s.Audience.Viewers))
	show(b.watched, on)
	b.link.Set(t.linkState(s.Air.Link, b.w.now()))
	show(b.link, s.Air.Phase == studio.OnAir || s.Air.Phase == studio.Starting)
	b.rate.Set(fmt.Sprintf(t.Megabits, float64(s.Air.Link.Bitrate)/1e6))
	show(b.rate, s.Air.Link.Phase == frame.LinkLive)
	b.note.Set(b.noteOn(s))
}

// gapsFor is how long the window speaks of gaps in the sound after the last one.
const gapsFor = 5 * time.Second

// noteOn is what is not well with the computer; "" while all is.
func (b *statusBar) noteOn(s *studio.Snapshot) string {
	t := b.w.words
	gaps := s.Sound.Silence + s.Sound.Dropped
	if gaps > b.gaps && b.gaps > 0 && s.Sound.Status == studio.Running {
		b.gapsUntil = b.w.now().Add(gapsFor)
	}
	b.gaps = gaps
	if b.w.now().Before(b.gapsUntil) {
		return fmt.Sprintf(t.SoundGaps, gaps)
	}
	if s.Program.Reduced {
		f := s.Program.Format
		return fmt.Sprintf(t.EncoderLowered, f.Width, f.Height, f.FPS)
	}
	return ""
}

// clock is a duration as hours, minutes and seconds.
func clock(d time.Duration) string {
	s := max(0, int(d/time.Second))
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

package app

import (
	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// controls are the host's two main buttons.
type controls struct {
	w      *Window
	object fyne.CanvasObject
	live   *widget.Button
	reason *widget.Text
}

func newControls(w *Window) *controls {
	c := &controls{w: w}
	t := w.words
	c.live = widget.NewButton(t.GoLive, theme.OnAir, widget.Primary, w.goLive).Tall()
	c.reason = widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Align: fyne.TextAlignCenter, Shrink: true})
	settings := widget.NewButton(t.Settings, theme.Settings, widget.Plain, func() { w.openSettings(serverTab) })
	c.live.Keys, settings.Keys = w.keys, w.keys
	c.object = widget.NewCard(t.Controls, nil, widget.Stack(8, c.live, c.reason, settings))
	return c
}

func (c *controls) apply(s *studio.Snapshot) {
	t := c.w.words
	reason := ""
	c.live.SetEnabled(s.Air.Phase != studio.Ending)
	switch s.Air.Phase {
	case studio.Starting:
		c.live.Set(t.CancelStart, theme.Stop, widget.Plain)
		reason = t.linkState(s.Air.Link, c.w.now())
	case studio.OnAir:
		c.live.Set(t.End, theme.Stop, widget.Plain)
		if airState(s.Air) == stateReconnecting {
			reason = t.linkState(s.Air.Link, c.w.now())
		}
	case studio.Ending:
		c.live.Set(t.EndingShow, theme.Stop, widget.Plain)
	default:
		kind := widget.Primary
		if !ready(s.Settings.Server) {
			kind, reason = widget.Plain, t.ReasonNoServer
		}
		c.live.Set(t.GoLive, theme.OnAir, kind)
	}
	c.reason.Set(reason)
	show(c.reason, reason != "")
}

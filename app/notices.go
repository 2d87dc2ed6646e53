package app

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// notices are what the host should know, newest first, each until it is dismissed.
type notices struct {
	w      *Window
	object *fyne.Container
	card   *widget.Box
	list   *fyne.Container
	shown  []studio.Notice
}

func newNotices(w *Window) *notices {
	n := &notices{w: w, list: widget.Stack(8)}
	n.card = widget.NewCard(w.words.Notices, nil, container.NewVScroll(n.list))
	n.object = widget.Sized(fyne.NewSize(0, noticesHeight), n.card)
	n.object.Hide()
	return n
}

func (n *notices) apply(s *studio.Snapshot) {
	if equalNotices(n.shown, s.Notices) {
		return
	}
	n.shown = s.Notices
	n.list.Objects = nil
	for i := len(s.Notices) - 1; i >= 0; i-- {
		n.list.Objects = append(n.list.Objects, n.row(s.Notices[i]))
	}
	n.list.Refresh()
	show(n.object, len(s.Notices) > 0)
}

// equalNotices compares by number: a notice never changes.
func equalNotices(a, b []studio.Notice) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Seq != b[i].Seq {
			return false
		}
	}
	return true
}

func (n *notices) row(notice studio.Notice) fyne.CanvasObject {
	symbol, color := theme.Warning, fynetheme.ColorNameWarning
	if notice.Trouble == studio.EncoderEased {
		symbol, color = theme.Check, fynetheme.ColorNameSuccess
	}
	icon := canvas.NewImageFromResource(symbol.Resource(color))
	icon.FillMode = canvas.ImageFillContain
	closer := widget.NewButton("", theme.Close, widget.Quiet, func() {
		n.w.command(func(ctx context.Context) error { return n.w.desk.DismissNotice(ctx, notice.Seq) })
	})
	closer.Keys = n.w.keys
	when := widget.NewText(notice.When.Local().Format("15:04"), widget.Style{Color: theme.Quiet, Size: theme.Small})
	head := widget.Row(widget.Line(6, widget.Sized(fyne.NewSquareSize(15), icon), when), closer)
	text := widget.NewParagraph(n.w.words.problem(notice.Problem), fynetheme.ColorNameForeground)
	return widget.NewBox(widget.Stack(-8, head, widget.Inset(-7, -2, text)), fynetheme.ColorNameInputBackground, "", fyne.NewSize(10, 3))
}

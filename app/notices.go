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
	news   *stageNews
}

func newNotices(w *Window) *notices {
	n := &notices{w: w, list: widget.Stack(8), news: newStageNews(w)}
	n.card = widget.NewCard(w.words.Notices, nil, container.NewVScroll(n.list))
	n.object = widget.Sized(fyne.NewSize(0, noticesHeight), n.card)
	n.object.Hide()
	return n
}

func (n *notices) apply(s *studio.Snapshot) {
	changed := n.news.apply(s)
	if equalNotices(n.shown, s.Notices) && !changed {
		return
	}
	n.shown = s.Notices
	n.list.Objects = nil
	for _, one := range n.news.shown {
		n.list.Objects = append(n.list.Objects, n.newsRow(one))
	}
	for i := len(s.Notices) - 1; i >= 0; i-- {
		n.list.Objects = append(n.list.Objects, n.row(s.Notices[i]))
	}
	n.list.Refresh()
	show(n.object, len(n.list.Objects) > 0)
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
	return n.entry(symbol.Resource(color), notice.When.Local().Format("15:04"), n.w.words.problem(notice.Problem), nil, func() {
		n.w.command(func(ctx context.Context) error { return n.w.desk.DismissNotice(ctx, notice.Seq) })
	})
}

// newsRow is what is new on the stage, with a way there.
func (n *notices) newsRow(one stageNew) fyne.CanvasObject {
	lead := n.w.button(n.w.words.NewsShow, widget.Primary, func() { n.w.openStage(one.tab) }).Low()
	symbol, color := theme.Viewers, theme.Ring
	return n.entry(symbol.Resource(color), one.when.Local().Format("15:04"), one.text, lead, func() {
		n.news.dismiss(one)
		n.apply(n.w.snap)
	})
}

// entry is a notice: when it was, what it says, what can be done beside, and a way to be rid of it.
func (n *notices) entry(symbol fyne.Resource, when, says string, lead *widget.Button, closed func()) fyne.CanvasObject {
	icon := canvas.NewImageFromResource(symbol)
	icon.FillMode = canvas.ImageFillContain
	closer := widget.NewButton("", theme.Close, widget.Quiet, closed)
	closer.Keys = n.w.keys
	line := widget.Line(6, widget.Sized(fyne.NewSquareSize(15), icon), widget.NewText(when, widget.Style{Color: theme.Quiet, Size: theme.Small}))
	head := widget.Row(line, closer)
	if lead != nil {
		head = widget.Row(line, lead, closer)
	}
	text := widget.NewParagraph(says, fynetheme.ColorNameForeground)
	return widget.NewBox(widget.Stack(-8, head, widget.Inset(-7, -2, text)), fynetheme.ColorNameInputBackground, "", fyne.NewSize(10, 3))
}

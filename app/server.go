package app

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// serverForm is where the show goes: address, show and token, a check of the three, the server's shows to choose from, and
// the making of a new one. What was typed stays whatever the server says.
type serverForm struct {
	w      *Window
	object fyne.CanvasObject

	address, show, token *widget.Entry
	check, save          *widget.Button
	result               *widget.Paragraph
	asked                int // numbers the questions, so that a late answer is not shown

	shows     *fyne.Container
	showsBox  fyne.CanvasObject
	more      *widget.Button
	making    fyne.CanvasObject
	operator  *widget.Entry
	title, id *widget.Entry
	create    *widget.Button
	locked    *widget.Paragraph
}

func newServerForm(w *Window) *serverForm {
	f := &serverForm{w: w}
	t := w.words
	f.address, f.show, f.token = widget.NewEntry(t.ServerAddressHint), widget.NewEntry(t.ShowNameHint), widget.NewSecret(t.TokenHint)
	srv := w.snap.Settings.Server
	f.address.SetText(srv.Address)
	f.show.SetText(string(srv.Show))
	f.token.SetText(srv.Token)
	f.check = widget.NewButton(t.CheckServer, "", widget.Plain, f.ask)
	f.save = widget.NewButton(t.Save, "", widget.Primary, f.keep)
	f.more = widget.NewButton(t.CreateShow, theme.Add, widget.Quiet, f.toggleMaking)
	f.result, f.locked = widget.NewParagraph("", fynetheme.ColorNameForeground), widget.NewParagraph(t.ServerLocked, fynetheme.ColorNameWarning)
	f.result.Hide()
	f.locked.Hide()
	for _, e := range []*widget.Entry{f.address, f.show, f.token} {
		e.OnSubmitted = func(string) { f.keep() }
	}
	f.shows = widget.Stack(2)
	f.showsBox = field(t.ShowsHere, f.shows)
	f.showsBox.Hide()
	f.making = f.newMaking()
	f.making.Hide()
	f.object = widget.Stack(12,
		widget.Inset(-7, -7, f.locked),
		field(t.ServerAddress, f.address),
		widget.Columns(10, field(t.ShowName, f.show), field(t.Token, f.token)),
		container.NewBorder(nil, nil, f.more, widget.Line(8, f.check, f.save)),
		widget.Inset(-7, -7, f.result), f.showsBox, f.making)
	return f
}

func (f *serverForm) newMaking() fyne.CanvasObject {
	t := f.w.words
	f.operator, f.title, f.id = widget.NewSecret(""), widget.NewEntry(""), widget.NewEntry(t.ShowNameHint)
	f.create = widget.NewButton(t.Create, "", widget.Plain, f.make)
	for _, e := range []*widget.Entry{f.operator, f.title, f.id} {
		e.OnSubmitted = func(string) { f.make() }
	}
	return widget.NewBox(widget.Stack(10,
		widget.NewText(t.CreateTitle, widget.Style{Bold: true}),
		paragraph(t.CreateHint),
		widget.Columns(10, field(t.ShowName, f.id), field(t.ShowTitle, f.title)),
		field(t.OperatorToken, widget.Row(f.operator, f.create)),
	), fynetheme.ColorNameBackground, theme.Edge, fyne.NewSize(14, 12))
}

// pieces are what takes the keyboard.
func (f *serverForm) pieces() []fyne.CanvasObject {
	return []fyne.CanvasObject{f.address, f.show, f.token, f.more, f.check, f.save, f.operator, f.title, f.id, f.create}
}

// apply locks the form on air.
func (f *serverForm) apply(s *studio.Snapshot) {
	off := s.Air.Phase == studio.OffAir
	for _, e := range []*widget.Entry{f.address, f.show, f.token} {
		e.SetEnabled(off)
	}
	f.save.SetEnabled(off)
	f.more.SetEnabled(off)
	show(f.locked, !off)
}

func (f *serverForm) typed() studio.Server {
	return studio.Server{
		Address: strings.TrimSpace(f.address.Text),
		Show:    wire.ShowID(strings.TrimSpace(f.show.Text)),
		Token:   strings.TrimSpace(f.token.Text),
	}
}

// missing says what has to be filled in yet; "" for nothing.
func (t *words) missing(s studio.Server) string {
	switch {
	case s.Address == "":
		return t.AddressMissing
	case s.Show == "" || s.Show.Validate() != nil:
		return t.ShowMissing
	case s.Token == "":
		return t.TokenMissing
	}
	return ""
}

func (f *serverForm) say(text string, c fyne.ThemeColorName) {
	f.result.Set(text, c)
	show(f.result, text != "")
}

// ask asks the server about what is typed, and which shows it has.
func (f *serverForm) ask() {
	srv, t := f.typed(), f.w.words
	if srv.Address == "" || srv.Token == "" {
		f.say(t.missing(srv), fynetheme.ColorNameError)
		return
	}
	f.asked++
	asked := f.asked
	f.say(t.Checking, fynetheme.ColorNameForeground)
	var about wire.Show
	var all []wire.Show
	f.w.ask(gesture{
		slow: true,
		do: func(ctx context.Context) (err error) {
			if all, err = f.w.desk.Shows(ctx, srv); err != nil || srv.Show == "" {
				return err
			}
			about, err = f.w.desk.CheckServer(ctx, srv)
			return err
		},
		done: func(err error) {
			if asked == f.asked {
				f.answer(srv, about, all, err)
			}
		},
	})
}

func (f *serverForm) answer(srv studio.Server, about wire.Show, all []wire.Show, err error) {
	t := f.w.words
	f.list(all)
	switch {
	case err != nil:
		f.say(f.w.serverSentence(err), fynetheme.ColorNameError)
	case srv.Show == "":
		f.say(t.ShowMissing, fynetheme.ColorNameWarning)
	case about.Live && f.w.snap.Air.Phase == studio.OffAir:
		f.say(t.CheckLive, fynetheme.ColorNameWarning)
	case about.State == wire.Closed:
		f.say(t.CheckClosed, fynetheme.ColorNameSuccess)
	default:
		f.say(fmt.Sprintf(t.CheckGood, titleOf(about)), fynetheme.ColorNameSuccess)
	}
}

func titleOf(s wire.Show) string {
	if s.Title != "" {
		return s.Title
	}
	return string(s.ID)
}

// list shows the server's shows, to choose from, where there is a choice.
func (f *serverForm) list(all []wire.Show) {
	f.shows.Objects = nil
	for _, s := range all[:min(len(all), 6)] {
		i := widget.NewItem()
		i.Set(widget.Face{Symbol: theme.OnAir, Title: titleOf(s), Detail: string(s.ID), Selected: string(s.ID) == f.show.Text})
		i.Keys = f.w.keys
		i.Chosen = func() {
			f.show.SetText(string(s.ID))
			f.list(all)
		}
		f.shows.Add(i)
	}
	f.shows.Refresh()
	show(f.showsBox, len(all) > 1)
}

// keep gives what is typed to the desk, then checks it.
func (f *serverForm) keep() {
	if f.save.Disabled() {
		return
	}
	srv, t := f.typed(), f.w.words
	if missing := t.missing(srv); missing != "" {
		f.say(missing, fynetheme.ColorNameError)
		return
	}
	f.w.ask(gesture{
		do: func(ctx context.Context) error { return f.w.desk.SetServer(ctx, srv) },
		done: func(err error) {
			if err != nil {
				f.say(f.w.sentence(err), fynetheme.ColorNameError)
				return
			}
			f.ask()
		},
	})
}

func (f *serverForm) toggleMaking() {
	show(f.making, !f.making.Visible())
	if f.making.Visible() {
		f.showsBox.Hide()
		f.w.win.Canvas().Focus(f.id)
	}
}

// make makes a show with the operator's token and chooses it. The token is not kept.
func (f *serverForm) make() {
	srv := studio.Server{Address: strings.TrimSpace(f.address.Text), Token: strings.TrimSpace(f.operator.Text)}
	n := wire.NewShow{ID: wire.ShowID(strings.TrimSpace(f.id.Text)), Title: strings.TrimSpace(f.title.Text)}
	t := f.w.words
	switch {
	case srv.Address == "":
		f.say(t.AddressMissing, fynetheme.ColorNameError)
		return
	case n.ID.Validate() != nil:
		f.say(t.ShowMissing, fynetheme.ColorNameError)
		return
	case srv.Token == "":
		f.say(t.TokenMissing, fynetheme.ColorNameError)
		return
	}
	f.asked++
	f.say(t.Checking, fynetheme.ColorNameForeground)
	var made wire.CreatedShow
	f.w.ask(gesture{
		slow: true,
		do: func(ctx context.Context) (err error) {
			if made, err = f.w.desk.CreateShow(ctx, srv, n); err != nil {
				return err
			}
			return f.w.desk.SetServer(ctx, studio.Server{Address: srv.Address, Show: made.ID, Token: made.Token})
		},
		done: func(err error) { f.made(made, err) },
	})
}

func (f *serverForm) made(s wire.CreatedShow, err error) {
	if s.ID != "" { // made, whether or not it could be chosen: its token is given only this once
		f.show.SetText(string(s.ID))
		f.token.SetText(s.Token)
	}
	if err != nil {
		f.say(f.w.serverSentence(err), fynetheme.ColorNameError)
		return
	}
	f.operator.SetText("")
	f.making.Hide()
	f.say(fmt.Sprintf(f.w.words.Created, titleOf(s.Show)), fynetheme.ColorNameSuccess)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// roomPanel is the conversation with the audience: a row of tabs and the panel of the one that is chosen.
type roomPanel struct {
	w      *Window
	object fyne.CanvasObject
	tabs   []*widget.Button
	panels []roomTab
	at     int
	state  *remark // why there is no room
	nobody fyne.CanvasObject
	body   *fyne.Container

	chat  *chatPanel
	queue *queuePanel
}

// roomTab is one of the room's panels. apply is called for the panel that can be seen, and need not be quick.
type roomTab interface {
	root() fyne.CanvasObject
	apply(r *studio.Room)
}

// Tabs of the room.
const (
	chatTab = iota
	questionsTab
	pollsTab
	peopleTab
	queueTab
)

func newRoomPanel(w *Window, at int) *roomPanel {
	p := &roomPanel{w: w}
	t := w.words
	p.chat, p.queue = newChatPanel(w), newQueuePanel(w)
	p.panels = []roomTab{p.chat, newQuestionsPanel(w), newPollsPanel(w), newCrowdPanel(w), p.queue}
	var tabs, panels []fyne.CanvasObject
	for i, panel := range p.panels {
		b := widget.NewButton("", "", widget.Quiet, func() { p.choose(i) }).Slim()
		b.Keys = w.keys
		p.tabs = append(p.tabs, b)
		tabs, panels = append(tabs, b), append(panels, panel.root())
	}
	p.state = newRemark()
	connect := widget.NewButton(t.ConnectServer, theme.Server, widget.Plain, func() { w.openSettings(serverTab) })
	connect.Keys = w.keys
	p.nobody = widget.Stack(8, widget.NewText(t.RoomNone, widget.Style{Bold: true, Shrink: true}), paragraph(t.RoomNoneHint), connect)
	p.body = widget.Fill(6, p.state.object, container.NewStack(panels...), nil)
	p.object = widget.NewBox(widget.Fill(8, container.NewHScroll(widget.Line(2, tabs...)), container.NewStack(p.nobody, p.body), nil),
		theme.Panel, theme.Edge, fyne.NewSize(12, 8))
	p.choose(at)
	return p
}

// choose shows a panel of the room.
func (p *roomPanel) choose(n int) {
	p.at = n
	for i, panel := range p.panels {
		show(panel.root(), i == n)
	}
	p.apply(p.w.snap)
}

// roomOf is the snapshot's room, never nil.
func roomOf(s *studio.Snapshot) *studio.Room {
	if s.Room == nil {
		return &studio.Room{}
	}
	return s.Room
}

func (p *roomPanel) apply(s *studio.Snapshot) {
	r, t := roomOf(s), p.w.words
	names := []string{t.TabChat, t.TabQuestions, t.TabPolls, t.TabPeople, t.TabQueue}
	for i, waiting := range []int{0, len(r.Questions), len(r.Polls), 0, len(r.Held)} {
		kind, name := widget.Quiet, names[i]
		if i == p.at {
			kind = widget.Plain
		}
		if waiting > 0 {
			name = fmt.Sprintf(t.Counted, name, waiting)
		}
		p.tabs[i].Set(name, "", kind)
	}
	show(p.nobody, r.Phase == studio.NoRoom)
	show(p.body, r.Phase != studio.NoRoom)
	sentence := ""
	switch {
	case r.Phase == studio.RoomJoining:
		sentence = t.RoomJoining
	case r.Phase == studio.RoomLost:
		sentence = fmt.Sprintf(t.RoomLost, t.fault(r.Problem.Fault))
	case r.Phase == studio.RoomHere && !r.Moderates:
		sentence = t.RoomNotStaff
	}
	if p.state.say(sentence) {
		p.body.Refresh()
	}
	if r.Phase != studio.NoRoom && p.object.Visible() {
		p.panels[p.at].apply(r)
	}
}

// typed takes a key that the window has no other use for; it reports whether it was the room's.
func (p *roomPanel) typed(e *fyne.KeyEvent) bool {
	return p.at == queueTab && p.queue.typed(e)
}

// openRoom shows a panel of the room.
func (w *Window) openRoom(tab int) {
	if w.sheet == nil {
		w.side.choose(roomSide)
		w.room.choose(tab)
	}
}

// sayToRoom brings the keyboard to the box of the chat.
func (w *Window) sayToRoom() {
	w.openRoom(chatTab)
	if w.sheet == nil && roomOf(w.snap).Phase != studio.NoRoom {
		w.win.Canvas().Focus(w.room.chat.box)
	}
}

// tell asks the room for something; its refusal shows as a toast.
func (w *Window) tell(do func(context.Context) error) { w.ask(gesture{do: do, slow: true}) }

// pop shows a menu at a place on the canvas.
func (w *Window) pop(at fyne.Position, items ...*fyne.MenuItem) {
	if w.sheet == nil && len(items) > 0 {
		w.offer(at, items)
	}
}

// roomSentence says why the room did not do what was asked, "" where that was not the room.
func (t *words) roomSentence(err error) string {
	if errors.Is(err, studio.ErrNoAnswer) {
		return t.RoomNoAnswer
	}
	var refused *wire.Error
	switch {
	case !errors.As(err, &refused):
		return ""
	case refused.RetryAfter > 0:
		return fmt.Sprintf(t.WaitSeconds, seconds(refused.RetryAfter))
	}
	return fmt.Sprintf(t.RoomRefused, refused.Text)
}

// seconds are whole ones, rounded up.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// role is what staff is called, "" for viewers.
func (t *words) role(role string) string {
	switch role {
	case "host":
		return t.RoleHost
	case "producer":
		return t.RoleProducer
	case "moderator":
		return t.RoleModerator
	case "support":
		return t.RoleSupport
	case "owner":
		return t.RoleOwner
	}
	return ""
}

// called is a member's name, with the role for staff, and its colour.
func (t *words) called(m *wire.Member) (name string, color fyne.ThemeColorName) {
	switch {
	case m == nil:
		return "", ""
	case m.Role == "":
		return m.Name, theme.Quiet
	case m.Role == "host" || m.Role == "owner":
		color = theme.Ring
	default:
		color = fynetheme.ColorNameSuccess
	}
	if role := t.role(m.Role); role != "" {
		return fmt.Sprintf(t.NameAndRole, m.Name, role), color
	}
	return m.Name, color
}

// serverTime is a time of the server's, in Unix ms, by this computer's clock.
func serverTime(ms int64, r *studio.Room) time.Time { return time.UnixMilli(ms).Add(-r.Clock) }

// hourOf is a time of the server's as the host reads it.
func hourOf(ms int64, r *studio.Room) string {
	return serverTime(ms, r).Local().Format(time.TimeOnly[:5])
}

// remark is a sentence about what is not well; it takes no room while there is none.
type remark struct {
	object fyne.CanvasObject
	text   *widget.Paragraph
}

func newRemark() *remark {
	r := &remark{text: widget.NewParagraph("", fynetheme.ColorNameWarning)}
	r.object = widget.Inset(-7, -7, r.text)
	r.object.Hide()
	return r
}

// say shows a sentence, "" for none, and reports whether it is another one.
func (r *remark) say(sentence string) bool {
	if r.text.Text() == sentence {
		return false
	}
	r.text.Set(sentence, fynetheme.ColorNameWarning)
	show(r.object, sentence != "")
	return true
}

// emptyState is what a panel says while there is nothing in it.
func emptyState(title, hint string) fyne.CanvasObject {
	return widget.Stack(2, widget.NewText(title, widget.Style{Bold: true, Shrink: true}), paragraph(hint))
}

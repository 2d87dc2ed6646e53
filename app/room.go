package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// roomPanel is the conversation with the audience.
type roomPanel struct {
	tabbed[roomTab]
	object fyne.CanvasObject
	in     *indoors

	chat  *chatPanel
	queue *queuePanel
}

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
	p := &roomPanel{chat: newChatPanel(w), queue: newQueuePanel(w)}
	p.tabbed = newTabbed[roomTab](w, p.draw, p.chat, newQuestionsPanel(w), newPollsPanel(w), newCrowdPanel(w), p.queue)
	p.in = newIndoors(w, w.words.RoomNone, w.words.RoomNoneHint, p.stack)
	p.object = p.box(p.in.object)
	p.choose(at)
	return p
}

// roomOf is the snapshot's room, never nil.
func roomOf(s *studio.Snapshot) *studio.Room {
	if s.Room == nil {
		return &studio.Room{}
	}
	return s.Room
}

func (p *roomPanel) draw(s *studio.Snapshot) {
	r, t := roomOf(s), p.w.words
	p.label([]string{t.TabChat, t.TabQuestions, t.TabPolls, t.TabPeople, t.TabQueue}, 0, len(r.Questions), len(r.Polls), 0, len(r.Held))
	if there := p.in.apply(r, t, false); there && p.object.Visible() {
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

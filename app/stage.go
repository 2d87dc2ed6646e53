package app

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// stagePanel is who is seen and heard beside the host: a row of tabs and the panel of the one that is chosen.
type stagePanel struct {
	w      *Window
	object fyne.CanvasObject
	tabs   []*widget.Button
	panels []stageTab
	layout *layoutPanel // one of them
	at     int
	state  *remark // why the room does not tell
	nobody fyne.CanvasObject
	body   *fyne.Container
}

// stageTab is one of the stage's panels. apply is called for the panel that can be seen, and need not be quick.
type stageTab interface {
	root() fyne.CanvasObject
	apply(s *studio.Stage)
	// faces are those whose pictures it shows.
	faces(s *studio.Stage) []wire.SpotID
}

// Tabs of the stage.
const (
	guestsTab = iota
	layoutTab
	battleTab
	awayTab
)

func newStagePanel(w *Window, at int) *stagePanel {
	p := &stagePanel{w: w, state: newRemark(), layout: newLayoutPanel(w)}
	p.panels = []stageTab{newGuestsPanel(w), p.layout, newBattlePanel(w), newAwayPanel(w)}
	t := w.words
	var tabs, panels []fyne.CanvasObject
	for i, panel := range p.panels {
		b := widget.NewButton("", "", widget.Quiet, func() { p.choose(i) }).Slim()
		b.Keys = w.keys
		p.tabs = append(p.tabs, b)
		tabs, panels = append(tabs, b), append(panels, panel.root())
	}
	connect := w.button(t.ConnectServer, widget.Plain, func() { w.openSettings(serverTab) })
	connect.Set(t.ConnectServer, theme.Server, widget.Plain)
	p.nobody = widget.Stack(8, emptyState(t.StageNone, t.StageNoneHint), connect)
	p.body = widget.Fill(6, p.state.object, container.NewStack(panels...), nil)
	p.object = widget.NewBox(widget.Fill(8, container.NewHScroll(widget.Line(2, tabs...)), container.NewStack(p.nobody, p.body), nil),
		theme.Panel, theme.Edge, fyne.NewSize(12, 8))
	p.choose(at)
	return p
}

// choose shows a panel of the stage.
func (p *stagePanel) choose(n int) {
	p.at = n
	for i, panel := range p.panels {
		show(panel.root(), i == n)
	}
	p.apply(p.w.snap)
}

// emptyStage stands for a stage that nothing is known of; nobody changes it.
var emptyStage = &studio.Stage{Now: wire.StageNow{Layout: wire.StageLayout{Kind: wire.LayoutGrid}}}

// stageOf is the snapshot's stage, never nil.
func stageOf(s *studio.Snapshot) *studio.Stage {
	if s.Stage == nil {
		return emptyStage
	}
	return s.Stage
}

func (p *stagePanel) apply(s *studio.Snapshot) {
	r, stage, t := roomOf(s), stageOf(s), p.w.words
	away := s.Guest != nil
	if away && p.at != awayTab {
		p.choose(awayTab) // the stage is another host's
		return
	}
	names := []string{t.TabGuests, t.TabLayout, t.TabBattle, t.TabAway}
	for i, count := range []int{len(stage.Now.Guests) + len(stage.Now.Applied), 0, callsFor(stage), 0} {
		kind, name := widget.Quiet, names[i]
		if i == p.at {
			kind = widget.Plain
		}
		show(p.tabs[i], !away || i == awayTab)
		if count > 0 && !away {
			name = fmt.Sprintf(t.Counted, name, count)
		}
		p.tabs[i].Set(name, "", kind)
	}
	nobody := r.Phase == studio.NoRoom && p.at != awayTab
	show(p.nobody, nobody)
	show(p.body, !nobody)
	sentence := ""
	switch r.Phase {
	case studio.RoomJoining:
		sentence = t.RoomJoining
	case studio.RoomLost:
		sentence = fmt.Sprintf(t.RoomLost, t.fault(r.Problem.Fault))
	case studio.RoomHere:
		if !r.Moderates && !away {
			sentence = t.RoomNotStaff
		}
	}
	if p.state.say(sentence) {
		p.body.Refresh()
	}
	p.look(stage, !nobody && p.object.Visible())
}

// look shows the panel that can be seen, and asks for the pictures in it.
func (p *stagePanel) look(stage *studio.Stage, seen bool) {
	if !seen {
		p.w.eyes.want(nil)
		return
	}
	there := map[wire.SpotID]bool{}
	for _, f := range stage.Feeds {
		there[f.Spot] = true
	}
	p.w.eyes.forget(there)
	p.w.eyes.want(p.panels[p.at].faces(stage))
	p.panels[p.at].apply(stage)
}

// callsFor is how many calls and challenges wait for the host's answer.
func callsFor(s *studio.Stage) (n int) {
	for _, c := range s.Now.Calls {
		if !c.Ours {
			n++
		}
	}
	if toAgree(s.Now.Battle) {
		n++
	}
	return n
}

// openStage shows a panel of the stage.
func (w *Window) openStage(tab int) {
	if w.sheet == nil {
		w.side.choose(stageSide)
		w.stage.choose(tab)
	}
}

// wish asks the room for something about the stage; its refusal shows as a toast.
func (w *Window) wish(wish wire.StageWish) {
	w.tell(func(ctx context.Context) error { return w.desk.StageDo(ctx, wish) })
}

// button is a slim button of a panel.
func (w *Window) button(text string, k widget.Kind, do func()) *widget.Button {
	b := widget.NewButton(text, "", k, do).Slim()
	b.Keys = w.keys
	return b
}

// symbolButton is a button with a drawing alone.
func (w *Window) symbolButton(s theme.Symbol, k widget.Kind, do func()) *widget.Button {
	b := widget.NewButton("", s, k, do).Slim()
	b.Keys = w.keys
	return b
}

// under opens a menu below a button.
func (w *Window) under(b *widget.Button, items func() []*fyne.MenuItem) {
	b.OnTap(func() {
		w.pop(fyne.CurrentApp().Driver().AbsolutePositionForObject(b).AddXY(0, b.Size().Height+2), items()...)
	})
}

// timer is a text that changes all the time, in room of its own at the end of a row.
func timer(width float32, s widget.Style) (text *widget.Text, object fyne.CanvasObject) {
	s.Align = fyne.TextAlignTrailing
	text = widget.NewText("", s)
	return text, widget.Sized(fyne.NewSize(width, 0), text)
}

// reshow shows or hides an object, and reports whether that changes something.
func reshow(o fyne.CanvasObject, on bool) bool {
	changed := o.Visible() != on
	show(o, on)
	return changed
}

// leftOn is how long it is until a time of the server's in Unix ms: "0:24".
func (w *Window) leftOn(until int64) string { return w.leftUntil(time.UnixMilli(until)) }

// sinceOn is how long a time of the server's in Unix ms has been ago: "2:13".
func (w *Window) sinceOn(since int64) string {
	s := max(0, int(w.serverNow().Sub(time.UnixMilli(since)).Seconds()))
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

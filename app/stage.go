package app

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// stagePanel is who is seen and heard beside the host.
type stagePanel struct {
	tabbed[stageTab]
	object fyne.CanvasObject
	in     *indoors
	layout *layoutPanel // one of them
}

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
	p := &stagePanel{layout: newLayoutPanel(w)}
	p.tabbed = newTabbed[stageTab](w, p.draw, newGuestsPanel(w), p.layout, newBattlePanel(w), newAwayPanel(w))
	p.in = newIndoors(w, w.words.StageNone, w.words.StageNoneHint, p.stack)
	p.object = p.box(p.in.object)
	p.choose(at)
	return p
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

func (p *stagePanel) draw(s *studio.Snapshot) {
	r, stage, t := roomOf(s), stageOf(s), p.w.words
	away := s.Guest != nil
	if away && p.at != awayTab {
		p.choose(awayTab) // the stage is another host's
		return
	}
	counts := []int{len(stage.Now.Guests) + len(stage.Now.Applied), 0, callsFor(stage), 0}
	if away {
		clear(counts)
	}
	p.label([]string{t.TabGuests, t.TabLayout, t.TabBattle, t.TabAway}, counts...)
	for i, tab := range p.tabs {
		show(tab, !away || i == awayTab)
	}
	there := p.in.apply(r, t, p.at == awayTab)
	p.look(stage, there && p.object.Visible())
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

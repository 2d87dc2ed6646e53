package studio

import (
	"context"
	"image"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio/scene"
)

// repeatStaged is how soon the program goes on without its source while others are in it, who must not stand still with it.
const repeatStaged = 40 * time.Millisecond

// arrangement is what the picture loop makes of the stage. It is immutable.
type arrangement struct {
	boxes []wire.StageBox
	fade  time.Duration
	feeds map[wire.SpotID]*feed // those who show a picture
	names map[wire.SpotID]string
	// battle is told of in a bar; nil for none. Its times are ahead of ours.
	battle *wire.Battle
	ahead  time.Duration
	words  scene.BattleWords
}

// battleWords are what a battle's bar says, by the card's languages.
var battleWords = map[string]scene.BattleWords{
	"en": {Push: "Final push", Won: "Won", Drawn: "Draw", Void: "No result"},
	"zh": {Push: "最后冲刺", Won: "获胜", Drawn: "平局", Void: "本局无效"},
	"es": {Push: "Último empujón", Won: "Ganó", Drawn: "Empate", Void: "Sin resultado"},
}

// arrangeStage hands the picture loop the arrangement of the stage, if the program is to show it.
func (s *Session) arrangeStage() {
	now := &s.stage.now
	if !now.Layout.Program || len(now.Layout.Boxes) == 0 || s.guest != nil {
		s.pictures.arrange(nil)
		return
	}
	a := &arrangement{
		boxes: now.Layout.Boxes, fade: time.Duration(now.Layout.Fade) * time.Millisecond,
		feeds: map[wire.SpotID]*feed{}, names: map[wire.SpotID]string{},
		battle: now.Battle, ahead: s.visit.room.Clock, words: battleWords[s.settings.Card.Language],
	}
	for _, f := range s.stage.feeds {
		a.feeds[f.spot], a.names[f.spot] = f, f.name
	}
	for _, g := range now.Guests {
		if g.Dark || g.SelfDark {
			delete(a.feeds, wire.SpotID(g.Alias))
		}
	}
	s.pictures.arrange(a)
}

// tellFrom is from which change on the room is told how late the others are: less nobody notices between lips and voice (ITU-R BT.1359).
const tellFrom = 40 * time.Millisecond

// tellLate tells the room how much later the others are seen in the program than they are heard from their own tracks: for as long as their pictures
// take to come here, are decoded and wait for the program's next one, which is encoded and goes to the server.
func (s *Session) tellLate() {
	now := &s.stage.now
	if s.guest != nil || s.air.phase != OnAir || !now.Layout.Program || s.stage.telling {
		return
	}
	var late time.Duration
	for _, f := range s.stage.feeds {
		late = max(late, f.seenAfter())
	}
	if late == 0 {
		return
	}
	late += s.rate.mean + s.air.link.RTT/2
	if (late - time.Duration(now.Layout.Late)*time.Millisecond).Abs() < tellFrom {
		return
	}
	s.stage.telling = true
	s.group.Go(func() error {
		ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
		defer cancel()
		err := s.StageDo(ctx, wire.StageWish{Late: &wire.StageLate{Late: int(late.Milliseconds())}})
		s.post(s.ctx, func() { s.stage.telling = false })
		if err != nil {
			s.c.Log.Info("the room was not told how late its stage is seen", "err", err)
		}
		return nil
	})
}

// arrange has the program show an arrangement from now on; nil has it show the host alone.
func (p *pictures) arrange(a *arrangement) {
	p.mu.Lock()
	p.arranged = a
	p.mu.Unlock()
}

// composing is what the picture loop makes the stage with, on its goroutine.
type composing struct {
	compositor *scene.Compositor // nil while the program is the host alone
	names      *scene.Names      // nil without fonts, as bar
	bar        *scene.BattleBar
	items      []scene.Item
}

// hostAlone is the arrangement of a program that is the host's picture.
var hostAlone = []wire.StageBox{{Spot: wire.HostSpot, W: wire.StageUnits, H: wire.StageUnits}}

// staged is the host's picture v among those on stage, as a reference of its own.
func (p *pictures) staged(v *frame.Video, now time.Time) *frame.Video {
	p.mu.Lock()
	a := p.arranged
	p.mu.Unlock()
	if !p.follows(a, now) {
		return v.Retain()
	}
	began := time.Now()
	items := p.composing.items[:0]
	for _, b := range p.boxes(a) {
		items = append(items, p.item(a, b, v))
	}
	out := p.pool.Get(v.Width, v.Height)
	p.composing.compositor.Draw(out, items, now)
	out.PTS = v.PTS
	if a != nil && p.composing.bar != nil {
		if bar := p.composing.bar.Paint(a.battle, a.words, now.Add(a.ahead), out.Width, out.Height); bar != nil {
			bar.Blend(out, scene.BattlePlace(bar.Size, image.Pt(out.Width, out.Height)), scene.Opaque)
		}
	}
	for i := range items {
		if one := items[i].Picture; one != nil {
			one.Release()
		}
	}
	clear(items)
	p.composing.items = items
	p.mu.Lock()
	p.stats.dressing += time.Since(began)
	p.mu.Unlock()
	return out
}

// boxes are where an arrangement has everybody.
func (p *pictures) boxes(a *arrangement) []wire.StageBox {
	if a == nil {
		return hostAlone
	}
	return a.boxes
}

// follows reports whether there is a stage to draw: from its first arrangement until the host, alone again, fills the picture.
func (p *pictures) follows(a *arrangement, now time.Time) bool {
	c := &p.composing
	if c.compositor == nil {
		if a == nil {
			return false
		}
		c.compositor = scene.NewCompositor(p.scale)
		c.compositor.Arrange(hostAlone, 0, now)
	}
	fade := fadeCard
	if a != nil {
		fade = a.fade
	}
	c.compositor.Arrange(p.boxes(a), fade, now)
	if a == nil && !c.compositor.Moving(now) {
		c.end()
		return false
	}
	return true
}

func (c *composing) end() {
	if c.compositor != nil {
		c.compositor.Close()
		c.compositor = nil
	}
}

// item is what is drawn in a box; its picture is a reference of its own.
func (p *pictures) item(a *arrangement, b wire.StageBox, host *frame.Video) scene.Item {
	if b.Spot == wire.HostSpot {
		return scene.Item{Spot: b.Spot, Picture: host.Retain()}
	}
	i := scene.Item{Spot: b.Spot}
	if name := a.names[b.Spot]; name != "" && p.composing.names != nil {
		i = p.composing.names.Item(b, name, true, host.Width, host.Height)
	}
	if f := a.feeds[b.Spot]; f != nil {
		i.Picture = f.picture()
	}
	return i
}

package app

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// layoutPanel is how those on stage share the picture.
type layoutPanel struct {
	w       *Window
	object  fyne.CanvasObject
	kinds   []*widget.LayoutTile
	stage   *widget.StageMap
	wide    *widget.StageMap // in the sheet, nil while it is closed
	hint    *widget.Text
	raise   *widget.Button
	below   *fyne.Container // what can be done with the map
	large   *widget.Picker
	fade    *dial
	program *widget.Toggle
	now     wire.StageLayout // as the host wants it, before the room says so
	send    lastWish
	before  *wire.StageLayout // as the room told it when the host last wanted another; nil once that is not waited for
	until   time.Time         // for so long it is waited for
}

// layouts are the kinds in the order of their tiles, with drawings of four people.
var layouts = []struct {
	kind  wire.LayoutKind
	boxes []widget.Rect
}{
	{wire.LayoutGrid, []widget.Rect{{X: 0, Y: 0, W: .5, H: .5}, {X: .5, Y: 0, W: .5, H: .5}, {X: 0, Y: .5, W: .5, H: .5}, {X: .5, Y: .5, W: .5, H: .5}}},
	{wire.LayoutSide, []widget.Rect{{X: 0, Y: 0, W: .5, H: 1}, {X: .5, Y: 0, W: .5, H: 1}}},
	{wire.LayoutPicture, []widget.Rect{{X: 0, Y: 0, W: 1, H: 1}, {X: .64, Y: .56, W: .32, H: .38}}},
	{wire.LayoutSpotlight, []widget.Rect{{X: 0, Y: 0, W: .72, H: 1}, {X: .72, Y: 0, W: .28, H: .34}, {X: .72, Y: .33, W: .28, H: .34}, {X: .72, Y: .66, W: .28, H: .34}}},
	{wire.LayoutFree, []widget.Rect{{X: .04, Y: .08, W: .5, H: .62}, {X: .6, Y: .05, W: .34, H: .4}, {X: .44, Y: .52, W: .42, H: .4}}},
}

// mapHeight is the height of the map of the stage, in pixels: what 16:9 takes in the column of a window of its first size.
const mapHeight = 182

// longestFade is how long a change of the layout takes at most, in tenths of a second.
const longestFade = 30

// tellsWithin is how long it may take that the room tells what it has agreed to.
const tellsWithin = time.Second

func newLayoutPanel(w *Window) *layoutPanel {
	p := &layoutPanel{w: w, send: lastWish{w: w}, stage: widget.NewStageMap(), hint: widget.Caption("")}
	t := w.words
	var tiles []fyne.CanvasObject
	for i, name := range []string{t.LayoutGrid, t.LayoutSide, t.LayoutPicture, t.LayoutSpotlight, t.LayoutFree} {
		tile := widget.NewLayoutTile(name, layouts[i].boxes, func() { p.choose(layouts[i].kind) })
		tile.Keys = w.keys
		p.kinds, tiles = append(p.kinds, tile), append(tiles, tile)
	}
	p.send.refused = func() { p.before = nil }
	p.stage.Keys = w.keys
	p.stage.Chose = func(string) { p.say() }
	p.stage.Arranged = p.arranged
	p.raise = w.button(t.LayoutRaise, widget.Plain, p.stage.Raise).Low()
	larger := w.button(t.LayoutLarger, widget.Plain, p.larger).Low()
	p.large = widget.NewPicker(func(v string) { w.makeLarge(wire.SpotID(v)) })
	p.large.Keys = w.keys
	p.fade = w.newDial(t.LayoutFade, "", 0, longestFade, func(v int) { p.change(func(l *wire.StageLayout) { l.Fade = 100 * v }) })
	p.program = widget.NewToggle(t.LayoutProgram, func(on bool) { p.change(func(l *wire.StageLayout) { l.Program = on }) })
	p.program.Keys = w.keys
	name := widget.Sized(fyne.NewSize(dialName, 0), widget.NewText(t.LayoutLarge, widget.Style{Size: theme.Small, Shrink: true}))
	p.below = widget.Spread(6, p.raise, larger)
	content := widget.Stack(8, widget.Columns(2, tiles...), widget.Sized(fyne.NewSize(0, mapHeight), p.stage), widget.Stack(4, p.hint, p.below),
		container.NewBorder(nil, nil, name, nil, p.large), p.fade.object, widget.Stack(0, p.program, paragraph(t.LayoutProgramHint)))
	p.object = scrolled(content)
	return p
}

func (p *layoutPanel) root() fyne.CanvasObject { return p.object }

func (p *layoutPanel) faces(s *studio.Stage) (all []wire.SpotID) {
	for _, f := range s.Feeds {
		all = append(all, f.Spot)
	}
	return all
}

// wholeStage is the host alone.
var wholeStage = []wire.StageBox{{Spot: wire.HostSpot, W: wire.StageUnits, H: wire.StageUnits}}

// choose lays the stage out in another way. In the free one all begin where they are.
func (p *layoutPanel) choose(kind wire.LayoutKind) {
	p.change(func(l *wire.StageLayout) { l.Kind = kind })
}

// change sends the layout as the host wants it, on top of what the host wanted before.
func (p *layoutPanel) change(edit func(*wire.StageLayout)) {
	if p.now.Kind == "" {
		p.now = stageOf(p.w.snap).Now.Layout
	}
	edit(&p.now)
	wish := p.now
	wish.Boxes = nil
	if wish.Kind == wire.LayoutFree {
		if wish.Boxes = slices.Clone(p.now.Boxes); len(wish.Boxes) == 0 {
			wish.Boxes = wholeStage
		}
	}
	before := stageOf(p.w.snap).Now.Layout
	p.before, p.until = &before, p.w.now().Add(tellsWithin)
	p.show(stageOf(p.w.snap))
	p.send.send(wire.StageWish{Layout: &wish})
}

// larger opens the map of the stage in a sheet, where there is room to arrange many.
func (p *layoutPanel) larger() {
	w, t := p.w, p.w.words
	if w.sheet != nil {
		return
	}
	p.wide = widget.NewStageMap()
	p.wide.Arranged = p.arranged
	p.wide.Choose(p.stage.Chosen())
	p.show(stageOf(w.snap))
	free := widget.NewButton(t.LayoutFree, "", widget.Plain, func() { p.choose(wire.LayoutFree) })
	raise := widget.NewButton(t.LayoutRaise, "", widget.Plain, p.wide.Raise)
	done := widget.NewButton(t.CloseSheet, "", widget.Primary, w.closeSheet)
	w.openSheet(widget.SheetSpec{
		Heading: t.LayoutLargerTitle, Content: widget.Fill(8, nil, widget.Sized(fyne.NewSize(720, 405), p.wide), paragraph(t.LayoutKeys)),
		Foot: []fyne.CanvasObject{free, raise, done}, Focus: p.wide, Closed: func() { p.wide = nil },
	}, free, raise, done)
	p.wide.Keys = w.keys
	w.watch = func(s *studio.Snapshot) { p.apply(stageOf(s)) }
}

// makeLarge makes somebody the large one of the stage, in the spotlight where all are equally large.
func (w *Window) makeLarge(spot wire.SpotID) {
	p := w.stage.panels[layoutTab].(*layoutPanel)
	p.take(stageOf(w.snap))
	p.change(func(l *wire.StageLayout) {
		if l.Main = spot; spot == wire.HostSpot {
			l.Main = ""
		}
		if l.Kind == wire.LayoutGrid || l.Kind == wire.LayoutSide {
			l.Kind = wire.LayoutSpotlight
		}
	})
}

// arranged takes the boxes as the host dragged them.
func (p *layoutPanel) arranged(boxes []widget.StageBox) {
	units := func(share float32) int { return int(share*wire.StageUnits + 0.5) }
	p.change(func(l *wire.StageLayout) {
		l.Boxes = nil
		for _, b := range boxes {
			box := wire.StageBox{Spot: wire.SpotID(b.ID), X: units(b.X), Y: units(b.Y), W: units(b.W), H: units(b.H)}
			box.W, box.H = min(box.W, wire.StageUnits-box.X), min(box.H, wire.StageUnits-box.Y)
			l.Boxes = append(l.Boxes, box)
		}
	})
}

// take takes the layout as the room tells it, unless what the host wants is on its way there, or back: what is dragged would jump.
func (p *layoutPanel) take(s *studio.Stage) {
	if p.now.Kind != "" && !p.w.settled(p.w.snap) {
		return
	}
	if p.before != nil && p.w.now().Before(p.until) && reflect.DeepEqual(*p.before, s.Now.Layout) {
		return
	}
	p.before, p.now = nil, s.Now.Layout
}

func (p *layoutPanel) apply(s *studio.Stage) {
	p.take(s)
	p.show(s)
}

func (p *layoutPanel) show(s *studio.Stage) {
	for i, tile := range p.kinds {
		tile.Set(layouts[i].kind == p.now.Kind)
	}
	boxes := p.now.Boxes
	if len(boxes) == 0 {
		boxes = wholeStage
	}
	all := make([]widget.StageBox, len(boxes))
	var people []widget.Choice
	for i, b := range boxes {
		share := func(units int) float32 { return float32(units) / wire.StageUnits }
		all[i] = widget.StageBox{ID: string(b.Spot), Name: p.w.spotName(s, b.Spot), Rect: widget.Rect{X: share(b.X), Y: share(b.Y), W: share(b.W), H: share(b.H)}}
		if b.Spot == wire.HostSpot {
			all[i].Picture = p.w.eyes.own()
		} else {
			all[i].Picture = p.w.eyes.of(b.Spot)
		}
		people = append(people, widget.Choice{Value: string(b.Spot), Label: all[i].Name})
	}
	p.stage.Set(all, p.now.Kind == wire.LayoutFree)
	if p.wide != nil {
		p.wide.Set(all, p.now.Kind == wire.LayoutFree)
	}
	main := p.now.Main
	if main == "" {
		main = wire.HostSpot
	}
	slices.SortStableFunc(people, func(a, b widget.Choice) int { return place(a.Value) - place(b.Value) })
	p.large.Set(people, string(main))
	p.large.SetEnabled(p.now.Kind == wire.LayoutPicture || p.now.Kind == wire.LayoutSpotlight)
	p.fade.fader.Set(float64(p.now.Fade / 100))
	p.fade.value.Set(fmt.Sprintf(p.w.words.LayoutFadeValue, float64(p.now.Fade)/1000))
	p.program.Set(p.now.Program)
	p.say()
}

// place puts the host before the others.
func place(spot string) int {
	if spot == string(wire.HostSpot) {
		return 0
	}
	return 1
}

// say says what can be done on the map.
func (p *layoutPanel) say() {
	t, text := p.w.words, p.w.words.LayoutComputed
	if p.now.Kind == wire.LayoutFree {
		text = t.LayoutFreeHint
	}
	p.hint.Set(text)
	if reshow(p.raise, p.now.Kind == wire.LayoutFree && p.stage.Chosen() != "") {
		p.below.Refresh()
	}
}

// spotName is what somebody on stage is called.
func (w *Window) spotName(s *studio.Stage, spot wire.SpotID) string {
	if spot == wire.HostSpot {
		return w.words.StageYou
	}
	for _, g := range s.Now.Guests {
		if wire.SpotID(g.Alias) == spot {
			return g.Name
		}
	}
	if b := s.Now.Battle; b != nil {
		for _, c := range b.Corners {
			if wire.SpotID(c.ID) == spot {
				return cornerName(c)
			}
		}
	}
	return string(spot)
}

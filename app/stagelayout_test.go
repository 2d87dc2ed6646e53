package app

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

func (b *bench) layout() *layoutPanel { return b.w.stage.panels[layoutTab].(*layoutPanel) }

// layOut tells the stage's layout as the server computed it.
func (b *bench) layOut(edit func(*wire.StageLayout)) {
	b.stage(func(s *studio.Stage) {
		s.Now.Layout.Boxes = slices.Clone(s.Now.Layout.Boxes)
		edit(&s.Now.Layout)
	})
}

func TestTheHostChoosesALayout(t *testing.T) {
	b := stageBench(t, layoutTab)
	p := b.layout()
	b.reads("Grid", "Halves", "Inset", "Spotlight", "Free", "“Free” lets you drag", "Everything in one picture", "Your computer puts all")
	if !p.kinds[0].Chosen() || len(p.stage.Boxes()) != 4 || p.stage.Boxes()[2].Name != "Cyprian von Lauscha" {
		t.Errorf("it shows %+v", p.stage.Boxes())
	}
	test.Tap(p.kinds[2])
	b.expect(`{"layout":{"kind":"pip","fade":300}}`)
	b.layOut(func(l *wire.StageLayout) { l.Kind = wire.LayoutPicture })
	p.large.Choose("m3")
	p.fade.fader.OnChanged(12)
	test.Tap(p.program)
	b.expect(`{"layout":{"kind":"pip","main":"m3","fade":300}}`, `{"layout":{"kind":"pip","main":"m3","program":true,"fade":1200}}`)
	b.change(func(*studio.Snapshot) {})
	if !p.now.Program || p.now.Fade != 1200 {
		t.Error("what was agreed to is lost before the room tells it")
	}
	p.large.Choose("host")
	b.expect(`{"layout":{"kind":"pip","program":true,"fade":1200}}`)
	b.d.err = wire.Errorf(wire.Forbidden, "only the staff of the show may do this")
	test.Tap(p.kinds[0])
	b.expect(`{"layout":{"kind":"grid","program":true,"fade":1200}}`)
	b.reads("only the staff of the show may do this")
	b.change(func(*studio.Snapshot) {})
	if !p.kinds[2].Chosen() || p.kinds[0].Chosen() {
		t.Error("it shows what was refused")
	}
}

func TestInTheFreeLayoutBoxesAreDraggedAndMovedByKeys(t *testing.T) {
	b := stageBench(t, layoutTab)
	p := b.layout()
	test.Tap(p.kinds[4])
	b.expect(`{"layout":{"kind":"free","boxes":[{"spot":"host","x":0,"y":0,"w":5000,"h":5000},{"spot":"m9","x":5000,"y":0,"w":5000,"h":5000},` +
		`{"spot":"m3","x":0,"y":5000,"w":5000,"h":5000},{"spot":"m4","x":5000,"y":5000,"w":5000,"h":5000}],"fade":300}}`)
	b.layOut(func(l *wire.StageLayout) { l.Kind = wire.LayoutFree })
	b.reads("Drag; resize by the corner")
	b.w.win.Canvas().Focus(p.stage)
	p.stage.Choose("m3")
	b.key(fyne.KeyRight)
	wish := b.wish()
	if box := wish.Layout.Boxes[2]; box != (wire.StageBox{Spot: "m3", X: 200, Y: 5000, W: 5000, H: 5000}) {
		t.Errorf("moved to %+v", box)
	}
	p.stage.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	b.key(fyne.KeyUp)
	p.stage.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	if box := b.wish().Layout.Boxes[2]; box != (wire.StageBox{Spot: "m3", X: 200, Y: 5000, W: 5000, H: 4800}) {
		t.Errorf("resized to %+v", box)
	}
	b.press("To front")
	if boxes := b.wish().Layout.Boxes; boxes[3].Spot != "m3" || boxes[2].Spot != "m4" {
		t.Errorf("raised to %+v", boxes)
	}
	b.press("Larger…")
	b.reads("Arrange the stage", "arrows move")
	if p.wide == nil || len(p.wide.Boxes()) != 4 || b.w.win.Canvas().Focused() != fyne.Focusable(p.wide) {
		t.Error("the large map is not there, or has not the keyboard")
	}
	b.key(fyne.KeyLeft)
	if boxes := b.wish().Layout.Boxes; boxes[3].X != 0 {
		t.Errorf("moved to %+v", boxes)
	}
	b.key(fyne.KeyEscape)
	if p.wide != nil || b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
}

func TestPicturesOfThoseOnStageAreThere(t *testing.T) {
	b := stageBench(t, guestsTab)
	b.d.slots = map[wire.SpotID]*frame.Slot{"m9": frame.NewSlot(), "m4": frame.NewSlot()}
	var pool frame.Pool
	b.d.slots["m9"].Put(pool.Get(640, 480))
	b.w.eyes.keep(b.w.eyes.draw())
	b.change(func(*studio.Snapshot) {})
	picture := b.card("m9").thumb.Picture()
	if picture == nil || picture.Bounds().Size() != image.Pt(320, 240) {
		t.Fatalf("the picture is %v", picture)
	}
	if b.card("m4").thumb.Picture() != nil {
		t.Error("there is a picture of somebody of whom nothing has come")
	}
	b.w.openStage(layoutTab)
	if b.layout().stage.Boxes()[1].Picture != picture {
		t.Error("the map does not show it")
	}
	b.w.openRoom(chatTab)
	b.change(func(*studio.Snapshot) {})
	if b.w.eyes.wanted.Load() != nil {
		t.Error("pictures are made that nobody sees")
	}
	b.w.openStage(guestsTab)
	b.stage(func(s *studio.Stage) { s.Now.Guests, s.Feeds = s.Now.Guests[1:], s.Feeds[1:] })
	if b.w.eyes.of("m9") != nil {
		t.Error("the picture of somebody who has left is kept")
	}
}

// fits checks that nothing that can be read or pressed is cut off, but for texts that end in dots by design.
func (b *bench) fits(name string) {
	b.Helper()
	b.all(func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *widget.Button:
			if m := o.MinSize(); m.Width > o.Size().Width+0.5 {
				b.Errorf("%s: button %q has %g of %g", name, o.Text(), o.Size().Width, m.Width)
			}
		case *widget.Text:
			if m := o.MinSize(); m.Width > o.Size().Width+0.5 {
				b.Errorf("%s: text %q has %g of %g", name, o.Text(), o.Size().Width, m.Width)
			}
		case *widget.Toggle:
			if m := o.MinSize(); m.Width > o.Size().Width+0.5 {
				b.Errorf("%s: switch %q has %g of %g", name, o.Text, o.Size().Width, m.Width)
			}
		}
	})
}

func TestTheStageFitsItsScreens(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		for name, edit := range map[string]func(*studio.Snapshot){
			"guests": onStage, "called": called, "linked": linked(wire.BattleLinked), "challenged": linked(wire.BattleChallenged), "push": linked(wire.BattlePush), "won": won, "away": away,
		} {
			b := newBench(t, edit, func(s *studio.Snapshot) { s.Settings.Language = language })
			for tab := guestsTab; tab <= awayTab; tab++ {
				b.w.openStage(tab)
				if m := b.w.win.Content().MinSize(); m.Width > 1024 || m.Height > 612 {
					t.Errorf("%s, panel %d in %q needs %v", name, tab, language, m)
				}
				for _, size := range []fyne.Size{fyne.NewSize(1280, 720), fyne.NewSize(1920, 1080)} {
					b.w.win.Resize(size)
					b.change(func(*studio.Snapshot) {})
					b.fits(fmt.Sprint(name, tab, language, size))
				}
			}
		}
	}
}

func TestTheBridgeMakesTheSmallPicturesThatAreLookedAt(t *testing.T) {
	drawn := make(chan image.Point, 8)
	pool := &frame.Pool{}
	_, _, stop := live(t, func(dst *image.RGBA, _ *frame.Video) { drawn <- dst.Rect.Size() }, func(w *Window, d *recorder) {
		onStage(d.snap)
		d.slots = map[wire.SpotID]*frame.Slot{"m9": frame.NewSlot(), "m7": frame.NewSlot()}
		d.slots["m9"].Put(pool.Get(1280, 720))
		d.slots["m7"].Put(pool.Get(720, 1280))
		w.apply(d.snap)
		w.openStage(guestsTab)
	})
	if size := <-drawn; size != image.Pt(320, 180) {
		t.Errorf("it was drawn at %v", size)
	}
	stop()
	if n := pool.Live(); n != 1 {
		t.Errorf("%d pictures are held, and one is nobody's to see", n)
	}
	if len(drawn) != 0 {
		t.Errorf("drawn at %v, which nobody sees", <-drawn)
	}
}

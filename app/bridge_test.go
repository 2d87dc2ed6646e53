package app

import (
	"context"
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"vitrine/capture/frame"
	"vitrine/studio"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// live runs a window's bridge and hands for a test, which then leaves the widgets alone until they have ended; before is done to them first.
func live(t *testing.T, convert func(*image.RGBA, *frame.Video), before ...func(*Window, *recorder)) (*Window, *recorder, func()) {
	t.Helper()
	d := newRecorder()
	w := New(test.NewTempApp(t), d, convert, nil, nil)
	w.Show()
	for _, do := range before {
		do(w, d)
	}
	t.Cleanup(w.win.Close)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return w, d, func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestGesturesReachTheDeskInOrder(t *testing.T) {
	w, d, stop := live(t, nil)
	defer stop()
	done := make(chan struct{})
	for i := range 10 {
		w.gestures <- gesture{
			do:   func(ctx context.Context) error { return d.MoveSource(ctx, "a", i) },
			done: func(error) { done <- struct{}{} },
		}
	}
	for range 10 {
		<-done
	}
	if len(d.calls) != 10 || d.calls[0] != "move a 0" || d.calls[9] != "move a 9" {
		t.Errorf("the desk was asked %q", d.calls)
	}
}

func TestASlowQuestionHoldsUpNothing(t *testing.T) {
	w, _, stop := live(t, nil)
	defer stop()
	answer, done := make(chan struct{}), make(chan string, 2)
	w.gestures <- gesture{slow: true, do: func(context.Context) error { <-answer; return nil }, done: func(error) { done <- "slow" }}
	w.gestures <- gesture{do: func(context.Context) error { return nil }, done: func(error) { done <- "quick" }}
	if first := <-done; first != "quick" {
		t.Errorf("%s came first", first)
	}
	close(answer)
	<-done
}

func TestPicturesAreShownAndReturned(t *testing.T) {
	drawn := make(chan image.Point, 8)
	w, d, stop := live(t, func(dst *image.RGBA, _ *frame.Video) { drawn <- dst.Rect.Size() })
	w.picture.Seen(640, 360)
	pool := &frame.Pool{}
	d.slot.Put(pool.Get(1280, 720))
	if size := <-drawn; size != image.Pt(640, 360) {
		t.Errorf("a picture of 1280×720 was drawn at %v where 640×360 is shown", size)
	}
	d.slot.Put(pool.Get(320, 180))
	if size := <-drawn; size != image.Pt(320, 180) {
		t.Errorf("a small picture was drawn at %v", size)
	}
	d.slot.Put(pool.Get(1280, 720))
	stop()
	if n := pool.Live(); n != 0 {
		t.Errorf("%d pictures were not given back", n)
	}
}

func TestTooManyGesturesAreRefusedWithAWord(t *testing.T) {
	b := newBench(t)
	for range maxGestures + 1 {
		b.w.testSpeaker()
	}
	b.reads("The studio is busy")
	if got := len(b.carry()); got != maxGestures {
		t.Errorf("%d gestures arrived", got)
	}
}

func TestAnHourOfSnapshotsBuildsNothingAnew(t *testing.T) {
	b := newBench(t, onAir)
	count := func() (n int) {
		b.all(func(fyne.CanvasObject) { n++ })
		return n
	}
	show := func(i int) {
		b.change(func(s *studio.Snapshot) {
			s.Sound.Voice.Peak = float64(-i % 60)
			s.Audience.Viewers = i
		})
	}
	show(1999)
	before := count()
	for i := range 2000 {
		show(i)
	}
	if after := count(); after != before {
		t.Errorf("the window grew from %d to %d pieces", before, after)
	}
	b.reads("1999 watching")
}

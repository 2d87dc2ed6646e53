package app

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

func full(s *studio.Snapshot) {
	withServer(s)
	s.Settings.Output.Format = frame.Format{Width: 1920, Height: 1080, FPS: 30}
}

func TestTheNetworkCheckSaysWhatTheLineCarriesAndChoosesItWithOneClick(t *testing.T) {
	b := newBench(t, full)
	b.d.path = frame.Path{Up: 4_400_000, RTT: 24 * time.Millisecond, Jitter: 3 * time.Millisecond, Loss: 0.004}
	b.press("Check the network")
	b.reads("Sends test data to shop.example", "Nothing goes on air.", "Measuring…")
	b.lacks("Choose", "go live.")
	b.expect("network")
	b.reads("4.40 Mbit/s", "24 ms", "3 ms", "0.4 %", "Your upload carries 720p, not 1080p. Choose 720p and the picture stays smooth.")
	b.key(fyne.KeyReturn) // the next step has the keyboard
	b.expect("output H264 1280x720 30 fps 0 96000")
	b.change(func(s *studio.Snapshot) { s.Settings.Output = lowered(s.Settings.Output, 720) })
	b.reads("Your upload carries 720p. You can go live.")
	b.lacks("Choose 720p")
	b.key(fyne.KeyEscape)
	if b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
}

func TestTheNetworkCheckShowsHowFarItIs(t *testing.T) {
	b := newBench(t, full)
	b.press("Check the network")
	g := <-b.w.gestures
	b.d.path = frame.Path{RTT: 31 * time.Millisecond, Loss: -1}
	if err := g.do(b.Context()); err != nil {
		t.Fatal(err)
	}
	b.change(func(*studio.Snapshot) {})
	b.reads("31 ms", "Measuring…", "Cancel")
	b.w.settle(g, nil)
	b.reads("Close", "Check again")
	b.press("Check again")
	b.reads("Measuring…")
	b.expect("network")
}

func TestACancelledNetworkCheckEndsAndSaysNothing(t *testing.T) {
	b := newBench(t, full)
	b.press("Check the network")
	b.key(fyne.KeyReturn) // Cancel has the keyboard
	if b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
	b.expect()
	b.lacks("Something went wrong")
}

func TestANetworkCheckThatFailsSaysWhatToDo(t *testing.T) {
	for want, c := range map[string]struct {
		err   error
		fault frame.Fault
	}{
		"The server does not answer. Check that it runs": {errors.New("refused"), frame.FaultUnreachable},
		"The server refuses the token.":                  {wire.Errorf(wire.Unauthenticated, "no"), frame.FaultToken},
		"Is this a Vitrine server, and up to date?":      {wire.Errorf(wire.Internal, "old"), frame.FaultServer},
		"asked to check too often. Wait a minute":        {wire.Errorf(wire.RateLimited, "no"), frame.FaultBusy},
		"On air the show needs the line.":                {studio.ErrOnAir, frame.FaultUnreachable},
	} {
		b := newBench(t, full)
		b.d.err, b.d.fault = c.err, c.fault
		b.press("Check the network")
		b.expect("network")
		b.reads(want, "Check again", "Close")
		b.lacks("Mbit/s", "Measuring")
	}
}

func TestTheNetworkCheckIsThereWhereItHelps(t *testing.T) {
	b := newBench(t)
	b.lacks("Check the network")
	b.shortcut(keyCheck)
	b.reads("Server address") // first there must be one
	b.w.closeSheet()
	b.change(onAir)
	b.lacks("Check the network")
	b.w.checkNetwork()
	if b.w.sheet != nil || !b.w.menu.items[actCheck].Disabled {
		t.Error("the show must share its line with a check")
	}
}

func TestTheFiguresOfACheckAreNoFinerThanTheyAreKnown(t *testing.T) {
	if got := english.networkValues(frame.Path{Up: 800_000_000, RTT: 200 * time.Microsecond, Jitter: 1, Loss: -1}); !slices.Equal(got, []string{"over 100 Mbit/s", "1 ms", "1 ms", "–"}) {
		t.Errorf("%q", got)
	}
	if got := english.networkValues(frame.Path{Loss: -1}); !slices.Equal(got, []string{"–", "–", "–", "–"}) {
		t.Errorf("nothing known is %q", got)
	}
}

func TestEveryLineGetsItsNextStep(t *testing.T) {
	ms := time.Millisecond
	o := studio.Defaults().Output
	sound := o
	sound.Codec = ""
	for _, c := range []struct {
		path    frame.Path
		ceiling studio.Output
		want    string
		height  int
	}{
		{frame.Path{Up: 9_000_000, Loss: -1}, o, english.NextLive, 0},
		{frame.Path{Up: 1_000_000}, o, "Choose 360p and the picture stays smooth.", 360},
		{frame.Path{Up: 200_000}, o, english.NextLine, 0},
		{frame.Path{Up: 200_000}, sound, english.NextLive, 0},
		{frame.Path{Up: 1_000_000, Loss: 0.1}, o, "", 0},
		{frame.Path{Up: 9_000_000, RTT: 400 * ms}, o, "", 0},
		{frame.Path{Up: 9_000_000, Jitter: 60 * ms}, o, "", 0},
	} {
		if got, height := english.nextStep(c.path, c.ceiling); got != c.want || height != c.height {
			t.Errorf("%+v: %q, %d", c.path, got, height)
		}
	}
}

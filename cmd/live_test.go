package cmd

import (
	"strings"
	"testing"
	"time"
)

// Sound this far, in ms, ahead of the picture and behind it is what viewers accept (ITU-R BT.1359-1, annex 1). What is reached is a figure of
// make bench.
const (
	ahead  = 90
	behind = 185
)

func TestAViewerSeesTheHostsTimeCodeAndHearsTheSoundInStep(t *testing.T) {
	for _, codec := range []string{"H264", "VP8"} {
		t.Run(codec, func(t *testing.T) {
			e := newEvening(t)
			e.studio("--synthetic", "--codec", codec)
			e.live()
			v := e.watch(t, browser(t))
			v.state("playing")
			// The player's buffers settle, and those of a busy computer's again and again.
			var s seen
			for end, inStep := time.Now().Add(2*patience), false; !inStep; {
				s = v.gather(90, 4)
				picture, sound := quantile(s.latencies(), 0.5), quantile(s.soundDelays(), 0.5)
				t.Logf("%d×%d, picture %.0f ms, sound %.0f ms", s.Width, s.Height, picture, sound)
				if inStep = sound-picture > -ahead && sound-picture < behind; !inStep && time.Now().After(end) {
					t.Fatalf("the sound is %.0f ms behind the picture", sound-picture)
				}
			}
			if (s.Width*9+8)/16 != s.Height { // fewer than 1280×720 where those are too many for this computer, in the same shape
				t.Errorf("the picture is %d×%d", s.Width, s.Height)
			}
			if s.Unread > len(s.Frames)/50 {
				t.Errorf("%d of %d time codes could not be read", s.Unread, len(s.Frames))
			}
			if !advances(s) {
				t.Error("the time code does not advance")
			}
			if c := v.console(); c != "" {
				t.Errorf("the page complains: %s", c)
			}
		})
	}
}

// advances reports whether the time code grows. A busy page reads a frame twice when it hears of the one before too late.
func advances(s seen) bool {
	for i := 1; i < len(s.Frames); i++ {
		if s.Frames[i].Code < s.Frames[i-1].Code {
			return false
		}
	}
	return len(s.Frames) > 1 && s.Frames[0].Code < s.Frames[len(s.Frames)-1].Code
}

func TestAViewerWhoJoinsLateHasAPictureAtOnceWhateverTheKeyFrameInterval(t *testing.T) {
	e := newEvening(t)
	e.studio("--synthetic", "--key-interval", "1m")
	e.live()
	b := browser(t)
	e.watch(t, b).gather(240, 0) // eight seconds of one group of pictures
	late := e.watch(t, b)
	s := late.gather(60, 0)
	// What counts is that nobody waits for the next key frame, and that the cached pictures, eight seconds or more, do not make the late viewer
	// late for ever.
	wait, lag := s.First-s.Start, quantile(s.latencies(), 0.5)
	t.Logf("the first picture came after %.0f ms, the late viewer stays %.0f ms behind", wait, lag)
	if wait > 20_000 {
		t.Error("the late viewer waits for a key frame")
	}
	if lag > 4000 {
		t.Error("the late viewer stays late")
	}
}

func TestATakeoverByASecondStudioDropsNoViewer(t *testing.T) {
	e := newEvening(t)
	first := e.studio("--synthetic")
	e.live()
	v := e.watch(t, browser(t))
	v.gather(60, 1)
	v.eval(`window.kept = document.getElementById("picture").srcObject`)
	second := e.studio("--synthetic", "--figures")
	select {
	case <-second.out: // it runs
	case <-time.After(patience):
		t.Fatal("the second studio says nothing")
	}
	e.until("the first studio hears that it was replaced", func() bool { return strings.Contains(first.log(), "replaced") })
	v.look()
	s := v.gather(90, 2)
	if !advances(s) {
		t.Error("the time code goes back")
	}
	if v.eval(`window.kept === document.getElementById("picture").srcObject`) != "true" {
		t.Error("the viewer had to join again")
	}
}

func TestEverythingHealsWhenTheStudioOrTheServerDies(t *testing.T) {
	e := newEvening(t)
	studio := e.studio("--synthetic")
	e.live()
	v := e.watch(t, browser(t))
	v.gather(30, 1)

	studio.kill()
	v.state("interrupted")
	studio = e.studio("--synthetic")
	v.state("playing")
	v.look()
	v.gather(60, 2)

	e.server.kill()
	v.state("reconnecting")
	e.startServer()
	v.state("playing")
	v.look()
	v.gather(60, 2)

	studio.end()
	v.state("waiting")
}

func TestSoundAloneIsAShowBelow60Kilobits(t *testing.T) {
	e := newEvening(t)
	studio := e.studio("--synthetic", "--codec", "none", "--audio-bitrate", "48", "--figures")
	e.live()
	v := e.watch(t, browser(t))
	v.gather(0, 4)
	if got := v.eval(`document.querySelector("main").dataset.soundOnly`); got != "true" {
		t.Errorf("the page says sound only: %s", got)
	}
	var line []byte
	for len(studio.out) > 0 {
		line = <-studio.out
	}
	bitrate := figure(t, line, "Air", "Link", "Bitrate")
	if bitrate > 60_000 || bitrate < 10_000 {
		t.Errorf("the show takes %.0f bit/s", bitrate)
	}
}

package cmd

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"vitrine/studio"
)

// echo is how long a browser may go on making sound of what came before a cut.
const echo = time.Second

// back waits until the page shows pictures that were made after the cut and hears the host again, and says since when. The
// page must be the one that was there before.
func (v *viewer) back(cut time.Time) time.Time {
	v.t.Helper()
	var picture, sound float64 // ms since 1970
	for deadline := time.Now().Add(patience); picture == 0 || sound == 0; {
		if time.Now().After(deadline) {
			v.t.Fatalf("after %v there is picture (%.0f) or sound (%.0f) missing; page is %s; console: %s", patience, picture, sound,
				v.eval(`document.querySelector("main")?.dataset.state`), v.console())
		}
		v.after(100 * time.Millisecond)
		for _, f := range v.look().Frames {
			if picture == 0 && f.Code > float64(cut.UnixMilli()) {
				picture = f.Shown
			}
		}
		// The synthetic host hums at 0.03; a stream without packets is silent.
		heard := v.eval(fmt.Sprintf("vitrineProbe.loudness().find((l) => l.At > %d && l.RMS > 0.01)?.At ?? 0", cut.Add(echo).UnixMilli()))
		if err := json.Unmarshal([]byte(heard), &sound); err != nil {
			v.t.Fatal(err)
		}
	}
	return time.UnixMilli(int64(max(picture, sound)))
}

// killServer kills the server, starts it again after so long, and returns how long after that all was back.
func (e *evening) killServer(v *viewer, down time.Duration) time.Duration {
	e.t.Helper()
	cut := time.Now()
	e.server.kill()
	v.after(down)
	up := time.Now()
	e.startServer()
	all := v.back(cut).Sub(up)
	e.live()
	return all
}

func TestAKilledServerComesBackToTheSameStudioAndThePageThatWasOpen(t *testing.T) {
	e := newEvening(t)
	studio := e.studio("--synthetic")
	e.live()
	before := e.show()
	v := e.watch(t, browser(t))
	v.gather(60, 2)
	v.eval(`window.kept = true`)
	for _, down := range []time.Duration{0, 4 * time.Second} {
		t.Logf("down for %v: back after %v", down, e.killServer(v, down))
		v.state("playing")
	}
	if v.eval(`window.kept`) != "true" {
		t.Error("the page was loaded again")
	}
	if after := e.show(); after.ID != before.ID || after.Title != before.Title || after.State != before.State {
		t.Errorf("the show was %+v and is %+v", before, after)
	}
	select {
	case <-studio.done:
		t.Error("the studio has ended")
	default:
	}
}

// killStudio kills the studio, starts it again, goes on with the show by the one key that the window asks for, and returns how
// long after the start and after that key all was back. asked is called while the window asks.
func (d *desk) killStudio(v *viewer, asked func()) (start, click time.Duration) {
	d.t.Helper()
	file := filepath.Join(d.t.TempDir(), "look.png")
	ground := func() uint32 {
		red, _, _, _ := d.look(file).At(4, 360).RGBA()
		return red
	}
	open := ground()
	cut := time.Now()
	d.studio.kill()
	v.state("interrupted")
	up := time.Now()
	d.open()
	d.e.until("the window is dimmed behind its question", func() bool {
		now := ground()
		return now > 0 && now < open
	})
	asked()
	pressed := time.Now()
	d.press("Return")
	back := v.back(cut)
	return back.Sub(up), back.Sub(pressed)
}

func TestAKilledStudioOffersToGoOnAndTheViewersSessionGoesOn(t *testing.T) {
	e := newEvening(t)
	d := e.desk(t, 1280, 720, studio.Defaults())
	pictures := picturesFolder(t)
	d.press("ctrl+l")
	e.live()
	v := e.watch(t, browser(t))
	v.gather(60, 2)
	e.until("the studio keeps that it is on air", func() bool { return d.keeps("unfinished") })
	before := e.show()
	v.eval(`window.kept = document.getElementById("picture").srcObject`)

	start, click := d.killStudio(v, func() {
		d.look(filepath.Join(pictures, "studio-cut-off.png"))
		if e.show().Live {
			t.Error("the studio went on without being asked")
		}
	})
	t.Logf("back %v after the start, %v after the click", start, click)
	v.state("playing")
	if v.eval(`window.kept === document.getElementById("picture").srcObject`) != "true" {
		t.Error("the viewer had to join again")
	}
	if after := e.show(); after.ID != before.ID || after.Title != before.Title || after.State != before.State {
		t.Errorf("the show was %+v and is %+v", before, after)
	}

	d.press("ctrl+l")        // asks, and stays on air unless told otherwise
	d.press("Tab", "Return") // end it
	v.state("ended")
	e.until("the studio forgets that it was on air", func() bool { return !d.keeps("unfinished") })
}

// BenchmarkKill prints how long after a kill -9 all is back, picture and sound on a viewer's page that nobody touches:
// counted from the start of what was killed, for times of absence that a supervisor, a host and a reboot need.
func BenchmarkKill(b *testing.B) {
	b.Run("server", func(b *testing.B) {
		e := newEvening(b)
		e.studio("--synthetic")
		e.live()
		v := e.watch(b, browser(b))
		var worst time.Duration
		for _, seconds := range []int{0, 1, 3, 10, 35} {
			v.gather(180, 6) // what heals is stable again
			back := e.killServer(v, time.Duration(seconds)*time.Second)
			line(fmt.Sprintf("kill_server_back_s_after_%ds", seconds), back.Seconds(), "s", "-")
			worst = max(worst, back)
		}
		line("kill_server_back_s", worst.Seconds(), "s", "<=3")
	})
	b.Run("studio", func(b *testing.B) {
		e := newEvening(b)
		d := e.desk(b, 1280, 720, studio.Defaults())
		d.press("ctrl+l")
		e.live()
		v := e.watch(b, browser(b))
		var worst, worstClick time.Duration
		for range 3 {
			v.gather(180, 6)
			e.until("the studio keeps that it is on air", func() bool { return d.keeps("unfinished") })
			start, click := d.killStudio(v, func() {})
			worst, worstClick = max(worst, start), max(worstClick, click)
		}
		line("kill_studio_back_s", worst.Seconds(), "s", "<=3")
		line("kill_studio_back_after_click_s", worstClick.Seconds(), "s", "<=3")
	})
}

package cmd

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// camera gives a page, in the place of the browser's fake devices, pictures with a time code and a tone.
//
//go:embed testdata/camera.js
var camera string

// aTone is what a guest in these tests sounds like, Hz; the host's beeps are another.
const aTone = 1500

// wishes has the host do something on the stage.
func (p *person) wishes(w wire.StageWish) {
	p.t.Helper()
	p.does(wire.RoomRequest{Stage: &w})
}

// stageIs waits until the stage is so.
func (e *evening) stageIs(host *person, what string, is func(wire.StageNow) bool) wire.StageNow {
	e.t.Helper()
	e.until(what, func() bool { now := host.stage.Load(); return now != nil && is(*now) })
	return *host.stage.Load()
}

// codes are the time codes under a name of the probe that have come since it was last asked: how late each is, ms, sorted.
func (v *viewer) codes(name string) (late []float64) {
	v.t.Helper()
	var list []struct{ Shown, Code float64 }
	if err := json.Unmarshal([]byte(v.eval(fmt.Sprintf("JSON.stringify(vitrineProbe.codes(%q))", name))), &list); err != nil {
		v.t.Fatal(err)
	}
	for _, c := range list {
		late = append(late, c.Shown-c.Code)
	}
	return sorted(late)
}

// sees waits until so many codes have come under a name, and returns how late they were.
func (v *viewer) sees(name string, many int) (late []float64) {
	v.t.Helper()
	for end := time.Now().Add(2 * patience); len(late) < many; late = sorted(append(late, v.codes(name)...)) {
		if time.Now().After(end) {
			v.t.Fatalf("saw %d pictures of %s, waited for %d\n%s\n%s", len(late), name, many, v.eval("document.body.innerText"), v.console())
		}
		v.after(200 * time.Millisecond)
	}
	return late
}

// standsOut says how many dB a tone stands out in the sound of an element, which must be there.
func (v *viewer) standsOut(selector string, hertz int) (over float64) {
	v.t.Helper()
	var h struct{ Level, Others float64 }
	v.eval(fmt.Sprintf("vitrineProbe.hears(%q, %d).Level", selector, hertz))
	v.after(500 * time.Millisecond)
	if err := json.Unmarshal([]byte(v.eval(fmt.Sprintf("JSON.stringify(vitrineProbe.hears(%q, %d))", selector, hertz))), &h); err != nil {
		v.t.Fatal(err)
	}
	return h.Level - h.Others
}

// steady is how loud a frequency is half of the time in two seconds of the sound of an element, dB of full scale.
func (v *viewer) steady(selector string, hertz int) float64 {
	v.t.Helper()
	look := fmt.Sprintf(`new Promise((done) => {
		const levels = [];
		const look = () => (levels.push(vitrineProbe.hears(%q, %d).Level), levels.length < 40 ? setTimeout(look, 50) : done(JSON.stringify(levels)));
		look();
	})`, selector, hertz)
	var levels []float64
	if err := json.Unmarshal([]byte(v.eval(look)), &levels); err != nil {
		v.t.Fatal(err)
	}
	return quantile(sorted(levels), .5)
}

// click presses a button.
func (v *viewer) click(button string) {
	v.t.Helper()
	v.waits(fmt.Sprintf("document.querySelector(%[1]q) && !document.querySelector(%[1]q).disabled", button))
	v.do(chromedp.Click(button))
}

// goesOn has a guest who was let on go on stage, however the page asks.
func (v *viewer) goesOn() {
	v.t.Helper()
	v.eval(`new Promise((done) => {
		const look = () => {
			if (document.querySelector(".dock")) return done(true);
			(document.querySelector("dialog.check .ok:enabled") ?? document.querySelector(".way button.ok"))?.click();
			setTimeout(look, 100);
		};
		look();
	})`)
}

func TestAGuestFromTheRealPageIsSeenAndHeardByTheHostAndTheViewers(t *testing.T) {
	mei, ana := trust.NewToken(), trust.NewToken()
	e := furnishedEvening(t)
	studio := e.studio("--synthetic", "--codec", "VP8", "--figures")
	e.live()
	host := e.enters(http.Header{"Authorization": {"Bearer " + e.token}})
	host.wishes(wire.StageWish{Open: &wire.StageOpen{Open: true}})

	b := browser(t, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	watcher := e.viewerAs(tab(t, b), ana, [2]int64{1280, 800})
	guest := e.viewerAs(tab(t, b), mei, [2]int64{390, 844})
	guest.eval(camera + fmt.Sprintf("(%d)", aTone))
	for _, v := range []*viewer{watcher, guest} {
		v.eval(probe)
	}

	// Somebody comes on stage.
	guest.click(".way button.ok")
	guest.click("dialog.check .ok")
	now := e.stageIs(host, "somebody has applied", func(s wire.StageNow) bool { return len(s.Applied) == 1 })
	who := now.Applied[0].Alias
	tile := fmt.Sprintf(`.tile[data-spot="%s"]`, who)
	watcher.eval(fmt.Sprintf("vitrineProbe.follow('guest', %q)", tile+" .moving video"))
	guest.eval("vitrineProbe.follow('host', '#picture')")
	admitted := time.Now()
	host.wishes(wire.StageWish{Admit: &wire.StageWho{Who: who}})
	guest.goesOn()
	e.stageIs(host, "the guest is live", func(s wire.StageNow) bool { return len(s.Guests) == 1 && s.Guests[0].State == wire.GuestLive })
	t.Logf("from admitted to live: %v", time.Since(admitted))
	watcher.sees("guest", 1)
	t.Logf("from admitted to seen: %v", time.Since(admitted))

	// All see and hear both.
	watcher.gather(60, 2)
	watcher.sees("guest", 60) // the player's buffer settles
	guest.sees("host", 60)
	guestLate, hostLate := watcher.sees("guest", 90), guest.sees("host", 90)
	t.Logf("camera to screen: guest to viewer p50 %.0f p95 %.0f ms, host to guest p50 %.0f p95 %.0f ms",
		quantile(guestLate, .5), quantile(guestLate, .95), quantile(hostLate, .5), quantile(hostLate, .95))
	if over := watcher.standsOut(tile+" .moving video", aTone); over < 20 {
		t.Errorf("the guest's tone stands out by %.0f dB at the viewer", over)
	}
	sent := watcher.steady(tile+" .moving video", aTone)
	if over := watcher.standsOut("#picture", aTone); over > 10 {
		t.Errorf("the guest is heard in the host's own sound, by %.0f dB", over)
	}
	e.until("the studio sees and hears the guest", func() bool {
		var f struct {
			Stage []struct {
				Spot  wire.SpotID
				FPS   float64
				Level struct{ Peak float64 }
			}
		}
		if err := json.Unmarshal(last(t, studio), &f); err != nil {
			t.Fatal(err)
		}
		return len(f.Stage) == 1 && f.Stage[0].Spot == wire.SpotID(who) && f.Stage[0].FPS > 0 && f.Stage[0].Level.Peak > -30
	})

	// In one picture, what was taken when tells how late the host sees the guest; each is heard from their own track, and nobody from another's.
	host.wishes(wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutFree, Program: true, Boxes: []wire.StageBox{
		{Spot: wire.HostSpot, X: 0, Y: 0, W: 5000, H: 5000}, {Spot: wire.SpotID(who), X: 5000, Y: 5000, W: 5000, H: 5000},
	}}})
	watcher.eval("vitrineProbe.follow('both-host', '#picture', [0, 0, .5, .5]), vitrineProbe.follow('both-guest', '#picture', [.5, .5, .5, .5])")
	watcher.sees("both-guest", 60)
	watcher.codes("both-host")
	bothLate := watcher.sees("both-guest", 60)
	hostLate = watcher.sees("both-host", 60)
	t.Logf("guest to host p50 %.0f ms; in the program the guest is seen %.0f ms later than by their own track, which is told as %d ms",
		quantile(bothLate, .5)-quantile(hostLate, .5), quantile(bothLate, .5)-quantile(guestLate, .5), host.stage.Load().Layout.Late)
	own, program := guest.steady("#picture", aTone), watcher.steady("#picture", aTone)
	t.Logf("in the program the guest's tone is at %.0f dB to themselves and %.0f dB to the viewer in the host's sound, against %.0f dB as sent", own, program, sent)
	if own > sent-40 || program > sent-40 {
		t.Errorf("the guest's tone is heard in the host's sound, at %.0f dB and %.0f dB against %.0f dB", own, program, sent)
	}
	watcher.waits(fmt.Sprintf("document.querySelector(%q)?.dataset.speaks === 'true'", tile)) // from their own track
	if n := watcher.eval(fmt.Sprintf("document.querySelectorAll(%q).length", ".tile video")); n != "0" {
		t.Errorf("%s pictures come beside the one that has all", n)
	}

	// Removed, they are gone from every screen.
	host.wishes(wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutGrid}})
	watcher.waits(fmt.Sprintf("document.querySelector(%q)", tile+" video"))
	watcher.sees("guest", 5)
	removed := time.Now()
	host.wishes(wire.StageWish{Remove: &wire.StageWho{Who: who, Reason: "That is all for tonight."}})
	watcher.waits(fmt.Sprintf("!document.querySelector(%q)", tile))
	t.Logf("from removed to gone: %v", time.Since(removed))
	guest.waits(`document.body.innerText.includes("That is all for tonight.")`)
	for _, line := range strings.Split(guest.console()+"\n"+watcher.console(), "\n") {
		// Sessions that the server has ended are ended once more, and who was cut off asks why.
		if line != "" && !strings.Contains(line, "404 (Not Found)") && !strings.Contains(line, "403 (Forbidden)") {
			t.Errorf("a page complains: %s", line)
		}
	}
}

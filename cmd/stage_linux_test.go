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

// trip is how far everybody of the stage is from the server: the host, and the pages of guest and viewer.
const trip = 40 * time.Millisecond

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

// coded is a picture with a time code: when it was shown and when it was taken, ms since 1970.
type coded struct{ Shown, Code float64 }

// codes are the pictures under a name of the probe that have come since it was last asked.
func (v *viewer) codes(name string) (list []coded) {
	v.t.Helper()
	if err := json.Unmarshal([]byte(v.eval(fmt.Sprintf("JSON.stringify(vitrineProbe.codes(%q))", name))), &list); err != nil {
		v.t.Fatal(err)
	}
	return list
}

// sees waits until so many pictures have come under a name.
func (v *viewer) sees(name string, many int) (list []coded) {
	v.t.Helper()
	for end := time.Now().Add(2 * patience); len(list) < many; list = append(list, v.codes(name)...) {
		if time.Now().After(end) {
			v.t.Fatalf("saw %d pictures of %s, waited for %d\n%s\n%s", len(list), name, many, v.eval("document.body.innerText"), v.console())
		}
		v.after(200 * time.Millisecond)
	}
	return list
}

// late is how late pictures are shown, ms, sorted.
func late(list []coded) (all []float64) {
	for _, c := range list {
		all = append(all, c.Shown-c.Code)
	}
	return sorted(all)
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
	e, home := quietFarEvening(t)
	e.furnish()
	way := weather{Delay: trip / 2}
	there := newNamespace(t)
	l := newLink(t, home, there, 1)
	l.set(way, way)
	at := e.across(l, there)
	studio := at.studio("--synthetic", "--codec", "VP8", "--figures")
	e.live()
	host := at.enters(http.Header{"Authorization": {"Bearer " + e.token}})
	host.wishes(wire.StageWish{Open: &wire.StageOpen{Open: true}})

	s := e.seat(t, home, 2, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	s.set(way, way)
	watcher := s.evening.viewerAs(tab(t, s.browser), ana, [2]int64{1280, 800})
	guest := s.evening.viewerAs(tab(t, s.browser), mei, [2]int64{390, 844})
	guest.eval(camera + fmt.Sprintf("(%d)", aTone))
	for _, v := range []*viewer{watcher, guest} {
		v.eval(probe)
	}

	// Somebody comes on stage.
	guest.click(".way button.ok")
	guest.click("dialog.check .at-once input")
	guest.click("dialog.check .ok")
	now := e.stageIs(host, "somebody has applied", func(s wire.StageNow) bool { return len(s.Applied) == 1 })
	who := now.Applied[0].Alias
	tile := fmt.Sprintf(`.tile[data-spot="%s"]`, who)
	watcher.eval(fmt.Sprintf("vitrineProbe.follow('guest', %q)", tile+" .moving video"))
	guest.eval("vitrineProbe.follow('host', '#picture')")
	pass(t, time.Second) // in which the host makes up their mind
	admitted := time.Now()
	host.wishes(wire.StageWish{Admit: &wire.StageWho{Who: who}})
	now = e.stageIs(host, "the guest is live", func(s wire.StageNow) bool { return len(s.Guests) == 1 && s.Guests[0].State == wire.GuestLive })
	first := watcher.sees("guest", 1)[0]
	t.Logf("from admitted to on air: %d ms, to seen: %.0f ms", now.Guests[0].Since-admitted.UnixMilli(), first.Shown-float64(admitted.UnixMilli()))

	// All see and hear both.
	watcher.gather(60, 2)
	watcher.sees("guest", 60) // the player's buffer settles
	guest.sees("host", 60)
	guestLate, hostLate := late(watcher.sees("guest", 90)), late(guest.sees("host", 90))
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
	bothLate := late(watcher.sees("both-guest", 60))
	hostLate = late(watcher.sees("both-host", 60))
	t.Logf("guest to host p50 %.0f ms; in the program the guest is seen %.0f ms later than by their own track, which is told as %d ms; load %.1f",
		quantile(bothLate, .5)-quantile(hostLate, .5), quantile(bothLate, .5)-quantile(guestLate, .5), host.stage.Load().Layout.Late, load())
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

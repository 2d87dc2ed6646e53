package server

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine/server/wire"
)

// openStudio starts a Chromium whose camera and microphone are test signals, which no page has to ask for.
func openStudio(t *testing.T) context.Context {
	t.Helper()
	return openBrowser(t, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
}

func TestAViewerJoinsTheHostFromTheirBrowserAndAnotherSeesThem(t *testing.T) {
	r := start(t, Config{})
	r.airs()
	host := r.stands("demo", token)
	browser := openStudio(t)
	guest, viewer := r.reader(browser, "demo"), r.reader(browser, "demo")
	host.does(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	guest.wait("document.querySelector('.way .ok')")
	guest.do(chromedp.Click(chromedp.CSS(".way .ok")))
	guest.wait("document.querySelector('.check .mirror')?.videoWidth > 0")
	guest.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	applied := host.sees("who applied", staged(wire.StageApplied))
	who := applied.Staged.Who.Alias

	host.does(wire.StageWish{Admit: &wire.StageWho{Who: who}})
	guest.wait("document.querySelector('.check .stays .ok:not(:disabled)') && document.querySelector('.check .rest')")
	guest.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	began := time.Now()
	host.sees("that they are seen", staged(wire.StageJoined))
	t.Logf("from the guest's tap until they are on air: %v", time.Since(began).Round(time.Millisecond))
	tile := "document.querySelector('.tile[data-kind=guest]')"
	viewer.wait(tile + "?.dataset.bare === 'false' && " + tile + ".querySelector('video').videoWidth > 0")
	t.Logf("until another browser shows them: %v", time.Since(began).Round(time.Millisecond))
	viewer.wait(tile + ".dataset.speaks === 'true'") // the microphone's test signal beeps
	guest.wait(tile + "?.querySelector('.mirror')?.videoWidth > 0")
	if n := guest.text(tile + ".querySelectorAll('.moving').length"); n != "0" {
		t.Error("the guest watches themselves by the server")
	}

	guest.do(chromedp.Click(chromedp.CSS(".keys .tool:nth-child(2)")))
	viewer.sees("Camera off")
	guest.do(chromedp.Click(chromedp.CSS(".keys .tool:nth-child(2)")))
	viewer.wait(tile + "?.dataset.bare === 'false'")
	host.does(wire.StageWish{Mute: &wire.StageSwitch{Who: who, Off: true}})
	guest.sees("The host has muted you")

	began = time.Now()
	host.does(wire.StageWish{Remove: &wire.StageWho{Who: who, Reason: "thank you"}})
	viewer.wait(tile + " === null")
	t.Logf("from removal until they are gone: %v", time.Since(began).Round(time.Millisecond))
	guest.sees("The host says: thank you")
	guest.wait("document.querySelector('.dock') === null")
}

// notOurs has a page send pictures in nothing that the server carries, until window.ours is set.
const notOurs = `(() => {
	const add = RTCPeerConnection.prototype.addTransceiver;
	RTCPeerConnection.prototype.addTransceiver = function (what, init) {
		const made = add.call(this, what, init);
		const others = RTCRtpSender.getCapabilities("video").codecs.filter((c) => /VP9|AV1/.test(c.mimeType));
		if (what === "video" && init.direction === "sendonly" && !window.ours) made.setCodecPreferences(others);
		return made;
	};
})()`

func TestAGuestWhoseBrowserSendsWhatIsNotTakenIsToldSoAndGoesOnOnceItIs(t *testing.T) {
	r := start(t, Config{})
	r.airs()
	host := r.stands("demo", token)
	guest := r.reader(openStudio(t), "demo")
	guest.text(notOurs)
	host.does(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	guest.wait("document.querySelector('.way .ok')")
	guest.do(chromedp.Click(chromedp.CSS(".way .ok")))
	guest.wait("document.querySelector('.check .mirror')?.videoWidth > 0")
	guest.do(chromedp.Click(chromedp.CSS(".check .at-once input")), chromedp.Click(chromedp.CSS(".check .stays .ok")))
	applied := host.sees("who applied", staged(wire.StageApplied))
	host.does(wire.StageWish{Admit: &wire.StageWho{Who: applied.Staged.Who.Alias}})

	guest.sees("sends a coding that the others cannot play")
	host.sees("that they cannot be seen", func(e wire.RoomEvent) bool {
		return e.Staged != nil && len(e.Staged.Now.Guests) == 1 && e.Staged.Now.Guests[0].Refused == wire.NoCodec
	})
	guest.wait("document.querySelector('.dock') === null && document.querySelector('.check .stays .ok:not(:disabled)')")
	guest.text("window.ours = true")
	guest.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	host.sees("that they are seen", staged(wire.StageJoined))
	guest.wait("document.querySelector('.check') === null && document.querySelector('.dock .keys')")
}

func TestAnInvitedViewerIsOnAirByOneTapAndGoneWithTheirPage(t *testing.T) {
	r := start(t, Config{})
	r.airs()
	host := r.stands("demo", token)
	browser := openStudio(t)
	guest := r.reader(browser, "demo")
	guest.wait("document.querySelector('.box')")
	guest.called("Ada", "hello")
	said := host.sees("the guest", func(e wire.RoomEvent) bool { return e.Said != nil })
	host.does(wire.StageWish{Invite: &wire.StageWho{Who: said.By.Alias}})
	guest.sees("You are invited on stage")
	guest.wait("document.querySelector('.check .mirror')?.videoWidth > 0")
	guest.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	began := time.Now()
	host.sees("that they are seen", staged(wire.StageJoined))
	t.Logf("from the guest's answer until they are on air: %v", time.Since(began).Round(time.Millisecond))
	guest.do(chromedp.Navigate("about:blank"))
	began = time.Now()
	host.sees("that they have gone", staged(wire.StageAway))
	t.Logf("from closing the page until that is known: %v", time.Since(began).Round(time.Millisecond))
}

func TestABattleIsSeenInBothRoomsAndTheOtherShopIsOneTapAway(t *testing.T) {
	r := start(t, Config{})
	r.broadcasts("demo", token)
	r.broadcasts("other", otherToken)
	one, two := r.stands("demo", token), r.stands("other", otherToken)
	p := r.reader(openBrowser(t), "demo")
	p.wait("document.querySelector('.box')")
	one.does(wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{{Show: "other"}}}})
	called := two.sees("the call", func(e wire.RoomEvent) bool { return e.Battled != nil && e.Battled.What == wire.BattleCalled })
	two.does(wire.StageWish{TakeCall: &wire.BattleNamed{ID: called.Battled.ID}})
	p.wait("document.querySelector('.tile[data-kind=corner]')?.dataset.bare === 'false'")
	p.sees("Together on stage")
	one.does(wire.StageWish{Challenge: &wire.BattleTerms{Fight: 60, Push: 10, Lap: 60, Rounds: 1, Penalty: "ten push-ups"}})
	two.sees("the challenge", func(e wire.RoomEvent) bool { return e.Battled != nil && e.Battled.What == wire.BattleHasBegun })
	two.does(wire.StageWish{Agree: &wire.BattleRound{ID: called.Battled.ID, Round: 1}})
	p.wait("document.querySelector('.three')")
	p.wait("document.querySelector('.clock[data-phase=fight]')")
	p.do(chromedp.Click(chromedp.CSS(".field-of .soft")))
	p.wait("document.querySelector('.side[data-ours=true] .n')?.innerText === '20'") // a vote

	p.do(chromedp.Click(chromedp.CSS(".field-of .soft:nth-of-type(2)")))
	p.wait("location.pathname === '/watch/other' && document.querySelector('.side[data-ours=false] .n')?.innerText === '20'")
	p.wait("document.querySelector('.tile[data-kind=corner]')?.dataset.bare === 'false'")
	two.does(wire.StageWish{End: &wire.BattleRound{ID: called.Battled.ID, Round: 1}})
	p.wait("document.querySelector('.result')?.dataset.end === 'won_forfeit'")
	p.sees("ten push-ups")
	p.do(chromedp.Click(chromedp.CSS(".field-of .soft")))
	p.wait("location.pathname === '/watch/demo' && document.querySelector('.side[data-ours=true] .n')?.innerText === '20'")
	one.does(wire.StageWish{Unlink: &wire.BattleNamed{ID: called.Battled.ID}})
	p.wait("document.querySelector('.contest') === null && document.querySelector('.tile') === null")
}

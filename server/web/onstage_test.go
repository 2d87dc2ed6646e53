package web

import (
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/server/wire"
)

// devices are the flags with which Chromium has camera and microphone.
func devices() []chromedp.ExecAllocatorOption {
	flags := []chromedp.ExecAllocatorOption{soundAtOnce}
	for _, f := range fakeDevices {
		flags = append(flags, chromedp.Flag(f, true))
	}
	return flags
}

func TestThose_on_stage_are_seen_and_heard(t *testing.T) {
	s := newStage(t)
	s.put(live("evening", "VP8"))
	s.put(live("evening~m9", "VP8"))
	s.put(live("evening~m5", "VP8"))
	h := s.hall("evening")
	h.says(bo, said("hello"))
	p := s.open(t, chromium(t, soundAtOnce), "evening", "en-GB")
	p.hears("Bo", "hello")
	p.state("playing")
	if got := p.read("performance.getEntriesByType('resource').filter((e) => e.name.includes('stage-')).length"); got != "0" {
		t.Errorf("a show without a stage has fetched %s files of it", got)
	}

	h.stages(wire.StageJoined, func(n *wire.StageNow) {
		n.Guests = []wire.StageGuest{sitting("evening", bo)}
		n.Layout = wire.StageLayout{Kind: wire.LayoutSide, Boxes: boxes(2, wire.HostSpot, "m9"), Fade: 200}
	})
	p.wait("document.querySelector('.tile[data-spot=m9] video')?.videoWidth === 640 && document.querySelector('.tile[data-spot=m9]').dataset.bare === 'false'")
	p.wait(`(() => { const [host, guest] = ['.media', '.tile[data-spot=m9]'].map((q) => document.querySelector(q).getBoundingClientRect()); return Math.abs(host.right - guest.left) < 2 && Math.abs(host.width - guest.width) < 2 })()`)
	if got := p.read("document.querySelector('.tile[data-spot=m9] video').muted"); got != "true" {
		t.Error("a guest's sound is played twice")
	}
	p.wait("document.querySelector('.tile[data-spot=m9]').dataset.speaks === 'true'") // the tape is a tone

	p.wait(`document.querySelector('.tile[data-spot=host] .who > span')?.innerText === ` + strconv.Quote(live("evening", "VP8").Title)) // without a battle, which tells more

	joins := s.count()
	h.stages(wire.StageArranged, func(n *wire.StageNow) { n.Layout.Boxes = boxes(2, "m9", wire.HostSpot) })
	p.wait(`(() => { const [host, guest] = ['.media', '.tile[data-spot=m9]'].map((q) => document.querySelector(q).getBoundingClientRect()); return Math.abs(guest.right - host.left) < 2 })()`)
	h.stages(wire.StageChanged, func(n *wire.StageNow) { n.Guests[0].SelfDark = true })
	p.says("Camera off")
	h.stages(wire.StageAway, func(n *wire.StageNow) { n.Guests[0].SelfDark, n.Guests[0].State = false, wire.GuestAway })
	p.says("Away for a moment")
	h.stages(wire.StageBack, func(n *wire.StageNow) { n.Guests[0].State = wire.GuestLive })
	p.wait("document.querySelector('.tile[data-spot=m9]').dataset.bare === 'false'")
	if again := s.count(); again != joins {
		t.Errorf("what changed on the stage took %d more sessions", again-joins)
	}

	h.stages(wire.StageJoined, func(n *wire.StageNow) {
		n.Guests = append(n.Guests, sitting("evening", eve))
		n.Layout.Boxes = boxes(2, wire.HostSpot, "m9", "m5")
	})
	p.wait("document.querySelectorAll('.tile[data-bare=false]').length === 3")
	joins = s.count()
	h.stages(wire.StageArranged, func(n *wire.StageNow) { n.Layout.Program, n.Layout.Late = true, 120 })
	p.wait("document.querySelectorAll('.tile video').length === 0 && document.querySelector('.media').getBoundingClientRect().width === document.querySelector('.scene').getBoundingClientRect().width")
	p.wait("document.querySelectorAll('.tile[data-speaks=true]').length === 2") // the host's picture has them all, and they are heard from their own tracks
	if again := s.count(); again != joins {
		t.Errorf("a picture that has all took %d more sessions", again-joins)
	}
	for len(s.leaves) > 0 {
		t.Errorf("%v is left", <-s.leaves)
	}
	h.stages(wire.StageArranged, func(n *wire.StageNow) { n.Layout.Program = false })
	p.wait("document.querySelectorAll('.tile[data-bare=false] video').length === 2")
	h.stages(wire.StageLeft, func(n *wire.StageNow) { n.Guests = nil })
	p.wait("document.querySelector('.tile') === null && document.querySelector('main').dataset.stage === ''")
	p.clean()
}

func TestThose_on_stage_are_silent_until_the_tap_that_browsers_ask_for(t *testing.T) {
	s := newStage(t)
	s.put(live("evening", "VP8"))
	s.put(live("evening~m9", "VP8"))
	h := s.hall("evening")
	h.stages(wire.StageJoined, func(n *wire.StageNow) {
		n.Guests = []wire.StageGuest{sitting("evening", bo)}
		n.Layout = wire.StageLayout{Kind: wire.LayoutSide, Boxes: boxes(2, wire.HostSpot, "m9")}
	})
	p := s.open(t, chromium(t, soundOnTap), "evening", "en-GB")
	p.state("playing")
	p.wait("document.querySelector('.tile[data-spot=m9]')?.dataset.bare === 'false'")
	p.says("Tap for sound")
	if got := p.read("document.querySelector('.tile[data-spot=m9]').dataset.speaks"); got != "false" {
		t.Error("sound was played before the tap")
	}
	p.do(chromedp.Click(chromedp.CSS(".tap")))
	p.wait("!document.querySelector('#picture').muted && document.querySelector('.tile[data-spot=m9]').dataset.speaks === 'true'")
	p.clean()
}

// stageDoor is a page with camera and microphone, in a show whose host takes people on stage.
func stageDoor(t *testing.T, language string) (*stage, *hall, *tab) {
	t.Helper()
	s := newStage(t)
	s.put(live("evening", "VP8"))
	h := s.hall("evening")
	h.stages(wire.StageOpened, func(n *wire.StageNow) { n.Open = true })
	p := s.open(t, chromium(t, devices()...), "evening", language)
	p.state("playing")
	p.wait("document.querySelector('.way .ok')")
	return s, h, p
}

func TestA_viewer_becomes_a_guest(t *testing.T) {
	s, h, p := stageDoor(t, "en-GB")
	p.do(chromedp.Focus(chromedp.CSS(".way .ok")), chromedp.KeyEvent(kb.Enter))
	p.wait("document.querySelector('.check')?.contains(document.activeElement) && document.querySelector('.check .mirror')?.videoWidth > 0")
	p.says("We hear you") // the fake microphone beeps
	p.do(chromedp.Focus(chromedp.CSS(".check input[type=text]")), chromedp.KeyEvent("may I show mine?"))
	p.do(chromedp.KeyEvent(kb.Enter), chromedp.Click(chromedp.CSS(".check .stays .ok")))
	p.says("You are no. 2 in line")
	if !h.wished(func(w wire.StageWish) bool { return w.Apply != nil && w.Apply.Text == "may I show mine?" }) {
		t.Error("the note was not sent")
	}
	p.wait("document.querySelector('.check') === null")
	p.do(chromedp.Click(chromedp.CSS(".way .soft")))
	p.wait("document.querySelector('.way .ok')")

	h.tellsOf(wire.StageMine{State: wire.GuestInvited, Until: time.Now().Add(30 * time.Second).UnixMilli()})
	p.says("You are invited on stage")
	p.wait("/^(30|2\\d) s$/.test(document.querySelector('.check .rest')?.innerText)")
	p.do(chromedp.KeyEvent(kb.Escape))
	until(t, "the refusal", func() bool { return h.wished(func(w wire.StageWish) bool { return w.Refuse != nil }) })
	p.wait("document.querySelector('.check') === null")

	h.tellsOf(wire.StageMine{State: wire.GuestInvited, Until: time.Now().Add(30 * time.Second).UnixMilli()})
	p.wait("document.querySelector('.check .mirror')?.videoWidth > 0 && !document.querySelector('.check .stays .ok').disabled")
	p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	for _, kind := range []string{"audio", "videoq", "videoh"} {
		until(t, kind, func() bool { return s.guests.came(kind) > 0 })
	}
	me := h.somebody()
	h.stages(wire.StageJoined, func(n *wire.StageNow) {
		n.Guests = []wire.StageGuest{{Member: wire.Member{Alias: me, Name: "Ada"}, State: wire.GuestLive, Media: "evening~" + string(me)}}
		n.Layout = wire.StageLayout{Kind: wire.LayoutSide, Boxes: boxes(2, wire.HostSpot, wire.SpotID(me))}
	})
	joins := s.count()
	h.tellsOf(wire.StageMine{State: wire.GuestLive, Media: "evening~" + string(me)})
	p.wait("document.querySelector('.tile[data-kind=guest] .mirror')?.videoWidth > 0")
	p.do(chromedp.Click(chromedp.CSS(".keys .tool:nth-child(1)")))
	until(t, "muted", func() bool {
		return h.wished(func(w wire.StageWish) bool { return w.Self != nil && w.Self.Muted && !w.Self.Dark })
	})
	p.do(chromedp.Click(chromedp.CSS(".keys .tool:nth-child(2)")))
	until(t, "dark", func() bool { return h.wished(func(w wire.StageWish) bool { return w.Self != nil && w.Self.Dark }) })
	p.wait("document.querySelector('.tile[data-kind=guest] .mirror') === null")
	p.do(chromedp.Click(chromedp.CSS(".keys .tool:nth-child(2)")))
	p.wait("document.querySelector('.tile[data-kind=guest] .mirror')?.videoWidth > 0")
	h.tellsOf(wire.StageMine{State: wire.GuestLive, Media: "evening~" + string(me), Muted: true})
	p.says("The host has muted you")

	begun, _ := s.guests.counts()
	s.guests.cut()
	until(t, "the guest comes back", func() bool { again, _ := s.guests.counts(); return again > begun })
	p.wait("!document.body.innerText.includes('Your connection was lost')")
	if again := s.count(); again != joins {
		t.Error("the guest watches themselves")
	}

	h.tellsOf(wire.StageMine{Why: wire.StageRemoved, Reason: "the next one waits"})
	p.says("You have been taken off the stage. The host says: the next one waits")
	p.wait("document.querySelector('.dock') === null")
	until(t, "the end of the guest's session", func() bool { _, ended := s.guests.counts(); return ended > 0 })

	came := s.guests.came("audio")
	h.tellsOf(wire.StageMine{State: wire.GuestAdmitted, Until: time.Now().Add(40 * time.Second).UnixMilli()})
	p.wait("document.querySelector('.check .stays .ok:not(:disabled)')")
	p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	p.wait("document.querySelector('.dock .keys')")
	_, ended := s.guests.counts()
	until(t, "the guest sends again", func() bool { return s.guests.came("audio") > came })
	p.do(chromedp.Navigate("about:blank")) // a closed page leaves at once
	until(t, "the end by leaving the page", func() bool { _, again := s.guests.counts(); return again > ended })
	p.clean()
}

func TestThe_page_says_what_keeps_somebody_from_the_stage(t *testing.T) {
	_, _, p := stageDoor(t, "en-GB")
	for name, want := range map[string]string{"NotAllowedError": "may not use your camera", "NotFoundError": "No camera was found", "NotReadableError": "used by another program"} {
		p.read(`(() => {
			window.asks ??= navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
			navigator.mediaDevices.getUserMedia = (c) => (c.video ? Promise.reject(new DOMException("", ` + quote(name) + `)) : window.asks(c));
		})()`)
		p.do(chromedp.Click(chromedp.CSS(".way .ok")))
		p.says(want)
		p.wait("!document.querySelector('.check .stays .ok').disabled && document.querySelector('.check .loud')") // one may come with the voice alone
		p.do(chromedp.KeyEvent(kb.Escape))
		p.wait("document.querySelector('.check') === null")
	}
	p.do(chromedp.Click(chromedp.CSS(".way .ok")))
	p.wait("document.querySelector('.check .wrong button')")
	p.read("navigator.mediaDevices.getUserMedia = window.asks")
	p.do(chromedp.Click(chromedp.CSS(".check .wrong button")))
	p.wait("document.querySelector('.check .mirror')?.videoWidth > 0")
	p.clean()
}

func TestA_guest_of_whom_nothing_arrives_is_told_so_and_one_who_is_refused_chooses_again(t *testing.T) {
	for language, words := range map[string][2]string{
		"en-GB": {"Nothing arrives from your camera", "at most 1280×720 pixels"},
		"zh-CN": {"没有收到你的画面和声音", "最大 1280×720 像素"},
		"es-ES": {"No llega nada de tu cámara", "como máximo 1280×720 píxeles"},
	} {
		t.Run(language, func(t *testing.T) {
			s, h, p := stageDoor(t, language)
			admitted := wire.StageMine{State: wire.GuestAdmitted, Media: "evening~" + string(h.somebody()), Until: time.Now().Add(wire.ConnectWithin).UnixMilli()}
			h.tellsOf(admitted)
			p.wait("document.querySelector('.check .stays .ok:not(:disabled)')")
			p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
			p.says(words[0])

			admitted.Refused = wire.TooLarge
			for range 2 {
				_, ended := s.guests.counts()
				h.tellsOf(admitted)
				p.says(words[1])
				until(t, "the end of what is refused", func() bool { _, again := s.guests.counts(); return again > ended })
				p.wait("document.querySelector('.dock') === null && document.querySelector('.check .stays .ok:not(:disabled)')")
				begun, _ := s.guests.counts()
				p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
				until(t, "another try", func() bool { again, _ := s.guests.counts(); return again > begun })
			}
			h.tellsOf(wire.StageMine{State: wire.GuestLive, Media: admitted.Media})
			p.wait("document.querySelector('.check') === null && document.querySelector('.dock .keys')")
			p.clean()
		})
	}
}

func TestA_battle_is_followed(t *testing.T) {
	s := newStage(t)
	s.put(live("evening", "VP8"))
	s.put(live("atelier", "VP8"))
	h := s.hall("evening")
	h.says(bo, said("hello"))
	other := s.hall("atelier")
	p := s.open(t, chromium(t, soundAtOnce), "evening", "en-GB")
	p.hears("Bo", "hello")
	p.read(`(() => { window.same = true; window.spoken = []; new MutationObserver(() => { const t = document.querySelector('.stage-spoken')?.innerText; if (t && window.spoken.at(-1) !== t) window.spoken.push(t) }).observe(document.body, { subtree: true, childList: true, characterData: true }) })()`)
	h.duel("evening", "atelier")
	p.wait("document.querySelector('.tile[data-spot=atelier]')?.dataset.bare === 'false'")
	p.says("Together on stage", "Atelier Ono")
	h.phase(wire.BattleCounts, wire.BattleCounting, 3*time.Second, nil)
	p.wait("document.querySelector('.three')?.innerText === '2'")
	h.phase(wire.BattleFights, wire.BattleFight, 8*time.Second, nil)
	h.scores(120, 40)
	p.wait("document.querySelector('.side[data-ours=true] .n')?.innerText === '120' && document.querySelector('.side[data-ours=false] .n').innerText === '40'")
	h.says(eve, wire.RoomEvent{Gifted: &wire.Gifted{Gift: "cake", Count: 1, Combo: 1, Coins: 20}})
	p.wait("document.querySelector('.rising .gift')?.innerText === '🎂'")
	p.do(chromedp.Click(chromedp.CSS(".field-of .soft")))
	p.wait("document.querySelector('.field-of .soft').disabled")
	p.do(chromedp.Click(chromedp.CSS(".named input")))
	until(t, "consent", func() bool { return h.wished(func(w wire.StageWish) bool { return w.Honour != nil && w.Honour.Named }) })
	p.wait("window.spoken.includes('Mia Lopes 120, Atelier Ono 40')")
	h.phase(wire.BattlePushes, wire.BattlePush, 20*time.Second, nil)
	p.says("Final push")
	h.phase(wire.BattleResulted, wire.BattleLap, time.Minute, func(b *wire.Battle) {
		b.Result = &wire.BattleResult{Battle: b.ID, Round: 1, Outcome: wire.BattleWon, Winner: 0}
	})
	p.says("Mia Lopes wins", "ten push-ups, live")
	p.wait("window.spoken.some((t) => t.startsWith('Mia Lopes wins'))")
	for _, text := range []string{"The battle begins in three seconds", "The battle has begun", "Final push"} {
		p.wait("window.spoken.includes(" + quote(text) + ")")
	}

	other.duel("atelier", "evening")
	p.do(chromedp.Click(chromedp.CSS(".loudness .tool")))
	p.read("document.querySelector('.tile .visit').click()")
	p.wait("location.pathname === '/watch/atelier' && window.same && document.querySelector('#picture').muted")
	p.wait("document.querySelector('.tile[data-spot=evening]')?.dataset.bare === 'false'")
	p.says("Back to Mia Lopes")
	p.do(chromedp.Click(chromedp.CSS(".field-of .soft")))
	p.wait("location.pathname === '/watch/evening' && window.same")
	p.says("Mia Lopes wins")

	h.stages(wire.StageBattle, func(n *wire.StageNow) { n.Battle, n.Layout.Boxes = nil, nil })
	p.wait("document.querySelector('.contest') === null && document.querySelector('.tile') === null")
	p.clean()
}

func TestNine_hosts_fight_in_a_grid(t *testing.T) {
	s := newStage(t)
	s.put(live("many", "VP8"))
	h := s.hall("many")
	nine(h)
	p := s.open(t, chromium(t, soundAtOnce), "many", "en-GB")
	p.wait("document.querySelectorAll('.tile').length === 9 && document.querySelectorAll('.points-of').length === 9")
	p.says("Connecting", "Away for a moment", "2,800")
	if got := p.read("document.querySelectorAll('.tile a.visit[rel=noopener]').length"); got != "1" {
		t.Errorf("%s ways lead to other servers", got)
	}
	p.clean()
}

// TestThe_stage_is_accessible runs axe over its states, on a phone, a tablet and a desktop.
func TestThe_stage_is_accessible(t *testing.T) {
	axe := axeCore(t)
	s := newStage(t)
	for _, id := range []wire.ShowID{"evening", "atelier", "evening~m9"} {
		s.put(live(id, "VP8"))
	}
	h := s.hall("evening")
	h.fill()
	h.stages(wire.StageOpened, func(n *wire.StageNow) { n.Open = true })
	p := s.open(t, chromium(t, devices()...), "evening", "en-GB")
	p.state("playing")
	look := func(what string) {
		t.Helper()
		for _, size := range [][2]int64{{390, 844}, {820, 1180}, {1280, 720}} {
			p.do(chromedp.EmulateViewport(size[0], size[1]))
			p.accessible(axe, what, true)
		}
	}
	p.wait("document.querySelector('.way .ok')")
	look("open")
	p.do(chromedp.Click(chromedp.CSS(".way .ok")))
	p.wait("document.querySelector('.check .mirror')?.videoWidth > 0")
	look("check")
	p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	p.wait("document.querySelector('.way .soft')")
	look("in line")
	h.tellsOf(wire.StageMine{State: wire.GuestInvited, Until: time.Now().Add(time.Minute).UnixMilli()})
	p.wait("document.querySelector('.check .stays .ok:not(:disabled)')")
	look("invited")
	p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	p.wait("document.querySelector('.dock .keys')")
	me := h.somebody()
	h.stages(wire.StageJoined, func(n *wire.StageNow) {
		n.Guests = []wire.StageGuest{{Member: wire.Member{Alias: me, Name: "Ada"}, State: wire.GuestLive}, sitting("evening", bo), sitting("evening", eve)}
		n.Guests[2].SelfDark = true
		n.Layout = wire.StageLayout{Kind: wire.LayoutGrid, Boxes: boxes(2, wire.HostSpot, wire.SpotID(me), "m9", "m5")}
	})
	h.tellsOf(wire.StageMine{State: wire.GuestLive, Muted: true})
	p.says("The host has muted you")
	look("on stage")
	h.tellsOf(wire.StageMine{Why: wire.StageRemoved, Reason: "the next one waits"})
	h.stages(wire.StageRemoved, func(n *wire.StageNow) { n.Guests = nil })
	p.says("the next one waits")
	look("removed")
	h.duel("evening", "atelier")
	h.phase(wire.BattleFights, wire.BattleFight, 4*time.Minute, func(b *wire.Battle) {
		b.Corners[0].Score, b.Corners[1].Score, b.Corners[1].Heard = 12840, 9310, wire.HearLess
		b.Corners[0].Best = []wire.BattleFan{{Name: "Eva Martín", Points: 4000}, {Name: "Bo", Points: 900}}
	})
	p.wait("document.querySelector('.score') && document.querySelector('.best')")
	look("fight")
	h.phase(wire.BattlePushes, wire.BattlePush, time.Minute, nil)
	p.says("Final push")
	look("push")
	h.phase(wire.BattleResulted, wire.BattleLap, time.Minute, func(b *wire.Battle) {
		b.Result = &wire.BattleResult{Battle: b.ID, Round: 1, Outcome: wire.BattleWon, Winner: 0}
	})
	p.wait("document.querySelector('.result')")
	look("result")
	nine(h)
	p.wait("document.querySelectorAll('.points-of').length === 9")
	look("nine")
	p.clean()
}

// nine has nine hosts fight, one of them from another server.
func nine(h *hall) {
	names := []string{"Mia Lopes", "Atelier Ono", "Glas & Co", "林小雨的店", "Bois", "Casa Rey", "Nord", "Hana", "Ebony"}
	spots := []wire.SpotID{wire.HostSpot}
	for i := 1; i < len(names); i++ {
		spots = append(spots, wire.SpotID("h"+strconv.Itoa(i)))
	}
	h.stages(wire.StageBattle, func(n *wire.StageNow) {
		n.Guests, n.Battle = nil, nil
		n.Layout = wire.StageLayout{Kind: wire.LayoutGrid, Boxes: boxes(3, spots...)}
	})
	h.phase(wire.BattleFights, wire.BattleFight, 4*time.Minute, func(b *wire.Battle) {
		b.ID, b.Us = "b2", "many"
		b.Corners = []wire.BattleCorner{opponent("many", names[0], 0)}
		for i := 1; i < len(names); i++ {
			c := opponent(wire.ShowID(spots[i]), names[i], i)
			c.Score = int64(i * 700 % 3000)
			switch c.Media = ""; i {
			case 1:
				c.Media = "atelier"
			case 4:
				c.State = wire.CornerAway
			case 6:
				c.Room.Server, c.Media = "https://other.example", "evening"
			}
			b.Corners = append(b.Corners, c)
		}
	})
}

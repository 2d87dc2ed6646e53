package web

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine/server/wire"
)

// fill makes a hall in which an evening goes on.
func (h *hall) fill() (poll int64) {
	h.says(mia, said("Welcome, everybody! Tonight: silver from the workshop in Lisbon ✨"))
	h.says(bo, said("Hello from Madrid 👋"))
	h.says(lin, said("那只花瓶还有吗？"))
	h.says(eve, wire.RoomEvent{Said: &wire.Said{Text: "@Mia the ring is beautiful", Mentions: []wire.Alias{"m1"}}})
	h.says(sam, said("is it <b>925</b> silver? https://en.wikipedia.org/wiki/Sterling_silver"))
	h.says(mia, wire.RoomEvent{Said: &wire.Said{Text: "Yes, all of it, with the mark inside", Reply: 5}})
	h.says(bo, wire.RoomEvent{Asked: &wire.Asked{Text: "Do you ship to Spain?"}})
	h.says(noa, said("Please keep to the show 🙂 links only by the staff"))
	h.says(lin, said("好漂亮！！想看近一点"))
	h.says(eve, wire.RoomEvent{Gifted: &wire.Gifted{Gift: "rose", Count: 5, Combo: 5, Coins: 5}})
	h.says(sam, wire.RoomEvent{Said: &wire.Said{Text: "Just bought my second one", Highlight: true}})
	h.says(bo, said("How does it look with the bracelet from last week? I would love to see both together"))
	n := h.says(noa, said("Free shipping until nine with the code EVENING"))
	h.set(func(h *hall) {
		h.state.Announced = "Sound check at 20:30: there may be a short pause"
		h.state.Pinned = &h.events[n-1]
		h.state.Showing = wire.Showing{Product: "ring"}
		h.likes = 9204
		h.state.Questions = []wire.OpenQuestion{
			{N: 7, By: bo, Text: "Do you ship to Spain?", Votes: 14, Mine: true},
			{N: 21, By: lin, Text: "这款有没有 56 码？", Votes: 9},
			{N: 22, By: eve, Text: "¿Se puede grabar una fecha por dentro del anillo, y cuánto tardaría?", Votes: 2},
		}
	})
	return n
}

// TestShots_of_the_room takes pictures to look at, with -shots DIR.
func TestShots_of_the_room(t *testing.T) {
	if *shots == "" {
		t.Skip("only with -shots DIR")
	}
	s := newStage(t)
	browser := chromium(t, soundAtOnce)
	for _, language := range []string{"en-GB", "es", "zh-CN"} {
		id := wire.ShowID("room-" + language[:2])
		s.put(live(id, "VP8"))
		s.put(live("other", "VP8"))
		s.listed = true
		h := s.hall(id)
		h.fill()
		p := s.open(t, browser, id, language)
		p.state("playing")
		p.wait("document.querySelector('.card')")
		p.shoot("room-chat-" + language)
		poll := h.poll(mia, 45*time.Second, "Which one shall I show next?", "Rings", "The tall vase", "Bracelets")
		h.counts(poll, 120, 340, 61)
		p.wait("document.querySelector('.poll')")
		p.do(chromedp.Click(chromedp.CSS(".poll li:nth-child(2) button")))
		p.shoot("room-poll-" + language)
		h.pollEnds(mia, poll)
		p.wait("document.querySelector('.poll[data-ended=true]')")
		p.shoot("room-result-" + language)
		p.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(2)")))
		h.says(mia, wire.RoomEvent{Answered: &wire.Answered{Question: 22, Text: "Sí, en dos días"}})
		p.wait("document.querySelector('.question.done')")
		p.shoot("room-questions-" + language)
		p.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(1)")), chromedp.Click(chromedp.CSS(".gift")))
		p.wait("document.querySelector('.presents')")
		for i := range 4 {
			h.says(eve, wire.RoomEvent{Gifted: &wire.Gifted{Gift: "cake", Count: 1, Combo: i + 1, Coins: 20}})
		}
		p.do(chromedp.Click(chromedp.CSS(".like")), chromedp.Click(chromedp.CSS(".like")), chromedp.Click(chromedp.CSS(".like")))
		p.shoot("room-gifts-" + language)
		p.do(chromedp.Click(chromedp.CSS(".sheet .shut")))
		p.types("Is there a 56?")
		p.do(chromedp.KeyEvent("\r"))
		if run(p, chromedp.Evaluate[bool]("document.querySelector('.nameAsk') !== null")) {
			p.shoot("room-name-" + language)
			p.do(chromedp.Focus(chromedp.CSS(".nameAsk input")), chromedp.KeyEvent("Ada"), chromedp.KeyEvent("\r"))
		}
		p.hears("Ada", "Is there a 56?")
		p.types("and a 57?")
		p.do(chromedp.KeyEvent("\r"))
		h.set(func(h *hall) {
			for alias := range h.said {
				h.said[alias] = time.Now().Add(30 * time.Second)
			}
		})
		p.wait("document.querySelector('.send')?.ariaDisabled === 'false'")
		p.do(chromedp.KeyEvent("\r"))
		p.wait("document.querySelector('.beside')")
		p.shoot("room-wait-" + language)
		p.do(chromedp.EmulateViewport(1280, 800))
		p.read("document.querySelector('.row.lit .dots').click()")
		p.wait("document.querySelector('.list')")
		p.shoot("room-menu-" + language)
		p.do(chromedp.Click(chromedp.CSS(".sheet .shut")))
		p.do(chromedp.MouseEvent("mouseMoved", 300, 300))
		p.do(chromedp.Click(chromedp.CSS(".elsewhere")))
		p.shoot("room-shows-" + language)
	}
}

// TestShots_of_a_tall_room takes pictures of a show that is held upright, with -shots DIR.
func TestShots_of_a_tall_room(t *testing.T) {
	if *shots == "" {
		t.Skip("only with -shots DIR")
	}
	s := newStage(t)
	s.put(live("tall", "VP8"))
	h := s.hall("tall")
	h.fill()
	p := s.open(t, chromium(t, soundAtOnce), "tall", "en-GB")
	p.state("playing")
	p.wait("document.querySelector('.card')")
	// The tape is wide; a tall one is put before the page as a picture of the same element.
	p.read(`(() => {
		const main = document.querySelector('main'), video = document.querySelector('#picture');
		main.dataset.tall = 'true';
		video.style.objectFit = 'fill';
		new MutationObserver(() => { if (main.dataset.tall !== 'true') main.dataset.tall = 'true' }).observe(main, { attributeFilter: ['data-tall'] });
	})()`)
	p.shoot("tall-chat")
	poll := h.poll(mia, 45*time.Second, "Which one shall I show next?", "Rings", "The tall vase", "Bracelets")
	h.counts(poll, 120, 340, 61)
	p.shoot("tall-poll")
	fmt.Println(poll)
	p.do(chromedp.Click(chromedp.CSS(".gift")))
	p.shoot("tall-gifts")
}

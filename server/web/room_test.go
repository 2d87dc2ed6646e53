package web

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/server/wire"
)

var (
	mia = wire.Member{Alias: "m1", Name: "Mia", Role: "host"}
	noa = wire.Member{Alias: "m2", Name: "Noor", Role: "moderator"}
	bo  = wire.Member{Alias: "m9", Name: "Bo"}
	lin = wire.Member{Alias: "m4", Name: "林小雨"}
	eve = wire.Member{Alias: "m5", Name: "Eva Martín"}
	sam = wire.Member{Alias: "m6", Name: "Sam"}
)

func said(text string) wire.RoomEvent { return wire.RoomEvent{Said: &wire.Said{Text: text}} }

// types writes into the box.
func (p *tab) types(text string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS(".box input")), chromedp.KeyEvent(text))
}

// says types and sends.
func (p *tab) sends(text string) {
	p.t.Helper()
	p.types(text)
	p.do(chromedp.KeyEvent(kb.Enter))
}

// named sends the first message, and says who does.
func (p *tab) named(name, text string) {
	p.t.Helper()
	p.sends(text)
	p.wait("document.querySelector('.sheet.nameAsk input') === document.activeElement")
	p.do(chromedp.KeyEvent(name), chromedp.KeyEvent(kb.Enter))
	p.hears(name, text)
}

// hears waits for a line.
func (p *tab) hears(name, text string) {
	p.t.Helper()
	p.wait("[...document.querySelectorAll('.row:not(.sending)')].some((r) => r.querySelector('b')?.innerText === " + quote(name) + " && r.querySelector('.text')?.innerText.includes(" + quote(text) + "))")
}

func TestThe_page_has_a_room(t *testing.T) {
	s := newStage(t)
	browser := chromium(t, soundAtOnce)
	// The name of the last visit is known on this machine; nobody is asked twice.
	s.open(t, browser, "none", "en-GB").read("localStorage.setItem('vitrine.name', 'Ada')")

	t.Run("in which two people hear each other, each by name", func(t *testing.T) {
		s.put(live("two", "VP8"))
		h := s.hall("two")
		h.says(mia, said("Welcome to <b>the evening</b>"))
		ada, ben := s.open(t, browser, "two", "en-GB", chromedp.WithNewBrowserContext()), s.open(t, browser, "two", "en-GB", chromedp.WithNewBrowserContext())
		ada.hears("Mia", "Welcome to <b>the evening</b>")
		ada.named("Ada", "Is there a 56?")
		ben.hears("Ada", "Is there a 56?")
		ben.named("Ben", "I wonder, too")
		ada.hears("Ben", "I wonder, too")
		ada.clean()
		ben.clean()
	})

	t.Run("that keeps the text and counts down when one is too fast", func(t *testing.T) {
		s.put(live("fast", "VP8"))
		h := s.hall("fast")
		p := s.open(t, browser, "fast", "en-GB")
		p.wait("document.querySelector('.room')")
		p.sends("first")
		p.hears("Ada", "first")
		p.sends("second")
		p.wait("/^[12] s$/.test(document.querySelector('.send')?.innerText)")
		p.wait("document.querySelector('.box input').value === 'second'")
		p.wait("document.querySelector('.send').ariaDisabled === 'false'")
		p.do(chromedp.KeyEvent(kb.Enter))
		p.hears("Ada", "second")
		// The server counts what other tabs sent: its word counts more than the page's.
		h.set(func(h *hall) {
			for alias := range h.said {
				h.said[alias] = time.Now().Add(3 * time.Second)
			}
		})
		p.wait("document.querySelector('.send') === null")
		p.sends("third")
		p.wait("document.querySelector('.beside')?.innerText.includes('Your text is kept') && document.querySelector('.box input').value === 'third'")
		if texts := h.texts(); len(texts) != 2 {
			t.Errorf("the room has %q", texts)
		}
		p.wait("document.querySelector('.send').ariaDisabled === 'false' && document.querySelector('.beside') === null")
		p.do(chromedp.KeyEvent(kb.Enter))
		p.hears("Ada", "third")
		p.clean()
	})

	t.Run("that says why a message was refused and keeps its text", func(t *testing.T) {
		s.put(live("refuse", "VP8"))
		s.hall("refuse")
		p := s.open(t, browser, "refuse", "en-GB")
		p.wait("document.querySelector('.room')")
		p.sends("bad")
		p.wait("document.querySelector('.beside')?.innerText === 'Not sent: this word is blocked here' && document.querySelector('.box input').value === 'bad'")
		p.do(chromedp.KeyEvent("ater"), chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent("l"))
		p.wait("document.querySelector('.box input').value === 'later'")
		p.do(chromedp.KeyEvent(kb.Enter))
		p.wait("document.querySelector('.row.sending')?.innerText.includes('A moderator looks at it first')")
		p.clean()
	})

	t.Run("that loses and doubles nothing when the server restarts", func(t *testing.T) {
		s.put(live("restarts", "VP8"))
		h := s.hall("restarts")
		p := s.open(t, browser, "restarts", "en-GB")
		p.wait("document.querySelector('.room')")
		h.set(func(h *hall) { h.drop = true }) // it takes the message and dies
		p.sends("only once")
		p.hears("Ada", "only once")
		p.wait("document.querySelector('.send') === null")
		s.crash()
		p.wait("document.querySelector('.beside')?.innerText.includes('reconnecting')")
		p.sends("said in the dark")
		h.says(mia, said("while you were away"))
		s.up()
		p.hears("Mia", "while you were away")
		p.hears("Ada", "said in the dark")
		p.wait("document.querySelector('.row.sending') === null && document.querySelector('.beside') === null")
		for _, text := range []string{"only once", "said in the dark", "while you were away"} {
			if n := p.read("[...document.querySelectorAll('.row .text')].filter((r) => r.innerText === " + quote(text) + ").length"); n != "1" {
				t.Errorf("%q is there %s times", text, n)
			}
		}
		if texts := h.texts(); len(texts) != 3 {
			t.Errorf("the room has %q", texts)
		}
	})

	t.Run("with polls, questions, likes and gifts", func(t *testing.T) {
		s.put(live("game", "VP8"))
		h := s.hall("game")
		p := s.open(t, browser, "game", "en-GB")
		p.wait("document.querySelector('.room')")
		poll := h.poll(mia, time.Minute, "Which next?", "Rings", "Bowls")
		p.says("Which next?", "ends in 0:")
		p.do(chromedp.Click(chromedp.CSS(".poll li:nth-child(2) button")))
		p.wait("document.querySelector('.poll li:nth-child(2)')?.innerText.includes('100 %') && document.querySelector('.poll li:nth-child(1) button').disabled")
		h.pollEnds(mia, poll)
		p.says("Result of the poll")
		p.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(2)")))
		p.sends("Is there a 56?")
		p.says("Yours is no. 1")
		n := h.says(bo, wire.RoomEvent{Asked: &wire.Asked{Text: "Do you ship to Spain?"}})
		h.set(func(h *hall) {
			h.state.Questions = append(h.state.Questions, wire.OpenQuestion{N: n, By: bo, Text: "Do you ship to Spain?", Votes: 7})
		})
		p.says("Do you ship to Spain?")
		p.do(chromedp.Click(chromedp.CSS(".question:nth-of-type(3) .second")))
		p.says("Yours is no. 1") // of both; the other has more votes
		h.says(mia, wire.RoomEvent{Answered: &wire.Answered{Question: n, Text: "Yes, in two days"}})
		p.says("Yes, in two days")
		p.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(1)")))
		p.do(chromedp.Click(chromedp.CSS(".like")), chromedp.Click(chromedp.CSS(".like")))
		p.wait("document.querySelector('.like small')?.innerText === '2'")
		p.do(chromedp.Click(chromedp.CSS(".gift")))
		p.says("40 coins")
		p.do(chromedp.Click(chromedp.CSS(".presents button:nth-child(3)")), chromedp.Click(chromedp.CSS(".presents button:nth-child(3)")))
		p.wait("document.querySelector('.flying .combo')?.innerText === '×2'")
		p.wait("document.querySelector('.wallet b')?.innerText === '0 coins' && document.querySelector('.presents button:nth-child(1)').disabled")
		p.clean()
	})

	t.Run("that stands still for who reads further up", func(t *testing.T) {
		s.put(live("long", "VP8"))
		h := s.hall("long")
		for i := range 80 {
			h.says(bo, said("line "+string(rune('a'+i%26))))
		}
		p := s.open(t, browser, "long", "en-GB")
		p.hears("Bo", "line b")
		p.wait("(() => { const l = document.querySelector('.lines'); return l.scrollTop > 0 && l.scrollHeight - l.scrollTop - l.clientHeight < 2 })()")
		p.read("document.querySelector('.lines').scrollTo(0, 100)")
		p.wait("document.querySelector('.lines').scrollTop === 100")
		h.says(bo, said("new one"))
		h.says(bo, said("new two"))
		p.says("2 new")
		if top := p.read("document.querySelector('.lines').scrollTop"); top != "100" {
			t.Errorf("it moved to %s", top)
		}
		p.do(chromedp.Click(chromedp.CSS(".fresh")))
		p.hears("Bo", "new two")
		p.wait("document.querySelector('.fresh') === null")
		for range 200 {
			h.says(bo, said("flood"))
		}
		h.says(bo, said("the end"))
		p.hears("Bo", "the end")
		if n := p.read("document.querySelectorAll('.row').length"); n != "200" {
			t.Errorf("%s lines in the document", n)
		}
		p.clean()
	})

	t.Run("with what the staff does", func(t *testing.T) {
		s.put(live("staff", "VP8"))
		h := s.hall("staff")
		h.says(bo, said("buy my coins"))
		viewer := s.open(t, browser, "staff", "en-GB")
		viewer.hears("Bo", "buy my coins")
		h.set(func(h *hall) { h.staff = true })
		p := s.open(t, browser, "staff", "en-GB")
		p.hears("Bo", "buy my coins")
		p.do(chromedp.Focus(chromedp.CSS(".lines")), chromedp.KeyEvent(kb.ArrowUp))
		p.wait("document.activeElement.matches('.row')")
		p.do(chromedp.KeyEvent(kb.Enter))
		p.says("Silence for 10 minutes", "Ban from the room")
		p.do(chromedp.Click(chromedp.CSS(".list .remove")))
		viewer.says("Message removed")
		p.says("Message removed")
		p.sends("Please keep to the show")
		viewer.hears("Noor", "Please keep to the show")
		p.hears("Noor", "Please keep to the show")
		p.do(chromedp.Focus(chromedp.CSS(".lines")), chromedp.KeyEvent(kb.ArrowUp))
		p.wait("document.activeElement.innerText.includes('Please keep')")
		p.do(chromedp.KeyEvent(kb.Enter))
		p.do(chromedp.Click(chromedp.CSS(".list .pin")))
		viewer.wait("document.querySelector('.note.pinned')?.innerText.includes('Please keep to the show')")
		p.do(chromedp.Click(chromedp.CSS(".tune")), chromedp.Focus(chromedp.CSS(".tools input")), chromedp.KeyEvent("Which next?"))
		p.do(chromedp.Focus(chromedp.CSS(".tools input:nth-of-type(2)")), chromedp.KeyEvent("Rings, Bowls"), chromedp.KeyEvent(kb.Enter))
		viewer.says("Which next?", "Bowls", "ends in")
		p.do(chromedp.Click(chromedp.CSS(".tune")), chromedp.Click(chromedp.CSS(".modes label:nth-child(2) input")))
		viewer.wait("document.querySelector('.box input').disabled && document.querySelector('.box input').placeholder === 'The chat is paused.'")
		p.clean()
		viewer.clean()
	})
}

func TestThe_page_goes_to_another_show_without_a_reload(t *testing.T) {
	s := newStage(t)
	s.put(live("evening", "VP8"))
	other := live("atelier", "VP8")
	other.Title = "Open atelier"
	s.put(other)
	s.mu.Lock()
	s.listed = true
	s.mu.Unlock()
	s.hall("evening").says(bo, said("in the evening"))
	s.hall("atelier").says(bo, said("in the atelier"))
	p := s.open(t, chromium(t, soundAtOnce), "evening", "en-GB")
	p.state("playing")
	p.hears("Bo", "in the evening")
	p.read("window.same = true")
	p.do(chromedp.KeyEvent("m"))
	p.wait("document.querySelector('#picture').muted")
	p.do(chromedp.Click(chromedp.CSS(".elsewhere")), chromedp.Click(chromedp.CSS(".shows a[href='/watch/atelier']")))
	p.hears("Bo", "in the atelier")
	p.state("playing")
	p.says("Open atelier")
	p.wait("location.pathname === '/watch/atelier' && window.same && document.querySelector('#picture').muted && !document.body.innerText.includes('in the evening')")
	p.do(chromedp.NavigateBack())
	p.hears("Bo", "in the evening")
	p.state("playing")
	p.wait("location.pathname === '/watch/evening' && window.same && !document.body.innerText.includes('in the atelier')")
	p.clean()
}

// TestThe_room_is_accessible runs axe over its states, on a desktop and on a phone.
func TestThe_room_is_accessible(t *testing.T) {
	axe := axeCore(t)
	s := newStage(t)
	s.put(live("evening", "VP8"))
	s.put(live("other", "VP8"))
	s.listed = true
	h := s.hall("evening")
	h.fill()
	h.poll(mia, time.Minute, "Which next?", "Rings", "Bowls")
	h.set(func(h *hall) { h.staff = true })
	p := s.open(t, chromium(t, soundAtOnce), "evening", "en-GB")
	p.wait("document.querySelector('.poll') && document.querySelector('.card')")
	for what, steps := range map[string][]chromedp.Action[chromedp.Void]{
		"chat":      {},
		"gifts":     {chromedp.Click(chromedp.CSS(".gift"))},
		"emoji":     {chromedp.Click(chromedp.CSS(".in"))},
		"menu":      {chromedp.Focus(chromedp.CSS(".lines")), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.Enter)},
		"tools":     {chromedp.Click(chromedp.CSS(".tune"))},
		"questions": {chromedp.Click(chromedp.CSS(".tabs button:nth-child(2)"))},
		"shows":     {chromedp.Click(chromedp.CSS(".elsewhere"))},
	} {
		for _, width := range []int64{1280, 390} {
			p.do(chromedp.EmulateViewport(width, 844))
			p.do(steps...)
			p.accessible(axe, what, true)
			p.do(chromedp.KeyEvent(kb.Escape), chromedp.Click(chromedp.CSS(".tabs button:nth-child(1)")))
		}
	}
	p.clean()
}

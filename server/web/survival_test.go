package web

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/server/wire"
)

func TestThe_page_lives_by_its_session(t *testing.T) {
	s := newStage(t)
	browser := chromium(t, soundAtOnce)

	t.Run("it hears the news over the channel and asks for them no more", func(t *testing.T) {
		s.put(live("news", "VP8"))
		p := s.open(t, browser, "news", "en-GB")
		p.state("playing")
		p.says("1.3K watching")
		show := live("news", "VP8")
		show.Viewers = 7
		s.put(show)
		p.says("7 watching")
		asks := s.asked()
		for range 8 { // longer than the page's pauses between questions
			s.tellAll(wire.LinkEvent{Down: 3_000_000, RTT: 20, Redundancy: 1})
			p.do(chromedp.Sleep(time.Second))
		}
		if again := s.asked(); again != asks {
			t.Errorf("the page asked %d times more by HTTP", again-asks)
		}
		show.Live, show.Interrupted = false, true
		s.stall("news", true)
		s.put(show)
		p.state("interrupted")
		show.Live, show.Interrupted = true, false
		s.stall("news", false)
		s.put(show)
		p.state("playing")
		p.clean()
	})

	t.Run("it goes on without the channel on a server that refuses it", func(t *testing.T) {
		s.put(live("old", "VP8"))
		s.setOld(true)
		defer s.setOld(false)
		p := s.open(t, browser, "old", "en-GB")
		p.state("playing")
		show := live("old", "VP8")
		show.Viewers = 9
		s.put(show)
		p.says("9 watching")
		p.clean()
	})

	t.Run("it repeats an offer that stays without an answer, with the same key", func(t *testing.T) {
		s.put(live("deaf", "VP8"))
		before := len(s.swallow(2))
		p := s.open(t, browser, "deaf", "en-GB")
		p.state("playing")
		keys := s.swallow(0)[before:]
		if len(keys) < 3 || keys[0] == "" || slices.ContainsFunc(keys, func(k string) bool { return k != keys[0] }) {
			t.Errorf("the keys were %q", keys)
		}
		p.clean()
	})

	t.Run("it finds a new way in the same session when the old one is silent", func(t *testing.T) {
		s.put(live("way", "VP8"))
		p := s.open(t, browser, "way", "en-GB")
		p.state("playing")
		p.observe()
		joins, restarts := s.count(), s.restarted()
		s.hush()
		p.state("reconnecting")
		p.state("playing")
		if again, found := s.count(), s.restarted(); again != joins || found != restarts+1 {
			t.Errorf("%d joins and %d restarts, want none and one", again-joins, found-restarts)
		}
		if dark := p.read("window.seen.dark"); dark != "0" {
			t.Errorf("%s frames of the page had no picture", dark)
		}
		p.clean()
	})
}

func TestThe_viewer_chooses_the_quality(t *testing.T) {
	s := newStage(t)
	s.put(live("layers", "VP8"))
	s.put(live("evening", "VP8"))
	browser := chromium(t, soundAtOnce)
	p := s.open(t, browser, "layers", "en-GB")
	p.state("playing")
	pinned := func(want wire.LayerID) {
		t.Helper()
		select {
		case got := <-s.pins:
			if got != want {
				t.Errorf("the page asked for layer %q, not %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("the page never asked for layer %q", want)
		}
	}

	p.says("360p")
	p.do(chromedp.Click(chromedp.CSS("[aria-label^='Quality']")))
	p.says("Automatic · 360p", "720p", "180p")
	p.do(chromedp.Click(chromedp.CSS(".quality label:nth-of-type(2)")))
	pinned("f")
	p.wait("document.querySelector('.quality') === null && document.querySelector('.size').innerText === '720p'")
	p.do(chromedp.KeyEvent("q"))
	p.wait("document.activeElement.matches('.quality input:checked')")
	p.do(chromedp.KeyEvent(kb.ArrowDown))
	pinned("h")
	p.do(chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp))
	pinned("f")
	pinned("")
	p.do(chromedp.KeyEvent(kb.Escape))
	p.wait("document.querySelector('.quality') === null")

	p.do(chromedp.KeyEvent("i"))
	s.tellAll(wire.LinkEvent{Down: 2_100_000, Loss: 0.33, RTT: 80, Redundancy: 3})
	p.says("losing a third of its packets", "2.1 Mbit/s", "80 ms", "33.0 %", "3 copies", "Automatic · 720p")
	// Chromium obeys: the picture waits for what is sent again.
	p.wait("parseInt(document.querySelector('.figures dd').innerText) > 250")
	p.do(chromedp.KeyEvent("i"))
	for range 3 {
		s.tellAll(wire.LinkEvent{Down: 2_100_000, Loss: 0.33, RTT: 80, Redundancy: 3})
	}
	p.wait("document.querySelector('.advice')?.innerText.includes('a third')")
	s.tellAll(wire.LinkEvent{Down: 2_100_000, RTT: 80, Redundancy: 1})
	p.wait("document.querySelector('.advice') === null")

	s.hangUp()
	p.state("playing")
	p.clean()

	p = s.open(t, browser, "evening", "en-GB")
	p.state("playing")
	if n := p.read("document.querySelectorAll('.size').length"); n != "0" {
		t.Error("a show of one size offers a choice")
	}
}

// asked tells how often pages asked for a show.
func (s *stage) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asks
}

// restarted tells how often a page asked for new ICE.
func (s *stage) restarted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// setOld makes the stage a server from before the data channel.
func (s *stage) setOld(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old = on
}

// swallow holds the next n requests back, and returns the keys of all that have come.
func (s *stage) swallow(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = n
	return s.keys
}

package web

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/server/wire"
)

var shots = flag.String("shots", "", "the folder that TestShots_of_every_state fills")

// soundAtOnce lets pages play sound without a gesture, soundOnTap does not.
var (
	soundAtOnce = chromedp.Flag("autoplay-policy", "no-user-gesture-required")
	soundOnTap  = chromedp.Flag("autoplay-policy", "document-user-activation-required")
)

func live(id wire.ShowID, video string) wire.Show {
	since := time.Now().Add(-12*time.Minute - 34*time.Second)
	return wire.Show{ID: id, Title: "Linen for long evenings", State: wire.Open, Live: true, Video: video, Viewers: 1284, Since: &since}
}

func off(id wire.ShowID, state wire.ShowState) wire.Show {
	return wire.Show{ID: id, Title: "Linen for long evenings", State: state}
}

func TestThe_page_follows_its_show(t *testing.T) {
	s := newStage(t)
	browser := chromium(t, soundAtOnce)

	t.Run("it waits, plays, survives the host's absence, ends, and begins again", func(t *testing.T) {
		s.put(off("evening", wire.Open))
		p := s.open(t, browser, "evening", "en-GB")
		p.state("waiting")
		p.says("The show has not begun", "Linen for long evenings")
		s.put(live("evening", "VP8"))
		p.state("playing")
		p.says("Live", "1.3K watching", "On air 12:")
		p.wait("document.querySelector('#picture').videoWidth === 640")
		p.wait("!document.querySelector('#picture').muted")
		joins := s.count()

		s.stall("evening", true)
		s.put(off("evening", wire.Open))
		p.state("interrupted")
		p.says("The host will be right back", "Linen for long evenings")
		p.wait("document.querySelector('#picture').volume === 0")
		s.put(live("evening", "VP8"))
		s.stall("evening", false)
		p.state("playing")
		p.wait("document.querySelector('#picture').volume === 1")
		if again := s.count(); again != joins {
			t.Errorf("the host came back in the same session, the page joined %d times more", again-joins)
		}

		s.put(off("evening", wire.Closed))
		s.hangUp()
		p.state("ended")
		p.says("The show has ended")
		s.put(live("evening", "VP8"))
		p.nudge()
		p.state("playing")
		p.clean()
	})

	t.Run("it joins anew without a dark moment when the show changes its codec", func(t *testing.T) {
		s.put(live("codec", "VP8"))
		p := s.open(t, browser, "codec", "en-GB")
		p.state("playing")
		p.wait("document.querySelector('#picture').videoWidth === 640")
		p.observe()
		joins := s.count()
		s.put(live("codec", "H264"))
		s.hangUp()
		p.wait("window.seen.states.join().endsWith('reconnecting,playing')")
		p.wait("document.querySelector('.still').hidden")
		if again := s.count(); again != joins+1 {
			t.Errorf("%d joins, want one", again-joins)
		}
		if dark := p.read("window.seen.dark"); dark != "0" {
			t.Errorf("%s frames of the page had no picture", dark)
		}
		if covered := p.read("window.seen.covered"); covered == "0" {
			t.Error("the last picture was never kept")
		}
		p.clean()
	})

	t.Run("it heals when the server restarts", func(t *testing.T) {
		s.put(live("restart", "VP8"))
		p := s.open(t, browser, "restart", "en-GB")
		p.state("playing")
		p.wait("document.querySelector('#picture').videoWidth === 640")
		p.observe()
		s.crash()
		p.state("reconnecting")
		p.says("The server does not answer")
		s.up()
		p.state("playing")
		if dark := p.read("window.seen.dark"); dark != "0" {
			t.Errorf("%s frames of the page had no picture", dark)
		}
		p.clean()
	})

	t.Run("it tries again when the server is full", func(t *testing.T) {
		s.put(live("full", "VP8"))
		s.answerPosts(503)
		p := s.open(t, browser, "full", "en-GB")
		p.says("The show is full just now")
		s.answerPosts(0)
		p.state("playing")
		p.clean()
	})

	t.Run("it says that a show is unknown, and plays it once it is there", func(t *testing.T) {
		p := s.open(t, browser, "later", "en-GB")
		p.state("failed")
		p.says("There is no such show")
		s.put(live("later", "VP8"))
		p.nudge()
		p.state("playing")
		p.clean()
	})

	t.Run("it shows the sound of a show without picture", func(t *testing.T) {
		s.put(live("voice", ""))
		p := s.open(t, browser, "voice", "en-GB")
		p.state("playing")
		p.says("Sound only")
		p.wait("Number(document.querySelector('.voice').style.getPropertyValue('--level')) > 0.2")
		p.wait("document.querySelector('#picture').currentTime > 0.2")
		p.clean()
	})

	t.Run("it leaves the session when the viewer leaves", func(t *testing.T) {
		s.put(live("leave", "VP8"))
		p := s.open(t, browser, "leave", "en-GB")
		p.state("playing")
		for len(s.leaves) > 0 {
			<-s.leaves
		}
		p.do(chromedp.Navigate("about:blank"))
		select {
		case <-s.leaves:
		case <-time.After(patience):
			t.Error("no DELETE came")
		}
	})
}

func TestThe_page_obeys_its_viewer(t *testing.T) {
	s := newStage(t)
	s.put(live("evening", "VP8"))
	browser := chromium(t, soundAtOnce)

	t.Run("by keyboard", func(t *testing.T) {
		p := s.open(t, browser, "evening", "en-GB")
		p.state("playing")
		p.do(chromedp.KeyEvent("m"))
		p.wait("document.querySelector('#picture').muted")
		p.do(chromedp.KeyEvent("M"))
		p.wait("!document.querySelector('#picture').muted")
		p.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
		p.wait("Math.abs(document.querySelector('#picture').volume - 0.8) < 0.01")
		p.do(chromedp.KeyEvent("f"))
		p.wait("document.fullscreenElement === document.querySelector('main')")
		p.do(chromedp.KeyEvent("f"))
		p.wait("document.fullscreenElement === null")
		p.do(chromedp.KeyEvent("p"))
		p.wait("document.pictureInPictureElement !== null")
		p.wait("document.querySelector('[aria-label^=\"Leave picture in picture\"]') !== null")
		p.do(chromedp.KeyEvent("p"))
		p.wait("document.pictureInPictureElement === null")
		p.do(chromedp.KeyEvent("i"))
		p.says("Round trip", "640 × 360", "kbit/s")
		p.do(chromedp.KeyEvent(kb.Escape))
		p.wait("document.querySelector('.panel') === null")
		p.do(chromedp.Reload())
		p.state("playing")
		p.wait("Math.abs(document.querySelector('#picture').volume - 0.8) < 0.01")
		p.clean()
	})

	t.Run("by pointer", func(t *testing.T) {
		p := s.open(t, browser, "evening", "en-GB")
		p.state("playing")
		p.do(chromedp.Click(chromedp.CSS("[aria-label^='Connection']")))
		p.says("Frames a second")
		p.do(chromedp.Click(chromedp.CSS(".panel button")))
		p.wait("document.querySelector('.panel') === null")
		p.do(chromedp.Click(chromedp.CSS("[aria-label^='Mute']")))
		p.wait("document.querySelector('#picture').muted")
		p.do(chromedp.Click(chromedp.CSS("[aria-label^='Sound on']")))
		p.wait("!document.querySelector('#picture').muted")
		p.do(chromedp.Click(chromedp.CSS("[aria-label^='Full screen']")))
		p.wait("document.fullscreenElement !== null")
		p.do(chromedp.Click(chromedp.CSS("[aria-label^='Leave full screen']")))
		p.wait("document.fullscreenElement === null")
		p.wait("document.querySelector('main').dataset.calm === 'true'")
		p.do(chromedp.MouseEvent("mouseMoved", 300, 300))
		p.wait("document.querySelector('main').dataset.calm === 'false'")
		p.clean()
	})

	t.Run("by touch", func(t *testing.T) {
		p := s.open(t, browser, "evening", "en-GB")
		p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
		p.state("playing")
		p.wait("document.querySelector('main').dataset.calm === 'true'")
		p.do(chromedp.TapXY(195, 120))
		p.wait("document.querySelector('main').dataset.calm === 'false'")
		p.do(chromedp.TapXY(195, 120))
		p.wait("document.querySelector('main').dataset.calm === 'true'")
		p.wait("document.documentElement.scrollWidth <= innerWidth")
		p.clean()
	})

	t.Run("without controls where there is nothing to control", func(t *testing.T) {
		s.put(off("closed", wire.Closed))
		p := s.open(t, browser, "closed", "en-GB")
		p.state("ended")
		if n := p.read("document.querySelectorAll('button:not(.bag), input').length"); n != "0" {
			t.Errorf("%s controls on a page that has ended", n)
		}
	})
}

func TestThe_page_plays_muted_until_it_is_tapped_where_sound_needs_a_gesture(t *testing.T) {
	s := newStage(t)
	s.put(live("evening", "VP8"))
	s.put(live("voice", ""))
	browser := chromium(t, soundOnTap)
	for name, tap := range map[string]func(p *tab){
		"on the button":           func(p *tab) { p.do(chromedp.Click(chromedp.CSS(".tap"))) },
		"anywhere":                func(p *tab) { p.do(chromedp.MouseClickXY(200, 600)) },
		"on the key for sound":    func(p *tab) { p.do(chromedp.KeyEvent("m")) },
		"on the space bar":        func(p *tab) { p.do(chromedp.KeyEvent(" ")) },
		"on the speaker's button": func(p *tab) { p.do(chromedp.Click(chromedp.CSS("[aria-label^='Sound on']"))) },
	} {
		t.Run(name, func(t *testing.T) {
			p := s.open(t, browser, "evening", "en-GB")
			p.state("playing")
			p.says("Tap for sound")
			p.wait("document.querySelector('#picture').muted && document.querySelector('#picture').currentTime > 0")
			tap(p)
			p.wait("!document.querySelector('#picture').muted && document.querySelector('.tap') === null")
			p.clean()
		})
	}
	t.Run("also without a picture", func(t *testing.T) {
		p := s.open(t, browser, "voice", "en-GB")
		p.says("Tap for sound")
		p.do(chromedp.Click(chromedp.CSS(".tap")))
		p.wait("!document.querySelector('#picture').muted && document.querySelector('.tap') === null")
	})
}

func TestThe_page_speaks_Chinese_and_Spanish(t *testing.T) {
	s := newStage(t)
	s.put(live("evening", "VP8"))
	s.put(off("later", wire.Open))
	browser := chromium(t, soundAtOnce)
	p := s.open(t, browser, "later", "zh-CN,en")
	p.state("waiting")
	p.says("直播还没有开始")
	p = s.open(t, browser, "evening", "zh-CN,en")
	p.state("playing")
	p.says("直播中", "1284 人在看", "已播 12:")
	if lang := p.read("document.documentElement.lang"); lang != "zh-CN" {
		t.Errorf("the document says that it is %q", lang)
	}
	p.clean()
	s.hall("evening").says(bo, said("hola"))
	p = s.open(t, browser, "evening", "es-MX,en")
	p.state("playing")
	p.says("En directo", "mil viendo", "En antena 12:", "Preguntas")
	p.wait("document.querySelector('.box input').placeholder === 'Di algo'")
	p.clean()
}

// TestThe_page_is_accessible runs axe over every kind of state.
func TestThe_page_is_accessible(t *testing.T) {
	axe := axeCore(t)
	s := newStage(t)
	s.put(live("evening", "VP8"))
	s.put(live("voice", ""))
	s.put(live("layers", "VP8"))
	s.put(off("waiting", wire.Open))
	s.put(off("closed", wire.Closed))
	away := off("away", wire.Open)
	away.Interrupted = true
	s.put(away)
	browser := chromium(t, soundOnTap)
	for show, state := range map[wire.ShowID]string{"evening": "playing", "voice": "playing", "layers": "playing", "away": "interrupted", "waiting": "waiting", "closed": "ended", "none": "failed"} {
		p := s.open(t, browser, show, "en-GB")
		p.state(state)
		switch {
		case show == "layers":
			p.do(chromedp.Click(chromedp.CSS(".size")))
			p.says("Automatic · 360p")
		case state == "playing":
			p.do(chromedp.KeyEvent("i"))
			p.says("Round trip")
		}
		p.accessible(axe, string(show), state != "failed")
	}
}

// axeCore is the script that finds what keeps people out of a page.
func axeCore(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("run npm ci in server/web first; the tests of server/web/build do")
	}
	return string(script)
}

// moves lets the page move what appears and goes, or not, as viewers who want less motion have it.
func (p *tab) moves(on bool) {
	p.t.Helper()
	value := "reduce"
	if on {
		value = "no-preference"
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: value}},
		})
		return err
	}))
}

// accessible fails for what axe finds. A page that has a show has a heading of the first rank. Nothing is halfway in or out meanwhile.
func (p *tab) accessible(axe, what string, headed bool) {
	p.t.Helper()
	p.moves(false)
	defer p.moves(true)
	run(p, chromedp.Evaluate[string](axe+"; ''"))
	verdict := run(p, chromedp.Evaluate[string](`axe.run(document, {rules: {'page-has-heading-one': {enabled: `+
		fmt.Sprint(headed)+`}}}).then((r) => JSON.stringify(r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.failureSummary + ' ' + n.html))))`,
		chromedp.EvalAwaitPromise))
	var violations []string
	if err := json.Unmarshal([]byte(verdict), &violations); err != nil {
		p.t.Fatal(err)
	}
	for _, v := range violations {
		p.t.Errorf("%s: %s", what, v)
	}
}

func TestThe_policy_lets_nothing_else_in(t *testing.T) {
	s := newStage(t)
	s.put(off("evening", wire.Open))
	p := s.open(t, chromium(t), "evening", "en-GB")
	p.state("waiting")
	p.clean()
	broken := run(p, chromedp.Evaluate[string](`new Promise((resolve) => {
		document.addEventListener('securitypolicyviolation', (e) => resolve(e.effectiveDirective));
		const image = document.createElement('img');
		image.src = 'http://127.0.0.1:1/elsewhere';
		document.body.append(image);
	})`, chromedp.EvalAwaitPromise))
	if broken != "img-src" {
		t.Errorf("an image from elsewhere broke %q", broken)
	}
	if refused := run(p, chromedp.Evaluate[bool](`(() => { try { document.body.innerHTML = '<b>x</b>'; return false } catch { return true } })()`)); !refused {
		t.Error("a string became markup")
	}
}

// nudge tells the page that the network came back.
func (p *tab) nudge() {
	p.t.Helper()
	run(p, chromedp.Evaluate[bool]("dispatchEvent(new Event('online'))"))
}

// observe records from now on which states the page takes, and for how many frames a picture was covered or missing.
func (p *tab) observe() {
	p.t.Helper()
	run(p, chromedp.Evaluate[bool](`(() => {
		const seen = (window.seen = { states: [], dark: 0, covered: 0 });
		const main = document.querySelector('main'), video = document.querySelector('#picture'), still = document.querySelector('.still');
		new MutationObserver(() => seen.states.push(main.dataset.state)).observe(main, { attributeFilter: ['data-state'] });
		const look = () => {
			if (!still.hidden) seen.covered++;
			else if (video.readyState < 2 || video.videoWidth === 0) seen.dark++;
			requestAnimationFrame(look);
		};
		look();
		return true;
	})()`))
}

// clean fails if the console complains.
func (p *tab) clean() {
	p.t.Helper()
	for _, m := range p.complaints() {
		p.t.Errorf("console: %s", m)
	}
}

// TestShots_of_every_state takes pictures to look at, with -shots DIR.
func TestShots_of_every_state(t *testing.T) {
	if *shots == "" {
		t.Skip("only with -shots DIR")
	}
	s := newStage(t)
	s.put(off("waiting", wire.Open))
	s.put(off("ended", wire.Closed))
	s.put(live("live", "VP8"))
	s.put(live("voice", ""))
	s.put(live("layers", "VP8"))
	away := off("away", wire.Open)
	away.Interrupted = true
	s.put(away)
	browser := chromium(t, soundOnTap)
	for _, language := range []string{"en-GB", "zh-CN"} {
		for show, state := range map[wire.ShowID]string{"waiting": "waiting", "ended": "ended", "none": "failed", "away": "interrupted"} {
			p := s.open(t, browser, show, language)
			p.state(state)
			p.shoot(string(show) + "-" + language)
		}
		p := s.open(t, browser, "live", language)
		p.state("playing")
		p.wait("document.querySelector('.tap') !== null")
		p.shoot("tap-" + language)
		p.do(chromedp.KeyEvent("m"))
		p.shoot("playing-" + language)
		p.do(chromedp.KeyEvent("i"))
		p.wait("document.querySelector('.panel').innerText.includes('640')")
		p.shoot("panel-" + language)
		p.do(chromedp.KeyEvent("i"))
		s.stall("live", true)
		s.put(off("live", wire.Open))
		p.state("interrupted")
		p.shoot("interrupted-" + language)
		s.put(live("live", "VP8"))
		s.stall("live", false)
		p = s.open(t, browser, "layers", language)
		p.state("playing")
		p.wait("document.querySelector('.tap') !== null")
		p.do(chromedp.KeyEvent("m"), chromedp.KeyEvent("q"))
		p.wait("document.querySelector('.quality') !== null")
		p.shoot("quality-" + language)
		p.do(chromedp.KeyEvent("i"))
		link := wire.LinkEvent{Down: 2_100_000, Loss: 0.33, RTT: 80, Redundancy: 3}
		s.tellAll(link)
		p.shoot("figures-" + language)
		p.do(chromedp.KeyEvent("i"))
		for range 3 {
			s.tellAll(link)
		}
		p.wait("document.querySelector('.advice') !== null")
		p.shoot("advice-" + language)
		p = s.open(t, browser, "voice", language)
		p.state("playing")
		p.wait("document.querySelector('.tap') !== null")
		p.do(chromedp.KeyEvent("m"))
		p.wait("Number(document.querySelector('.voice').style.getPropertyValue('--level')) > 0.2")
		p.shoot("voice-" + language)
		s.answerPosts(503)
		p = s.open(t, browser, "live", language)
		p.state("joining")
		p.shoot("joining-" + language)
		s.answerPosts(0)
	}
}

// shoot takes the page at the sizes that matter.
func (p *tab) shoot(name string) {
	p.t.Helper()
	for suffix, size := range map[string][2]int64{"390x844": {390, 844}, "844x390": {844, 390}, "1280x800": {1280, 800}, "1024x768": {1024, 768}, "1920x1080": {1920, 1080}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]), chromedp.MouseEvent("mouseMoved", float64(size[0])/3, 300), chromedp.Sleep(700*time.Millisecond))
		p.save(name + "-" + suffix)
	}
	p.do(chromedp.EmulateViewport(1280, 800))
}

// save takes the page as it is.
func (p *tab) save(name string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), run(p, chromedp.CaptureScreenshot()), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

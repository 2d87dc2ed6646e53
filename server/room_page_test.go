package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/gorilla/websocket"

	"vitrine/server/wire"
)

// reader is somebody who has the page of a show open in Chromium.
type reader struct {
	t     *testing.T
	ctx   context.Context
	media map[string]string // what they prefer
}

// reader opens the page of a show as somebody whom the browser has not seen.
func (r *running) reader(browser context.Context, show string) *reader {
	r.t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	r.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // what is first done with a context bounds the life of its page
		r.t.Fatal(err)
	}
	p := &reader{r.t, ctx, map[string]string{}}
	p.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate("http://"+r.at.HTTP.String()+"/watch/"+show))
	return p
}

func (p *reader) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *reader) wait(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	const awaited = `new Promise((resolve) => { const look = () => (document.body && %s ? resolve(true) : requestAnimationFrame(look)); look(); })`
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(awaited, expression), chromedp.EvalAwaitPromise)); err != nil {
		p.t.Fatalf("wait for %s: %v\n%s", expression, err, p.text("document.body.innerText"))
	}
}

func (p *reader) text(expression string) string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		p.t.Error(err)
	}
	return text
}

func (p *reader) hears(name, text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("[...document.querySelectorAll('.row:not(.sending)')].some((r) => r.querySelector('b')?.innerText === %q && r.innerText.includes(%q))", name, text))
}

func (p *reader) says(text string) {
	p.t.Helper()
	p.wait("document.querySelector('.send') === null")
	p.do(chromedp.Focus(chromedp.CSS(".box input")), chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Enter))
}

// called is the first message of somebody, who is asked for a name then.
func (p *reader) called(name, text string) {
	p.t.Helper()
	p.wait("document.querySelector('.room')")
	p.says(text)
	p.wait("document.querySelector('.sheet.nameAsk input') === document.activeElement")
	p.do(chromedp.KeyEvent(name), chromedp.KeyEvent(kb.Enter))
	p.hears(name, text)
}

// shoots keeps a picture of the page where VITRINE_SHOTS says.
func (p *reader) shoots(name string) {
	folder := os.Getenv("VITRINE_SHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644)
	}
	if err != nil {
		p.t.Error(err)
	}
}

// hosts joins a room as the studio does.
func (r *running) hosts(show string) func(wire.RoomRequest) wire.RoomAnswer {
	r.t.Helper()
	c, _, err := websocket.DefaultDialer.Dial("ws://"+r.at.HTTP.String()+"/api/shows/"+show+"/room", http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	n := 0
	return func(q wire.RoomRequest) wire.RoomAnswer {
		r.t.Helper()
		n++
		q.ID = fmt.Sprint("host-", n)
		if err := c.WriteJSON(q); err != nil {
			r.t.Fatal(err)
		}
		for {
			_, text, err := c.ReadMessage()
			if err != nil {
				r.t.Fatal(err)
			}
			var a struct {
				Type string `json:"type"`
				wire.RoomAnswer
			}
			if err := json.Unmarshal(text, &a); err != nil {
				r.t.Fatal(err)
			}
			if a.Type != "answer" || a.ID != q.ID {
				continue
			}
			if a.Error != nil {
				r.t.Fatalf("%+v", a.Error)
			}
			return a.RoomAnswer
		}
	}
}

func TestPeopleTalkInTheirBrowsersAndARestartLosesAndDoublesNothing(t *testing.T) {
	browser := openBrowser(t)
	data := t.TempDir()
	r := start(t, Config{Data: data})
	ada, ben := r.reader(browser, "demo"), r.reader(browser, "demo")
	ada.called("Ada", "Is there a 56?")
	ben.hears("Ada", "Is there a 56?")
	ben.called("Ben", "I wonder, too, @Ada")
	ada.wait("document.querySelector('.row[data-mine=true] mark')?.innerText === '@Ada'")

	host := r.hosts("demo")
	n := host(wire.RoomRequest{Say: &wire.Say{Text: "Welcome"}}).N
	host(wire.RoomRequest{Pin: &wire.Numbered{N: n}})
	poll := host(wire.RoomRequest{Poll: &wire.StartPoll{Question: "Which next?", Options: []string{"Rings", "Bowls"}, Seconds: 60}}).N
	ada.wait("document.querySelector('.poll')?.innerText.includes('ends in')")
	ada.do(chromedp.Click(chromedp.CSS(".poll li:nth-child(2) button")))
	ben.wait("document.querySelector('.poll li:nth-child(2)')?.innerText.includes('100 %')")
	ada.shoots("real-poll")
	host(wire.RoomRequest{EndPoll: &wire.Numbered{N: poll}})
	ben.wait("document.querySelector('.poll[data-ended=true] [data-won=true]')?.innerText.includes('Bowls')")

	ada.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(2)")))
	ada.says("Do you ship to Spain?")
	ada.wait("document.querySelector('.question .second')?.ariaPressed === 'true'")
	ben.wait("document.querySelector('.tabs b')?.innerText === '1'")
	ben.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(2)")), chromedp.Click(chromedp.CSS(".second")))
	ada.wait("document.querySelector('.second')?.innerText.includes('2')")
	ada.shoots("real-questions")
	ada.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(1)")), chromedp.Click(chromedp.CSS(".like")))
	ben.wait("document.querySelector('.like small')?.innerText === '1'")

	r.stop()
	ada.wait("document.querySelector('.beside')?.innerText.includes('reconnecting')")
	ada.do(chromedp.Focus(chromedp.CSS(".box input")), chromedp.KeyEvent("said in the dark"), chromedp.KeyEvent(kb.Enter))
	r = start(t, Config{Data: data, Listen: r.at.HTTP.String()})
	ben.do(chromedp.Click(chromedp.CSS(".tabs button:nth-child(1)")))
	ben.hears("Ada", "said in the dark")
	ada.hears("Ada", "said in the dark")
	late := r.reader(browser, "demo")
	late.hears("Ada", "said in the dark")
	for name, p := range map[string]*reader{"Ada": ada, "Ben": ben, "who comes late": late} {
		text := p.text("[...document.querySelectorAll('.row .text')].map((r) => r.innerText).join()")
		for _, said := range []string{"Is there a 56?", "I wonder, too, @Ada", "Welcome", "said in the dark"} {
			if strings.Count(text, said) != 1 {
				t.Errorf("%s reads %q %d times: %s", name, said, strings.Count(text, said), text)
			}
		}
	}
	ada.shoots("real-chat")
}

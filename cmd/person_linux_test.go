package cmd

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// person is somebody in the room of the evening, who reads all that is sent.
type person struct {
	t       testing.TB
	ws      *websocket.Conn
	answers chan wire.RoomAnswer
	name    string // of the requests, which the room knows again from whichever socket of the same person they come
	n       int
	stage   atomic.Pointer[wire.StageNow] // as it was told last; nil before
}

// enters brings somebody into the room, known by the headers.
func (e *evening) enters(as http.Header) *person {
	e.t.Helper()
	return e.joins("evening", as)
}

// dialer dials from the evening's network.
func (e *evening) dialer() *websocket.Dialer {
	d := &websocket.Dialer{}
	if transport, ok := e.client.Transport.(*http.Transport); ok {
		d.NetDialContext = transport.DialContext
	}
	return d
}

// joins brings somebody into the room of a show.
func (e *evening) joins(show wire.ShowID, as http.Header) *person {
	e.t.Helper()
	ws, _, err := e.dialer().Dial("ws://"+e.http+"/api/shows/"+string(show)+"/room", as)
	if err != nil {
		e.t.Fatal(err)
	}
	p := &person{t: e.t, ws: ws, answers: make(chan wire.RoomAnswer, 16), name: rand.Text()}
	done := make(chan struct{})
	e.t.Cleanup(func() { _ = ws.Close(); <-done })
	go func() {
		defer close(done)
		for {
			_, text, err := ws.ReadMessage()
			if err != nil {
				return
			}
			switch event, _ := wire.ReadEvent(text); e := event.(type) {
			case wire.RoomAnswer:
				p.answers <- e
			case wire.RoomJoined:
				p.stage.Store(e.State.Stage)
			case wire.RoomFrame:
				for _, e := range e.Events {
					p.sees(e)
				}
			}
		}
	}()
	return p
}

// sees keeps what an event says of the stage.
func (p *person) sees(e wire.RoomEvent) {
	switch {
	case e.Staged != nil:
		p.stage.Store(&e.Staged.Now)
	case e.Battled != nil && e.Battled.Now != nil:
		var now wire.StageNow
		if was := p.stage.Load(); was != nil {
			now = *was
		}
		now.Battle = e.Battled.Now
		p.stage.Store(&now)
	}
}

// comes brings somebody into the room who has no account.
func (e *evening) comes(name string, token trust.Token) *person {
	e.t.Helper()
	p := e.enters(http.Header{"Cookie": {trust.VisitorCookie + "=" + string(token)}})
	p.does(wire.RoomRequest{Name: &name})
	return p
}

// does asks for something, and returns the number of the event that it made.
func (p *person) does(q wire.RoomRequest) int64 {
	p.t.Helper()
	for {
		p.n++
		q.ID = fmt.Sprintf("%s-%d", p.name, p.n)
		if err := p.ws.WriteJSON(q); err != nil {
			p.t.Fatal(err)
		}
		select {
		case a := <-p.answers:
			switch {
			case a.Error == nil:
				return a.N
			case a.Error.Wait == 0:
				p.t.Fatalf("%+v is refused: %+v", q, a.Error)
			}
			pass(p.t, time.Duration(a.Error.Wait)*time.Millisecond)
		case <-time.After(patience):
			p.t.Fatalf("%+v is not answered", q)
		}
	}
}

// furnishedEvening is an evening whose show has a title and whose shop has a vase, where these people have coins.
func furnishedEvening(t *testing.T, people ...trust.Token) *evening {
	t.Helper()
	e := quietEvening(t)
	e.furnish(people...)
	return e
}

// furnish makes it of one whose server is not started yet, and starts it.
func (e *evening) furnish(people ...trust.Token) {
	e.t.Helper()
	t := e.t
	db, err := store.Open(t.Context(), store.Config{Folder: e.data})
	if err != nil {
		t.Fatal(err)
	}
	err = db.PutShow(t.Context(), wire.NewShow{ID: "evening", Title: "Glass and light"}, sha256.Sum256([]byte(e.token)))
	for i, p := range people {
		if err == nil {
			name := fmt.Sprint("credit/", i)
			err = db.Credit(t.Context(), [2]chat.CoinLine{
				{Transfer: name, Account: chat.Issue, Coins: -260, At: 1}, {Transfer: name, Account: chat.PersonAccount(p.Visitor()), Coins: 260, At: 1},
			})
		}
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	e.startServer()
	e.sells(e.operates(), wire.Product{ID: "vase", Title: "The tall vase, hand-blown", Variants: []wire.Variant{
		{ID: "vase", Price: wire.Money{Minor: 6900, Currency: "EUR"}, Stock: 12},
	}})
}

// operates gives the evening's server an operator, and returns the token.
func (e *evening) operates() string {
	e.t.Helper()
	const operator = "the operator of the evening"
	db, err := store.Open(e.t.Context(), store.Config{Folder: e.data})
	if err == nil {
		err = errors.Join(db.AddOperator(e.t.Context(), sha256.Sum256([]byte(operator))), db.Close())
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return operator
}

// sells puts a product into the shop.
func (e *evening) sells(operator string, p wire.Product) {
	e.t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		e.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPut, e.url("/api/shop/products/"+string(p.ID)), bytes.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + operator}, "Content-Type": {"application/json"}, "If-None-Match": {"*"}}
	a, err := e.client.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != http.StatusOK {
		e.t.Fatalf("the product is answered %s", a.Status)
	}
}

// viewerAs opens the show's page as somebody whom the room knows, in a tab of a size.
func (e *evening) viewerAs(v *viewer, token trust.Token, size [2]int64) *viewer {
	e.t.Helper()
	v.do(chromedp.EmulateViewport(size[0], size[1]), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.SetCookie, network.SetCookieParams{Name: trust.VisitorCookie, Value: string(token), URL: e.url("/")})
		return err
	}), chromedp.Navigate(e.url("/watch/evening")))
	v.state("playing")
	v.waits(`document.querySelector(".room")`)
	return v
}

// waits until something is true in the page.
func (v *viewer) waits(what string) {
	v.t.Helper()
	v.eval(fmt.Sprintf(`new Promise((done) => { const look = () => %s ? done(true) : setTimeout(look, 50); look(); })`, what))
}

// shoot takes a picture of the page once something is there.
func (v *viewer) shoot(file, there string) {
	v.t.Helper()
	v.waits(there)
	v.after(700 * time.Millisecond) // what moves has come to rest
	if overflow := v.eval("document.documentElement.scrollWidth > innerWidth"); overflow != "false" {
		v.t.Errorf("%s is wider than its window", filepath.Base(file))
	}
	shot, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(file, shot, 0o644); err != nil {
		v.t.Fatal(err)
	}
	lighten(v.t, file)
}

// lighten keeps of a picture what crop says, "" for all, in 256 colours.
func lighten(t testing.TB, file string, crop ...string) {
	t.Helper()
	args := []string{file}
	for _, c := range crop {
		args = append(args, "-crop", c, "+repage")
	}
	if out, err := exec.Command("convert", append(args, "+dither", "-colors", "256", "PNG8:"+file)...).CombinedOutput(); err != nil {
		t.Fatalf("convert: %v\n%s", err, out)
	}
}

// shoot takes a picture of the studio, or of a part of it.
func (d *desk) shoot(file string, crop ...string) {
	d.t.Helper()
	pass(d.t, 1500*time.Millisecond) // what was clicked is drawn
	d.run("import", "-window", "root", file)
	lighten(d.t, file, crop...)
}

// Parts of a window of 1280×720: the right column's panels, the dashboard, and the big letters above all that.
const (
	column    = "350x520+930+30"
	dashboard = "660x62+264+441"
	letters   = "1120x680+0+0"
)

// tab opens a panel of the room, counted from 0.
func (d *desk) tab(n int) {
	d.t.Helper()
	d.run("xdotool", "mousemove", fmt.Sprint([]int{962, 1030, 1105, 1165, 1225}[n]), "92", "click", "1", "mousemove", "640", "5")
}

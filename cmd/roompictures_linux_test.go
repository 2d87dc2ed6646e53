package cmd

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"

	"vitrine/effects"
	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
	"vitrine/studio"
)

// person is somebody in the room of the evening, who reads all that is sent.
type person struct {
	t       testing.TB
	token   trust.Token // of the browser's cookie
	ws      *websocket.Conn
	answers chan wire.RoomAnswer
	n       int
}

// enters brings somebody into the room, known by the headers.
func (e *evening) enters(as http.Header, token trust.Token) *person {
	e.t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+e.http+"/api/shows/evening/room", as)
	if err != nil {
		e.t.Fatal(err)
	}
	p := &person{t: e.t, token: token, ws: ws, answers: make(chan wire.RoomAnswer, 16)}
	done := make(chan struct{})
	e.t.Cleanup(func() { _ = ws.Close(); <-done })
	go func() {
		defer close(done)
		for {
			_, text, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if event, err := wire.ReadEvent(text); err == nil {
				if a, ok := event.(wire.RoomAnswer); ok {
					p.answers <- a
				}
			}
		}
	}()
	return p
}

// comes brings somebody into the room who has no account.
func (e *evening) comes(name string, token trust.Token) *person {
	e.t.Helper()
	p := e.enters(http.Header{"Cookie": {trust.VisitorCookie + "=" + string(token)}}, token)
	p.does(wire.RoomRequest{Name: &name})
	return p
}

// does asks for something, and returns the number of the event that it made.
func (p *person) does(q wire.RoomRequest) int64 {
	p.t.Helper()
	for {
		p.n++
		q.ID = fmt.Sprintf("wish-%d", p.n)
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

func (p *person) says(text string) int64 {
	p.t.Helper()
	return p.does(wire.RoomRequest{Say: &wire.Say{Text: text}})
}

// furnishedEvening is an evening whose show has a title and whose shop has a vase, where these people have coins.
func furnishedEvening(t *testing.T, people ...trust.Token) *evening {
	t.Helper()
	e := quietEvening(t)
	db, err := store.Open(t.Context(), store.Config{Folder: e.data})
	if err != nil {
		t.Fatal(err)
	}
	err = db.PutShow(t.Context(), wire.NewShow{ID: "evening", Title: "Glass and light"}, sha256.Sum256([]byte(e.token)))
	const operator = "the operator of the pictures"
	if err == nil {
		err = db.AddOperator(t.Context(), sha256.Sum256([]byte(operator)))
	}
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
	vase := wire.Product{ID: "vase", Title: "The tall vase, hand-blown", Variants: []wire.Variant{{ID: "vase", Price: wire.Money{Minor: 6900, Currency: "EUR"}, Stock: 12}}}
	body, err := json.Marshal(vase)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, e.url("/api/shop/products/vase"), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + operator}, "Content-Type": {"application/json"}, "If-None-Match": {"*"}}
	a, err := e.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != http.StatusOK {
		t.Fatalf("the product is answered %s", a.Status)
	}
	return e
}

// viewerAs opens the show's page as somebody whom the room knows, in a tab of a size.
func (e *evening) viewerAs(v *viewer, token trust.Token, width, height int64) *viewer {
	e.t.Helper()
	v.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(e.url("/healthz")))
	v.eval(fmt.Sprintf("document.cookie = %q", trust.VisitorCookie+"="+string(token)+"; path=/"))
	v.do(chromedp.Navigate(e.url("/watch/evening")))
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

// A show in full swing, in the real window and on the real page.
func TestTheRoomLooksAsItShouldInTheWindowAndOnThePage(t *testing.T) {
	folder := picturesFolder(t)
	picture := func(name string) string { return filepath.Join(folder, name+".png") }
	names := []string{"Ada", "Bo", "Lin", "Eve", "Sam", "Noa", "Marta", "Kenji", "Priya", "Tom", "Ines", "Yara", "Jonas", "小雨"}
	tokens := make([]trust.Token, len(names))
	for i := range tokens {
		tokens[i] = trust.NewToken()
	}
	e := furnishedEvening(t, tokens...)
	s := studio.Defaults()
	s.Look, s.Voice = effects.Look{}, effects.Voice{} // the machine may be busy
	d := e.desk(t, 1280, 720, s, "--live")
	e.live()
	host := e.enters(http.Header{"Authorization": {"Bearer " + e.token}}, "")
	var people []*person
	for i, name := range names {
		people = append(people, e.comes(name, tokens[i]))
	}
	ada, bo, lin, eve, sam, noa, marta := people[0], people[1], people[2], people[3], people[4], people[5], people[6]
	kenji, priya, tom, ines, yara, jonas, xiaoyu := people[7], people[8], people[9], people[10], people[11], people[12], people[13]
	in := browser(t)
	phone := e.viewerAs(tab(t, in), ada.token, 390, 844)
	desktop := e.viewerAs(tab(t, in), ada.token, 1280, 800)
	pages := map[string]*viewer{"phone": phone, "desktop": desktop}
	shoot := func(name, there string) {
		t.Helper()
		for size, v := range pages {
			v.shoot(picture("page-"+size+"-"+name), there)
		}
	}
	press := func(selector string) {
		t.Helper()
		for _, v := range pages {
			v.eval(fmt.Sprintf("document.querySelector(%q).click()", selector))
		}
	}

	host.says("Good evening, everybody! Tonight: glass from the kiln of Marinha Grande ✨")
	bo.says("Hello from Madrid 👋")
	lin.says("那只花瓶还有吗？")
	jonas.says("First time here, this looks great")
	ring := eve.says("The tall one is beautiful in this light")
	host.does(wire.RoomRequest{Show: &wire.Showing{Product: "vase"}})
	sam.says("Is it clear or slightly green?")
	host.does(wire.RoomRequest{Say: &wire.Say{Text: "A little green at the rim: look, against the window you see it", Reply: ring}})
	xiaoyu.says("好漂亮！想看近一点")
	tom.says("Mine came last week, very well packed")
	host.does(wire.RoomRequest{Pin: &wire.Numbered{N: host.says("Free shipping tonight until nine with the code EVENING")}})
	priya.says("@Ada did you take the blue bowl after all?")
	kenji.says("きれいですね 😍")
	ines.does(wire.RoomRequest{Gift: &wire.GiveGift{Gift: "coffee", Count: 1}})
	ada.says("I did! It is on its way 💙")
	yara.says("Love the bubbles in the glass")
	for _, p := range people[1:9] {
		if err := p.ws.WriteJSON(wire.RoomRequest{Like: &wire.Like{Count: 37}}); err != nil {
			t.Fatal(err)
		}
	}
	shoot("chat", `document.querySelector(".card") && document.querySelector(".room").textContent.includes("bubbles")`)
	d.press("ctrl+t")
	d.shoot(picture("studio-room"))

	poll := host.does(wire.RoomRequest{Poll: &wire.StartPoll{Question: "Shall I put the candle inside?", Options: []string{"Yes", "No"}}})
	for i, p := range people[1:] {
		p.does(wire.RoomRequest{Vote: &wire.Vote{Poll: poll, Option: i % 4 / 3}})
	}
	host.does(wire.RoomRequest{EndPoll: &wire.Numbered{N: poll}})
	poll = host.does(wire.RoomRequest{Poll: &wire.StartPoll{Question: "Which one shall I show next?", Options: []string{"The blue bowl", "A set of glasses", "The lamp"}, Seconds: 180}})
	for i, p := range people {
		p.does(wire.RoomRequest{Vote: &wire.Vote{Poll: poll, Option: []int{1, 0, 1, 2, 1, 0, 1}[i%7]}})
	}
	shoot("poll", `document.querySelector(".poll")?.textContent.includes("14")`)
	d.tab(2)
	d.shoot(picture("studio-polls"), column)
	host.does(wire.RoomRequest{EndPoll: &wire.Numbered{N: poll}})

	press(".gift")
	eve.does(wire.RoomRequest{Gift: &wire.GiveGift{Gift: "rose", Count: 3}})
	for range 3 {
		marta.does(wire.RoomRequest{Gift: &wire.GiveGift{Gift: "cake", Count: 1}})
	}
	shoot("gifts", `document.querySelector(".presents")`)
	press(".sheet .shut")

	asked := map[*person]string{bo: "Do you ship to Spain?", lin: "这款有没有小一号的？", marta: "How heavy is the tall vase?", noa: "Is it safe in the dishwasher?", yara: "Does it come in blue as well?", sam: "When are you live again?"}
	numbers := map[*person]int64{}
	for _, p := range []*person{bo, marta, noa, lin, yara, sam} {
		numbers[p] = p.does(wire.RoomRequest{Ask: &wire.AskHost{Text: asked[p]}})
	}
	for i, p := range people {
		for q, n := range map[*person]int{bo: 11, marta: 7, yara: 5, sam: 4, lin: 3} {
			if i < n && p != q {
				p.does(wire.RoomRequest{Second: &wire.Numbered{N: numbers[q]}})
			}
		}
	}
	host.does(wire.RoomRequest{Answer: &wire.Answered{Question: numbers[noa], Text: "By hand is better: the rim is thin"}})
	press(".tabs button:nth-child(2)")
	shoot("questions", `document.querySelectorAll(".question").length >= 4`)
	d.tab(1)
	d.shoot(picture("studio-questions"), column)

	ines.says("Escríbeme por WhatsApp, más barato")
	kenji.says("加微信 glass8888 便宜")
	jonas.says("what a stupid show, you are a joke")
	d.press("ctrl+u")
	d.shoot(picture("studio-queue"), column)
	d.run("xdotool", "mousemove", "962", "51", "click", "1", "mousemove", "640", "5")
	e.until("the viewers report", func() bool { return e.truth().All.Viewers > 0 })
	d.shoot(picture("studio-truth"), column)

	d.press("ctrl+b")
	big := ""
	e.until("the big letters are there", func() bool {
		out, err := d.tool("xdotool", "search", "--onlyvisible", "--name", "room$").Output()
		big = strings.TrimSpace(string(out))
		return err == nil && big != ""
	})
	d.shoot(picture("studio-big"), letters)
	d.run("xdotool", "windowmove", big, "1280", "0")

	for _, p := range people[4:] {
		_ = p.ws.Close()
	}
	pass(t, 3*time.Second) // the studio counts once a second
	d.shoot(picture("studio-dashboard"), dashboard)
	for _, v := range pages {
		if c := strings.TrimSpace(v.console()); c != "" {
			t.Errorf("the page complains: %s", c)
		}
	}
}

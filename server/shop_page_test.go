package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"

	"vitrine/server/pay"
	"vitrine/server/wire"
)

// airs publishes a test picture to demo until the test ends, so that the page has a show.
func (r *running) airs() { r.t.Helper(); r.broadcasts("demo", token) }

// broadcasts publishes a test picture to a show until the test ends.
func (r *running) broadcasts(show, token string) {
	r.t.Helper()
	out, err := exec.Command("ffmpeg", "-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=2",
		"-c:v", "libvpx", "-b:v", "600k", "-g", "15", "-deadline", "realtime", "-f", "ivf", "-").Output()
	if err != nil {
		r.t.Fatal("ffmpeg:", err)
	}
	ivf, _, err := ivfreader.NewWith(bytes.NewReader(out))
	var frames [][]byte
	for err == nil {
		var f []byte
		if f, _, err = ivf.ParseNextFrame(); err == nil {
			frames = append(frames, f)
		}
	}
	p := sending(r, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000})
	p.accept(r.do(call{method: "POST", path: "/whip/" + show, token: token, kind: "application/sdp", body: p.offer()}))
	p.connect()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				p.send(string(frames[n%len(frames)]))
			}
		}
	}()
	r.t.Cleanup(func() { close(stop); <-done })
	await(r.t, "the show to be live", func() bool { return r.show(show).Live })
}

// offers puts a product on sale.
func (r *running) offers(p wire.Product) {
	r.t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, status := asks[wire.Product](r, call{method: "PUT", path: "/api/shop/products/" + string(p.ID), body: string(body), token: r.operator, none: "*"}); status != 200 {
		r.t.Fatal("the product is answered", status)
	}
}

func euros(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }

// single is a product in one variant of the same name.
func single(id, title string, price int64, stock int) wire.Product {
	return wire.Product{ID: wire.ProductID(id), Title: title, Variants: []wire.Variant{{ID: wire.VariantID(id), Price: euros(price), Stock: stock, Weight: 50}}}
}

// showing is how the host shows one product after the other.
func (r *running) showing() func(wire.ProductID) {
	r.t.Helper()
	host := r.hosts("demo")
	return func(id wire.ProductID) {
		r.t.Helper()
		host(wire.RoomRequest{Show: &wire.Showing{Product: id}})
	}
}

// taps clicks on what a selector finds, as somebody does who counts.
func (p *reader) taps(selector string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("document.querySelector(%q)?.getClientRects().length > 0 && !document.querySelector(%q).disabled", selector, selector))
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// counts counts what is clicked on from now on.
func (p *reader) counts() {
	p.text("(window.taps = 0, window.counting ??= addEventListener('click', (e) => e.isTrusted && e.detail > 0 && window.taps++, true) ?? true)")
}

func (p *reader) tapped() int {
	n, err := strconv.Atoi(p.text("window.taps"))
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// types fills in a field.
func (p *reader) types(field, text string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS("#shop-"+field)), chromedp.KeyEvent(text))
}

// addresses fills in where it goes.
func (p *reader) addresses() {
	p.t.Helper()
	p.wait("document.querySelector('#shop-email')")
	// From the top, as people do: the page may still be about to put the focus on the first field that is wrong.
	for _, f := range [][2]string{{"email", "mei@example.com"}, {"name", "Mei Lin"}, {"street", "1 Quay"}, {"zip", "20457"}, {"city", "Hamburg"}} {
		p.types(f[0], f[1])
	}
}

func (p *reader) titled(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("document.querySelector('.shop h2')?.innerText.includes(%q)", text))
}

// waitsFor is text anywhere on the page.
func (p *reader) waitsFor(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("document.body.innerText.toLowerCase().includes(%q.toLowerCase())", text))
}

const payButton = ".shop .stays .ok.wide"

// frames is how many pictures have come.
func (p *reader) frames() int {
	n, err := strconv.Atoi(p.text("document.querySelector('#picture').getVideoPlaybackQuality().totalVideoFrames"))
	if err != nil || n == 0 {
		p.t.Fatalf("%d pictures: %v", n, err)
	}
	return n
}

// pays chooses a way to pay, and pays.
func (p *reader) pays(way string) {
	p.t.Helper()
	p.wait("document.querySelector('.ways')")
	p.text(fmt.Sprintf("[...document.querySelectorAll('.ways label')].find((l) => l.innerText.includes(%q)).click()", way))
	p.taps(payButton)
}

func TestANewBuyerNeedsFourTapsAndAReturningOneTwo(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true, Cash: true}})
	r.offers(single("ring", "Silver ring", 6900, 5))
	r.offers(single("vase", "Vase", 6900, 1))
	r.airs()
	p := r.reader(openBrowser(t), "demo")
	p.wait("document.querySelector('.room')")
	show := r.showing()
	show("ring")
	p.waitsFor("5 left")
	p.counts()
	p.taps(".card .buy")
	p.addresses()
	p.shoots("page-contact")
	p.taps(payButton)
	p.titled("Look it over")
	p.wait("document.querySelector('.sums')?.innerText.includes('73.90')")
	p.shoots("page-review")
	frames := p.frames()
	p.taps(payButton)
	p.titled("Thank you")
	p.wait(fmt.Sprintf("document.querySelector('#picture').getVideoPlaybackQuality().totalVideoFrames > %d", frames)) // the picture goes on
	p.shoots("page-done")
	if n := p.tapped(); n > 4 {
		t.Errorf("a new buyer needs %d taps", n)
	}
	p.taps(".shop .head .shut:last-child")
	p.waitsFor("4 left")
	p.text("sessionStorage.clear()") // what is known of the buyer comes from the server
	p.do(chromedp.Reload())
	show("vase")
	p.wait("document.querySelector('.card')?.innerText.includes('Vase')")
	p.counts()
	p.taps(".card .buy")
	p.wait("document.querySelector('.shop .stays .ok.wide')?.innerText.includes('Pay €73.90')")
	p.shoots("page-again")
	p.taps(payButton)
	p.titled("Thank you")
	if n := p.tapped(); n != 2 {
		t.Errorf("a returning buyer needs %d taps", n)
	}
	p.waitsFor("Order 2")
	p.taps(".shop .stays .text")
	p.titled("My orders")
	p.wait("document.querySelectorAll('.order').length === 2")
	p.shoots("page-orders")
}

func TestADeclinedPaymentIsTriedAgainInAnotherWay(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true, Cash: true}})
	r.offers(single("ring", "Silver ring", 6911, 5)) // 74.01 with the parcel, which the test bank declines
	r.offers(single("vase", "Vase", 6914, 5))        // 74.04, which it thinks about for five seconds
	p := r.reader(openBrowser(t), "demo")
	p.taps(".bag")
	p.taps(".wares li:first-child button")
	p.taps(".shop .pair .ok")
	p.addresses()
	p.taps(payButton)
	p.titled("Look it over")
	p.pays("Test")
	p.titled("refused")
	p.shoots("page-declined")
	p.pays("Cash")
	p.titled("Thank you")
	p.taps(payButton)
	p.taps(".bag")
	p.taps(".wares li:nth-child(2) button")
	p.taps(".shop .pair .ok")
	p.pays("Test")
	p.waitsFor("takes its time")
	p.shoots("page-slow")
	p.taps(".shop .head .shut:last-child")
	p.waitsFor("Order 2 is placed")
	p.shoots("page-toast")
}

func TestSomebodyBuysAndCancelsByKeyboardAlone(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true}})
	r.offers(single("ring", "Silver ring", 6411, 5)) // 69.01 with the parcel, which the test bank declines at first
	p := r.reader(openBrowser(t), "demo")
	p.do(chromedp.EmulateViewport(1280, 800))
	p.wait("document.querySelector('.bag')")
	tabTo := func(selector string) {
		t.Helper()
		for range 80 {
			if p.text(fmt.Sprintf("document.activeElement.matches(%q)", selector)) == "true" {
				return
			}
			p.do(chromedp.KeyEvent(kb.Tab))
		}
		t.Fatalf("the keyboard does not reach %s", selector)
	}
	tabTo(".bag")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.titled("In this shop")
	tabTo(".wares li button")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.titled("Silver ring")
	tabTo(".shop .pair .ok")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.titled("Where does it go")
	p.do(chromedp.KeyEvent(kb.Tab))
	tabTo("#shop-email")
	p.do(chromedp.KeyEvent("mei@example"), chromedp.KeyEvent(kb.Enter))
	p.waitsFor("no e-mail address")
	p.wait("document.activeElement.id === 'shop-email'")
	p.shoots("page-faults")
	p.do(chromedp.KeyEvent(".com"))
	for _, line := range [][2]string{{"name", "Mei Lin"}, {"street", "1 Quay"}, {"zip", "20457"}, {"city", "Hamburg"}} {
		tabTo("#shop-" + line[0])
		p.do(chromedp.KeyEvent(line[1]))
	}
	p.do(chromedp.KeyEvent(kb.Enter))
	p.titled("Look it over")
	p.wait("document.querySelector('.sums')")
	tabTo(payButton)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.titled("refused")
	tabTo(payButton)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.titled("Thank you")
	tabTo(".shop .stays .text")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.titled("My orders")
	tabTo(".order button")
	p.do(chromedp.KeyEvent(kb.Enter))
	tabTo(".order .ok")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.wait("document.querySelector('.order')?.innerText.includes('Refunded')")
	p.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape))
	p.wait("document.querySelector('.shop') === null && document.activeElement.matches('.bag')")
}

func TestWhoWaitsIsServedWhenUnitsComeBack(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true}, Hold: 30 * time.Second})
	r.sells(1)
	first := r.visitor()
	held, _ := asks[wire.Reservation](first, call{method: "POST", path: "/api/shop/reservations", body: `{"id":"reserve-0123456789abcdef","variant":"ring","show":"demo","quantity":1,"price":{"minor":9900,"currency":"EUR"}}`})
	if held.State != wire.Held {
		t.Fatal(held)
	}
	p := r.reader(openBrowser(t), "demo")
	p.taps(".bag")
	p.waitsFor("Sold out")
	p.taps(".wares li button")
	p.taps(payButton)
	p.waitsFor("You are no. 1")
	p.shoots("page-waiting")
	p.taps(".shop .head .shut:last-child")
	if _, status := asks[wire.Reservation](first, call{method: "DELETE", path: "/api/shop/reservations/reserve-0123456789abcdef"}); status != 200 {
		t.Fatal(status)
	}
	p.wait("document.querySelector('.toast .timer')")
	p.shoots("page-served")
	p.taps(".toast .ok")
	p.addresses()
	p.taps(payButton)
	p.titled("Look it over")
	p.taps(payButton)
	p.titled("Thank you")
}

// pictured puts pictures before the server, which has none of its own in these tests.
func (r *running) pictured() *running {
	r.t.Helper()
	to := &url.URL{Scheme: "http", Host: r.at.HTTP.String()}
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Host = p.In.Host
	}}
	hues := map[string]string{"a": "#c9b79c", "b": "#8ea39b", "c": "#b98a72"}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		rest, ok := strings.CutPrefix(q.URL.Path, "/pictures/")
		if !ok {
			proxy.ServeHTTP(w, q)
			return
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"><rect width="40" height="30" fill="%s"/>`+
			`<circle cx="20" cy="17" r="8" fill="none" stroke="#eee" stroke-width="2"/><path d="M16 6h8l-4 4z" fill="#fff"/></svg>`, hues[rest[:1]])
	}))
	r.t.Cleanup(front.Close)
	v := *r
	v.at.HTTP = netip.MustParseAddrPort(front.Listener.Addr().String())
	return &v
}

// stocks fills the shop with one of everything.
func (r *running) stocks() {
	r.t.Helper()
	id := func(c string) wire.PictureID { return wire.PictureID(strings.Repeat(c, 32)) }
	lamp := wire.Product{
		ID: "lamp", Title: "Reading lamp “Dune”", Options: []string{"Size", "Colour"}, Cap: 3,
		Text:     "Hand-blown glass on an oak foot.\nThe bulb is part of it; it can be dimmed.",
		Pictures: []wire.Picture{{ID: id("a"), Alt: "The lamp on a table"}, {ID: id("b"), Alt: "Its foot"}, {ID: id("c"), Alt: "Its switch"}},
	}
	for i, size := range []string{"Small", "Large"} {
		for j, colour := range []string{"Sand", "Sage", "Clay"} {
			stock := (i*3 + j) * 2 // the first is sold out
			lamp.Variants = append(lamp.Variants, wire.Variant{
				ID: wire.VariantID(fmt.Sprintf("lamp-%d%d", i, j)), Options: []string{size, colour}, Price: euros(4900 + int64(i)*2000), Stock: stock, Picture: j + 1, Weight: 900,
			})
		}
	}
	ring, bowl, mug := single("ring", "Silver ring", 6900, 40), single("bowl", "Bowl with a very long name that does not fit into one line of a phone", 3500, 4), single("mug", "Mug", 1900, 0)
	ring.Pictures, bowl.Pictures = []wire.Picture{{ID: id("b"), Alt: "The ring"}}, []wire.Picture{{ID: id("c"), Alt: "The bowl"}}
	print := single("print", "Print, sold elsewhere", 2500, 9)
	print.Link = "https://prints.example/1"
	for _, p := range []wire.Product{lamp, ring, bowl, mug, print} {
		r.offers(p)
	}
	for _, o := range []wire.Offer{
		{ID: "early", Kind: wire.Tiered, Title: "The first cost less", Parts: []wire.Part{{Variant: "ring", Quantity: 1}}, Price: euros(6900), Tiers: []wire.Tier{{Units: 5, Price: euros(4911)}, {Units: 10, Price: euros(5900)}}},
		{ID: "flash", Kind: wire.Flash, Title: "Until nine", Parts: []wire.Part{{Variant: "bowl", Quantity: 1}}, Price: euros(2900), Until: time.Now().Add(10 * time.Minute)},
		{ID: "set", Kind: wire.Bundle, Title: "Ring and bowl", Parts: []wire.Part{{Variant: "ring", Quantity: 1}, {Variant: "bowl", Quantity: 1}}, Price: euros(8900)},
	} {
		o.Public = true
		body, err := json.Marshal(o)
		if err != nil {
			r.t.Fatal(err)
		}
		if _, status := asks[wire.Offer](r, call{method: "PUT", path: "/api/shop/offers/" + string(o.ID), body: string(body), token: r.operator, none: "*"}); status != 200 {
			r.t.Fatal("the offer is answered", status)
		}
	}
}

func TestEveryStateOfTheShopIsAccessibleAtThreeSizes(t *testing.T) {
	source := axe(t)
	r := start(t, Config{Pay: Payments{Test: true, Cash: true, Transfer: &pay.Account{Holder: "Vitrine", IBAN: "DE89370400440532013000"}}})
	r.stocks()
	r.airs()
	p := r.pictured().reader(openBrowser(t), "demo")
	p.wait("document.querySelector('.room')")
	r.showing()("bowl")
	p.waitsFor("4 left")
	look := func(what string) {
		t.Helper()
		for name, size := range map[string][2]int64{"phone": {390, 844}, "tablet": {820, 1180}, "desktop": {1280, 800}} {
			p.do(chromedp.EmulateViewport(size[0], size[1]))
			p.accessible(source, what+" on a "+name)
			p.shoots("page-" + what + "-" + name)
		}
		p.do(chromedp.EmulateViewport(390, 844))
	}
	ware := func(title string) {
		t.Helper()
		p.wait("document.querySelector('.wares')")
		p.text(fmt.Sprintf("[...document.querySelectorAll('.wares button')].find((b) => b.innerText.includes(%q)).click()", title))
		p.wait("document.querySelector('.cost')")
	}
	back := func() { p.taps(".shop .head .shut:first-child") }
	look("card")
	p.taps(".bag")
	look("list")
	ware("Reading lamp")
	look("variants")
	back()
	ware("Silver ring")
	look("tiers")
	p.taps(".shop .pair .second")
	p.waitsFor("is in your cart")
	back()
	ware("Bowl with")
	look("flash")
	back()
	ware("Ring and bowl")
	look("set")
	back()
	ware("Mug")
	look("out")
	p.taps(payButton)
	p.waitsFor("You are no. 1")
	p.taps(".shop .bagged")
	look("cart")
	p.taps(payButton)
	p.addresses()
	p.text("document.querySelector('#shop-email').value = ''")
	p.types("email", "x")
	p.do(chromedp.KeyEvent(kb.Backspace))
	p.taps(payButton)
	p.waitsFor("Please fill this in")
	look("faulty")
	p.types("email", "mei@example.com")
	p.taps(payButton)
	p.wait("document.querySelector('.sums')")
	p.do(chromedp.Focus(chromedp.CSS("#shop-coupon")), chromedp.KeyEvent("nothing"), chromedp.KeyEvent(kb.Enter))
	p.waitsFor("does not count here")
	look("checkout")
	p.pays("Test") // the last digits of what it costs have it declined
	p.titled("refused")
	look("refused")
	p.pays("Bank")
	p.titled("Thank you")
	p.wait("document.querySelector('.code')")
	look("transfer")
	p.taps(".shop .stays .text")
	p.wait("document.querySelector('.order')")
	look("orders")
}

func TestTheShopSpeaksTheLanguageOfItsBuyer(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true, Cash: true}})
	r.stocks()
	r.airs()
	front := r.pictured()
	browser := openBrowser(t)
	show := r.showing()
	show("lamp")
	for language, want := range map[string][]string{
		"es": {"En esta tienda", "desde 49,00 €", "Solo para ti|Los primeros cuestan menos", "¿A dónde va?", "Rellena este campo.", "Alemania"},
		"zh": {"本店商品", "€49.00 起", "先买更便宜", "寄到哪里？", "请填写此项。", "德国"},
	} {
		p := front.reader(browser, "demo")
		agent := p.text("navigator.userAgent")
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language})
			return err
		}), chromedp.Reload())
		p.wait("document.querySelector('.card')")
		p.shoots("page-card-" + language)
		p.taps(".bag")
		p.waitsFor(want[0])
		p.wait(fmt.Sprintf("document.body.innerText.replaceAll('\u00a0', ' ').includes(%q)", want[1]))
		p.shoots("page-list-" + language)
		p.text("[...document.querySelectorAll('.wares button')].find((b) => b.innerText.includes('Silver ring')).click()")
		p.wait(fmt.Sprintf("/%s/.test(document.body.innerText)", want[2]))
		p.shoots("page-tiers-" + language)
		p.taps(".shop .pair .ok")
		p.waitsFor(want[3])
		p.taps(payButton)
		p.waitsFor(want[4])
		p.wait(fmt.Sprintf("document.querySelector('#shop-country').selectedOptions[0].innerText === %q", want[5]))
		p.shoots("page-faulty-" + language)
		p.addresses()
		p.taps(payButton)
		p.wait("document.querySelector('.sums')")
		p.shoots("page-review-" + language)
		p.do(chromedp.EmulateViewport(844, 390))
		p.shoots("page-review-lying-" + language)
		p.do(chromedp.EmulateViewport(390, 844))
	}
}

// axe is the source of axe-core; it skips the test without it.
func axe(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("run npm ci in server/web first; the tests of server/web/build do")
	}
	return string(b)
}

// accessible fails for what axe finds. Nothing is halfway in or out meanwhile.
func (p *reader) accessible(axe, what string) {
	p.t.Helper()
	p.prefers("reduced-motion", "reduce")
	defer p.prefers("reduced-motion", "no-preference")
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](axe+"; ''")); err != nil {
		p.t.Fatal(err)
	}
	verdict, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`axe.run(document).then((r) => JSON.stringify(r.violations.flatMap((v) => v.nodes.map((n) => v.impact + " " + v.id + ": " + n.failureSummary + " " + n.html))))`,
		chromedp.EvalAwaitPromise))
	var violations []string
	if err != nil || json.Unmarshal([]byte(verdict), &violations) != nil {
		p.t.Fatal(err, verdict)
	}
	for _, v := range violations {
		p.t.Errorf("%s: %s", what, v)
	}
}

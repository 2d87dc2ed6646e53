package server

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/server/pay"
	"vitrine/server/pay/paytest"
	"vitrine/server/wire"
)

// The cards of docs.stripe.com/testing; and a bank whose page takes the place of the shop's.
const (
	goodCard    = "4242424242424242"
	refusedCard = "4000000000000002"
	askingCard  = "4000002500003155"
	someBank    = "1"
)

// byCard is a server with its folder that is paid by the stand-in for Stripe, which keeps the books, and a browser that finds its fields.
func byCard(t *testing.T) (r *running, folder string, bank *paytest.Stripe, browser context.Context) {
	t.Helper()
	folder, bank = t.TempDir(), paytest.NewStripe(t, time.Now)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	r = start(t, Config{Data: folder, Pay: Payments{Cash: true, Stripe: &pay.StripeConfig{
		Secret: paytest.Secret, Publishable: paytest.Publishable, Webhook: paytest.Signing, URL: bank.URL, HTTP: &http.Client{Transport: transport}, Now: time.Now,
	}}})
	r.offers(single("ring", "Silver ring", 6900, 9))
	flag, value := bank.Page()
	return r, folder, bank, openBrowser(t, chromedp.Flag(flag, value), chromedp.Flag("ignore-certificate-errors", true))
}

// reviews takes a ring to the review and chooses the card.
func (p *reader) reviews() {
	p.t.Helper()
	p.taps(".bag")
	p.taps(".wares li:first-child button")
	p.taps(".shop .pair .ok")
	p.addresses()
	p.taps(payButton)
	p.titled("Look it over")
	p.choosesCard()
}

func (p *reader) choosesCard() {
	p.t.Helper()
	p.wait("document.querySelector('.ways')")
	p.text("[...document.querySelectorAll('.ways label')].find((l) => l.innerText.includes('Card')).click()")
	p.wait("document.querySelector('.typed iframe') && !document.querySelector('.typed .spinner')")
}

// card types a card into the provider's fields, which are a frame of another origin: by the keyboard, as people do.
func (p *reader) card(number string) {
	p.t.Helper()
	p.text("document.querySelector('.ways input:checked').focus()")
	for _, text := range []string{number, "1230", "123"} {
		p.do(chromedp.KeyEvent(kb.Tab))
		p.wait("document.activeElement?.matches('.typed iframe')")
		p.do(chromedp.KeyEvent(text))
	}
}

// answersBank clicks on what the bank asks over the page, which is a frame of another origin too.
func (p *reader) answersBank(yes bool) {
	p.t.Helper()
	p.wait("document.querySelector('body > iframe')")
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	y := map[bool]float64{true: 424, false: 493}[yes]
	for p.text("document.querySelector('body > iframe') !== null") == "true" && ctx.Err() == nil {
		p.do(chromedp.MouseClickXY(195, y))
		time.Sleep(100 * time.Millisecond)
	}
}

// arrives waits for what a selector finds on a page of another host, to which the browser may still be on its way.
func (p *reader) arrives(host, selector string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(p.ctx, time.Second) // a page that goes away may never answer
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("location.host === %q && document.querySelector(%q) !== null", host, selector)))
		cancel()
		if err == nil && there {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Fatalf("waited in vain for %s at %s: %s", selector, host, p.text("location.href + document.body.innerText"))
}

func TestACardIsTypedIntoTheProvidersFieldsWhileThePictureGoesOn(t *testing.T) {
	source := axe(t)
	r, folder, bank, browser := byCard(t)
	r.airs()
	p := r.reader(browser, "demo")
	p.wait("document.querySelector('.room')")
	r.showing()("ring")
	p.waitsFor("9 left")
	p.counts()
	p.taps(".card .buy")
	p.addresses()
	p.taps(payButton)
	p.titled("Look it over")
	p.choosesCard()
	p.card("4242")
	p.taps(payButton) // not whole: the fields say it, and nothing is ordered
	p.wait(fmt.Sprintf("document.querySelector(%q)?.disabled === false", payButton))
	p.titled("Look it over")
	for name, size := range map[string][2]int64{"desktop": {1280, 800}, "phone": {390, 844}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]))
		p.accessible(source, "the provider's fields on a "+name)
		p.shoots("page-card-" + name)
	}
	p.do(chromedp.EmulateViewport(390, 844))
	frames := p.frames()
	p.card(goodCard)
	p.counts()
	p.taps(payButton)
	p.titled("Thank you")
	p.wait(fmt.Sprintf("document.querySelector('#picture').getVideoPlaybackQuality().totalVideoFrames > %d", frames))
	orders, _ := asks[[]wire.Order](r, call{method: "GET", path: "/api/shop/admin/orders", token: r.operator})
	if len(orders) != 1 || orders[0].Pay != wire.PayStripe {
		t.Fatalf("%+v", orders)
	}
	await(t, "the money", func() bool {
		times, captured, _ := bank.Moved(orders[0].ID)
		return times == 1 && captured == orders[0].Totals.Total.Minor
	})
	p.taps(".shop .head .shut:last-child")
	holdsNo(t, folder, goodCard)
}

// holdsNo looks for a text in all files of a folder.
func holdsNo(t *testing.T, folder, text string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			t.Errorf("%s holds %s", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARefusedCardIsFollowedByOneThatTheBankAsksAbout(t *testing.T) {
	r, _, bank, browser := byCard(t)
	p := r.reader(browser, "demo")
	p.reviews()
	p.text("document.querySelector('.typed iframe').here = true")
	p.card(refusedCard)
	p.taps(payButton)
	p.titled("refused")
	p.waitsFor("Your card was declined.")
	p.shoots("page-card-refused")
	if p.text("document.querySelector('.typed iframe').here") != "true" {
		t.Error("what was typed is lost")
	}
	p.card(askingCard)
	p.taps(payButton)
	p.answersBank(false)
	p.titled("refused")
	p.taps(payButton)
	p.answersBank(true)
	p.titled("Thank you")
	orders, _ := asks[[]wire.Order](r, call{method: "GET", path: "/api/shop/admin/orders", token: r.operator})
	await(t, "the money", func() bool { times, captured, _ := bank.Moved(orders[0].ID); return times == 1 && captured > 0 })
}

func TestWhoPaysOnABanksPageComesBackToTheirOrder(t *testing.T) {
	r, _, _, browser := byCard(t)
	p := r.reader(browser, "demo")
	p.reviews()
	p.card(someBank)
	p.taps(payButton)
	p.arrives("hooks.stripe.com", "h1")
	p.do(chromedp.Click(chromedp.CSS("a:last-of-type")))
	p.arrives(r.at.HTTP.String(), ".shop h2")
	p.titled("refused")
	if at := p.text("location.href"); strings.Contains(at, "secret") || strings.Contains(at, "paid") {
		t.Error("the page is left at", at)
	}
	p.wait("document.querySelector('.typed iframe') && !document.querySelector('.typed .spinner')")
	p.card(someBank)
	p.taps(payButton)
	p.arrives("hooks.stripe.com", "h1")
	p.text("history.back()") // has not done anything there, and finds the page as it was left
	p.arrives(r.at.HTTP.String(), ".shop h2")
	p.titled("not finished")
	p.do(chromedp.Reload())
	p.arrives(r.at.HTTP.String(), ".bag")
	p.taps(".bag")
	p.taps(".item .text")
	p.titled("not finished")
	p.wait("document.querySelector('.typed iframe') && !document.querySelector('.typed .spinner')")
	p.shoots("page-card-unfinished")
	p.card(someBank)
	p.taps(payButton)
	p.arrives("hooks.stripe.com", "h1")
	p.do(chromedp.Click(chromedp.CSS("a:first-of-type")))
	p.arrives(r.at.HTTP.String(), ".shop h2")
	p.titled("Thank you")
	if at := p.text("location.href"); strings.Contains(at, "secret") {
		t.Error("the page is left at", at)
	}
}

func TestWhereTheProvidersFieldsDoNotComeOneTriesAgainOrPaysInAnotherWay(t *testing.T) {
	r, _, bank, browser := byCard(t)
	bank.Away(true)
	p := r.reader(browser, "demo")
	p.taps(".bag")
	p.taps(".wares li:first-child button")
	p.taps(".shop .pair .ok")
	p.addresses()
	p.taps(payButton)
	p.wait("document.querySelector('.ways')")
	p.text("[...document.querySelectorAll('.ways label')].find((l) => l.innerText.includes('Card')).click()")
	p.waitsFor("did not come")
	if p.text(fmt.Sprintf("document.querySelector(%q).disabled", payButton)) != "true" {
		t.Error("one can pay by fields that are not there")
	}
	p.shoots("page-card-missing")
	bank.Away(false)
	p.taps(".typed .second")
	p.wait("document.querySelector('.typed iframe') && !document.querySelector('.typed .spinner, .typed .amiss')")
	p.pays("Cash")
	p.titled("Thank you")
}

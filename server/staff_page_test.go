package server

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"

	"vitrine/server/store"
	"vitrine/server/wire"
)

// opens opens a page in a browser of its own, in a language.
func (r *running) opens(browser context.Context, path, language string) *reader {
	r.t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	r.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		r.t.Fatal(err)
	}
	p := &reader{r.t, ctx, map[string]string{}}
	agent := p.text("navigator.userAgent")
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language})
		return err
	}), chromedp.EmulateViewport(1280, 800))
	p.goes(r.page(path))
	return p
}

// page is an address of the pages: they are known by the computer's name, as passkeys and cookies want it.
func (r *running) page(path string) string {
	return "http://" + strings.Replace(r.at.HTTP.String(), "127.0.0.1", "localhost", 1) + path
}

func (p *reader) goes(address string) { p.t.Helper(); p.do(chromedp.Navigate(address)) }

// dark shows the page as a computer does that is dark.
func (p *reader) dark(on bool) {
	p.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	p.prefers("color-scheme", value)
}

// prefers shows the page as to somebody who has told their computer so.
func (p *reader) prefers(what, value string) {
	p.t.Helper()
	p.media[what] = value
	var all []*emulation.MediaFeature
	for name, value := range p.media {
		all = append(all, &emulation.MediaFeature{Name: "prefers-" + name, Value: value})
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: all})
		return err
	}))
}

// found is the newest element of a kind that shows, and whose name begins with a text.
const found = `((kind, name) => [...(document.querySelector('dialog[open]') ?? document).querySelectorAll(kind)].filter((e) => e.checkVisibility() && e.innerText.trim().startsWith(name))[0])(%q, %q)`

// settles waits until the page has done what it does after it is drawn, as to put the focus somewhere.
func (p *reader) settles() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	const drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 20))))"
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise)); err != nil {
		p.t.Fatal(err)
	}
}

// within is the first field with a label that begins with a text, in the group whose name begins with another.
const within = `[...document.querySelectorAll('fieldset')].find((f) => f.querySelector('legend')?.innerText.startsWith(%q)) && ` +
	`[...[...document.querySelectorAll('fieldset')].find((f) => f.querySelector('legend')?.innerText.startsWith(%q)).querySelectorAll('label')].find((l) => l.innerText.trim().startsWith(%q))`

// fillsIn fills in a field of a group.
func (p *reader) fillsIn(group, label, text string) {
	p.t.Helper()
	p.keys(fmt.Sprintf("("+within+")", group, group, label), text)
}

// fills fills in a field by its label, with the keyboard.
func (p *reader) fills(label, text string) {
	p.t.Helper()
	p.keys(fmt.Sprintf(found, "label", label), text)
}

// keys fills in the field of a label.
func (p *reader) keys(label, text string) {
	p.t.Helper()
	field := label + ".querySelector('input, select, textarea')"
	p.wait(label)
	p.settles()
	p.text(field + ".focus(), " + field + ".select?.()")
	p.do(chromedp.KeyEvent(kb.Delete))
	if text != "" {
		p.do(chromedp.KeyEvent(text))
	}
}

// chooses sets a list or a box by its label.
func (p *reader) chooses(label, value string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(found, "label", label))
	p.text(fmt.Sprintf(`((e) => { if (e.type === 'checkbox') e.click(); else { e.value = %q; e.dispatchEvent(new Event('change', { bubbles: true })) } })(%s.querySelector('input, select'))`,
		value, fmt.Sprintf(found, "label", label)))
}

// presses uses a button, a link or a summary by the keyboard.
func (p *reader) presses(name string) {
	p.t.Helper()
	at := fmt.Sprintf(found, "button:not(:disabled), a, summary", name)
	p.wait(at)
	p.settles()
	p.text(at + ".focus()")
	p.do(chromedp.KeyEvent(kb.Enter))
}

func (p *reader) sees(texts ...string) {
	p.t.Helper()
	for _, t := range texts {
		p.wait(fmt.Sprintf("document.body.innerText.includes(%q)", t))
	}
}

// looks checks the page with axe and takes a picture of it, as a phone and as a desk show it.
func (p *reader) looks(name string) {
	p.t.Helper()
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"phone", 390, 844}, {"desk", 1280, 800}} {
		p.do(chromedp.EmulateViewport(size.width, size.height))
		p.text("scrollTo(0, 0)")
		p.settles()
		if wide := p.text("document.documentElement.scrollWidth > innerWidth"); wide == "true" {
			p.t.Errorf("%s is wider than a %s", name, size.name)
		}
		p.judges(name + " on a " + size.name)
		p.shoots("staff-" + name + "-" + size.name)
	}
}

// keeps lets the page download files, into a folder.
func (p *reader) keeps() (folder string) {
	p.t.Helper()
	folder = p.t.TempDir()
	if _, err := chromedp.Call(p.ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	}); err != nil {
		p.t.Fatal(err)
	}
	return folder
}

// judges runs axe over the page, if it is there: the tests of server/web/build bring it.
func (p *reader) judges(what string) {
	p.t.Helper()
	if b, err := os.ReadFile(filepath.Join("web", "node_modules", "axe-core", "axe.min.js")); err == nil {
		p.accessible(string(b), what)
	}
}

// sellsMore puts more on sale: a vase in two sizes.
func (r *running) sellsMore() {
	r.t.Helper()
	body := `{"id":"vase","title":"Tall vase, blown by hand","options":["Size"],"variants":[
		{"id":"vase-s","title":"30 cm","options":["30 cm"],"sku":"VAS-30","price":{"minor":4900,"currency":"EUR"},"stock":12,"weight":900},
		{"id":"vase-l","title":"45 cm","options":["45 cm"],"sku":"VAS-45","price":{"minor":7900,"currency":"EUR"},"stock":2,"weight":1500}]}`
	if _, status := asks[wire.Product](r, call{method: "PUT", path: "/api/shop/products/vase", body: body, token: r.operator, none: "*"}); status != 200 {
		r.t.Fatal("the product is answered", status)
	}
}

func TestAnOwnerRunsAFreshShopWithTheOperatorsToken(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}})
	r.sells(20)
	r.sellsMore()
	for i := range 3 {
		r.visitor().buys(fmt.Sprintf("%016d", i))
	}
	p := r.opens(openBrowser(t), "/staff", "en-GB")
	p.sees("Sign in")
	p.presses("Operator’s token")
	p.looks("signin")
	p.fills("Token", "not the token")
	p.presses("Work with the token")
	p.sees("The token is not valid here.")
	p.fills("Token", r.operator)
	p.presses("Work with the token")

	p.sees("3 found", "Mei Lin", "#3", "paid")
	p.looks("orders")
	files := p.keeps()
	p.presses("Download")
	await(t, "the packing list", func() bool {
		b, err := os.ReadFile(filepath.Join(files, "packing.html"))
		return err == nil && strings.Contains(string(b), "1 Quay")
	})
	p.chooses("For Excel", "")
	p.text("[...document.querySelectorAll('button')].filter((b) => b.innerText === 'Download')[1].click()")
	await(t, "the table", func() bool {
		b, err := os.ReadFile(filepath.Join(files, "orders.csv"))
		return err == nil && strings.HasPrefix(string(b), "\ufeff") && strings.Contains(string(b), "mei@example.com")
	})
	p.dark(true)
	p.looks("orders-dark")
	p.dark(false)
	p.fills("Number, product", "mei@example.com")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.sees("3 found")
	p.fills("Number, product", "piano")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.sees("0 found")
	p.fills("Number, product", "#2")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.sees("1 found")
	p.presses("#2")
	p.sees("Order 2", "1 Quay", "mei@example.com", "Mark as shipped")
	p.presses("Give money back")
	p.looks("order")

	p.fills("Carrier", "DHL")
	p.fills("Tracking number", "00340434161094021501")
	p.presses("Mark as shipped")
	p.sees("Saved", "Shipped", "00340434161094021501")
	p.chooses("Units of 1", "1")
	p.fills("Reason", "The stone was loose")
	p.presses("Give back about €99.00")
	p.sees("Reason: The stone was loose")
	p.looks("order-refunded")
	p.dark(true)
	p.looks("order-dark")
	p.dark(false)
	if o, _ := asks[[]wire.Order](r, call{method: "GET", path: "/api/shop/admin/orders?search=2", token: r.operator}); len(o) != 1 || o[0].Refunded.Minor != 10390 || o[0].Tracking == "" {
		t.Errorf("%+v", o)
	}
	p.presses("← Orders")
	p.sees("1 found") // what was searched for is still there
	p.fills("Number, product", "1")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.sees("#1")
	p.presses("#1")
	p.presses("Cancel the order")
	p.looks("order-cancel")
	p.presses("Cancel order 1")
	p.sees("cancelled")

	p.presses("Products")
	p.sees("2 found", "Tall vase")
	p.looks("products")
	p.fills("Title, variant", "vas-45")
	p.sees("1 found")
	p.presses("Tall vase")
	p.sees("VAS-45")
	p.fillsIn("45 cm", "Price", "75,50")
	p.fills("Title", "Tall vase, by Ana")
	list, _ := asks[[]wire.Product](r, call{method: "GET", path: "/api/shop/products", token: r.operator})
	vase := list[1]
	vase.Title = "Tall vase, recut"
	body, err := json.Marshal(vase)
	if err != nil {
		t.Fatal(err)
	}
	if _, status := asks[wire.Product](r, call{method: "PUT", path: "/api/shop/products/vase", body: string(body), token: r.operator, match: `"1"`}); status != 200 {
		t.Fatal("the other's change is answered", status)
	}
	p.presses("Save")
	p.sees("Somebody else changed it meanwhile", "Tall vase, recut")
	p.looks("product-conflict")
	p.presses("Keep mine")
	p.sees("Tall vase, by Ana")
	p.wait("!document.body.innerText.includes('Somebody else')")
	p.fills("Units to add", "-1")
	p.presses("Change the stock")
	p.sees("11")
	p.fills("Units to add", "-50")
	p.presses("Change the stock")
	p.sees("Only 11 units are free")
	p.looks("product")
	list, _ = asks[[]wire.Product](r, call{method: "GET", path: "/api/shop/products", token: r.operator})
	if v := list[1]; v.Title != "Tall vase, by Ana" || v.Variants[1].Price.Minor != 7550 || v.Variants[0].Stock != 11 {
		t.Errorf("%+v", v)
	}

	p.presses("Coupons")
	p.sees("There are no coupons yet.", "Takes off")
	p.fills("Code", "evening10")
	p.fills("How much", "ten")
	p.presses("Make the coupon")
	p.sees("This is no percentage: write it as 10 or 12.5.")
	p.wait(fmt.Sprintf(found, "label", "Code") + ".querySelector('input').value === 'evening10'")
	p.fills("How much", "12.5")
	p.presses("Make the coupon")
	p.sees("EVENING10", "−12.5%", "used 0")
	p.looks("coupons")
	p.presses("End")
	p.sees("ended")

	p.presses("Ledger")
	p.presses("Audit now")
	p.sees("All is well")
	p.looks("ledger")

	p.presses("People")
	p.sees("Nobody has a role yet")
	p.fills("E-mail address", "ana@shop.example")
	p.presses("Give the role")
	p.sees("Done, and written to", "ana@shop.example")
	p.looks("people")
	p.fills("Whole e-mail", "mei@example.com")
	p.presses("Search")
	p.sees("3 found", "guest")
	p.presses("Erase this person")
	p.fills("Type the e-mail", "somebody@example.com")
	p.presses("Erase for ever")
	p.sees("This is another address: type the one above.")
	p.looks("people-erase")
	p.fills("Type the e-mail", "mei@example.com")
	p.presses("Erase for ever")
	p.sees("2 found")

	p.presses("Account")
	p.sees("with the rights of an owner")
	p.looks("account-operator")
	p.presses("Sign out")
	p.sees("Sign in")
	r.stop()
	if a, err := Audit(t.Context(), Config{Data: data}); err != nil || len(a.Wrong) > 0 {
		t.Errorf("the audit: %+v, %v", a, err)
	}
}

func TestSupportComesInByALinkAndProvesItselfAgainForMoney(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}})
	r.sells(20)
	r.visitor().buys("0123456789abcdef")
	if _, status := asks[wire.Appointed](r, call{method: "POST", path: "/api/people", token: r.operator, body: `{"email":"ana@shop.example","role":"support"}`}); status != 200 {
		t.Fatal("the appointment is answered", status)
	}
	p := r.opens(openBrowser(t), "/staff", "en-GB")
	p.fills("E-mail address", "ana@shop.example")
	p.presses("E-mail me a link")
	p.sees("Look into your mail")
	link := regexp.MustCompile(`http://\S+/account#link=\S+`).FindString(strings.ReplaceAll(mailWith(t, data, "#link="), "=3D", "="))
	p.goes(r.page("/account"))
	p.sees("Sign in")
	if text := p.text("document.body.innerText"); strings.Contains(text, "Operator") || strings.Contains(text, "Staff") {
		t.Errorf("buyers who sign in read %q", text)
	}
	p.looks("account-signin")
	p.goes("about:blank")
	p.goes(link)
	p.sees("Your second proof")
	if at := p.text("location.href"); strings.Contains(at, "link=") {
		t.Error("the link's token stays in the address:", at)
	}
	p.looks("proof")
	p.presses("I have no authenticator yet")
	p.presses("Show the QR code")
	p.wait("document.querySelector('.qr')?.naturalWidth > 100")
	p.looks("authenticator")
	secret := p.text("document.querySelector('code').innerText")
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p.fills("Code", code)
	p.presses("Turn it on")
	p.sees("Recovery codes")
	p.looks("recovery")
	recovery := p.text("document.querySelector('.codes code').innerText")
	p.presses("I have noted them")
	p.sees("Orders", "#1")
	if nav := p.text("document.querySelector('nav').innerText"); strings.Contains(nav, "Coupons") || !strings.Contains(nav, "Ledger") {
		t.Errorf("support is shown %q", nav)
	}
	p.presses("Products")
	p.presses("A ring")
	p.sees("In stock")
	if text := p.text("document.body.innerText"); strings.Contains(text, "Save") || strings.Contains(text, "Change the stock") {
		t.Errorf("support may not change products, and is shown %q", text)
	}
	p.looks("product-support")

	r.forgets(data)
	p.presses("Orders")
	p.presses("#1")
	p.presses("Give money back")
	p.chooses("Units of 1", "1")
	p.fills("Reason", "As agreed")
	p.presses("Give back about")
	p.sees("Confirm that it is you")
	p.looks("stepup")
	p.fills("Code", "000000")
	p.presses("Confirm")
	p.wait("document.querySelector('dialog [role=alert]')")
	p.do(chromedp.KeyEvent(kb.Escape))
	p.wait("document.querySelector('dialog') === null && document.querySelector('[role=alert]')")
	if typed := p.text(fmt.Sprintf(found, "label", "Reason") + ".querySelector('input').value"); typed != "As agreed" {
		t.Errorf("what was typed is now %q", typed)
	}
	p.presses("Give back about")
	p.fills("Code", recovery)
	p.presses("Confirm")
	p.sees("Reason: As agreed")

	p.presses("Account")
	p.sees("ana@shop.example")
	p.looks("account")
	p.fills("New password", "short")
	p.presses("Save")
	p.wait("document.querySelector('[role=alert]')")
	p.fills("New password", "four words walk home")
	p.presses("Save")
	p.sees("Saved")
	p.has(authenticator)
	p.presses("Add a passkey")
	p.wait("document.querySelectorAll('.good').length > 1")

	// Her sessions end elsewhere while she types: she signs in over the page, and what she was doing goes on.
	p.presses("Orders")
	p.fills("Number, product", "A ring")
	r.alters(data, "DELETE FROM sessions")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.sees("Sign in again to go on")
	p.looks("lapsed")
	p.fills("E-mail address", "ana@shop.example")
	p.fills("Password", "four words walk home")
	p.presses("Sign in")
	p.sees("Confirm that it is you")
	p.presses("Use a passkey")
	p.wait("document.querySelector('dialog') === null")
	p.sees("1 found", "returned")

	p.presses("Account")
	p.presses("Sign out")
	p.presses("Use a passkey")
	p.sees("Orders", "#1")
}

// authenticator is a device that makes passkeys, as a phone with a fingerprint does.
var authenticator = webauthn.VirtualAuthenticatorOptions{
	Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
	HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
}

// has gives the browser a device for passkeys.
func (p *reader) has(device webauthn.VirtualAuthenticatorOptions) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &device}); err != nil {
		p.t.Fatal(err)
	}
}

func TestTheStaffWorksInItsOwnLanguage(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true}})
	r.sells(20)
	r.sellsMore()
	r.visitor().buys("0123456789abcdef")
	browser := openBrowser(t)
	for _, c := range []struct{ language, operator, field, use, bad, order, coupon, people string }{
		{"zh-CN", "运营者令牌", "令牌", "使用令牌", "请先登录。", "订单 1", "新建优惠券", "完整邮箱地址"},
		{"es", "Clave del operador", "Clave", "Trabajar con la clave", "Inicie sesión primero.", "Pedido 1", "Cupón nuevo", "Correo electrónico completo"},
	} {
		p := r.opens(browser, "/staff", c.language)
		p.presses(c.operator)
		p.fills(c.field, "no token")
		p.presses(c.use)
		p.sees(c.bad)
		p.fills(c.field, r.operator)
		p.presses(c.use)
		p.sees("#1")
		p.looks("orders-" + c.language)
		p.presses("#1")
		p.sees(c.order, "1 Quay")
		p.looks("order-" + c.language)
		p.text("location.hash = '/coupons'")
		p.sees(c.coupon)
		p.looks("coupons-" + c.language)
		p.text("location.hash = '/people'")
		p.sees(c.people)
		p.looks("people-" + c.language)
	}
}

// forgets makes all proofs an hour older.
func (r *running) forgets(data string) {
	r.t.Helper()
	r.alters(data, `UPDATE sessions SET password_at = max(0, password_at - 3600000), link_at = max(0, link_at - 3600000), totp_at = max(0, totp_at - 3600000)`)
}

// alters changes the database past the program.
func (r *running) alters(data, statement string) {
	r.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, store.File))
	if err == nil {
		_, err = db.Exec(statement)
	}
	if err != nil || db.Close() != nil {
		r.t.Fatal(err)
	}
}

func TestMoneyThatCameByHandIsNoted(t *testing.T) {
	r := start(t, Config{Pay: Payments{Cash: true}})
	r.sells(20)
	mei := r.visitor()
	if _, status := asks[wire.Reservation](mei, call{method: "POST", path: "/api/shop/reservations", body: `{"id":"reserve-0123456789","variant":"ring","show":"demo","quantity":1,"price":{"minor":9900,"currency":"EUR"}}`}); status != 200 {
		t.Fatal("the ring is answered", status)
	}
	placed, _ := asks[wire.Placed](mei, call{method: "POST", path: "/api/shop/orders", body: `{"id":"order-0123456789ab","reservations":["reserve-0123456789"],"contact":` + contact +
		`,"pay":"cash","total":{"minor":10390,"currency":"EUR"}}`})
	p := r.opens(openBrowser(t), "/staff#/orders/1", "en-GB")
	p.presses("Operator’s token")
	p.fills("Token", r.operator)
	p.presses("Work with the token")
	p.sees("Order 1", "promised", "on delivery")
	p.presses("Mark as shipped")
	p.sees("Saved")
	p.presses("Mark as paid")
	p.fills("Amount", "a lot")
	p.presses("The money came")
	p.sees("This is no amount: write it as 12.50.")
	p.looks("order-cash")
	p.fills("Amount", "103.90")
	p.presses("The money came")
	await(t, "the payment", func() bool { return r.orderNow(placed.Order.ID).State == wire.OrderCaptured })
	p.sees("paid")
	if again, status := asks[wire.Again](mei, call{method: "GET", path: "/api/shop/again"}); status != 200 || again.Pay != wire.PayCash || again.Contact.Email != "mei@example.com" {
		t.Errorf("%d %+v", status, again)
	}
}

func TestABuyerWithdrawsInTwoStepsWithoutSigningIn(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}, Origins: []string{"http://localhost:1"}})
	r.sells(20)
	_, placed := r.visitor().buys("0123456789abcdef")
	mail := strings.ReplaceAll(mailWith(t, data, "/withdraw#"), "=3D", "=")
	token := regexp.MustCompile(`/withdraw#(\S+?)["\s<]`).FindStringSubmatch(mail)[1]
	browser := openBrowser(t)
	for _, c := range []struct{ language, first, until, second, back, keep string }{
		{"es", "Desistir de todo el pedido", "14 días", "¿Desistir del pedido 1?", "103,90", "Conservar el pedido"},
		{"zh-CN", "撤回整个订单", "14 天", "撤回订单 1？", "103.90", "保留订单"},
		{"en-GB", "Withdraw from the whole order", "14 days", "Withdraw from order 1?", "103.90", "Keep the order"},
	} {
		p := r.opens(browser, "/withdraw#"+token, c.language)
		p.sees("1 × A ring", c.back, c.until)
		p.looks("withdraw-look-" + c.language)
		p.presses(c.first)
		p.sees(c.second, c.back)
		p.looks("withdraw-ask-" + c.language)
		p.presses(c.keep)
		p.sees(c.first)
		if o := r.orderNow(placed.Order.ID); o.State != wire.OrderCaptured {
			t.Fatalf("after one step it is %s", o.State)
		}
		if c.language != "en-GB" {
			continue
		}
		p.dark(true)
		p.looks("withdraw-dark")
		p.dark(false)
		p.presses(c.first)
		p.presses("Confirm withdrawal")
		p.sees("You have withdrawn from order 1", "103.90")
		p.looks("withdraw-done")
		if o := r.orderNow(placed.Order.ID); o.State != wire.OrderRefunded || o.Refunded.Minor != 10390 {
			t.Errorf("%+v", o)
		}
		p.do(chromedp.Reload())
		p.sees("This order has ended already")
		p.looks("withdraw-over")
	}
	p := r.opens(browser, "/withdraw", "en-GB")
	p.sees("Open this page by the link on your receipt")
	p.looks("withdraw-nolink")
	p.text("location.hash = '#abc.def.ghi'")
	p.sees("This link is damaged")
}

// orderNow is an order as it is.
func (r *running) orderNow(id wire.OrderID) wire.Order {
	r.t.Helper()
	list, _ := asks[[]wire.Order](r, call{method: "GET", path: "/api/shop/admin/orders", token: r.operator})
	for _, o := range list {
		if o.ID == id {
			return o
		}
	}
	r.t.Fatal("there is no order", id)
	return wire.Order{}
}

package server

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vitrine/server/wire"
)

// comesAs gives the page's browser what a visitor's has.
func (p *reader) comesAs(v *running) {
	p.t.Helper()
	at, err := url.Parse("http://" + v.at.HTTP.String())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range v.http.Jar.Cookies(at) {
		p.text(fmt.Sprintf("document.cookie = %q", c.Name+"="+c.Value+"; path=/"))
	}
}

// follows goes where a link that opens a page of its own leads.
func (p *reader) follows(r *running, name string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(found, "a", name))
	link, err := url.Parse(p.text(fmt.Sprintf(found, "a", name) + ".href"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.goes(r.page(link.RequestURI()))
}

func TestABuyerWhoComesBackFindsCancelsAndWithdrawsFromOrdersWithoutAShow(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}})
	r.sells(20)
	mei := r.visitor()
	var orders []wire.OrderID
	for i := range 3 {
		key := fmt.Sprintf("0123456789abcde%d", i)
		mei.takes("ring", 9900, key)
		placed, _ := asks[wire.Placed](mei, call{method: "POST", path: "/api/shop/orders", body: fmt.Sprintf(
			`{"id":"order-%s","reservations":["reserve-%s"],"contact":%s,"pay":"test","confirmed":true,"total":{"minor":10390,"currency":"EUR"}}`, key, key, contact)})
		orders = append(orders, placed.Order.ID)
	}
	p := r.opens(openBrowser(t), "/account", "en-GB")
	p.sees("Sign in")
	p.comesAs(mei)
	p.goes(r.page("/account"))
	p.sees("You have bought in this browser as mei@example.com", "My orders", "Order 3", "Order 1", "1 × A ring", "Ordered on another device?")
	p.looks("own-orders")
	p.follows(r, "Receipt")
	p.sees("Receipt for order 3", "Mei Lin")

	p.goes(r.page("/account"))
	p.presses("Cancel (until")
	p.sees("Cancel the whole order?")
	p.looks("own-cancel")
	p.presses("Yes, cancel it")
	p.sees("Cancelled")
	if o := r.orderNow(orders[2]); o.State != wire.OrderCancelled && o.State != wire.OrderRefunded {
		t.Errorf("%+v", o)
	}

	p.follows(r, "Withdraw")
	p.presses("Withdraw from the whole order")
	p.presses("Confirm withdrawal")
	p.sees("You have withdrawn from order 2")
	p.goes(r.page("/account"))
	p.sees("Refunded: €103.90")
	p.dark(true)
	p.looks("own-dark")
	p.dark(false)

	// Elsewhere she signs in with her address, in her language.
	browser := openBrowser(t)
	for _, c := range []struct{ language, email, send, sent, account, orders, first string }{
		{"es", "Correo electrónico", "Enviarme un enlace", "Mire su correo", "Ha entrado como mei@example.com", "Mis pedidos", "Pedido 1"},
		{"zh-CN", "电子邮箱", "发送登录链接", "请查看邮箱", "您已以 mei@example.com 登录", "我的订单", "订单 1"},
	} {
		q := r.opens(browser, "/account", c.language)
		q.fills(c.email, "mei@example.com")
		q.presses(c.send)
		q.sees(c.sent)
		link := regexp.MustCompile(`http://\S+/account#link=\S+`).FindString(strings.ReplaceAll(mailWith(t, data, "#link="), "=3D", "="))
		opened, err := filepath.Glob(filepath.Join(data, "mail", "*.eml"))
		for _, mail := range opened { // so that the next one is the only one
			if b, readErr := os.ReadFile(mail); readErr != nil || strings.Contains(string(b), "#link=3D") {
				err = errors.Join(err, readErr, os.Remove(mail))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		q.goes("about:blank")
		q.goes(link)
		q.sees(c.account, c.orders, c.first)
		q.looks("own-orders-" + c.language)
	}
}

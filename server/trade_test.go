package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/reach"
	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/wire"
)

// asks makes a request about the shop, as the operator if that is wanted, and reads the answer into v.
func asks[T any](r *running, c call) (v T, status int) {
	r.t.Helper()
	if c.kind == "" && c.body != "" {
		c.kind = "application/json"
	}
	a, body := r.do(c)
	if a.StatusCode < 300 && body != "" {
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			r.t.Fatalf("%s %s: %v in %q", c.method, c.path, err, body)
		}
	}
	if a.StatusCode >= 300 {
		r.t.Logf("%s %s: %d %s", c.method, c.path, a.StatusCode, body)
	}
	return v, a.StatusCode
}

// visitor is r in a browser of its own.
func (r *running) visitor() *running {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	v, h := *r, *r.http
	h.Jar = jar
	v.http = &h
	return &v
}

// sells puts a ring on sale.
func (r *running) sells(stock int) {
	r.t.Helper()
	body := fmt.Sprintf(`{"id":"ring","title":"A ring","variants":[{"id":"ring","price":{"minor":9900,"currency":"EUR"},"stock":%d,"weight":50}]}`, stock)
	if _, status := asks[wire.Product](r, call{method: "PUT", path: "/api/shop/products/ring", body: body, token: r.operator, none: "*"}); status != 200 {
		r.t.Fatal("the product is answered", status)
	}
}

const contact = `{"email":"mei@example.com","address":{"name":"Mei Lin","street":"1 Quay","city":"Hamburg","zip":"20457","country":"DE"}}`

// buys reserves a ring and orders it.
func (r *running) buys(key string) (wire.Reservation, wire.Placed) {
	r.t.Helper()
	held, status := asks[wire.Reservation](r, call{method: "POST", path: "/api/shop/reservations", body: fmt.Sprintf(
		`{"id":"reserve-%s","variant":"ring","show":"demo","quantity":1,"price":{"minor":9900,"currency":"EUR"}}`, key)})
	if status >= 300 || held.State != wire.Held {
		return held, wire.Placed{}
	}
	placed, status := asks[wire.Placed](r, call{method: "POST", path: "/api/shop/orders", body: fmt.Sprintf(
		`{"id":"order-%s-1234","reservations":["reserve-%s"],"contact":%s,"pay":"test","total":{"minor":10390,"currency":"EUR"}}`, key, key, contact)})
	if status >= 300 {
		r.t.Fatal("the order is answered", status)
	}
	return held, placed
}

func TestAVisitorBuysAndGetsAReceipt(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}})
	r.sells(2)
	mei := r.visitor()
	_, placed := mei.buys("0123456789abcdef")
	if placed.Order.State != wire.OrderCaptured || placed.Order.Number != 1 {
		t.Fatalf("the order: %+v", placed)
	}
	if again, status := asks[wire.Order](r.visitor(), call{method: "GET", path: "/api/shop/orders/" + string(placed.Order.ID)}); status < 400 {
		t.Errorf("somebody else reads the order: %+v", again)
	}
	mail := ""
	await(t, "the receipt", func() bool {
		files, _ := filepath.Glob(filepath.Join(data, "mail", "*.eml"))
		if len(files) > 0 {
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			mail = string(b)
		}
		return mail != ""
	})
	for _, want := range []string{"mei@example.com", "Mei Lin", "A ring", "103.90"} {
		if !strings.Contains(mail, want) {
			t.Errorf("the receipt does not hold %q:\n%s", want, mail)
		}
	}
	ledger, _ := asks[wire.LedgerPage](r, call{method: "GET", path: "/api/shop/ledger?show=demo"})
	if len(ledger.Entries) < 5 || strings.Contains(fmt.Sprint(ledger), "mei") {
		t.Errorf("the public ledger: %+v", ledger)
	}
	r.stop()
	if err := Rotate(Config{Data: data}); err != nil {
		t.Fatal(err)
	}
	r = start(t, Config{Data: data, Pay: Payments{Test: true}})
	mei.at = r.at
	o, _ := asks[wire.Order](mei, call{method: "GET", path: "/api/shop/orders/" + string(placed.Order.ID)})
	if o.Contact == nil || o.Contact.Address.Name != "Mei Lin" {
		t.Errorf("after the master key was changed the order is %+v", o)
	}
	r.stop()
	a, err := Audit(t.Context(), Config{Data: data})
	if err != nil || len(a.Wrong) > 0 || a.Orders != 1 {
		t.Errorf("the audit: %+v, %v", a, err)
	}
}

func TestManyVisitorsAtOnceGetTrueAnswersAndARestartKeepsThem(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}, MaxPerAddress: 1000})
	r.sells(5)
	var mu sync.Mutex
	states := map[wire.Hold]int{}
	paid := 0
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			held, placed := r.visitor().buys(fmt.Sprintf("%016d", i))
			mu.Lock()
			defer mu.Unlock()
			states[held.State]++
			if placed.Order.State == wire.OrderCaptured {
				paid++
			}
		})
	}
	all.Wait()
	if states[wire.Held] != 5 || states[wire.SoldOutHold] != 15 || paid != 5 {
		t.Fatalf("%v, %d paid", states, paid)
	}
	r.stop()
	r = start(t, Config{Data: data, Pay: Payments{Test: true}})
	products, _ := asks[[]wire.Product](r, call{method: "GET", path: "/api/shop/products"})
	if len(products) != 1 || products[0].Variants[0].Left != 0 || products[0].Variants[0].Stock != 0 {
		t.Errorf("after a restart: %+v", products)
	}
}

func TestWhatHappensToOrdersIsPostedSigned(t *testing.T) {
	posts := make(chan *http.Request, 4)
	bodies := make(chan []byte, 4)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		b, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		posts <- q
		bodies <- b
	}))
	defer receiver.Close()
	at := netip.MustParseAddrPort(receiver.Listener.Addr().String())
	r := start(t, Config{Pay: Payments{Test: true}, Webhooks: reach.Guard{Allow: []netip.Prefix{netip.PrefixFrom(at.Addr(), 32)}, Ports: []uint16{at.Port()}}})
	body := fmt.Sprintf(`{"id":"books","url":"%s/orders"}`, receiver.URL)
	hook, status := asks[wire.Webhook](r, call{method: "PUT", path: "/api/webhooks/books", body: body, token: r.operator})
	if status != 200 || hook.Secret == "" {
		t.Fatal(status, hook.URL)
	}
	if _, status := asks[wire.Webhook](r, call{method: "PUT", path: "/api/webhooks/bad", body: `{"id":"bad","url":"http://169.254.169.254/"}`, token: r.operator}); status != 400 {
		t.Error("an address inside is answered", status)
	}
	r.sells(1)
	r.visitor().buys("0123456789abcdef")
	select {
	case q := <-posts:
		b := <-bodies
		if err := reach.Verify(hook.Secret, q.Header, b, time.Now()); err != nil {
			t.Error(err)
		}
		var event struct {
			Type string     `json:"type"`
			Data wire.Order `json:"data"`
		}
		if err := json.Unmarshal(b, &event); err != nil || event.Type != "order.paid" || event.Data.State != wire.OrderCaptured || strings.Contains(string(b), "mei@") {
			t.Errorf("%v in %s", err, b)
		}
	case <-time.After(patience):
		t.Fatal("nothing is posted")
	}
}

// sellsCoins puts packs of 50 coins on sale.
func (r *running) sellsCoins() {
	r.t.Helper()
	body := `{"id":"coins","title":"50 coins","variants":[{"id":"coins","sku":"COINS-50","price":{"minor":500,"currency":"EUR"},"stock":100,"weight":1}]}`
	if _, status := asks[wire.Product](r, call{method: "PUT", path: "/api/shop/products/coins", body: body, token: r.operator, none: "*"}); status != 200 {
		r.t.Fatal("the product is answered", status)
	}
}

// buysCoins orders two packs.
func (r *running) buysCoins(key string) wire.Order {
	r.t.Helper()
	held, status := asks[wire.Reservation](r, call{method: "POST", path: "/api/shop/reservations", body: fmt.Sprintf(
		`{"id":"reserve-%s","variant":"coins","show":"demo","quantity":2,"price":{"minor":1000,"currency":"EUR"}}`, key)})
	if status >= 300 || held.State != wire.Held {
		r.t.Fatal("the packs are answered", status, held)
	}
	placed, status := asks[wire.Placed](r, call{method: "POST", path: "/api/shop/orders", body: fmt.Sprintf(
		`{"id":"order-%s-1234","reservations":["reserve-%s"],"contact":%s,"pay":"test","total":{"minor":1490,"currency":"EUR"}}`, key, key, contact)})
	if status >= 300 || placed.Order.State != wire.OrderCaptured {
		r.t.Fatal("the order is answered", status, placed)
	}
	return placed.Order
}

func (r *running) coins() int64 {
	r.t.Helper()
	p, _ := asks[wire.Purse](r, call{method: "GET", path: "/api/me/coins"})
	return p.Coins
}

func (r *running) refunds(o wire.Order, key string) int {
	r.t.Helper()
	_, status := asks[wire.Order](r, call{
		method: "POST", path: "/api/shop/admin/orders/" + string(o.ID) + "/refund", token: r.operator, key: key,
		body: `{"returns":[{"line":0,"quantity":2,"restock":true}],"refunded":{"minor":0,"currency":"EUR"}}`,
	})
	return status
}

func TestCoinPacksAreCreditedOnceAndGivenBackWhileTheCoinsAreThere(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}})
	r.sellsCoins()
	mei := r.visitor()
	first := mei.buysCoins("0123456789abcdef")
	operator := r.operator
	r.stop() // maybe before the coins have come
	r = start(t, Config{Data: data, Pay: Payments{Test: true}})
	mei.at, r.operator = r.at, operator
	await(t, "the coins", func() bool { return mei.coins() == 100 })
	db, err := store.Open(t.Context(), store.Config{Folder: data})
	if err != nil {
		t.Fatal(err)
	}
	_, version, err := db.Setting(t.Context(), purseSetting)
	if err == nil {
		err = db.PutSetting(t.Context(), purseSetting, []byte("0"), version) // as if nothing were known of what was credited
	}
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	second := mei.buysCoins("1123456789abcdef")
	await(t, "more coins", func() bool { return mei.coins() >= 200 })
	if got := mei.coins(); got != 200 {
		t.Errorf("the wallet has %d coins, want 200", got)
	}
	if status := r.refunds(second, "refund-two"); status != 200 {
		t.Error("the refund is answered", status)
	}
	if got := mei.coins(); got != 100 {
		t.Errorf("after the refund the wallet has %d coins, want 100", got)
	}
	if o, status := asks[wire.Order](mei, call{method: "POST", path: "/api/shop/orders/" + string(first.ID) + "/cancel", body: "{}"}); status != 200 || mei.coins() != 0 {
		t.Error("cancelling is answered", status, o.State)
	}
	r.stop()
	if a, err := Audit(t.Context(), Config{Data: data}); err != nil || len(a.Wrong) > 0 {
		t.Errorf("the audit: %+v, %v", a, err)
	}
}

func TestPacksWhoseCoinsAreSpentAreNotGivenBack(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}})
	r.sellsCoins()
	mei := r.visitor()
	o := mei.buysCoins("0123456789abcdef")
	await(t, "the coins", func() bool { return mei.coins() == 100 })
	r.spends(data, 1)
	if status := r.refunds(o, "refund-one"); status != http.StatusConflict {
		t.Error("the refund of what is spent is answered", status)
	}
	if _, status := asks[wire.Order](mei, call{method: "POST", path: "/api/shop/orders/" + string(o.ID) + "/cancel", body: "{}"}); status != http.StatusConflict {
		t.Error("cancelling what is spent is answered", status)
	}
	if got := mei.coins(); got != 99 {
		t.Errorf("the wallet has %d coins, want 99", got)
	}
}

// spends moves coins from the only wallet to a show's, as a gift does.
func (r *running) spends(data string, coins int64) {
	r.t.Helper()
	db, err := store.Open(r.t.Context(), store.Config{Folder: data})
	if err != nil {
		r.t.Fatal(err)
	}
	var buyer wire.PersonID
	if err := db.Books(r.t.Context(), func(b shop.Books) error {
		return b.EachOrder(r.t.Context(), func(o *shop.Order) error { buyer = o.Buyer; return nil })
	}); err != nil {
		r.t.Fatal(err)
	}
	err = db.Credit(r.t.Context(), [2]chat.CoinLine{
		{Transfer: "gift", Account: chat.PersonAccount(buyer), Coins: -coins}, {Transfer: "gift", Account: chat.HostAccount("demo"), Coins: coins},
	})
	if err != nil || db.Close() != nil {
		r.t.Fatal(err)
	}
}

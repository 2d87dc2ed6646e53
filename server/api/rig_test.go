package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/pictures"
	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/trust/trusttest"
	"vitrine/server/wire"
)

// market is a shop on SQLite with its people and a bank, served over loopback.
type market struct {
	t       testing.TB
	url     string
	db      *store.Store
	shop    *shop.Shop
	gate    *trust.Gate
	bank    *pay.Test
	letters *letters
	log     *bytes.Buffer
	handler http.Handler
	later   atomic.Int64 // ns that the clock is ahead
	visits  atomic.Int64
	keys    atomic.Int64
	stored  atomic.Pointer[func(*shop.Batch)] // is told of each batch once it is stored, before listeners are
}

func (m *market) now() time.Time { return time.Now().Add(time.Duration(m.later.Load())) }

// letters is a trust.Post that keeps the newest letter to each address.
type letters struct {
	mu  sync.Mutex
	all map[string]map[string]string
}

func (l *letters) Post(_ context.Context, to string, kind trust.Letter, fields map[string]string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[to+" "+string(kind)] = fields
	return nil
}

func (l *letters) newest(to string, kind trust.Letter) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[to+" "+string(kind)]
}

func eur(cents int64) wire.Money { return wire.Money{Minor: cents, Currency: "EUR"} }

var contactField = trust.Field{Table: "orders", Name: "contact"}

const operatorToken = "an operator's token"

// opens makes a market. plan is what goes wrong at the bank.
func opens(t testing.TB, plan pay.Plan, with ...func(*Config)) *market {
	t.Helper()
	m := &market{t: t, letters: &letters{all: map[string]map[string]string{}}, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&locked{w: m.log}, nil))
	var err error
	check := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	m.db, err = store.Open(context.Background(), store.Config{Folder: t.TempDir()})
	check()
	err = m.db.AddOperator(context.Background(), sha256.Sum256([]byte(operatorToken)))
	check()
	server := httptest.NewUnstartedServer(nil)
	m.url = "http://" + server.Listener.Addr().String()
	memory := trusttest.NewMemory()
	vault := trust.NewVault(trust.NewKeyring(), memory)
	m.gate, err = trust.New(trust.Config{
		Storage: memory, Vault: vault, Post: m.letters, Now: m.now, Origins: []string{strings.Replace(m.url, "127.0.0.1", "localhost", 1)},
	})
	check()
	m.bank, err = pay.NewTest(pay.TestConfig{
		Secret: []byte("a secret of twenty-four bytes"), Now: m.now, Plan: plan, Page: "https://bank.example/", Deliver: m.deliver,
	})
	check()
	feed := NewFeed()
	m.shop, err = shop.New(shop.Config{
		Storage: m.db, Now: m.now, Log: log, Pay: map[wire.PayMethod]shop.Provider{wire.PayTest: m.bank}, Changed: m.changed(feed),
		Terms: shop.Terms{Currency: "EUR", Home: "DE", TaxIncluded: true, Shipping: []shop.Way{{Name: "post", Countries: []string{"*"}, Price: eur(0)}}},
		Seal: func(ctx context.Context, p wire.PersonID, _ wire.OrderID, plain []byte) ([]byte, error) {
			return vault.Seal(ctx, p, contactField, plain)
		},
	})
	check()
	unseal := func(ctx context.Context, p wire.PersonID, _ wire.OrderID, sealed []byte) ([]byte, error) {
		return vault.Open(ctx, p, contactField, sealed)
	}
	safe, err := m.db.Safe(context.Background(), trust.NewVault(trust.NewKeyring(), m.db))
	check()
	hub, err := newHub(m.db)
	check()
	c := Config{
		Purses:   hub,
		People:   m.db,
		Webhooks: m.db.Outbox("test", safe),
		Pictures: pictures.New(pictures.Folder(t.TempDir())),
		Store:    m.db, Page: http.NotFoundHandler(), Ready: func(context.Context) error { return nil }, Log: log,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Gate:           m.gate, Shop: m.shop, Feed: feed, Sockets: NewSockets(nil, nil), Stages: desks{}, Censor: &censor{rules: wire.DefaultRules()}, Pay: map[wire.PayMethod]pay.Provider{wire.PayTest: m.bank},
		Open: unseal, Exports: map[string]trust.Exporter{"shop": store.Bought{Store: m.db, Open: unseal}},
		Risk:        trust.Risk{Large: []wire.Money{eur(1_000_000)}},
		Withdrawals: shop.WithdrawalKeys{bytes.Repeat([]byte("k"), 32)},
	}
	for _, f := range with {
		f(&c)
	}
	m.handler = New(c)
	server.Config.Handler = m.handler
	server.Start()
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	listen := func(ctx context.Context) error { return feed.Run(ctx, m.shop) }
	for _, run := range []func(context.Context) error{m.shop.Run, m.bank.Run, listen} {
		all.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		server.CloseClientConnections()
		stop()
		all.Wait()
		server.Close()
		if err := m.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (m *market) changed(f *Feed) func(*shop.Batch) {
	return func(b *shop.Batch) {
		if note := m.stored.Load(); note != nil {
			(*note)(b)
		}
		f.Changed(b)
	}
}

// locked lets several write.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// deliver is the bank's post.
func (m *market) deliver(h http.Header, body []byte) {
	r, _ := http.NewRequest(http.MethodPost, m.url+"/api/pay/test/webhook", bytes.NewReader(body))
	r.Header = h
	a, err := http.DefaultClient.Do(r)
	if err == nil {
		_ = a.Body.Close()
	}
}

// key makes an idempotency key.
func (m *market) key() string { return fmt.Sprintf("key-%016d", m.keys.Add(1)) }

// browser is somebody's, at an address of its own.
type browser struct {
	m       *market
	client  *http.Client
	address string
	token   string // of an operator
}

func (m *market) browser() *browser {
	jar, _ := cookiejar.New(nil)
	n := m.visits.Add(1)
	return &browser{m: m, client: &http.Client{Jar: jar, Timeout: time.Minute}, address: fmt.Sprintf("198.%d.%d.%d", 18+n>>16, n>>8&255, n&255)}
}

// operates is a client with an operator's token.
func (m *market) operates() *browser {
	b := m.browser()
	b.token = operatorToken
	return b
}

// studio is a client with the token of a show, which it makes.
func (m *market) studio(id wire.ShowID) *browser {
	m.t.Helper()
	b := m.browser()
	b.token = "the token of " + string(id)
	if err := m.db.CreateShow(m.t.Context(), wire.NewShow{ID: id, Title: string(id)}, sha256.Sum256([]byte(b.token))); err != nil {
		m.t.Fatal(err)
	}
	return b
}

// said is what the server answered.
type said struct {
	status int
	header http.Header
	body   []byte
}

func (s said) problem() wire.Problem {
	var p wire.Problem
	_ = json.Unmarshal(s.body, &p)
	return p
}

// asks sends a request; a body that is no text is sent as JSON, headers are pairs.
func (b *browser) asks(method, path string, body any, headers ...string) said {
	b.m.t.Helper()
	var from io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		from = strings.NewReader(v)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			b.m.t.Fatal(err)
		}
		from = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, b.m.url+path, from)
	if err != nil {
		b.m.t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", b.address)
	if body != nil {
		r.Header.Set("Content-Type", jsonType)
	}
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := b.client.Do(r)
	if err != nil {
		b.m.t.Error(err)
		return said{}
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		b.m.t.Error(err)
	}
	return said{a.StatusCode, a.Header, text}
}

// gets sends a request that succeeds, and reads the answer.
func gets[T any](b *browser, method, path string, body any, headers ...string) (got T) {
	b.m.t.Helper()
	s := b.asks(method, path, body, headers...)
	if s.status < 200 || s.status > 299 {
		b.m.t.Fatalf("%s %s: %d %s", method, path, s.status, s.body)
	}
	if len(s.body) > 0 {
		if err := json.Unmarshal(s.body, &got); err != nil {
			b.m.t.Fatalf("%s %s: %v in %s", method, path, err, s.body)
		}
	}
	return got
}

// refused sends a request that is refused with a code.
func (b *browser) refused(code wire.Code, method, path string, body any, headers ...string) wire.Problem {
	b.m.t.Helper()
	s := b.asks(method, path, body, headers...)
	p := s.problem()
	if p.Code != code || s.status != statuses[code] || s.header.Get("Content-Type") != problemType || p.Detail == "" {
		b.m.t.Errorf("%s %s: %d %s, want %s", method, path, s.status, s.body, code)
	}
	return p
}

// sells puts a product with one variant of the same name on sale.
func (m *market) sells(id string, stock int, price int64) {
	m.t.Helper()
	_, err := m.shop.PutProduct(context.Background(), "host", wire.Product{
		ID: wire.ProductID(id), Title: "A " + id,
		Variants: []wire.Variant{{ID: wire.VariantID(id), Price: eur(price), Stock: stock}},
	}, 0)
	if err != nil {
		m.t.Fatal(err)
	}
}

// wish is to have units of a variant.
func (m *market) wish(id string, units int, price int64) wire.Reserve {
	return wire.Reserve{ID: wire.ReservationID(m.key()), Variant: wire.VariantID(id), Quantity: units, Price: eur(price)}
}

func contact(email string) wire.Contact {
	return wire.Contact{Email: email, Address: wire.Address{Name: "Mei Lin", Street: "1 Quay", City: "Hamburg", Zip: "20457", Country: "DE"}}
}

// checkout is an order of reservations.
func (m *market) checkout(email string, list ...wire.Reservation) wire.Checkout {
	c := wire.Checkout{ID: wire.OrderID(m.key()), Contact: contact(email), Pay: wire.PayTest, Total: eur(0)}
	for _, r := range list {
		c.Reservations = append(c.Reservations, r.ID)
		c.Total.Minor += r.Price.Minor
	}
	return c
}

// left is how many units of a variant anybody could have.
func (m *market) left(id string) int {
	for _, p := range m.shop.Products(true) {
		for _, v := range p.Variants {
			if v.ID == wire.VariantID(id) {
				return v.Left
			}
		}
	}
	return -1
}

// audits checks the books.
func (m *market) audits() {
	m.t.Helper()
	a, err := shop.Audit(context.Background(), m.db)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, w := range a.Wrong {
		m.t.Error("the audit says:", w)
	}
}

// signsIn opens somebody's session by a link.
func (m *market) signsIn(email string) *browser {
	m.t.Helper()
	b := m.browser()
	b.link(email)
	return b
}

func (b *browser) link(email string) {
	b.m.t.Helper()
	gets[struct{}](b, "POST", "/api/sign-in/link", wire.AskLink{Email: email})
	gets[wire.Person](b, "POST", "/api/sign-in/link/use", wire.Token{Token: b.m.letters.newest(email, trust.LinkLetter)["token"]})
}

// contains says whether all texts are in a body.
func contains(body []byte, texts ...string) bool {
	for _, t := range texts {
		if !bytes.Contains(body, []byte(t)) {
			return false
		}
	}
	return true
}

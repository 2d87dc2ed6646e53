package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"vitrine/server/pay"
	"vitrine/server/reach"
	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// evening is the rooms on one database, joined as the server joins them, with a clock that only the test moves.
type evening struct {
	t     *testing.T
	db    *Store
	vault *trust.Vault
	safe  Safe
	gate  *trust.Gate
	shop  *shop.Shop
	out   *Outbox
	clock atomic.Int64 // Unix ms
	names atomic.Int64
	close func() // ends the shop

	mu   sync.Mutex
	logs bytes.Buffer
	sent map[trust.Letter]map[string]string // the newest letter of each kind
}

func (e *evening) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

// Write takes what is logged.
func (e *evening) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.logs.Write(b)
}

func contactOf(person wire.PersonID) trust.Field {
	return trust.Field{Table: "orders", Row: string(person), Name: "contact"}
}

func bodyOf(id string) trust.Field { return trust.Field{Table: "outbox", Row: id, Name: "body"} }

func newEvening(t *testing.T, cfg Config) *evening {
	t.Helper()
	e := &evening{t: t, db: openAt(t, cfg), sent: map[trust.Letter]map[string]string{}}
	e.clock.Store(time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC).UnixMilli())
	e.db.now = e.now
	e.vault = trust.NewVault(trust.NewKeyring(), e.db)
	var err error
	e.safe, err = e.db.Safe(t.Context(), e.vault)
	must(t, err)
	e.out = e.db.Outbox("one", e.safe)
	e.gate, err = trust.New(trust.Config{Storage: e.db, Vault: e.vault, Post: e, Now: e.now, Origins: []string{"https://shop.example"}})
	must(t, err)
	bank, err := pay.NewTest(pay.TestConfig{Secret: []byte("a secret of twenty-four bytes"), Now: e.now})
	must(t, err)
	e.shop, err = shop.New(shop.Config{
		Storage: e.db, Now: e.now, Log: e.log(), Pay: map[wire.PayMethod]shop.Provider{wire.PayTest: bank},
		Terms: shop.Terms{Currency: "EUR", Home: "DE", TaxIncluded: true, Shipping: []shop.Way{{Name: "post", Countries: []string{"*"}, Price: eur(0)}}},
		Seal: func(ctx context.Context, person wire.PersonID, _ wire.OrderID, plain []byte) ([]byte, error) {
			return e.vault.Seal(ctx, person, contactOf(person), plain)
		},
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.shop.Run(ctx) }()
	e.close = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error("the shop ended with", err)
		}
	})
	t.Cleanup(e.close)
	return e
}

func (e *evening) log() *slog.Logger {
	return slog.New(slog.NewJSONHandler(e, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func eur(cents int64) wire.Money { return wire.Money{Minor: cents, Currency: "EUR"} }

// Post implements trust.Post by the outbox.
func (e *evening) Post(ctx context.Context, to string, kind trust.Letter, fields map[string]string) error {
	e.mu.Lock()
	e.sent[kind] = fields
	e.mu.Unlock()
	id := rand.Text()
	body, err := json.Marshal(reach.Mail{To: to, Subject: string(kind), Text: fmt.Sprint(fields)})
	if err != nil {
		return err
	}
	sealed, err := e.safe.Seal(ctx, bodyOf(id), body)
	if err != nil {
		return err
	}
	lane := hex.EncodeToString(e.vault.Index(to))
	return e.db.AddLetter(ctx, reach.Letter{ID: id, Kind: reach.ByMail, To: lane, Type: "trust." + string(kind), Body: sealed, Due: e.now()})
}

// open reads letters: those of the shop say what an order is and not to whom they go.
func (e *evening) open(ctx context.Context, l reach.Letter) ([]byte, error) {
	switch {
	case l.Kind == reach.ByWebhook:
		return l.Body, nil
	case len(l.Type) > 6 && l.Type[:6] == "trust.":
		return e.safe.Open(ctx, bodyOf(l.ID), l.Body)
	}
	to, err := e.gate.Address(ctx, wire.PersonID(l.To))
	if err != nil {
		return nil, err
	}
	return json.Marshal(reach.Mail{To: to, Subject: l.Type, Text: string(l.Body)})
}

// caller is somebody at home.
func caller(token trust.Token) trust.Caller {
	return trust.Caller{Address: netip.MustParseAddr("192.0.2.7"), Session: token}
}

// member makes an account with a password and an authenticator, and signs in with all of them.
func (e *evening) member(email, password string) wire.PersonID {
	e.t.Helper()
	ctx, browser := e.t.Context(), trust.NewToken()
	must(e.t, e.gate.AskLink(ctx, caller(""), email, browser))
	e.mu.Lock()
	link := trust.Token(e.sent[trust.LinkLetter]["token"])
	e.mu.Unlock()
	token, v, err := e.gate.UseLink(ctx, caller(""), link, browser)
	must(e.t, err)
	token, v, err = e.gate.SetPassword(ctx, caller(token), v, password)
	must(e.t, err)
	begun, err := e.gate.BeginTOTP(ctx, v)
	must(e.t, err)
	code, err := totp.GenerateCode(string(begun.Secret), e.now())
	must(e.t, err)
	_, token, _, err = e.gate.EndTOTP(ctx, caller(token), v, begun.Ticket, code)
	must(e.t, err)
	_, v, err = e.gate.SignIn(ctx, caller(token), email, password)
	must(e.t, err)
	credential, err := e.vault.Seal(ctx, v.Person, trust.Field{Table: "passkeys", Row: email, Name: "credential"}, []byte(email))
	must(e.t, err)
	must(e.t, e.db.AddPasskey(ctx, trust.Passkey{ID: []byte(rand.Text()), Person: v.Person, Credential: credential, Made: e.now(), Used: e.now()}))
	return v.Person
}

// guest is somebody without an account.
func (e *evening) guest(email string) wire.PersonID {
	e.t.Helper()
	_, v, err := e.gate.Guest(e.t.Context(), caller(""), email)
	must(e.t, err)
	return v.Person
}

func (e *evening) sells(id string, stock int, price int64) {
	e.t.Helper()
	_, err := e.shop.PutProduct(e.t.Context(), "host", wire.Product{
		ID: wire.ProductID(id), Title: "A " + id, Variants: []wire.Variant{{ID: wire.VariantID(id), Price: eur(price), Stock: stock, Weight: 100}},
	}, 0)
	must(e.t, err)
}

func (e *evening) key() string { return fmt.Sprintf("key-of-the-evening-%d", e.names.Add(1)) }

// checkout is an order of one unit that is reserved for the buyer.
func (e *evening) checkout(buyer wire.PersonID, variant string, price int64, c wire.Contact) wire.Checkout {
	e.t.Helper()
	r, err := e.shop.Reserve(e.t.Context(), buyer, wire.Reserve{
		ID: wire.ReservationID(e.key()), Variant: wire.VariantID(variant), Quantity: 1, Price: eur(price),
	})
	if err != nil || r.State != wire.Held {
		e.t.Fatal(r, err)
	}
	return wire.Checkout{
		ID: wire.OrderID(e.key()), Contact: c, Pay: wire.PayTest, Total: eur(price), Reservations: []wire.ReservationID{r.ID},
	}
}

// buys orders one unit and waits until it is paid.
func (e *evening) buys(buyer wire.PersonID, variant string, price int64, c wire.Contact) wire.OrderID {
	e.t.Helper()
	placed, err := e.shop.Place(e.t.Context(), buyer, e.checkout(buyer, variant, price, c))
	must(e.t, err)
	for range 12000 {
		o, err := e.shop.Order(e.t.Context(), buyer, placed.Order.ID)
		must(e.t, err)
		if o.State == wire.OrderCaptured {
			return o.ID
		}
		time.Sleep(5 * time.Millisecond)
	}
	e.t.Fatal("the order is not paid")
	return ""
}

// delivers runs a courier until it has tried each letter once: webhooks arrive, mails do not.
func (e *evening) delivers() {
	e.t.Helper()
	var tried atomic.Int32
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { tried.Add(1) }))
	defer listener.Close()
	must(e.t, e.out.PutEndpoint(e.t.Context(), "erp", listener.URL, ""))
	c := reach.New(reach.Config{
		Outbox: e.out, Open: e.open, Endpoints: e.out, Client: listener.Client(), Now: e.now, Log: e.log(), Spread: func() float64 { return 0.5 },
		Post: refusing{&tried},
	})
	ctx, cancel := context.WithCancel(e.t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	for range 12000 {
		var left int
		must(e.t, e.db.db.QueryRowContext(e.t.Context(), "SELECT count(*) FROM outbox WHERE state = 'waiting' AND tries = 0").Scan(&left))
		if left == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil || tried.Load() == 0 {
		e.t.Errorf("the courier tried %d letters and ended with %v", tried.Load(), err)
	}
}

// refusing is a mail server that takes nothing.
type refusing struct{ tried *atomic.Int32 }

func (r refusing) Post(_ context.Context, _ string, _ time.Time, _ reach.Mail) error {
	r.tried.Add(1)
	return errors.New("550 no such user")
}

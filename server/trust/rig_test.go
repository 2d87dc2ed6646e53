package trust_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"vitrine/server/trust"
	"vitrine/server/trust/trusttest"
	"vitrine/server/wire"
)

// letterbox is a trust.Post that keeps what was sent.
type letterbox struct {
	mu   sync.Mutex
	sent []letter
}

type letter struct {
	to     string
	kind   trust.Letter
	fields map[string]string
}

func (l *letterbox) Post(_ context.Context, to string, kind trust.Letter, fields map[string]string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, letter{to, kind, fields})
	return nil
}

// last returns the newest letter of the kind.
func (l *letterbox) last(t *testing.T, kind trust.Letter) letter {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.sent) - 1; i >= 0; i-- {
		if l.sent[i].kind == kind {
			return l.sent[i]
		}
	}
	t.Fatalf("no letter of kind %s was sent", kind)
	return letter{}
}

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// rig is a gate on a fake clock and a storage in memory.
type rig struct {
	*trust.Gate
	t     *testing.T
	store *trusttest.Memory
	vault *trust.Vault
	post  *letterbox
	clock *clock
}

func newRig(t *testing.T, origins ...string) *rig {
	t.Helper()
	r := &rig{t: t, store: trusttest.NewMemory(), post: &letterbox{}, clock: &clock{at: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)}}
	r.vault = trust.NewVault(trust.NewKeyring(), r.store)
	if origins == nil {
		origins = []string{"https://shop.example"}
	}
	g, err := trust.New(trust.Config{
		Storage: r.store, Vault: r.vault, Post: r.post, Now: r.clock.now, Origins: origins,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Gate = g
	return r
}

var somewhere = trust.Caller{Address: netip.MustParseAddr("192.0.2.7")}

// with is a caller with a session.
func with(token trust.Token) trust.Caller {
	c := somewhere
	c.Session = token
	return c
}

// elsewhere is a caller at another address each n.
func elsewhere(n int) trust.Caller {
	return trust.Caller{Address: netip.MustParseAddr(fmt.Sprintf("198.51.%d.%d", n/250, n%250))}
}

// link signs in with a link.
func (r *rig) link(email string, c trust.Caller) (trust.Token, trust.Visit) {
	r.t.Helper()
	browser := trust.NewToken()
	if err := r.AskLink(r.t.Context(), c, email, browser); err != nil {
		r.t.Fatal(err)
	}
	token, v, err := r.UseLink(r.t.Context(), c, trust.Token(r.post.last(r.t, trust.LinkLetter).fields["token"]), browser)
	if err != nil {
		r.t.Fatal(err)
	}
	return token, v
}

// visit is who the token belongs to.
func (r *rig) visit(token trust.Token) trust.Visit {
	r.t.Helper()
	v, err := r.Visit(r.t.Context(), token)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func wants(t *testing.T, err error, code wire.Code) {
	t.Helper()
	if got := wire.CodeOf(err); got != code {
		t.Errorf("the error is %q (%v), want %q", got, err, code)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMemoryConforms(t *testing.T) { trusttest.Conformance(t, trusttest.NewMemory()) }

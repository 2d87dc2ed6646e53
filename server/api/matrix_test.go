package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// proves adds an authenticator to an account of the staff, and so gives the session its second proof.
func (b *browser) proves() {
	b.m.t.Helper()
	a := gets[wire.Authenticator](b, "POST", "/api/me/authenticator", nil)
	code, err := totp.GenerateCode(a.Secret, b.m.now())
	if err != nil {
		b.m.t.Fatal(err)
	}
	if r := gets[wire.Recovery](b, "POST", "/api/me/authenticator/end", wire.FirstCode{Ticket: a.Ticket, Code: code}); len(r.Codes) != 10 {
		b.m.t.Errorf("%d recovery codes", len(r.Codes))
	}
}

// plays makes somebody of the staff with a session that has two proofs.
func (m *market) plays(role trust.Role) *browser {
	m.t.Helper()
	email := string(role) + "@shop.example"
	gets[wire.Appointed](m.operates(), "POST", "/api/people", wire.Appoint{Email: email, Role: string(role)})
	b := m.signsIn(email)
	b.proves()
	return b
}

// TestEveryOperationIsOpenToThoseWhoMayAndToNobodyElse asks for each operation of the description as each role. What it expects is made
// from the action that the operation declares and the table of permissions, which trust tests; whoever may is not refused by the edge's
// gate, whatever the operation says of what was asked.
func TestEveryOperationIsOpenToThoseWhoMayAndToNobodyElse(t *testing.T) {
	m := opens(t, nil)
	now := m.now()
	proofs := trust.Proofs{Link: now, TOTP: now}
	visit := func(r trust.Role, p trust.Proofs) trust.Visit {
		return trust.Visit{Session: trust.Session{Person: "x", Proofs: p}, Role: r, At: now}
	}
	type player struct {
		name  string
		who   *browser
		visit trust.Visit
	}
	weak := m.browser()
	gets[wire.Appointed](m.operates(), "POST", "/api/people", wire.Appoint{Email: "weak@shop.example", Role: "owner"})
	weak.link("weak@shop.example")
	players := []player{
		{"nobody", m.browser(), trust.Visit{At: now}},
		{"a buyer", m.signsIn("buyer@shop.example"), visit(trust.Buyer, trust.Proofs{Link: now})},
		{"an owner without a second proof", weak, visit(trust.Owner, trust.Proofs{Link: now})},
	}
	for _, r := range trust.Roles() {
		if r.Staff() {
			players = append(players, player{string(r), m.plays(r), visit(r, proofs)})
		}
	}
	players = append(players, player{"an operator", m.operates(), visit(trust.Owner, trust.Proofs{Passkey: now})})
	studio := player{"a show's token", m.studio("evening"), visit(trust.Host, trust.Proofs{Passkey: now})}
	refusals := map[string]bool{} // what trust.May says
	for _, v := range []trust.Visit{{At: now}, visit(trust.Buyer, trust.Proofs{Link: now}), visit(trust.Owner, trust.Proofs{Link: now}), visit(trust.Owner, trust.Proofs{})} {
		for _, a := range trust.Actions() {
			if err := trust.May(v, a); err != nil {
				refusals[err.Error()] = true
			}
		}
	}
	asked := 0
	for _, o := range m.operations() {
		f := strings.Fields(o)
		method, path, action := f[0], strings.NewReplacer("{method}", "none", "{id}", "none", "{code}", "none").Replace(f[1]), trust.Action(f[2])
		if path == "/api/shop/events" || path == "/api/shop/desk/events" || method == http.MethodDelete && path == "/api/me" || path == "/api/me/sign-out" {
			continue // they are asked for last, or go on for ever
		}
		for _, p := range players {
			m.matrix(t, p.name, p.who, p.visit, method, path, action, refusals)
			asked++
		}
		if sells(path) {
			m.matrix(t, studio.name, studio.who, studio.visit, method, path, action, refusals)
		} else if !strings.HasPrefix(path, "/api/shows/") && !strings.HasPrefix(path, "/api/sign-in/") {
			studio.who.refused(wire.Unauthenticated, method, path, nil)
		}
		asked++
	}
	for _, p := range append(players, studio) { // a stream that goes on
		want := trust.May(p.visit, trust.ProductsRead)
		if l := p.who.hears("/api/shop/desk/events", ""); l.status != http.StatusOK && want == nil || want != nil && l.status != statuses[wire.CodeOf(want)] {
			t.Errorf("%s: the desk's stream is answered %d", p.name, l.status)
		}
	}
	for _, p := range players { // what ends the session
		m.matrix(t, p.name, p.who, p.visit, "POST", "/api/me/sign-out", trust.AccountOwn, refusals)
		p.who.client.Jar = nil
		m.matrix(t, p.name, p.who, p.visit, "DELETE", "/api/me", trust.AccountErase, refusals)
	}
	t.Logf("%d requests", asked+2*len(players))
}

func (m *market) matrix(t *testing.T, name string, b *browser, v trust.Visit, method, path string, action trust.Action, refusals map[string]bool) {
	t.Helper()
	if b.client.Jar == nil && b.token == "" { // signed out
		v = trust.Visit{At: v.At}
	}
	var body any
	if method == http.MethodPost || method == http.MethodPut {
		body = "{}"
	}
	got := b.asks(method, path, body)
	p := got.problem()
	want := trust.May(v, action)
	switch {
	case want != nil && (p.Code != wire.CodeOf(want) || got.status != statuses[p.Code] || p.Detail != want.Error()):
		t.Errorf("%s: %s %s is answered %d %s, want %v", name, method, path, got.status, got.body, want)
	case want == nil && (refusals[p.Detail] || got.status >= 500 || got.status == http.StatusMethodNotAllowed):
		t.Errorf("%s: %s %s is answered %d %s", name, method, path, got.status, got.body)
	}
}

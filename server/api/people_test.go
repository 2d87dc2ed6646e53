package api

import (
	"net/http"
	"strings"
	"testing"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

func TestAnAccountFromTheFirstLinkToSigningOut(t *testing.T) {
	m := opens(t, nil)
	ada := m.signsIn("ada@example.com")
	ada.refused(wire.Invalid, "PUT", "/api/me/password", wire.Password{Password: "short"})
	gets[wire.Person](ada, "PUT", "/api/me/password", wire.Password{Password: "a long and winding phrase"})

	other := m.browser()
	other.refused(wire.Unauthenticated, "POST", "/api/sign-in/password", wire.SignIn{Email: "ada@example.com", Password: "a wrong one"})
	if p := gets[wire.Person](other, "POST", "/api/sign-in/password", wire.SignIn{Email: "ada@example.com", Password: "a long and winding phrase"}); p.Email != "ada@example.com" {
		t.Errorf("%+v", p)
	}
	list := gets[[]wire.Session](ada, "GET", "/api/me/sessions", nil)
	if len(list) != 2 || list[0].This == list[1].This {
		t.Fatalf("%+v", list)
	}
	for _, s := range list {
		if !s.This {
			gets[struct{}](ada, "DELETE", "/api/me/sessions/"+s.ID, nil)
		}
	}
	other.refused(wire.Unauthenticated, "GET", "/api/me", nil)
	gets[struct{}](ada, "POST", "/api/me/sign-out", nil)
	ada.refused(wire.Unauthenticated, "GET", "/api/me", nil)
}

func TestALinkWorksOnceAndInItsBrowserOnly(t *testing.T) {
	m := opens(t, nil)
	ada, eve := m.browser(), m.browser()
	gets[struct{}](ada, "POST", "/api/sign-in/link", wire.AskLink{Email: "ada@example.com"})
	token := wire.Token{Token: m.letters.newest("ada@example.com", trust.LinkLetter)["token"]}
	eve.refused(wire.Unauthenticated, "POST", "/api/sign-in/link/use", token)
	gets[wire.Person](ada, "POST", "/api/sign-in/link/use", token)
	ada.refused(wire.Unauthenticated, "POST", "/api/sign-in/link/use", token)
}

func TestStaffNeedsASecondProofAndLosesItsRightsAtOnce(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	gets[wire.Appointed](m.operates(), "POST", "/api/people", wire.Appoint{Email: "sue@shop.example", Role: "support"})
	sue := m.signsIn("sue@shop.example")
	sue.refused(wire.StepUp, "GET", "/api/shop/admin/orders", nil)
	sue.proves()
	if p := gets[wire.Person](sue, "GET", "/api/me", nil); !p.Strong || p.Role != "support" {
		t.Errorf("%+v", p)
	}
	gets[[]wire.Order](sue, "GET", "/api/shop/admin/orders", nil)
	sue.refused(wire.Forbidden, "POST", "/api/shop/variants/ring/stock", wire.AddStock{Units: 1}, wire.IdempotencyKey, "k")
	if list := gets[[]wire.Person](sue, "GET", "/api/people", nil); len(list) != 1 || list[0].Email != "sue@shop.example" {
		t.Errorf("%+v", list)
	}
	gets[wire.Appointed](m.operates(), "POST", "/api/people", wire.Appoint{Email: "sue@shop.example", Role: "buyer"})
	sue.refused(wire.Unauthenticated, "GET", "/api/shop/admin/orders", nil)
}

func TestStockIsAddedOnceAKey(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	o := m.operates()
	const path = "/api/shop/variants/ring/stock"
	o.refused(wire.PreconditionRequired, "POST", path, wire.AddStock{Units: 3})
	for range 3 {
		if v := gets[wire.Variant](o, "POST", path, wire.AddStock{Units: 3}, wire.IdempotencyKey, "delivery-1"); v.Left != 8 {
			t.Errorf("%+v", v)
		}
	}
	o.refused(wire.Conflict, "POST", path, wire.AddStock{Units: 4}, wire.IdempotencyKey, "delivery-1")
	o.refused(wire.Conflict, "POST", path, wire.AddStock{Units: -9}, wire.IdempotencyKey, "delivery-2")
	if m.left("ring") != 8 {
		t.Errorf("%d left", m.left("ring"))
	}
}

func TestAPasskeysCeremonyBeginsAndForgedEndsAreRefused(t *testing.T) {
	m := opens(t, nil)
	ada := m.signsIn("ada@example.com")
	if s := ada.asks("POST", "/api/me/passkeys", nil); s.status != http.StatusOK || !contains(s.body, `"publicKey"`, `"challenge"`) {
		t.Errorf("%d %s", s.status, s.body)
	}
	ada.refused(wire.Unauthenticated, "POST", "/api/me/new-passkey", `{"id":"AAAA"}`)
	if s := ada.asks("POST", "/api/sign-in/passkey", nil); s.status != http.StatusOK || !contains(s.body, `"publicKey"`, `"challenge"`) {
		t.Errorf("%d %s", s.status, s.body)
	}
	ada.refused(wire.Unauthenticated, "POST", "/api/sign-in/passkey/end", `{"id":"AAAA"}`)
	if list := gets[[]wire.Passkey](ada, "GET", "/api/me/passkeys", nil); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestOverTLSCookiesBelongToThisHostAlone(t *testing.T) {
	for origin, want := range map[string]bool{"https://shop.example": false, "http://localhost:8080": true} {
		if got := plain([]string{origin}); got != want {
			t.Errorf("%s: %v", origin, got)
		}
	}
}

// FuzzSeen: whatever an edit says it has seen, it is a version, or refused with a code of preconditions.
func FuzzSeen(f *testing.F) {
	for _, s := range [][2]string{{`"3"`, ""}, {"", "*"}, {"3", "*"}, {`W/"3"`, ""}, {"*", ""}, {"-1", ""}, {"99999999999999999999", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, match, none string) {
		switch v, err := seen(match, none); wire.CodeOf(err) {
		case "":
			if v < 0 || v == 0 && none != "*" {
				t.Errorf("%q %q is version %d", match, none, v)
			}
		case wire.Precondition, wire.PreconditionRequired:
		default:
			t.Error(err)
		}
	})
}

// FuzzLastEventID: whatever a listener says it has heard last, it is an event that there was, or nothing.
func FuzzLastEventID(f *testing.F) {
	feed := NewFeed()
	feed.last, feed.ring = 7, []told{{n: 5}, {n: 6}, {n: 7}}
	l := ear{name: feed.boot + ".evening-2"}
	for _, id := range []string{l.id(7), l.id(4), l.id(3), l.id(-1), "", "-", "x-1", feed.boot + "-7"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if n, ok := feed.number(l.name, id); ok && (n < 4 || n > 7 || !strings.HasPrefix(id, l.name)) {
			t.Errorf("%q goes on from %d", id, n)
		}
	})
}

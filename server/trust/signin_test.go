package trust_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

const phrase = "four quiet linen evenings"

func TestALinkSignsInOnceAndOnlyInTheBrowserThatAskedForIt(t *testing.T) {
	r := newRig(t)
	mine, other := trust.NewToken(), trust.NewToken()
	must(t, r.AskLink(t.Context(), somewhere, " Ada@Shop.Example ", mine))
	sent := r.post.last(t, trust.LinkLetter)
	if sent.to != "ada@shop.example" {
		t.Errorf("the link went to %q", sent.to)
	}
	link := trust.Token(sent.fields["token"])
	_, _, err := r.UseLink(t.Context(), somewhere, link, other)
	wants(t, err, wire.Unauthenticated)
	token, v, err := r.UseLink(t.Context(), somewhere, link, mine)
	must(t, err)
	if v.Role != trust.Buyer || !trust.Fresh(v, time.Minute) || r.visit(token).Person != v.Person {
		t.Errorf("the link made %v, %s", v.Session, v.Role)
	}
	_, _, err = r.UseLink(t.Context(), somewhere, link, mine)
	wants(t, err, wire.Unauthenticated)

	must(t, r.AskLink(t.Context(), somewhere, "ada@shop.example", mine))
	r.clock.move(15 * time.Minute)
	_, _, err = r.UseLink(t.Context(), somewhere, trust.Token(r.post.last(t, trust.LinkLetter).fields["token"]), mine)
	wants(t, err, wire.Unauthenticated)

	_, again := r.link("ADA@shop.example", somewhere)
	if again.Person != v.Person {
		t.Error("the same address in capitals is somebody else")
	}
	wants(t, r.AskLink(t.Context(), somewhere, "ada@shop.example", ""), wire.Invalid)
	wants(t, r.AskLink(t.Context(), somewhere, "ada at shop", mine), wire.Invalid)
}

func TestLinksAreLimitedByWhoAsksAndByWhoGetsThem(t *testing.T) {
	r := newRig(t)
	asks := map[string]func(n int) error{
		"one address that gets them": func(n int) error {
			return r.AskLink(t.Context(), elsewhere(n), "ada@shop.example", trust.NewToken())
		},
		"one address that asks": func(n int) error {
			return r.AskLink(t.Context(), somewhere, fmt.Sprintf("victim%d@shop.example", n), trust.NewToken())
		},
	}
	for name, ask := range asks {
		for n := range 5 {
			must(t, ask(n))
		}
		err := ask(5)
		wants(t, err, wire.RateLimited)
		var e *wire.Error
		if errors.As(err, &e); e == nil || e.RetryAfter <= 0 || e.RetryAfter > 3*time.Minute {
			t.Errorf("%s: come back after %v", name, e)
		}
	}
}

// withPassword makes an account with a password.
func (r *rig) withPassword(email string) (trust.Token, trust.Visit) {
	r.t.Helper()
	token, v := r.link(email, somewhere)
	token, v, err := r.SetPassword(r.t.Context(), with(token), v, phrase)
	must(r.t, err)
	return token, v
}

func TestWhoFailsToSignInLearnsNothing(t *testing.T) {
	r := newRig(t)
	_, known := r.withPassword("ada@shop.example")
	r.link("without@shop.example", somewhere)
	answers := map[string]bool{}
	for n, try := range [][2]string{
		{"ada@shop.example", "a wrong password"},
		{"ada@shop.example", ""},
		{"ada@shop.example", "with\x00control"},
		{"without@shop.example", phrase},
		{"nobody@shop.example", phrase},
		{"nobody@shop.example", ""},
	} {
		token, v, err := r.SignIn(t.Context(), elsewhere(n), try[0], try[1])
		wants(t, err, wire.Unauthenticated)
		if token != "" || v.Person != "" {
			t.Errorf("%q got a session", try)
		}
		answers[err.Error()] = true
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
	_, v, err := r.SignIn(t.Context(), somewhere, "Ada@shop.example", phrase)
	must(t, err)
	if v.Person != known.Person || v.Proofs.Password.IsZero() || !v.Proofs.Link.IsZero() {
		t.Errorf("the right password gave %v with %+v", v.Session, v.Proofs)
	}
}

func TestAHashOfOtherCostsIsMadeAnewWhenItIsUsed(t *testing.T) {
	r := newRig(t)
	_, v := r.withPassword("ada@shop.example")
	place := trust.Field{Table: "people", Row: string(v.Person), Name: "password"}
	salt := []byte("sixteen bytes of")
	b64 := base64.RawStdEncoding.EncodeToString
	weak := "$argon2id$v=19$m=64,t=1,p=1$" + b64(salt) + "$" + b64(argon2.IDKey([]byte(phrase), salt, 1, 64, 1, 32))
	sealed, err := r.vault.Seal(t.Context(), v.Person, place, []byte(weak))
	must(t, err)
	p := r.store.People[v.Person]
	p.Password = sealed
	r.store.People[v.Person] = p
	for range 2 {
		_, _, err = r.SignIn(t.Context(), somewhere, "ada@shop.example", phrase)
		must(t, err)
	}
	phc, err := r.vault.Open(t.Context(), v.Person, place, r.store.People[v.Person].Password)
	must(t, err)
	if !strings.HasPrefix(string(phc), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is still %s", phc)
	}
	if r.store.People[v.Person].Version != p.Version+1 {
		t.Error("it was made anew more than once")
	}
}

func TestWrongPasswordsCostMoreAndMoreTime(t *testing.T) {
	r := newRig(t)
	r.withPassword("ada@shop.example")
	wrong := func(n int) error {
		_, _, err := r.SignIn(t.Context(), elsewhere(n), "ada@shop.example", "wrong")
		return err
	}
	waits := []time.Duration{}
	for n := 0; len(waits) < 12; n++ {
		err := wrong(n)
		var e *wire.Error
		if errors.As(err, &e); e.Code == wire.RateLimited {
			waits = append(waits, e.RetryAfter)
			r.clock.move(e.RetryAfter)
		} else if n == 5 {
			t.Fatal("the sixth try in a row was heard")
		}
	}
	if want := "[1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 8m32s 15m0s 15m0s]"; fmt.Sprint(waits) != want {
		t.Errorf("the waits are %v, want %s", waits, want)
	}
	_, _, err := r.SignIn(t.Context(), somewhere, "ada@shop.example", phrase)
	must(t, err)
	for n := range 5 {
		wants(t, wrong(n), wire.Unauthenticated) // the right one made the wrong ones forgotten
	}
}

func TestManyTriesAtOnceAreNoWayAroundTheWait(t *testing.T) {
	r := newRig(t)
	r.withPassword("ada@shop.example")
	var heard atomic.Int32
	var wait sync.WaitGroup
	for n := range 30 {
		wait.Go(func() {
			if _, _, err := r.SignIn(t.Context(), elsewhere(n), "ada@shop.example", "wrong"); wire.CodeOf(err) == wire.Unauthenticated {
				heard.Add(1)
			}
		})
	}
	wait.Wait()
	if heard.Load() != 5 {
		t.Errorf("%d of 30 tries at once were heard, want 5", heard.Load())
	}
}

func TestOneAddressCannotTryAtManyAccounts(t *testing.T) {
	r := newRig(t)
	_, _ = r.withPassword("mine@shop.example")
	heard := 0
	for n := range 60 {
		if n%2 == 0 { // its own account does not wash it clean
			_, _, _ = r.SignIn(t.Context(), somewhere, "mine@shop.example", phrase)
		}
		if _, _, err := r.SignIn(t.Context(), somewhere, fmt.Sprintf("victim%d@shop.example", n), "Summer2026"); wire.CodeOf(err) == wire.Unauthenticated {
			heard++
		}
	}
	if heard != 20 {
		t.Errorf("%d accounts were tried from one address, want 20", heard)
	}
}

func TestANewPasswordEndsAllOtherSessions(t *testing.T) {
	r := newRig(t)
	thief, _ := r.link("ada@shop.example", somewhere)
	token, v := r.link("ada@shop.example", somewhere)
	fresh, v2, err := r.SetPassword(t.Context(), with(token), v, phrase)
	must(t, err)
	if r.visit(thief).Person != "" || r.visit(token).Person != "" {
		t.Error("a session outlived the new password")
	}
	if got := r.visit(fresh); got.Person != v.Person || got.Proofs != v.Proofs || got.ID != v2.ID {
		t.Errorf("the browser that set it has %v", got.Session)
	}
	if sent := r.post.last(t, trust.SecurityLetter); sent.to != "ada@shop.example" || sent.fields["change"] != "password" {
		t.Errorf("the owner was told %+v", sent)
	}
	r.clock.move(16 * time.Minute)
	_, _, err = r.SetPassword(t.Context(), with(fresh), r.visit(fresh), phrase)
	wants(t, err, wire.StepUp)
	for _, bad := range []string{"short", "password123", "eve@shop.example", strings.Repeat("long", 51)} {
		_, v := r.link("eve@shop.example", elsewhere(len(bad)))
		_, _, err = r.SetPassword(t.Context(), with(fresh), v, bad)
		wants(t, err, wire.Invalid)
		r.clock.move(time.Hour)
	}
}

func TestSessionsEnd(t *testing.T) {
	for _, c := range []struct {
		role        trust.Role
		idle, whole time.Duration
	}{{trust.Buyer, 30 * 24 * time.Hour, 180 * 24 * time.Hour}, {trust.Producer, 12 * time.Hour, 7 * 24 * time.Hour}} {
		t.Run(string(c.role), func(t *testing.T) {
			r := newRig(t)
			id, err := r.Appoint(t.Context(), "ada@shop.example", c.role)
			must(t, err)
			token, _ := r.link("ada@shop.example", somewhere)
			r.clock.move(c.idle - time.Second)
			if r.visit(token).Person != id {
				t.Fatal("it ended too early")
			}
			r.clock.move(c.idle)
			if r.visit(token).Person != "" {
				t.Error("it was not used and goes on")
			}
			token, _ = r.link("ada@shop.example", somewhere)
			until := r.clock.now().Add(c.whole)
			for r.clock.now().Before(until) {
				if r.visit(token).Person != id {
					t.Fatal("it ended though it was used")
				}
				r.clock.move(c.idle / 2)
			}
			if r.visit(token).Person != "" {
				t.Error("it goes on for ever")
			}
		})
	}
}

func TestSigningInAgainGoesOnUnderAnotherToken(t *testing.T) {
	r := newRig(t)
	old, v := r.withPassword("ada@shop.example")
	r.clock.move(time.Hour)
	fresh, w, err := r.SignIn(t.Context(), with(old), "ada@shop.example", phrase)
	must(t, err)
	if r.visit(old).Person != "" {
		t.Error("the token of before still works")
	}
	if w.Made != v.Made || w.Proofs.Link != v.Proofs.Link || !w.Proofs.Password.After(v.Proofs.Link) {
		t.Errorf("the session did not go on: %+v", w.Proofs)
	}
	// Somebody else in the same browser gets nothing of it.
	_, x := r.link("bob@shop.example", with(fresh))
	if r.visit(fresh).Person != "" || !x.Proofs.Password.IsZero() || x.Made == w.Made {
		t.Errorf("bob has ada's session: %+v", x.Proofs)
	}
}

func TestSessionsAreListedAndEndedByTheirOwner(t *testing.T) {
	r := newRig(t)
	phone, _ := r.link("ada@shop.example", somewhere)
	r.clock.move(time.Hour)
	_, v := r.link("ada@shop.example", somewhere)
	_, bob := r.link("bob@shop.example", somewhere)
	list, err := r.SessionList(t.Context(), v)
	must(t, err)
	if len(list) != 2 || list[0].ID != v.ID {
		t.Fatalf("ada's sessions are %v", list)
	}
	wants(t, r.EndSession(t.Context(), bob, list[1].ID), wire.NotFound)
	must(t, r.EndSession(t.Context(), v, list[1].ID))
	if r.visit(phone).Person != "" {
		t.Error("an ended session goes on")
	}
	must(t, r.EndSessions(t.Context(), v.Person))
	if list, err := r.SessionList(t.Context(), v); err != nil || len(list) != 1 {
		t.Errorf("the list for a visit of before has %d (%v)", len(list), err)
	}
	r.clock.move(200 * 24 * time.Hour)
	must(t, r.Sweep(t.Context()))
	if len(r.store.Sessions) != 0 {
		t.Errorf("%d old sessions are left", len(r.store.Sessions))
	}
}

func TestARoleCountsAtOnceAndEndsSessions(t *testing.T) {
	r := newRig(t)
	_, err := r.Appoint(t.Context(), "owner@shop.example", trust.Owner)
	must(t, err)
	token, v := r.withPassword("ada@shop.example")
	id, err := r.Appoint(t.Context(), "ada@shop.example", trust.Moderator)
	must(t, err)
	if id != v.Person || r.visit(token).Person != "" {
		t.Error("a session outlived the new role")
	}
	if sent := r.post.last(t, trust.InviteLetter); sent.to != "ada@shop.example" || sent.fields["role"] != "moderator" {
		t.Errorf("the appointed was written %+v", sent)
	}
	_, _, err = r.SignIn(t.Context(), somewhere, "ada@shop.example", phrase) // it was taken for a buyer's
	wants(t, err, wire.Unauthenticated)
	wants(t, r.SetRole(t.Context(), id, "queen"), wire.Invalid)
	_, guest, err := r.Guest(t.Context(), somewhere, "gus@shop.example")
	must(t, err)
	wants(t, r.SetRole(t.Context(), guest.Person, trust.Host), wire.Invalid)
}

func TestWhatEndsSessionsStopsWhatTheyHaveBegun(t *testing.T) {
	r := newRig(t)
	token, v, secret, _ := r.staff("ada@shop.example", trust.Host)
	e, err := r.BeginTOTP(t.Context(), v)
	must(t, err)
	must(t, r.EndSessions(t.Context(), v.Person))
	_, _, err = r.SetPassword(t.Context(), with(token), v, phrase)
	wants(t, err, wire.Unauthenticated)
	_, _, _, err = r.EndTOTP(t.Context(), with(token), v, e.Ticket, r.code(e.Secret))
	wants(t, err, wire.Unauthenticated)
	r.clock.move(time.Minute)
	_, _, err = r.ProveTOTP(t.Context(), with(token), v, r.code(secret))
	wants(t, err, wire.Unauthenticated)
	wants(t, r.DropTOTP(t.Context(), v), wire.Unauthenticated)
}

func TestTheShopKeepsAnOwner(t *testing.T) {
	r := newRig(t)
	a, err := r.Appoint(t.Context(), "a@shop.example", trust.Owner)
	must(t, err)
	wants(t, r.SetRole(t.Context(), a, trust.Buyer), wire.Conflict)
	wants(t, r.Erase(t.Context(), a, nil), wire.Conflict)
	_, err = r.Appoint(t.Context(), "b@shop.example", trust.Owner)
	must(t, err)
	must(t, r.SetRole(t.Context(), a, trust.Buyer))
}

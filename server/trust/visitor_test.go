package trust_test

import (
	"testing"
	"time"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

func TestWhoReservedBeforeSigningInStaysTheSamePerson(t *testing.T) {
	r := newRig(t)
	visitor := trust.NewToken()
	if visitor.Visitor() == trust.NewToken().Visitor() {
		t.Fatal("the name does not follow from the token")
	}
	_, first, err := r.Adopt(t.Context(), somewhere, trust.Visit{}, visitor, "ada@shop.example")
	must(t, err)
	token, again, err := r.Adopt(t.Context(), somewhere, trust.Visit{}, visitor, "other@shop.example")
	must(t, err)
	if first.Person != visitor.Visitor() || again.Person != first.Person || r.visit(token).Person != first.Person {
		t.Errorf("%v became %v", first.Person, again.Person)
	}
	session, ada := r.link("ada@shop.example", somewhere)
	if p := r.store.People[first.Person]; p.Account != ada.Person {
		t.Errorf("the guest belongs to %q", p.Account)
	}
	_, _, err = r.Adopt(t.Context(), somewhere, trust.Visit{}, visitor, "ada@shop.example")
	wants(t, err, wire.Unauthenticated)

	second := trust.NewToken()
	same, v, err := r.Adopt(t.Context(), with(session), ada, second, "typed@shop.example")
	must(t, err)
	if p := r.store.People[second.Visitor()]; same != session || v.Person != ada.Person || p.Account != ada.Person {
		t.Errorf("a signed-in visitor became %+v, and the guest belongs to %q", v, p.Account)
	}
	if mail, err := r.Address(t.Context(), second.Visitor()); err != nil || mail != "ada@shop.example" {
		t.Error("the guest's address is not the account's", err)
	}
}

func TestFailedPaymentsCountForAnHour(t *testing.T) {
	var f trust.Failures
	now := noon
	for range 3 {
		f.Note(now, trust.Purchase{Person: "ada", Address: somewhere.Address})
		now = now.Add(time.Minute)
	}
	if n := f.Count(now, trust.Purchase{Person: "bob", Address: somewhere.Address}); n != 3 {
		t.Errorf("%d of the address", n)
	}
	if n := f.Count(now, trust.Purchase{Person: "bob"}); n != 0 {
		t.Errorf("%d of another", n)
	}
	if n := f.Count(noon.Add(time.Hour+30*time.Second), trust.Purchase{Person: "ada"}); n != 2 {
		t.Errorf("%d after an hour", n)
	}
}

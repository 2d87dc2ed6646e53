// Package trusttest holds what every storage of server/trust must do, as one test that storages call from theirs, and a storage in memory
// for the tests of others.
package trusttest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// at is in whole milliseconds, which is what storages keep.
var at = time.UnixMilli(1_795_291_200_123).UTC()

// Conformance checks an empty storage.
func Conformance(t *testing.T, s trust.Storage) {
	t.Run("people are kept with all they have, and changed by who saw them as they are", func(t *testing.T) { people(t, s) })
	t.Run("of accounts with one e-mail address made at once, one is kept", func(t *testing.T) { oneAccount(t, s) })
	t.Run("guests are claimed by the account with their address, once", func(t *testing.T) { guests(t, s) })
	t.Run("sessions come with their person, go on under another token and end", func(t *testing.T) { sessions(t, s) })
	t.Run("a passkey is one person's", func(t *testing.T) { passkeys(t, s) })
	t.Run("a ticket serves once, and only for what it is bound to", func(t *testing.T) { tickets(t, s) })
	t.Run("a key is wrapped anew by who read it as it is", func(t *testing.T) { keys(t, s) })
	t.Run("who is erased leaves a row and nothing in it", func(t *testing.T) { erased(t, s) })
}

func hash(s string) trust.Hash { return trust.Token(s).Hash() }

func index(s string) []byte {
	h := hash(s)
	return h[:]
}

func wants(t *testing.T, err error, code wire.Code) {
	t.Helper()
	if wire.CodeOf(err) != code {
		t.Errorf("the error is %q (%v), want %q", wire.CodeOf(err), err, code)
	}
}

func same[V any](t *testing.T, got V, err error, want V) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	// %#v would be cut to names: records print no secrets.
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got another than was kept:\n%s\n%s", fields(got), fields(want))
	}
}

func fields(v any) string {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Struct {
		return fmt.Sprint(v)
	}
	var b bytes.Buffer
	for i := range r.NumField() {
		fmt.Fprintf(&b, "%s=%v ", r.Type().Field(i).Name, r.Field(i))
	}
	return b.String()
}

func person(id, email string) trust.Person {
	return trust.Person{
		ID: wire.PersonID(id), Role: trust.Buyer, Account: wire.PersonID(id), Email: trust.Sealed("sealed " + email), Index: index(email),
		Made: at, Version: 1,
	}
}

func guest(id, email string) trust.Person {
	p := person(id, email)
	p.Account = ""
	return p
}

func key(id string) trust.DataKey {
	return trust.DataKey{Person: wire.PersonID(id), Master: "m1", Wrapped: []byte("wrapped " + id)}
}

func add(t *testing.T, s trust.Storage, p trust.Person) {
	t.Helper()
	if err := s.AddPerson(t.Context(), p, key(string(p.ID))); err != nil {
		t.Fatal(err)
	}
}

func people(t *testing.T, s trust.Storage) {
	ctx := t.Context()
	p := person("ada", "ada@shop.example")
	add(t, s, p)
	wants(t, s.AddPerson(ctx, person("ada", "other@shop.example"), key("ada")), wire.Conflict)
	_, err := s.Person(ctx, "nobody")
	wants(t, err, wire.NotFound)
	_, err = s.Account(ctx, index("nobody@shop.example"))
	wants(t, err, wire.NotFound)
	got, err := s.Account(ctx, p.Index)
	same(t, got, err, p)

	p.Role, p.Password, p.Secret, p.Step, p.Epoch = trust.Owner, trust.Sealed{1, 0, 255}, trust.Sealed{2}, 59_843_040, 3
	p.Recovery = []trust.Hash{hash("a"), hash("b")}
	if err := s.ChangePerson(ctx, p); err != nil {
		t.Fatal(err)
	}
	wants(t, s.ChangePerson(ctx, p), wire.Precondition)
	p.Version = 2
	got, err = s.Person(ctx, "ada")
	same(t, got, err, p)
	staff, err := s.Staff(ctx)
	same(t, staff, err, []trust.Person{p})
	unknown := p
	unknown.ID = "nobody"
	wants(t, s.ChangePerson(ctx, unknown), wire.NotFound)

	p.Password, p.Secret, p.Recovery, p.Role = nil, nil, nil, trust.Buyer
	if err := s.ChangePerson(ctx, p); err != nil {
		t.Fatal(err)
	}
	p.Version = 3
	got, err = s.Person(ctx, "ada")
	same(t, got, err, p)
}

func oneAccount(t *testing.T, s trust.Storage) {
	var made atomic.Int32
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			id := fmt.Sprintf("twin-%d", i)
			switch err := s.AddPerson(t.Context(), person(id, "twin@shop.example"), key(id)); wire.CodeOf(err) {
			case "":
				made.Add(1)
			case wire.Conflict:
				if _, err := s.Key(t.Context(), wire.PersonID(id)); wire.CodeOf(err) != wire.NotFound {
					t.Errorf("a person was refused and the key kept (%v)", err)
				}
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if made.Load() != 1 {
		t.Errorf("%d accounts have one e-mail address", made.Load())
	}
}

func guests(t *testing.T, s trust.Storage) {
	ctx := t.Context()
	add(t, s, guest("g1", "gus@shop.example"))
	add(t, s, guest("g2", "gus@shop.example"))
	add(t, s, guest("g3", "other-gus@shop.example"))
	_, err := s.Account(ctx, index("gus@shop.example"))
	wants(t, err, wire.NotFound)
	if free, err := s.Unclaimed(ctx, index("gus@shop.example")); err != nil || len(free) != 2 || free[0].ID != "g1" || free[1].ID != "g2" {
		t.Errorf("of nobody are %v (%v), want g1 and g2", free, err)
	}
	add(t, s, person("gus", "gus@shop.example"))
	for range 2 {
		if err := s.Claim(ctx, index("gus@shop.example"), "gus"); err != nil {
			t.Fatal(err)
		}
	}
	add(t, s, person("later", "later@shop.example"))
	if err := s.Claim(ctx, index("gus@shop.example"), "later"); err != nil { // they belong to somebody already
		t.Fatal(err)
	}
	if free, err := s.Unclaimed(ctx, index("gus@shop.example")); err != nil || len(free) != 0 {
		t.Errorf("of nobody are still %v (%v)", free, err)
	}
	all, err := s.Persons(ctx, "gus")
	if err != nil || len(all) != 3 || all[0].ID != "g1" || all[1].ID != "g2" || all[2].ID != "gus" {
		t.Errorf("gus is %v (%v), want g1, g2 and gus", all, err)
	}
	if free, err := s.Person(ctx, "g3"); err != nil || free.Account != "" {
		t.Errorf("a guest with another address belongs to %q (%v)", free.Account, err)
	}
}

func sessions(t *testing.T, s trust.Storage) {
	ctx := t.Context()
	p := person("sam", "sam@shop.example")
	add(t, s, p)
	a := trust.Session{
		Token: hash("a"), ID: "id-a", Person: "sam", Epoch: 2, Made: at, Seen: at.Add(time.Second),
		Proofs: trust.Proofs{Password: at, TOTP: at.Add(time.Minute)},
	}
	put := func(k trust.Session, instead trust.Hash) {
		t.Helper()
		if err := s.PutSession(ctx, k, instead); err != nil {
			t.Fatal(err)
		}
	}
	put(a, trust.Hash{})
	got, who, err := s.Session(ctx, a.Token)
	same(t, got, err, a)
	same(t, who, err, p)

	b := a
	b.Token, b.ID, b.Made = hash("b"), "id-b", at.Add(time.Hour)
	b.Proofs = trust.Proofs{Link: at, Passkey: at}
	put(b, a.Token)
	_, _, err = s.Session(ctx, a.Token)
	wants(t, err, wire.NotFound)
	put(a, hash("none"))
	list, err := s.SessionsOf(ctx, "sam")
	same(t, list, err, []trust.Session{b, a})

	b.Seen = at.Add(2 * time.Hour)
	for _, h := range []trust.Hash{b.Token, hash("none")} {
		if err := s.TouchSession(ctx, h, b.Seen); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err = s.Session(ctx, b.Token)
	same(t, got, err, b)

	wants(t, s.DropSession(ctx, "ada", "id-a"), wire.NotFound) // it is sam's
	if err := s.DropSession(ctx, "sam", "id-a"); err != nil {
		t.Fatal(err)
	}
	put(a, trust.Hash{})
	if err := s.SweepSessions(ctx, a.Seen, a.Made); err != nil {
		t.Fatal(err)
	}
	if list, err := s.SessionsOf(ctx, "sam"); err != nil || len(list) != 2 {
		t.Errorf("%d sessions are left of the 2 that are young enough (%v)", len(list), err)
	}
	if err := s.SweepSessions(ctx, a.Seen.Add(time.Millisecond), a.Made); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepSessions(ctx, a.Seen, b.Made.Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if list, err := s.SessionsOf(ctx, "sam"); err != nil || len(list) != 0 {
		t.Errorf("%d sessions are left that are too old (%v)", len(list), err)
	}
}

func passkeys(t *testing.T, s trust.Storage) {
	ctx := t.Context()
	add(t, s, person("pia", "pia@shop.example"))
	add(t, s, person("tom", "tom@shop.example"))
	a := trust.Passkey{ID: []byte{0, 1}, Person: "pia", Credential: trust.Sealed("c"), Made: at, Used: at}
	b := trust.Passkey{ID: []byte{0, 2}, Person: "pia", Credential: trust.Sealed("d"), Made: at.Add(time.Hour), Used: at}
	for _, k := range []trust.Passkey{b, a} {
		if err := s.AddPasskey(ctx, k); err != nil {
			t.Fatal(err)
		}
	}
	stolen := a
	stolen.Person = "tom"
	wants(t, s.AddPasskey(ctx, stolen), wire.Conflict)
	wants(t, s.UsePasskey(ctx, stolen), wire.NotFound)
	wants(t, s.DropPasskey(ctx, "tom", a.ID), wire.NotFound)
	a.Credential, a.Used = trust.Sealed("e"), at.Add(time.Minute)
	if err := s.UsePasskey(ctx, a); err != nil {
		t.Fatal(err)
	}
	list, err := s.PasskeysOf(ctx, "pia")
	same(t, list, err, []trust.Passkey{a, b})
	if err := s.DropPasskey(ctx, "pia", a.ID); err != nil {
		t.Fatal(err)
	}
	list, err = s.PasskeysOf(ctx, "pia")
	same(t, list, err, []trust.Passkey{b})
}

func tickets(t *testing.T, s trust.Storage) {
	ctx := t.Context()
	k := trust.Ticket{Token: hash("t"), Kind: trust.LinkTicket, Browser: hash("b"), Content: []byte{0, 7}, Until: at}
	if err := s.AddTicket(ctx, k); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []struct {
		token, browser trust.Hash
		kind           trust.TicketKind
	}{
		{hash("other"), k.Browser, k.Kind}, {k.Token, hash("other"), k.Kind}, {k.Token, k.Browser, trust.UseKeyTicket},
	} {
		_, err := s.TakeTicket(ctx, wrong.token, wrong.kind, wrong.browser)
		wants(t, err, wire.NotFound)
	}
	var taken atomic.Int32
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			got, err := s.TakeTicket(ctx, k.Token, k.Kind, k.Browser)
			if err == nil {
				taken.Add(1)
				same(t, got, err, k)
				return
			}
			wants(t, err, wire.NotFound)
		})
	}
	wait.Wait()
	if taken.Load() != 1 {
		t.Errorf("a ticket was taken %d times", taken.Load())
	}
	if err := s.AddTicket(ctx, k); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepTickets(ctx, at.Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err := s.TakeTicket(ctx, k.Token, k.Kind, k.Browser)
	wants(t, err, wire.NotFound)
}

func keys(t *testing.T, s trust.Storage) {
	ctx := t.Context()
	add(t, s, person("kim", "kim@shop.example"))
	old, err := s.Key(ctx, "kim")
	same(t, old, err, key("kim"))
	fresh := trust.DataKey{Person: "kim", Master: "m2", Wrapped: []byte("anew")}
	late := trust.DataKey{Person: "kim", Master: "m3", Wrapped: []byte("too late")}
	for _, k := range []trust.DataKey{fresh, late} {
		if err := s.Rewrap(ctx, old, k); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Key(ctx, "kim")
	same(t, got, err, fresh)
	list, err := s.KeysBeside(ctx, "m1", 5)
	same(t, list, err, []trust.DataKey{fresh})
	if list, err := s.KeysBeside(ctx, "m2", 2); err != nil || len(list) != 2 {
		t.Errorf("%d keys under other master keys were returned, want the limit of 2 (%v)", len(list), err)
	}
}

func erased(t *testing.T, s trust.Storage) {
	ctx := t.Context()
	p := person("eve", "eve@shop.example")
	add(t, s, p)
	p.Password, p.Secret, p.Recovery = trust.Sealed("p"), trust.Sealed("s"), []trust.Hash{hash(rand.Text())}
	if err := s.ChangePerson(ctx, p); err != nil {
		t.Fatal(err)
	}
	if err := s.PutSession(ctx, trust.Session{Token: hash("eve"), ID: "id-eve", Person: "eve", Made: at, Seen: at}, trust.Hash{}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddPasskey(ctx, trust.Passkey{ID: []byte("eve"), Person: "eve", Credential: trust.Sealed("c"), Made: at, Used: at}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.ErasePerson(ctx, "eve", at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, s.ErasePerson(ctx, "nobody", at), wire.NotFound)
	got, err := s.Person(ctx, "eve")
	same(t, got, err, trust.Person{ID: "eve", Role: trust.Buyer, Account: "eve", Epoch: 1, Made: at, Erased: at.Add(time.Hour), Version: 3})
	_, err = s.Key(ctx, "eve")
	wants(t, err, wire.NotFound)
	_, _, err = s.Session(ctx, hash("eve"))
	wants(t, err, wire.NotFound)
	_, err = s.Account(ctx, index("eve@shop.example"))
	wants(t, err, wire.NotFound)
	if list, err := s.PasskeysOf(ctx, "eve"); err != nil || len(list) != 0 {
		t.Errorf("%d passkeys are left (%v)", len(list), err)
	}
	add(t, s, person("eve-again", "eve@shop.example")) // the address is free again
}

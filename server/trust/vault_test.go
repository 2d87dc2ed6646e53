package trust_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/server/trust"
	"vitrine/server/trust/trusttest"
	"vitrine/server/wire"
)

// vault is a vault with a person in it.
func vault(t *testing.T, people ...wire.PersonID) (*trust.Vault, *trusttest.Memory, *trust.Keyring) {
	t.Helper()
	store, ring := trusttest.NewMemory(), trust.NewKeyring()
	v := trust.NewVault(ring, store)
	for _, id := range people {
		k, _ := v.NewKey(id)
		must(t, store.AddPerson(t.Context(), trust.Person{ID: id}, k))
	}
	return v, store, ring
}

func TestASealedValueIsReadOnlyWhereItWasPut(t *testing.T) {
	v, _, _ := vault(t, "ada", "bob")
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-b.]{0,3}`)
		place := rapid.Custom(func(t *rapid.T) trust.Field {
			return trust.Field{Table: name.Draw(t, "table"), Row: name.Draw(t, "row"), Name: name.Draw(t, "name")}
		})
		person := rapid.SampledFrom([]wire.PersonID{"ada", "bob"})
		from, to, whose, reader := place.Draw(t, "from"), place.Draw(t, "to"), person.Draw(t, "whose"), person.Draw(t, "reader")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		sealed, err := v.Seal(ctx, whose, from, plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.Open(ctx, reader, to, sealed)
		if from == to && whose == reader {
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("read %x (%v), want %x", got, err, plain)
			}
		} else if err == nil {
			t.Fatalf("what %s has at %v was read as %s's at %v", whose, from, reader, to)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")] ^= 1
		if _, err := v.Open(ctx, whose, from, sealed); err == nil {
			t.Fatal("a changed value was read")
		}
	})
}

func TestFieldsThatReadTheSameInARowAreDifferent(t *testing.T) {
	v, _, _ := vault(t, "ada")
	sealed, err := v.Seal(t.Context(), "ada", trust.Field{Table: "orders", Row: "12", Name: "contact"}, []byte("her address"))
	must(t, err)
	for _, f := range []trust.Field{{"orders1", "2", "contact"}, {"orders", "12c", "ontact"}, {"orders12contact", "", ""}} {
		if _, err := v.Open(t.Context(), "ada", f, sealed); err == nil {
			t.Errorf("it was read at %v", f)
		}
	}
}

func TestKeysAreWrappedAnewLazilyAndAtOnce(t *testing.T) {
	v, store, ring := vault(t, "ada", "bob", "cid")
	ctx := t.Context()
	place := trust.Field{Table: "orders", Row: "1", Name: "contact"}
	sealed, err := v.Seal(ctx, "ada", place, []byte("her address"))
	must(t, err)
	next := ring.Rotated()
	must(t, v.Use(next))
	for range 2 {
		got, err := v.Open(ctx, "ada", place, sealed)
		if err != nil || string(got) != "her address" {
			t.Fatalf("after the rotation: %q (%v)", got, err)
		}
	}
	if k := store.Keys["ada"]; k.Master != next.Current {
		t.Errorf("her key is wrapped by %q still", k.Master)
	}
	if n, err := v.Rewrap(ctx); n != 2 || err != nil {
		t.Errorf("%d more keys were wrapped anew (%v), want 2", n, err)
	}
	if n, err := v.Rewrap(ctx); n != 0 || err != nil {
		t.Errorf("there was nothing left, and %d were wrapped (%v)", n, err)
	}
	delete(next.Masters, ring.Current) // the old key can go
	if got, err := v.Open(ctx, "ada", place, sealed); err != nil || string(got) != "her address" {
		t.Errorf("without the old master key: %q (%v)", got, err)
	}
	if !bytes.Equal(trust.NewVault(ring, store).Index("a@b.example"), v.Index("a@b.example")) {
		t.Error("the rotation has changed the index of e-mail addresses")
	}
	if v.Use(trust.NewKeyring()) == nil {
		t.Error("a keyring with another root was taken")
	}
	if _, err := trust.NewVault(trust.NewKeyring(), store).Open(ctx, "ada", place, sealed); err == nil {
		t.Error("it was read with another keyring")
	}
}

func TestSomebodyElsesKeyOpensNothing(t *testing.T) {
	v, store, _ := vault(t, "ada", "eve")
	place := trust.Field{Table: "orders", Row: "1", Name: "contact"}
	sealed, err := v.Seal(t.Context(), "ada", place, []byte("her address"))
	must(t, err)
	k := store.Keys["ada"]
	k.Person = "eve"
	store.Keys["eve"] = k // as whoever can write into the database would try
	if _, err := v.Open(t.Context(), "eve", place, sealed); err == nil {
		t.Error("ada's key served as eve's")
	}
}

func TestTheKeyringIsMadeOnceForItsOwnerOnly(t *testing.T) {
	folder := t.TempDir()
	k, err := trust.OpenKeyring(folder)
	must(t, err)
	path := filepath.Join(folder, trust.KeysFile)
	info, err := os.Stat(path)
	must(t, err)
	if m := info.Mode().Perm(); m != 0o600 {
		t.Errorf("its mode is %o", m)
	}
	again, err := trust.OpenKeyring(folder)
	must(t, err)
	if !bytes.Equal(again.Root, k.Root) || again.Current != k.Current {
		t.Error("it is another one the second time")
	}
	must(t, trust.SaveKeyring(folder, k.Rotated()))
	if again, err = trust.OpenKeyring(folder); err != nil || len(again.Masters) != 2 || !bytes.Equal(again.Root, k.Root) {
		t.Errorf("after a rotation it has %d masters (%v)", len(again.Masters), err)
	}
	must(t, os.Chmod(path, 0o640))
	if _, err := trust.OpenKeyring(folder); err == nil || !strings.Contains(err.Error(), "600") {
		t.Errorf("a keyring that others can read: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".keys-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestServersThatStartAtOnceShareOneKeyring(t *testing.T) {
	folder := t.TempDir()
	roots := make([]string, 8)
	var wait sync.WaitGroup
	for i := range roots {
		wait.Go(func() {
			if k, err := trust.OpenKeyring(folder); err != nil {
				t.Error(err)
			} else {
				roots[i] = string(k.Root)
			}
		})
	}
	wait.Wait()
	if len(slices.Compact(roots)) != 1 {
		t.Error("they have several")
	}
}

func FuzzParseKeyring(f *testing.F) {
	good, _ := json.Marshal(trust.NewKeyring())
	f.Add(good)
	f.Add([]byte(`{"current":"a","masters":{"a":null},"root":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := trust.ParseKeyring(b)
		if err != nil {
			return
		}
		v := trust.NewVault(k, trusttest.NewMemory())
		v.NewKey("ada") // an accepted keyring works
		v.Index("ada@shop.example")
	})
}

func FuzzEmailHasOneForm(f *testing.F) {
	for _, s := range []string{"Ada@Shop.Example", "jörg@bücher.example", "o\u0308@x.example", "\u212aate@x.example", "a@xn--bcher-kva.example", "İ@x.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := trust.Email(s)
		if err != nil {
			return
		}
		if twice, err := trust.Email(once); err != nil || twice != once {
			t.Errorf("%q becomes %q, and that %q (%v)", s, once, twice, err)
		}
	})
}

func TestEmailAddressesThatAreTheSameLookUpTheSame(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"Ada@Shop.Example", "ada@shop.example"},
		{"jo\u0308rg@bücher.example", "JÖRG@BÜCHER.example"},
		{"a@bücher.example", "a@xn--bcher-kva.example"},
	} {
		a, err := trust.Email(c.a)
		must(t, err)
		b, err := trust.Email(c.b)
		must(t, err)
		if a != b {
			t.Errorf("%q is %q, %q is %q", c.a, a, c.b, b)
		}
	}
	for _, bad := range []string{"", "ada", "ada@", "ada@shop", "a@-x-.example", "a@b@c.example", "a b@c.example"} {
		if _, err := trust.Email(bad); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// exporter is a room that keeps something of people.
type exporter map[wire.PersonID]string

func (e exporter) Export(_ context.Context, people []wire.PersonID) (any, error) {
	var all []string
	for _, id := range people {
		all = append(all, e[id])
	}
	return all, nil
}

func TestAPersonIsExportedWithTheirGuestsAndErasedForEver(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	_, g, err := r.Guest(ctx, somewhere, "Ada@shop.example")
	must(t, err)
	if trust.Fresh(g, time.Hour) || g.Acts() != trust.Buyer {
		t.Errorf("a guest has %+v and acts as %s", g.Proofs, g.Acts())
	}
	_, _, err = r.SetPassword(ctx, somewhere, g, phrase)
	wants(t, err, wire.StepUp)
	place := trust.Field{Table: "orders", Row: "7", Name: "contact"}
	contact, err := r.vault.Seal(ctx, g.Person, place, []byte("her street"))
	must(t, err)

	token, v := r.withPassword("ada@shop.example")
	b, err := r.Export(ctx, v.Person, map[string]trust.Exporter{"orders": exporter{v.Person: "a book", g.Person: "a lamp"}})
	must(t, err)
	for _, part := range []string{"ada@shop.example", "a book", "a lamp", string(g.Person), string(v.Person)} {
		if !bytes.Contains(b, []byte(part)) {
			t.Errorf("the export lacks %q:\n%s", part, b)
		}
	}

	must(t, r.Erase(ctx, v.Person, nil))
	if r.visit(token).Person != "" {
		t.Error("the session of an erased person goes on")
	}
	_, err = r.vault.Open(ctx, g.Person, place, contact)
	wants(t, err, wire.NotFound)
	_, err = r.vault.Seal(ctx, v.Person, place, nil)
	wants(t, err, wire.NotFound)
	_, _, err = r.SignIn(ctx, somewhere, "ada@shop.example", phrase)
	wants(t, err, wire.Unauthenticated)
	must(t, r.Erase(ctx, v.Person, nil))
	if _, again := r.link("ada@shop.example", somewhere); again.Person == v.Person {
		t.Error("an erased person came back")
	}
}

func TestWhoProvesAnAddressGetsWhatItsGuestsBought(t *testing.T) {
	r := newRig(t)
	_, g1, err := r.Guest(t.Context(), somewhere, "ada@shop.example")
	must(t, err)
	_, other, err := r.Guest(t.Context(), somewhere, "bob@shop.example")
	must(t, err)
	_, v := r.link("ada@shop.example", somewhere)
	_, g2, err := r.Guest(t.Context(), somewhere, "ada@shop.example") // for whoever types it, the account is out of reach
	must(t, err)
	ids, err := r.Persons(t.Context(), v.Person)
	must(t, err)
	if fmt.Sprint(ids) != fmt.Sprint([]wire.PersonID{v.Person, g1.Person}) || g2.Person == v.Person {
		t.Errorf("she is %v, the guest of after %s", ids, g2.Person)
	}
	r.link("ada@shop.example", somewhere)
	if ids, err = r.Persons(t.Context(), v.Person); err != nil || len(ids) != 3 {
		t.Errorf("after the next link she is %v (%v)", ids, err)
	}
	if p := r.store.People[other.Person]; p.Account != "" {
		t.Errorf("bob belongs to %s", p.Account)
	}
}

// TestNothingPersonalIsStoredInTheClear looks through all that the storage was given.
func TestNothingPersonalIsStoredInTheClear(t *testing.T) {
	r := newRig(t)
	r.withPassword("ada@shop.example")
	token, v, secret, recovery := r.staff("olga@shop.example", trust.Owner)
	_, g, err := r.Guest(t.Context(), somewhere, "gus@shop.example")
	must(t, err)
	must(t, r.AskLink(t.Context(), somewhere, "late@shop.example", trust.NewToken()))
	_, _, err = r.BeginAddPasskey(t.Context(), v)
	must(t, err)
	dump, err := json.Marshal([]any{values(r.store.People), values(r.store.Sessions), values(r.store.Passkeys), values(r.store.Tickets), values(r.store.Keys)})
	must(t, err)
	// Bytes are base64 in JSON and so are looked for raw, too.
	var raw bytes.Buffer
	for _, p := range r.store.People {
		raw.Write(bytes.Join([][]byte{p.Email, p.Index, p.Password, p.Secret}, nil))
	}
	for _, k := range r.store.Tickets {
		raw.Write(k.Content)
	}
	for _, what := range []string{
		"ada", "olga", "gus@", "late@", "shop.example", phrase, "argon2id", string(token), string(secret), string(recovery[0]),
		r.post.last(t, trust.LinkLetter).fields["token"],
	} {
		if bytes.Contains(dump, []byte(what)) || bytes.Contains(raw.Bytes(), []byte(what)) {
			t.Errorf("%q stands in the storage", what)
		}
	}
	if to, err := r.Address(t.Context(), g.Person); err != nil || to != "gus@shop.example" {
		t.Errorf("the guest's address is %q (%v)", to, err)
	}
}

func values[K comparable, V any](m map[K]V) (all []V) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func TestSecretsDoNotPrint(t *testing.T) {
	ring := trust.NewKeyring()
	secret := trust.Sealed("a sealed value")
	token := trust.Token("a token that is secret")
	for _, v := range []any{
		token, &token, ring, *ring,
		trust.Enrolment{Ticket: token, URL: token, Secret: token},
		trust.Person{ID: "p1", Email: secret, Password: secret},
		trust.Session{Token: token.Hash()},
		trust.Visit{Session: trust.Session{Token: token.Hash()}},
		trust.Caller{Session: token},
		trust.DataKey{Wrapped: secret},
		trust.Passkey{Credential: secret},
		trust.Ticket{Token: token.Hash(), Content: secret},
	} {
		printed, h := print(v), token.Hash()
		for _, what := range []string{string(token), string(secret), "97 32 115", fmt.Sprint(h[:]), fmt.Sprintf("%x", h), fmt.Sprintf("%X", h), fmt.Sprint(ring.Root), "0x61"} {
			if strings.Contains(printed, what) {
				t.Errorf("%T prints a secret: %s", v, printed)
			}
		}
	}
}

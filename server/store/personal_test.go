package store

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// What nobody may find in the database.
var (
	ada = wire.Contact{Email: "ada.lovelace@analytical.example", Address: wire.Address{
		Name: "Augusta Ada Lovelace", Street: "12 St James's Square", Zip: "SW1Y 4JH", City: "Westminster", Country: "GB", Phone: "+44 20 7946 0958",
	}}
	grace = wire.Contact{Email: "grace.hopper@cobol.example", Address: wire.Address{
		Name: "Grace Brewster Hopper", Street: "1437 Arlington Ridge Road", Zip: "22202-1234", City: "Arlington", Country: "US", Phone: "+1-703-555-0142",
	}}
	// cardly is somebody who types cards wherever there is a field (numbers that payment companies publish for tests).
	cardly = wire.Contact{Email: "4242424242424242@cards.example", Address: wire.Address{
		Name: "4242 4242 4242 4242", Street: "5555-5555-5555-4444", Extra: "378282246310005", Zip: "30569309025904", City: "6011111111111117",
		Region: "3530111333300000", Country: "DE", Phone: "6011 1111 1111 1117",
	}}
)

const (
	password = "Analytical-Engine-1843"
	card     = "4242424242424242"
	webhook  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

func needles(list ...wire.Contact) (all []string) {
	for _, c := range list {
		name, _, _ := strings.Cut(c.Email, "@")
		all = append(all, c.Email, name, c.Address.Name, c.Address.Street, c.Address.Zip, c.Address.City, c.Address.Phone)
		if words := strings.Fields(c.Address.Name); len(words) == 3 {
			all = append(all, words[0], words[2])
		}
	}
	return append(all, password, webhook)
}

// fills does all that leaves traces of people, and returns them: an account and a guest.
func (e *evening) fills() (member, guest wire.PersonID) {
	ctx := e.t.Context()
	must(e.t, e.out.PutEndpoint(ctx, "erp", "https://erp.example/hook", webhook))
	e.sells("vase", 10, 1500)
	e.sells("bowl", 10, 900)
	member, guest = e.member(ada.Email, password), e.guest(grace.Email)
	e.buys(member, "vase", 1500, ada)
	e.buys(guest, "bowl", 900, grace)
	e.types()
	e.delivers()
	return member, guest
}

// types gives cards to every field that somebody types into. Names of things that programs make are not among them.
func (e *evening) types() {
	ctx := e.t.Context()
	buyer := e.member(cardly.Email, "my card is "+card)
	e.buys(buyer, "vase", 1500, cardly)
	refused := func(what string, err error) {
		e.t.Helper()
		if err == nil {
			e.t.Error(what, "may be a card")
		}
	}
	coupon := e.checkout(buyer, "bowl", 900, cardly)
	coupon.Coupons = []wire.CouponCode{card}
	_, err := e.shop.Place(ctx, buyer, coupon)
	refused("a coupon", err)
	way := e.checkout(buyer, "bowl", 900, cardly)
	way.Shipping = card
	_, err = e.shop.Place(ctx, buyer, way)
	refused("a way to ship", err)
	way.Shipping, way.Pay = "", card
	_, err = e.shop.Place(ctx, buyer, way)
	refused("a way to pay", err)
	_, _, err = e.gate.SignIn(ctx, caller(""), ada.Email, card)
	refused("another's password", err)
	_, _, err = e.gate.UseLink(ctx, caller(""), card, trust.NewToken())
	refused("a link", err)
	_, v, err := e.gate.SignIn(ctx, caller(""), cardly.Email, "my card is "+card)
	must(e.t, err)
	_, _, err = e.gate.ProveTOTP(ctx, caller(""), v, card)
	refused("a code", err)
}

func TestNobody_finds_people_or_cards_in_the_database_and_the_logs(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg := fresh(t)
			e := newEvening(t, cfg)
			member, _ := e.fills()
			out, err := e.gate.Export(t.Context(), member, map[string]trust.Exporter{"shop": e.bought()})
			must(t, err)
			if !strings.Contains(string(out), ada.Email) || !strings.Contains(string(out), ada.Address.Street) {
				t.Errorf("the export lacks what is known of its person: %s", out)
			}
			e.close()
			s := scan{needles(ada, grace, cardly)}
			all := dump(t, e.db, cfg)
			for _, c := range []string{"people.email", "sessions.token", "orders.doc", "ledger.private", "outbox.body", "endpoints.secret", "keys.wrapped", "passkeys.credential"} {
				if len(all[c]) == 0 {
					t.Errorf("nothing was written into %s: it proves nothing", c)
				}
			}
			all["the logs"] = e.logs.Bytes()
			if !strings.Contains(e.logs.String(), "letter") {
				t.Error("nothing was logged: it proves nothing")
			}
			for where, b := range all {
				for _, what := range s.finds(b) {
					t.Errorf("%s holds %q", where, what)
				}
			}
		})
	}
}

func (e *evening) bought() Bought {
	return Bought{Store: e.db, Open: func(ctx context.Context, person wire.PersonID, _ wire.OrderID, sealed []byte) ([]byte, error) {
		return e.vault.Open(ctx, person, contactOf(person), sealed)
	}}
}

// order reads an order as it is kept.
func (e *evening) order(id wire.OrderID) *shop.Order {
	e.t.Helper()
	a, err := e.db.Ask(e.t.Context(), shop.Questions{Orders: []wire.OrderID{id}})
	if err != nil || len(a.Orders) != 1 {
		e.t.Fatal(a.Orders, err)
	}
	return a.Orders[0]
}

// exports reads what the shop's part of an export says of people.
func (e *evening) exports(people ...wire.PersonID) (b bought) {
	e.t.Helper()
	v, err := e.bought().Export(e.t.Context(), people)
	must(e.t, err)
	if v != nil {
		b = v.(bought)
	}
	return b
}

func (e *evening) audits() {
	e.t.Helper()
	a, err := shop.Audit(e.t.Context(), e.db)
	must(e.t, err)
	for _, w := range a.Wrong {
		e.t.Error("the audit says:", w)
	}
}

func TestWho_is_erased_leaves_orders_with_their_sums_and_a_contact_that_nobody_can_read(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg, ctx := fresh(t), t.Context()
			e := newEvening(t, cfg)
			e.sells("vase", 10, 1500)
			guest := e.guest(ada.Email)
			first := e.buys(guest, "vase", 1500, ada)
			member := e.member(ada.Email, password) // whose link claims what the guest bought
			second, others := e.buys(member, "vase", 1500, ada), e.buys(e.guest(grace.Email), "vase", 1500, grace)
			e.audits()
			got := e.exports(member, guest)
			if len(got.Orders) != 2 || len(got.Reservations) != 2 || *got.Orders[0].Contact != ada || *got.Orders[1].Contact != ada {
				t.Errorf("the export is %+v", got)
			}
			var keys [][]byte
			before := map[wire.OrderID]*shop.Order{}
			for _, id := range []wire.OrderID{first, second, others} {
				before[id] = e.order(id)
				k, err := e.db.Key(ctx, before[id].Buyer)
				must(t, err)
				keys = append(keys, k.Wrapped)
			}

			must(t, e.gate.Erase(ctx, member, nil))
			for id, was := range before {
				if is := e.order(id); !cmp.Equal(is, was) {
					t.Errorf("an order became %+v, was %+v", is, was)
				}
				_, err := e.vault.Open(ctx, was.Buyer, contactOf(was.Buyer), was.Sealed)
				if (id == others) != (err == nil) || id != others && wire.CodeOf(err) != wire.NotFound {
					t.Errorf("a contact is read with %v", err)
				}
			}
			got = e.exports(member, guest)
			if len(got.Orders) != 2 || got.Orders[0].Contact != nil || got.Orders[1].Totals.Total != eur(1500) {
				t.Errorf("the export of who is erased is %+v", got)
			}
			e.close()
			e.audits()
			if cfg.Folder != "" {
				must(t, e.db.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Err())
			}
			for where, b := range dump(t, e.db, cfg) {
				if bytes.Contains(b, keys[0]) || bytes.Contains(b, keys[1]) {
					t.Errorf("%s still has the key", where)
				}
			}
		})
	}
}

func TestAn_export_is_of_these_people_and_in_order(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			e := newEvening(t, fresh(t))
			e.sells("vase", 20, 1500)
			one, other := e.guest(ada.Email), e.guest(grace.Email)
			var want []wire.OrderID
			for range 3 {
				want = append(want, e.buys(one, "vase", 1500, ada))
				e.buys(other, "vase", 1500, grace)
			}
			_, err := e.shop.Cancel(t.Context(), one, want[0], "") // PostgreSQL puts its row last
			must(t, err)
			var got []wire.OrderID
			for _, o := range e.exports(one).Orders {
				got = append(got, o.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if v, err := e.bought().Export(t.Context(), []wire.PersonID{"nobody"}); v != nil || err != nil {
				t.Errorf("of nobody it has %+v, %v", v, err)
			}
			b, err := json.Marshal(e.exports(one))
			if must(t, err); bytes.Contains(b, []byte(grace.Email)) || !bytes.Contains(b, []byte(ada.Email)) {
				t.Errorf("it says %s", b)
			}
		})
	}
}

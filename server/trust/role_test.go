package trust_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// rights is who may do what, as people would agree on it: nobody, buyer, support, moderator, producer, host, owner; + is a right, ! one
// that needs a proof of the last 15 minutes.
const rights = `
	account.enter    + + + + + + +
	account.erase    . ! ! ! ! ! !
	account.export   . ! ! ! ! ! !
	account.keys     . ! ! ! ! ! !
	account.own      . + + + + + +
	chat.moderate    . . . + + + +
	chat.rules       . . . . + + +
	coupons.edit     . . . . . + +
	ledger.audit     . . + . . . +
	offers.edit      . . . . + + +
	offers.publish   . . . . + + +
	orders.export    . . ! . . . !
	orders.own       . + + + + + +
	orders.read      . . + . . . +
	orders.refund    . . ! . . . !
	orders.ship      . . + . . . +
	orders.withdraw  + + + + + + +
	payments.tell    + + + + + + +
	people.coins     . . ! . . . !
	people.erase     . . ! . . . !
	people.export    . . ! . . . !
	people.manage    . . . . . . !
	people.read      . . + . . . +
	products.edit    . . . . + + +
	products.read    . . + + + + +
	room.join        + + + + + + +
	settings.manage  . . . . . . !
	shop.browse      + + + + + + +
	shop.buy         + + + + + + +
	show.create      . . . . . + +
	show.refund      . . ! . . ! !
	show.report      . . . . + + +
	show.run         . . . . + + +
	show.sales       . . . . + + +
	stage.hosts      . . . . + + +
	stage.stand      + + + + + + +
	stage.tell       + + + + + + +
	stock.edit       . . . . + + +
	webhooks.manage  . . . . . . !`

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// visitor is somebody who proved themselves that long ago.
func visitor(role trust.Role, ago time.Duration, strong bool) trust.Visit {
	v := trust.Visit{Role: role, At: noon}
	if role != trust.Nobody {
		v.Person = "p1"
		v.Proofs.Link = noon.Add(-ago)
		if strong {
			v.Proofs.TOTP = v.Proofs.Link
		}
	}
	return v
}

func TestTheTableOfRightsIsTheAgreedOne(t *testing.T) {
	var table strings.Builder
	for _, a := range trust.Actions() {
		fmt.Fprintf(&table, "\n\t%-16s", a)
		for _, r := range trust.Roles() {
			mark := " ."
			if r.May(a) {
				mark = " +"
				if trust.Permitted(a).Within > 0 {
					mark = " !"
				}
			}
			table.WriteString(mark)
		}
	}
	if table.String() != rights {
		t.Errorf("the table is%s", table.String())
	}
}

func TestOnlyOwnersDoSomethingToStaff(t *testing.T) {
	for _, to := range trust.Roles()[1:] {
		must(t, trust.MayTo(visitor(trust.Owner, 0, true), trust.PeopleErase, to))
		wants(t, trust.MayTo(visitor(trust.Host, 0, true), trust.PeopleErase, to), wire.Forbidden)
		wants(t, trust.MayTo(visitor(trust.Support, 0, true), trust.PeopleErase, to), map[bool]wire.Code{true: wire.Forbidden}[to.Staff()])
	}
}

func TestWhichProofsAreTwo(t *testing.T) {
	for _, c := range []struct {
		what   string
		proofs trust.Proofs
		strong bool
	}{
		{"none", trust.Proofs{}, false},
		{"a password", trust.Proofs{Password: noon}, false},
		{"a link", trust.Proofs{Link: noon}, false},
		{"a password and a link, which both are what one knows or reads", trust.Proofs{Password: noon, Link: noon}, false},
		{"a code alone", trust.Proofs{TOTP: noon}, false},
		{"a password and a code", trust.Proofs{Password: noon, TOTP: noon}, true},
		{"a link and a code", trust.Proofs{Link: noon, TOTP: noon}, true},
		{"a passkey", trust.Proofs{Passkey: noon}, true},
	} {
		v := trust.Visit{Role: trust.Host, At: noon}
		v.Proofs = c.proofs
		if v.Strong() != c.strong || (v.Acts() == trust.Host) != c.strong {
			t.Errorf("%s: strong is %v, and a host acts as %s", c.what, v.Strong(), v.Acts())
		}
	}
}

func TestMaySaysWhatIsMissing(t *testing.T) {
	for _, a := range trust.Actions() {
		for _, r := range trust.Roles() {
			right, recent := r.May(a), trust.Permitted(a).Within > 0
			asBuyer := trust.Buyer.May(a)
			for _, c := range []struct {
				what string
				v    trust.Visit
				code wire.Code
			}{
				{"two proofs just now", visitor(r, 0, true), map[bool]wire.Code{true: "", false: wire.Forbidden}[right]},
				{"two proofs an hour ago", visitor(r, time.Hour, true), map[bool]wire.Code{true: map[bool]wire.Code{true: wire.StepUp}[recent], false: wire.Forbidden}[right]},
				{"one proof just now", visitor(r, 0, false), map[bool]wire.Code{
					true: map[bool]wire.Code{true: wire.StepUp}[r.Staff() && !asBuyer], false: wire.Forbidden,
				}[right]},
			} {
				if r == trust.Nobody && !right {
					c.code = wire.Unauthenticated
				}
				if got := wire.CodeOf(trust.May(c.v, a)); got != c.code {
					t.Errorf("%s by %q with %s: %q, want %q", a, r, c.what, got, c.code)
				}
			}
		}
	}
	wants(t, trust.May(visitor(trust.Owner, 0, true), "something.else"), wire.Forbidden)
}

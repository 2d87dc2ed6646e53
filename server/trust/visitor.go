package trust

import (
	"context"
	"encoding/base64"

	"vitrine/server/wire"
)

// Visitor is the person for whom units are held before anybody has signed in. The name follows from the token in the browser's
// VisitorCookie and does not tell it, so that nothing is kept of somebody who buys nothing.
func (t Token) Visitor() wire.PersonID {
	return wire.PersonID("v" + base64.RawURLEncoding.EncodeToString(derived([]byte(t), "visitor 1")[:16]))
}

// Adopt makes the visitor a person that orders can belong to. For somebody who is signed in to an account that is a guest who belongs
// to it, and their session goes on; else it is a guest as of Guest, with a session. Again it is the same person, with the address of
// the first time. Errors: Invalid for the address, Unauthenticated if the visitor has come to belong to another account.
func (g *Gate) Adopt(ctx context.Context, c Caller, v Visit, visitor Token, email string) (Token, Visit, error) {
	account, err := g.accountOf(ctx, v)
	if err == nil && account != "" {
		email, err = g.Address(ctx, account)
	}
	if err == nil {
		email, err = Email(email)
	}
	if err != nil {
		return "", Visit{}, err
	}
	id := visitor.Visitor()
	p, err := g.Storage.Person(ctx, id)
	if wire.CodeOf(err) == wire.NotFound {
		if p, err = g.add(ctx, id, account, email); wire.CodeOf(err) == wire.Conflict { // another request was first
			p, err = g.Storage.Person(ctx, id)
		}
	}
	switch {
	case err != nil:
		return "", Visit{}, trying("read visitor", err)
	case !p.Erased.IsZero() || p.Account != "" && p.Account != account:
		return "", Visit{}, wire.Errorf(wire.Unauthenticated, "sign in to go on")
	case account != "":
		return c.Session, v, nil
	}
	return g.open(ctx, c, p, Session{Made: g.Now()})
}

// accountOf is the account that somebody is signed in to, "" for a guest and for nobody.
func (g *Gate) accountOf(ctx context.Context, v Visit) (wire.PersonID, error) {
	if v.Person == "" {
		return "", nil
	}
	p, err := g.Storage.Person(ctx, v.Person)
	if err != nil {
		return "", trying("read person", err)
	}
	return p.Account, nil
}

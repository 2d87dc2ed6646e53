package trust

import (
	"context"
	"slices"

	"vitrine/server/wire"
)

// changesMost is how often a change is tried when others change the same person.
const changesMost = 5

func emailOf(id wire.PersonID) Field    { return Field{"people", string(id), "email"} }
func passwordOf(id wire.PersonID) Field { return Field{"people", string(id), "password"} }
func secretOf(id wire.PersonID) Field   { return Field{"people", string(id), "totp"} }

// change reads a person, lets do change them and keeps that, again if somebody else was first. What do refuses changes nothing.
func (g *Gate) change(ctx context.Context, id wire.PersonID, do func(p *Person) error) (Person, error) {
	for try := 1; ; try++ {
		p, err := g.Storage.Person(ctx, id)
		if err != nil {
			return Person{}, trying("read person", err)
		}
		if err := do(&p); err != nil {
			return Person{}, err
		}
		err = g.Storage.ChangePerson(ctx, p)
		if err == nil {
			p.Version++
			return p, nil
		}
		if wire.CodeOf(err) != wire.Precondition || try == changesMost {
			return Person{}, trying("change person", err)
		}
	}
}

// changeOwn is change for the visitor themselves, unless their sessions were ended since the request came: what ends sessions also
// stops what they have begun.
func (g *Gate) changeOwn(ctx context.Context, v Visit, do func(p *Person) error) (Person, error) {
	return g.change(ctx, v.Person, func(p *Person) error {
		if p.Epoch != v.Epoch {
			return ended()
		}
		return do(p)
	})
}

func ended() error {
	return wire.Errorf(wire.Unauthenticated, "your sessions have just been ended: sign in again")
}

// add keeps a new buyer, who belongs to an account, with an e-mail address in the form of Email.
func (g *Gate) add(ctx context.Context, id, account wire.PersonID, email string) (Person, error) {
	p := Person{ID: id, Account: account, Role: Buyer, Index: g.Vault.Index(email), Made: g.Now(), Version: 1}
	key, seal := g.Vault.NewKey(p.ID)
	p.Email = seal(emailOf(p.ID), []byte(email))
	return p, trying("add person", g.Storage.AddPerson(ctx, p, key))
}

// account returns the account with the e-mail address, a new one if there is none.
func (g *Gate) account(ctx context.Context, email string) (Person, error) {
	index := g.Vault.Index(email)
	p, err := g.Storage.Account(ctx, index)
	if wire.CodeOf(err) == wire.NotFound {
		id := newPerson()
		if p, err = g.add(ctx, id, id, email); wire.CodeOf(err) == wire.Conflict { // another request was first
			p, err = g.Storage.Account(ctx, index)
		}
	}
	return p, trying("read account", err)
}

// Guest makes a person of somebody who buys without an account, and a session that proves nothing but that it is the same browser.
// The e-mail address is not checked and gives no rights: who proves later that it is theirs (UseLink) gets what its guests bought.
func (g *Gate) Guest(ctx context.Context, c Caller, email string) (Token, Visit, error) {
	e, err := Email(email)
	if err != nil {
		return "", Visit{}, err
	}
	p, err := g.add(ctx, newPerson(), "", e)
	if err != nil {
		return "", Visit{}, err
	}
	return g.open(ctx, c, p, Session{Made: g.Now()})
}

// Persons are all that one person is to the shop: themselves and, for an account, the guests who belong to it.
func (g *Gate) Persons(ctx context.Context, id wire.PersonID) ([]wire.PersonID, error) {
	ids := []wire.PersonID{id}
	all, err := g.Storage.Persons(ctx, id)
	for _, p := range all {
		if p.ID != id {
			ids = append(ids, p.ID)
		}
	}
	return ids, trying("list a person's guests", err)
}

// Find returns all persons who gave an e-mail address: the account, then its guests, then guests who belong to nobody. The caller
// checks May(PeopleRead).
func (g *Gate) Find(ctx context.Context, email string) ([]Person, error) {
	e, err := Email(email)
	if err != nil {
		return nil, err
	}
	index := g.Vault.Index(e)
	var list []Person
	p, err := g.Storage.Account(ctx, index)
	if err == nil {
		list, err = g.Storage.Persons(ctx, p.ID)
		list = append([]Person{p}, slices.DeleteFunc(list, func(other Person) bool { return other.ID == p.ID })...)
	}
	if err != nil && wire.CodeOf(err) != wire.NotFound {
		return nil, trying("find an account", err)
	}
	guests, err := g.Storage.Unclaimed(ctx, index)
	return append(list, guests...), trying("find guests", err)
}

// Address returns a person's e-mail address. If they are erased or unknown, the error has code NotFound.
func (g *Gate) Address(ctx context.Context, id wire.PersonID) (string, error) {
	p, err := g.Storage.Person(ctx, id)
	if err != nil {
		return "", trying("read person", err)
	}
	b, err := g.Vault.Open(ctx, id, emailOf(id), p.Email)
	return string(b), trying("read e-mail address", err)
}

// Appoint gives a role to whoever has the e-mail address, and an account if they have none, and writes to them. They come in by a
// sign-in link. The caller checks May(PeopleManage).
func (g *Gate) Appoint(ctx context.Context, email string, role Role) (wire.PersonID, error) {
	e, err := Email(email)
	if err != nil {
		return "", err
	}
	if err := role.Validate(); err != nil {
		return "", err
	}
	p, err := g.account(ctx, e)
	if err != nil {
		return "", err
	}
	if err := g.SetRole(ctx, p.ID, role); err != nil {
		return "", err
	}
	return p.ID, trying("write to the appointed", g.Post.Post(ctx, e, InviteLetter, map[string]string{"role": string(role)}))
}

// SetRole changes somebody's role and ends their sessions; the caller checks May(PeopleManage). Who becomes staff loses a password, as
// it may be too short for staff. The last owner stays one (Conflict); two owners who demote each other in the same instant are not
// kept from it, and Appoint on the command line repairs that.
func (g *Gate) SetRole(ctx context.Context, id wire.PersonID, role Role) error {
	if err := role.Validate(); err != nil {
		return err
	}
	if role != Owner {
		if err := g.notTheLastOwner(ctx, id); err != nil {
			return err
		}
	}
	_, err := g.change(ctx, id, func(p *Person) error {
		switch {
		case p.Account != p.ID:
			return wire.Errorf(wire.Invalid, "a guest cannot have a role: it takes an account")
		case !p.Erased.IsZero():
			return wire.Errorf(wire.NotFound, "this person is erased")
		case role.Staff() && !p.Role.Staff():
			p.Password = nil
		}
		if p.Role != role {
			p.Role = role
			p.Epoch++
		}
		return nil
	})
	return err
}

func (g *Gate) notTheLastOwner(ctx context.Context, id wire.PersonID) error {
	staff, err := g.Storage.Staff(ctx)
	if err != nil {
		return trying("list staff", err)
	}
	owners, is := 0, false
	for _, p := range staff {
		if p.Role == Owner {
			owners++
			is = is || p.ID == id
		}
	}
	if is && owners == 1 {
		return wire.Errorf(wire.Conflict, "the shop needs an owner: name another one first")
	}
	return nil
}

// tell writes to somebody that how they sign in has changed, so that they notice if it was not them.
func (g *Gate) tell(ctx context.Context, id wire.PersonID, change string) error {
	to, err := g.Address(ctx, id)
	if err != nil {
		return err
	}
	return trying("write about a change", g.Post.Post(ctx, to, SecurityLetter, map[string]string{"change": change}))
}

// Own reports why a visitor may not change how they sign in, or have what is kept of them exported or erased. Staff who have a second
// proof give it first, so that an e-mail box alone opens nothing. Of this room's methods those that change how one signs in ask it
// themselves.
func (g *Gate) Own(ctx context.Context, v Visit) error {
	if err := May(v, AccountKeys); err != nil {
		return err
	}
	if !v.Role.Staff() || v.Strong() {
		return nil
	}
	p, err := g.Storage.Person(ctx, v.Person)
	if err != nil {
		return trying("read person", err)
	}
	keys, err := g.Storage.PasskeysOf(ctx, v.Person)
	if err != nil {
		return trying("list passkeys", err)
	}
	if p.Secret != nil || len(keys) > 0 {
		return wire.Errorf(wire.StepUp, "this needs a second proof: a passkey or a code of your authenticator")
	}
	return nil
}

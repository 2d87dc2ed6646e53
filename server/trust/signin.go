package trust

import (
	"context"

	"vitrine/server/wire"
)

func wrongPassword() error {
	return wire.Errorf(wire.Unauthenticated, "the e-mail address and the password do not belong together")
}

// SignIn signs in with a password. An unknown address, an account without a password and a wrong password get the same answer after
// the same work. Who fails waits longer and longer, by account and by address.
func (g *Gate) SignIn(ctx context.Context, c Caller, email, password string) (Token, Visit, error) {
	e, err := Email(email)
	if err != nil {
		return "", Visit{}, err
	}
	account, address := "password "+string(g.Vault.Index(e)), "password from "+network(c.Address)
	if err := g.delays.try(g.Now(), account, address); err != nil {
		return "", Visit{}, err
	}
	p, phc, err := g.candidate(ctx, e)
	if err != nil {
		return "", Visit{}, err
	}
	password, unfit := prepared(password)
	ok, err := g.hasher.fits(ctx, phc, password)
	if err != nil {
		return "", Visit{}, err
	}
	if !ok || unfit != nil || p.Password == nil {
		return "", Visit{}, wrongPassword()
	}
	g.delays.forgive(account, address)
	if p, err = g.rehash(ctx, p, phc, password); err != nil {
		return "", Visit{}, err
	}
	return g.enter(ctx, c, p, Proofs{Password: g.Now()})
}

// candidate returns the account with the address and its hash, or nobody and one that nothing fits. It looks for a key in any case,
// as that takes time.
func (g *Gate) candidate(ctx context.Context, email string) (Person, string, error) {
	p, err := g.Storage.Account(ctx, g.Vault.Index(email))
	if err != nil && wire.CodeOf(err) != wire.NotFound {
		return Person{}, "", trying("read account", err)
	}
	if p.Password == nil {
		if _, err := g.Storage.Key(ctx, newPerson()); err != nil && wire.CodeOf(err) != wire.NotFound {
			return Person{}, "", trying("read data key", err)
		}
		return Person{}, g.hasher.decoy, nil
	}
	phc, err := g.Vault.Open(ctx, p.ID, passwordOf(p.ID), p.Password)
	return p, string(phc), err
}

// rehash hashes a password that fits anew if its hash has other costs than those of today.
func (g *Gate) rehash(ctx context.Context, p Person, phc, password string) (Person, error) {
	if c, _, _, err := parsePHC(phc); err != nil || c == g.hasher.cost {
		return p, err
	}
	sealed, err := g.sealPassword(ctx, p.ID, password)
	if err != nil {
		return Person{}, err
	}
	epoch := p.Epoch
	return g.change(ctx, p.ID, func(p *Person) error {
		if p.Epoch != epoch { // another password was set meanwhile
			return wrongPassword()
		}
		p.Password = sealed
		return nil
	})
}

func (g *Gate) sealPassword(ctx context.Context, id wire.PersonID, password string) (Sealed, error) {
	phc, err := g.hasher.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	return g.Vault.Seal(ctx, id, passwordOf(id), []byte(phc))
}

// SetPassword gives the visitor's own account a password, ends its sessions and opens one for this browser. A guest has no account:
// that begins with a link.
func (g *Gate) SetPassword(ctx context.Context, c Caller, v Visit, password string) (Token, Visit, error) {
	if err := g.Own(ctx, v); err != nil {
		return "", Visit{}, err
	}
	email, err := g.Address(ctx, v.Person)
	if err != nil {
		return "", Visit{}, err
	}
	if password, err = prepared(password); err == nil {
		err = checkPassword(password, v.Role, email)
	}
	if err != nil {
		return "", Visit{}, err
	}
	sealed, err := g.sealPassword(ctx, v.Person, password)
	if err != nil {
		return "", Visit{}, err
	}
	p, err := g.changeOwn(ctx, v, func(p *Person) error {
		p.Password = sealed
		p.Epoch++
		return nil
	})
	if err != nil {
		return "", Visit{}, err
	}
	if err := g.tell(ctx, v.Person, "password"); err != nil {
		return "", Visit{}, err
	}
	return g.open(ctx, c, p, v.Session)
}

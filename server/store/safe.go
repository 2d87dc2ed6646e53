package store

import (
	"context"
	"fmt"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// itself is whose key seals what is the server's own. Nobody is signed in as it: it has no e-mail address and no account.
const itself wire.PersonID = "server"

// Safe seals what is the server's own and no person's, as secrets of endpoints and sign-in links that wait to be sent. Its key is
// kept and rotated as people's keys are.
type Safe struct{ vault *trust.Vault }

// Safe makes the key, if there is none, and the safe. The vault's keys are this store.
func (s *Store) Safe(ctx context.Context, v *trust.Vault) (Safe, error) {
	key, _ := v.NewKey(itself)
	err := s.AddPerson(ctx, trust.Person{ID: itself, Role: trust.Buyer, Made: s.now()}, key)
	if err != nil && wire.CodeOf(err) != wire.Conflict { // it is there already, or another server is just making it
		return Safe{}, fmt.Errorf("make the server's key: %w", err)
	}
	return Safe{v}, nil
}

// Seal seals a value.
func (s Safe) Seal(ctx context.Context, f trust.Field, plain []byte) (trust.Sealed, error) {
	return s.vault.Seal(ctx, itself, f, plain)
}

// Open reads a value that Seal has sealed for the same field.
func (s Safe) Open(ctx context.Context, f trust.Field, sealed trust.Sealed) ([]byte, error) {
	return s.vault.Open(ctx, itself, f, sealed)
}

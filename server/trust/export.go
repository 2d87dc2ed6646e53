package trust

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vitrine/server/wire"
)

// Exporter is a room that keeps something of people. Export returns what it has of these, who are all the same person, as a value
// for JSON; nil for nothing.
type Exporter interface {
	Export(ctx context.Context, people []wire.PersonID) (any, error)
}

// Eraser is a room that can make what it keeps of these people, who are all the same person, unreadable for ever. Erase may be done
// again, and is after an error.
type Eraser interface {
	Erase(ctx context.Context, people []wire.PersonID) error
}

// with are all names of a person, each once.
func with(ids, also []wire.PersonID) []wire.PersonID {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(also), ids...))))
}

// exported is what this room has of a person.
type exported struct {
	ID       wire.PersonID     `json:"id"`
	Role     Role              `json:"role"`
	Email    string            `json:"email"`
	Made     time.Time         `json:"made"`
	Password bool              `json:"password"`
	Codes    bool              `json:"codes"`
	Passkeys []exportedPasskey `json:"passkeys"`
	Sessions []exportedSession `json:"sessions"`
}

type exportedPasskey struct {
	Made time.Time `json:"made"`
	Used time.Time `json:"used"`
}

type exportedSession struct {
	Made time.Time `json:"made"`
	Seen time.Time `json:"seen"`
}

// Export returns all that is kept of a person and of the guests who belong to them, as JSON (GDPR, article 20): under "people" what
// this room has, under their names what others have. also are more names of the same person, who have no account. The caller checks
// MayTo(PeopleExport), or for oneself Own.
func (g *Gate) Export(ctx context.Context, id wire.PersonID, others map[string]Exporter, also ...wire.PersonID) ([]byte, error) {
	ids, err := g.Persons(ctx, id)
	if err != nil {
		return nil, err
	}
	people := make([]exported, 0, len(ids))
	for _, each := range ids {
		e, err := g.export(ctx, each)
		if err != nil {
			return nil, err
		}
		people = append(people, e)
	}
	all := map[string]any{"people": people}
	for name, room := range others {
		if all[name], err = room.Export(ctx, with(ids, also)); err != nil {
			return nil, fmt.Errorf("export %s of a person: %w", name, err)
		}
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export person: %w", err)
	}
	return b, nil
}

func (g *Gate) export(ctx context.Context, id wire.PersonID) (exported, error) {
	p, err := g.Storage.Person(ctx, id)
	if err != nil {
		return exported{}, trying("read person", err)
	}
	email, err := g.Vault.Open(ctx, id, emailOf(id), p.Email)
	if err != nil {
		return exported{}, err
	}
	e := exported{ID: id, Role: p.Role, Email: string(email), Made: p.Made, Password: p.Password != nil, Codes: p.Secret != nil}
	keys, err := g.Storage.PasskeysOf(ctx, id)
	if err != nil {
		return exported{}, trying("list passkeys", err)
	}
	for _, k := range keys {
		e.Passkeys = append(e.Passkeys, exportedPasskey{k.Made, k.Used})
	}
	sessions, err := g.Storage.SessionsOf(ctx, id)
	if err != nil {
		return exported{}, trying("list sessions", err)
	}
	for _, s := range sessions {
		e.Sessions = append(e.Sessions, exportedSession{s.Made, s.Seen})
	}
	return e, nil
}

// Erase makes a person and the guests who belong to them unreadable for ever (GDPR, article 17): their keys are destroyed, and with
// them what any room sealed for them; orders keep their sums. The other rooms erase them first. also are more names of the same person,
// who have no account. The last owner cannot be erased (Conflict). The caller checks MayTo(PeopleErase), or for oneself Own.
func (g *Gate) Erase(ctx context.Context, id wire.PersonID, others []Eraser, also ...wire.PersonID) error {
	if err := g.notTheLastOwner(ctx, id); err != nil {
		return err
	}
	ids, err := g.Persons(ctx, id)
	if err != nil {
		return err
	}
	for _, room := range others {
		if err := room.Erase(ctx, with(ids, also)); err != nil {
			return fmt.Errorf("erase a person: %w", err)
		}
	}
	for i := range ids { // the guests first: cut off in between, the account is still there to erase again
		if err := g.Storage.ErasePerson(ctx, ids[len(ids)-1-i], g.Now()); err != nil {
			return trying("erase person", err)
		}
	}
	return nil
}

package trust_test

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// memory is a trust.Storage in maps.
type memory struct {
	mu       sync.Mutex
	people   map[wire.PersonID]trust.Person
	sessions map[trust.Hash]trust.Session
	passkeys map[string]trust.Passkey
	tickets  map[trust.Hash]trust.Ticket
	keys     map[wire.PersonID]trust.DataKey
}

func newMemory() *memory {
	return &memory{
		people: map[wire.PersonID]trust.Person{}, sessions: map[trust.Hash]trust.Session{}, passkeys: map[string]trust.Passkey{},
		tickets: map[trust.Hash]trust.Ticket{}, keys: map[wire.PersonID]trust.DataKey{},
	}
}

func missing() error { return wire.Errorf(wire.NotFound, "there is no such thing") }

func (m *memory) lock() func() {
	m.mu.Lock()
	return m.mu.Unlock
}

func get[K comparable, V any](all map[K]V, key K) (V, error) {
	v, ok := all[key]
	if !ok {
		return v, missing()
	}
	return v, nil
}

func (m *memory) AddPerson(_ context.Context, p trust.Person, k trust.DataKey) error {
	defer m.lock()()
	for _, o := range m.people {
		if o.ID == p.ID || p.Account == p.ID && o.Account == o.ID && bytes.Equal(o.Index, p.Index) {
			return wire.Errorf(wire.Conflict, "there is one already")
		}
	}
	p.Version = 1
	m.people[p.ID], m.keys[p.ID] = p, k
	return nil
}

func (m *memory) Person(_ context.Context, id wire.PersonID) (trust.Person, error) {
	defer m.lock()()
	return get(m.people, id)
}

func (m *memory) Account(_ context.Context, index []byte) (trust.Person, error) {
	defer m.lock()()
	for _, p := range m.people {
		if p.Account == p.ID && p.Index != nil && bytes.Equal(p.Index, index) {
			return p, nil
		}
	}
	return trust.Person{}, missing()
}

func (m *memory) some(want func(trust.Person) bool) (list []trust.Person) {
	for _, p := range m.people {
		if want(p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b trust.Person) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (m *memory) Persons(_ context.Context, account wire.PersonID) ([]trust.Person, error) {
	defer m.lock()()
	return m.some(func(p trust.Person) bool { return p.Account == account }), nil
}

func (m *memory) Staff(context.Context) ([]trust.Person, error) {
	defer m.lock()()
	return m.some(func(p trust.Person) bool { return p.Role.Staff() && p.Erased.IsZero() }), nil
}

func (m *memory) ChangePerson(_ context.Context, p trust.Person) error {
	defer m.lock()()
	o, err := get(m.people, p.ID)
	if err != nil {
		return err
	}
	if o.Version != p.Version {
		return wire.Errorf(wire.Precondition, "somebody was first")
	}
	o.Role, o.Password, o.Secret, o.Step, o.Recovery, o.Epoch = p.Role, p.Password, p.Secret, p.Step, p.Recovery, p.Epoch
	o.Version++
	m.people[p.ID] = o
	return nil
}

func (m *memory) Claim(_ context.Context, index []byte, account wire.PersonID) error {
	defer m.lock()()
	for id, p := range m.people {
		if p.Account == "" && p.Index != nil && bytes.Equal(p.Index, index) {
			p.Account = account
			m.people[id] = p
		}
	}
	return nil
}

func (m *memory) ErasePerson(_ context.Context, id wire.PersonID, at time.Time) error {
	defer m.lock()()
	p, err := get(m.people, id)
	if err != nil || !p.Erased.IsZero() {
		return err
	}
	p.Email, p.Index, p.Password, p.Secret, p.Recovery, p.Erased = nil, nil, nil, nil, nil, at
	p.Epoch++
	p.Version++
	m.people[id] = p
	delete(m.keys, id)
	for h, s := range m.sessions {
		if s.Person == id {
			delete(m.sessions, h)
		}
	}
	for h, k := range m.passkeys {
		if k.Person == id {
			delete(m.passkeys, h)
		}
	}
	return nil
}

func (m *memory) PutSession(_ context.Context, s trust.Session, instead trust.Hash) error {
	defer m.lock()()
	delete(m.sessions, instead)
	m.sessions[s.Token] = s
	return nil
}

func (m *memory) Session(_ context.Context, token trust.Hash) (trust.Session, trust.Person, error) {
	defer m.lock()()
	s, err := get(m.sessions, token)
	return s, m.people[s.Person], err
}

func (m *memory) SessionsOf(_ context.Context, person wire.PersonID) (list []trust.Session, _ error) {
	defer m.lock()()
	for _, s := range m.sessions {
		if s.Person == person {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b trust.Session) int { return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

func (m *memory) TouchSession(_ context.Context, token trust.Hash, seen time.Time) error {
	defer m.lock()()
	if s, ok := m.sessions[token]; ok {
		s.Seen = seen
		m.sessions[token] = s
	}
	return nil
}

func (m *memory) DropSession(_ context.Context, person wire.PersonID, id string) error {
	defer m.lock()()
	for h, s := range m.sessions {
		if s.Person == person && s.ID == id {
			delete(m.sessions, h)
			return nil
		}
	}
	return missing()
}

func (m *memory) SweepSessions(_ context.Context, seenBefore, madeBefore time.Time) error {
	defer m.lock()()
	for h, s := range m.sessions {
		if s.Seen.Before(seenBefore) || s.Made.Before(madeBefore) {
			delete(m.sessions, h)
		}
	}
	return nil
}

func (m *memory) AddPasskey(_ context.Context, p trust.Passkey) error {
	defer m.lock()()
	if _, ok := m.passkeys[string(p.ID)]; ok {
		return wire.Errorf(wire.Conflict, "there is one already")
	}
	m.passkeys[string(p.ID)] = p
	return nil
}

func (m *memory) PasskeysOf(_ context.Context, person wire.PersonID) (list []trust.Passkey, _ error) {
	defer m.lock()()
	for _, k := range m.passkeys {
		if k.Person == person {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b trust.Passkey) int { return cmp.Or(a.Made.Compare(b.Made), bytes.Compare(a.ID, b.ID)) })
	return list, nil
}

func (m *memory) UsePasskey(_ context.Context, p trust.Passkey) error {
	defer m.lock()()
	k, err := get(m.passkeys, string(p.ID))
	if err != nil || k.Person != p.Person {
		return missing()
	}
	k.Credential, k.Used = p.Credential, p.Used
	m.passkeys[string(p.ID)] = k
	return nil
}

func (m *memory) DropPasskey(_ context.Context, person wire.PersonID, id []byte) error {
	defer m.lock()()
	if k, ok := m.passkeys[string(id)]; !ok || k.Person != person {
		return missing()
	}
	delete(m.passkeys, string(id))
	return nil
}

func (m *memory) AddTicket(_ context.Context, t trust.Ticket) error {
	defer m.lock()()
	m.tickets[t.Token] = t
	return nil
}

func (m *memory) TakeTicket(_ context.Context, token trust.Hash, kind trust.TicketKind, browser trust.Hash) (trust.Ticket, error) {
	defer m.lock()()
	t, ok := m.tickets[token]
	if !ok || t.Kind != kind || t.Browser != browser {
		return trust.Ticket{}, missing()
	}
	delete(m.tickets, token)
	return t, nil
}

func (m *memory) SweepTickets(_ context.Context, before time.Time) error {
	defer m.lock()()
	for h, t := range m.tickets {
		if t.Until.Before(before) {
			delete(m.tickets, h)
		}
	}
	return nil
}

func (m *memory) Key(_ context.Context, person wire.PersonID) (trust.DataKey, error) {
	defer m.lock()()
	return get(m.keys, person)
}

func (m *memory) Rewrap(_ context.Context, old, fresh trust.DataKey) error {
	defer m.lock()()
	if k, ok := m.keys[old.Person]; ok && bytes.Equal(k.Wrapped, old.Wrapped) {
		m.keys[old.Person] = fresh
	}
	return nil
}

func (m *memory) KeysBeside(_ context.Context, master string, limit int) (list []trust.DataKey, _ error) {
	defer m.lock()()
	for _, k := range m.keys {
		if k.Master != master && len(list) < limit {
			list = append(list, k)
		}
	}
	return list, nil
}

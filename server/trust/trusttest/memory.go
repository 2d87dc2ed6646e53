package trusttest

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

// Memory is a trust.Storage in maps, for tests. They may look into it while nobody else does. It is safe for concurrent use.
type Memory struct {
	mu       sync.Mutex
	People   map[wire.PersonID]trust.Person
	Sessions map[trust.Hash]trust.Session
	Passkeys map[string]trust.Passkey
	Tickets  map[trust.Hash]trust.Ticket
	Keys     map[wire.PersonID]trust.DataKey
}

// NewMemory makes an empty one.
func NewMemory() *Memory {
	return &Memory{
		People: map[wire.PersonID]trust.Person{}, Sessions: map[trust.Hash]trust.Session{}, Passkeys: map[string]trust.Passkey{},
		Tickets: map[trust.Hash]trust.Ticket{}, Keys: map[wire.PersonID]trust.DataKey{},
	}
}

func missing() error { return wire.Errorf(wire.NotFound, "there is no such thing") }

func (m *Memory) lock() func() {
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

func (m *Memory) AddPerson(_ context.Context, p trust.Person, k trust.DataKey) error {
	defer m.lock()()
	for _, o := range m.People {
		if o.ID == p.ID || p.Account == p.ID && o.Account == o.ID && bytes.Equal(o.Index, p.Index) {
			return wire.Errorf(wire.Conflict, "there is one already")
		}
	}
	p.Version = 1
	m.People[p.ID], m.Keys[p.ID] = p, k
	return nil
}

func (m *Memory) Person(_ context.Context, id wire.PersonID) (trust.Person, error) {
	defer m.lock()()
	return get(m.People, id)
}

func (m *Memory) Account(_ context.Context, index []byte) (trust.Person, error) {
	defer m.lock()()
	for _, p := range m.People {
		if p.Account == p.ID && p.Index != nil && bytes.Equal(p.Index, index) {
			return p, nil
		}
	}
	return trust.Person{}, missing()
}

func (m *Memory) some(want func(trust.Person) bool) (list []trust.Person) {
	for _, p := range m.People {
		if want(p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b trust.Person) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (m *Memory) Persons(_ context.Context, account wire.PersonID) ([]trust.Person, error) {
	defer m.lock()()
	return m.some(func(p trust.Person) bool { return p.Account == account }), nil
}

func (m *Memory) Unclaimed(_ context.Context, index []byte) ([]trust.Person, error) {
	defer m.lock()()
	return m.some(func(p trust.Person) bool { return p.Account == "" && p.Index != nil && bytes.Equal(p.Index, index) }), nil
}

func (m *Memory) Staff(context.Context) ([]trust.Person, error) {
	defer m.lock()()
	return m.some(func(p trust.Person) bool { return p.Role.Staff() && p.Erased.IsZero() }), nil
}

func (m *Memory) ChangePerson(_ context.Context, p trust.Person) error {
	defer m.lock()()
	o, err := get(m.People, p.ID)
	if err != nil {
		return err
	}
	if o.Version != p.Version {
		return wire.Errorf(wire.Precondition, "somebody was first")
	}
	o.Role, o.Password, o.Secret, o.Step, o.Recovery, o.Epoch = p.Role, p.Password, p.Secret, p.Step, p.Recovery, p.Epoch
	o.Version++
	m.People[p.ID] = o
	return nil
}

func (m *Memory) Claim(_ context.Context, index []byte, account wire.PersonID) error {
	defer m.lock()()
	for id, p := range m.People {
		if p.Account == "" && p.Index != nil && bytes.Equal(p.Index, index) {
			p.Account = account
			m.People[id] = p
		}
	}
	return nil
}

func (m *Memory) ErasePerson(_ context.Context, id wire.PersonID, at time.Time) error {
	defer m.lock()()
	p, err := get(m.People, id)
	if err != nil || !p.Erased.IsZero() {
		return err
	}
	p.Email, p.Index, p.Password, p.Secret, p.Recovery, p.Erased = nil, nil, nil, nil, nil, at
	p.Epoch++
	p.Version++
	m.People[id] = p
	delete(m.Keys, id)
	for h, s := range m.Sessions {
		if s.Person == id {
			delete(m.Sessions, h)
		}
	}
	for h, k := range m.Passkeys {
		if k.Person == id {
			delete(m.Passkeys, h)
		}
	}
	return nil
}

func (m *Memory) PutSession(_ context.Context, s trust.Session, instead trust.Hash) error {
	defer m.lock()()
	delete(m.Sessions, instead)
	m.Sessions[s.Token] = s
	return nil
}

func (m *Memory) Session(_ context.Context, token trust.Hash) (trust.Session, trust.Person, error) {
	defer m.lock()()
	s, err := get(m.Sessions, token)
	return s, m.People[s.Person], err
}

func (m *Memory) SessionsOf(_ context.Context, person wire.PersonID) (list []trust.Session, _ error) {
	defer m.lock()()
	for _, s := range m.Sessions {
		if s.Person == person {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b trust.Session) int { return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

func (m *Memory) TouchSession(_ context.Context, token trust.Hash, seen time.Time) error {
	defer m.lock()()
	if s, ok := m.Sessions[token]; ok {
		s.Seen = seen
		m.Sessions[token] = s
	}
	return nil
}

func (m *Memory) DropSession(_ context.Context, person wire.PersonID, id string) error {
	defer m.lock()()
	for h, s := range m.Sessions {
		if s.Person == person && s.ID == id {
			delete(m.Sessions, h)
			return nil
		}
	}
	return missing()
}

func (m *Memory) SweepSessions(_ context.Context, seenBefore, madeBefore time.Time) error {
	defer m.lock()()
	for h, s := range m.Sessions {
		if s.Seen.Before(seenBefore) || s.Made.Before(madeBefore) {
			delete(m.Sessions, h)
		}
	}
	return nil
}

func (m *Memory) AddPasskey(_ context.Context, p trust.Passkey) error {
	defer m.lock()()
	if _, ok := m.Passkeys[string(p.ID)]; ok {
		return wire.Errorf(wire.Conflict, "there is one already")
	}
	m.Passkeys[string(p.ID)] = p
	return nil
}

func (m *Memory) PasskeysOf(_ context.Context, person wire.PersonID) (list []trust.Passkey, _ error) {
	defer m.lock()()
	for _, k := range m.Passkeys {
		if k.Person == person {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b trust.Passkey) int { return cmp.Or(a.Made.Compare(b.Made), bytes.Compare(a.ID, b.ID)) })
	return list, nil
}

func (m *Memory) UsePasskey(_ context.Context, p trust.Passkey) error {
	defer m.lock()()
	k, err := get(m.Passkeys, string(p.ID))
	if err != nil || k.Person != p.Person {
		return missing()
	}
	k.Credential, k.Used = p.Credential, p.Used
	m.Passkeys[string(p.ID)] = k
	return nil
}

func (m *Memory) DropPasskey(_ context.Context, person wire.PersonID, id []byte) error {
	defer m.lock()()
	if k, ok := m.Passkeys[string(id)]; !ok || k.Person != person {
		return missing()
	}
	delete(m.Passkeys, string(id))
	return nil
}

func (m *Memory) AddTicket(_ context.Context, t trust.Ticket) error {
	defer m.lock()()
	m.Tickets[t.Token] = t
	return nil
}

func (m *Memory) TakeTicket(_ context.Context, token trust.Hash, kind trust.TicketKind, browser trust.Hash) (trust.Ticket, error) {
	defer m.lock()()
	t, ok := m.Tickets[token]
	if !ok || t.Kind != kind || t.Browser != browser {
		return trust.Ticket{}, missing()
	}
	delete(m.Tickets, token)
	return t, nil
}

func (m *Memory) SweepTickets(_ context.Context, before time.Time) error {
	defer m.lock()()
	for h, t := range m.Tickets {
		if t.Until.Before(before) {
			delete(m.Tickets, h)
		}
	}
	return nil
}

func (m *Memory) Key(_ context.Context, person wire.PersonID) (trust.DataKey, error) {
	defer m.lock()()
	return get(m.Keys, person)
}

func (m *Memory) Rewrap(_ context.Context, old, fresh trust.DataKey) error {
	defer m.lock()()
	if k, ok := m.Keys[old.Person]; ok && bytes.Equal(k.Wrapped, old.Wrapped) {
		m.Keys[old.Person] = fresh
	}
	return nil
}

func (m *Memory) KeysBeside(_ context.Context, master string, limit int) (list []trust.DataKey, _ error) {
	defer m.lock()()
	for _, k := range m.Keys {
		if k.Master != master && len(list) < limit {
			list = append(list, k)
		}
	}
	return list, nil
}

package trust

import (
	"context"
	"time"

	"vitrine/server/wire"
)

// Storage is what outlives the process. Every method is one transaction: all of it happened once it returns nil, none of it else.
// What is not there has code NotFound. Times come back in UTC, to the millisecond at least. trusttest.Conformance says the rest.
type Storage interface {
	People
	Sessions
	Passkeys
	Tickets
	Keys
}

// Person is somebody as they are kept.
type Person struct {
	ID   wire.PersonID
	Role Role
	// Account is whom this person belongs to: an account belongs to itself, a guest to nobody ("") until the owner of the e-mail
	// address claims it.
	Account wire.PersonID
	Email   Sealed
	// Index is the blind index of the e-mail address (Vault.Index). No two accounts have the same; any number of guests may.
	Index    []byte
	Password Sealed // the PHC string of argon2id; nil for none
	Secret   Sealed // the shared secret of TOTP (RFC 6238); nil for none
	// Step is the last time step of which a code was used.
	Step     int64
	Recovery []Hash // of recovery codes that are left
	// Epoch counts how often all sessions of the person were ended. A session of another epoch is none.
	Epoch  int64
	Made   time.Time
	Erased time.Time // a zero time for who is not
	// Version is counted up by the storage with each change.
	Version int64
}

// People keeps persons.
type People interface {
	// AddPerson keeps a new person with version 1, together with their key. An account whose Index another account has, and an ID
	// that exists, is a Conflict.
	AddPerson(ctx context.Context, p Person, k DataKey) error
	Person(ctx context.Context, id wire.PersonID) (Person, error)
	// Account returns the account (not the guests) with the index.
	Account(ctx context.Context, index []byte) (Person, error)
	// Persons returns an account and the guests that belong to it, in the order of their names.
	Persons(ctx context.Context, account wire.PersonID) ([]Person, error)
	// Unclaimed returns the guests with the index who belong to nobody, in the order of their names.
	Unclaimed(ctx context.Context, index []byte) ([]Person, error)
	// Staff returns all with a role of the staff who are not erased, in the order of their names.
	Staff(ctx context.Context) ([]Person, error)
	// ChangePerson replaces the person if the kept version is p.Version, and counts it up; else the error has code Precondition.
	// Only Role, Password, Secret, Step, Recovery and Epoch can change.
	ChangePerson(ctx context.Context, p Person) error
	// Claim lets the guests with the index that belong to nobody belong to the account.
	Claim(ctx context.Context, index []byte, account wire.PersonID) error
	// ErasePerson empties Email, Index, Password, Secret and Recovery, sets Erased, counts Epoch and Version up, and removes the
	// person's key, sessions and passkeys. Erasing again changes nothing.
	ErasePerson(ctx context.Context, id wire.PersonID, at time.Time) error
}

// Session is a browser that proved who uses it.
type Session struct {
	Token  Hash
	ID     string // names it in lists, and says nothing of the token
	Person wire.PersonID
	Epoch  int64
	Made   time.Time
	Seen   time.Time // to a few minutes
	Proofs Proofs
}

// Proofs says when a session was last proved in each way; a zero time for never.
type Proofs struct{ Password, Link, Passkey, TOTP time.Time }

// Sessions keeps sessions.
type Sessions interface {
	// PutSession keeps a session and removes the one that it comes instead of, if there is such.
	PutSession(ctx context.Context, s Session, instead Hash) error
	// Session returns a session and its person as they are now.
	Session(ctx context.Context, token Hash) (Session, Person, error)
	// SessionsOf returns a person's sessions, the newest first.
	SessionsOf(ctx context.Context, person wire.PersonID) ([]Session, error)
	// TouchSession sets when the session was last seen. A session that is gone is none of its business.
	TouchSession(ctx context.Context, token Hash, seen time.Time) error
	DropSession(ctx context.Context, person wire.PersonID, id string) error
	// SweepSessions removes the sessions last seen before then, or made before then.
	SweepSessions(ctx context.Context, seenBefore, madeBefore time.Time) error
}

// Passkey is a WebAuthn credential.
type Passkey struct {
	ID         []byte // of the credential, chosen by the authenticator
	Person     wire.PersonID
	Credential Sealed // JSON of webauthn.Credential
	Made, Used time.Time
}

// Passkeys keeps passkeys.
type Passkeys interface {
	// AddPasskey is a Conflict if the ID exists, whoever's it is.
	AddPasskey(ctx context.Context, p Passkey) error
	// PasskeysOf returns a person's passkeys, the oldest first.
	PasskeysOf(ctx context.Context, person wire.PersonID) ([]Passkey, error)
	// UsePasskey replaces Credential and Used.
	UsePasskey(ctx context.Context, p Passkey) error
	DropPasskey(ctx context.Context, person wire.PersonID, id []byte) error
}

// Ticket is something begun that one request will end: a sign-in link, the ceremony of a passkey, a new authenticator. It serves
// once. Content is sealed with a key that is derived from the token, which only its holder has.
type Ticket struct {
	Token   Hash
	Kind    TicketKind
	Browser Hash // of the cookie of the browser that began it, or of what else it is bound to
	Content []byte
	Until   time.Time
}

// TicketKind is what a ticket is for.
type TicketKind string

// Kinds of tickets.
const (
	LinkTicket    TicketKind = "link"
	AddKeyTicket  TicketKind = "passkey_add"
	UseKeyTicket  TicketKind = "passkey_use"
	AddTOTPTicket TicketKind = "totp_add"
)

// Tickets keeps tickets.
type Tickets interface {
	AddTicket(ctx context.Context, t Ticket) error
	// TakeTicket removes and returns a ticket that has this token, kind and browser, so that of several who take it one gets it.
	// One that does not fit in all three stays. It does not look at Until.
	TakeTicket(ctx context.Context, token Hash, kind TicketKind, browser Hash) (Ticket, error)
	SweepTickets(ctx context.Context, before time.Time) error
}

// DataKey is a person's key, wrapped with a master key.
type DataKey struct {
	Person  wire.PersonID
	Master  string // names the master key
	Wrapped Sealed
}

// Keys keeps data keys; people's come with AddPerson and go with ErasePerson.
type Keys interface {
	Key(ctx context.Context, person wire.PersonID) (DataKey, error)
	// Rewrap replaces a key if the kept one is wrapped as old is. One that is not is none of its business.
	Rewrap(ctx context.Context, old, fresh DataKey) error
	// KeysBeside returns at most limit keys that another master key than this wraps.
	KeysBeside(ctx context.Context, master string, limit int) ([]DataKey, error)
}

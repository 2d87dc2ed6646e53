package trust

import "maps"

// Class says how a column of the database is kept.
type Class string

// Classes of columns.
const (
	PublicClass   Class = "public"
	InternalClass Class = "internal"
	PersonalClass Class = "personal (encrypted)" // Sealed, or a blind index
	SpokenClass   Class = "personal (spoken)"    // said before others, as it is: erased where it stands
	SecretClass   Class = "secret (hashed)"      // a hash, or Sealed where it must be read again
)

// classes are this room's columns.
var classes = map[string]Class{
	"people.id": InternalClass, "people.role": InternalClass, "people.account": InternalClass,
	"people.email": PersonalClass, "people.email_index": PersonalClass,
	"people.password": SecretClass, "people.totp": SecretClass, "people.totp_step": InternalClass, "people.recovery": SecretClass,
	"people.epoch": InternalClass, "people.made": InternalClass, "people.erased": InternalClass, "people.version": InternalClass,

	"sessions.token": SecretClass, "sessions.id": InternalClass, "sessions.person": InternalClass, "sessions.epoch": InternalClass,
	"sessions.made": InternalClass, "sessions.seen": InternalClass, "sessions.password_at": InternalClass,
	"sessions.link_at": InternalClass, "sessions.passkey_at": InternalClass, "sessions.totp_at": InternalClass,

	"passkeys.id": InternalClass, "passkeys.person": InternalClass, "passkeys.credential": PersonalClass,
	"passkeys.made": InternalClass, "passkeys.used": InternalClass,

	"tickets.token": SecretClass, "tickets.kind": InternalClass, "tickets.browser": SecretClass, "tickets.content": PersonalClass,
	"tickets.until": InternalClass,

	"keys.person": InternalClass, "keys.master": InternalClass, "keys.wrapped": SecretClass,
}

// Classes returns the class of each "table.column" of this room's.
func Classes() map[string]Class { return maps.Clone(classes) }

package store

import (
	"strings"

	"vitrine/server/trust"
)

// classes say how the columns of all tables but those of trust are kept.
// Names of people are random and say nothing by themselves: they are internal.
var classes = []struct {
	class   trust.Class
	columns string
}{
	{trust.PublicClass, "shows: id title state"},
	{trust.InternalClass, "shows: created"},
	{trust.SecretClass, "shows: token"},
	{trust.SecretClass, "operators: token"},
	{trust.InternalClass, "operators: created"},

	// Of the ledger's private parts the public sees a hash.
	{trust.PublicClass, "ledger: seq at kind show public hash"},
	{trust.InternalClass, "ledger: private"},
	{trust.InternalClass, "heads: shard seq at hash orders"},
	{trust.InternalClass, "products: id doc"},
	{trust.InternalClass, "stocks: variant entry doc"},
	{trust.InternalClass, "offers: id entry doc"},
	{trust.InternalClass, "coupons: code entry doc"},
	{trust.InternalClass, "reservations: id buyer state doc"},
	{trust.InternalClass, "orders: id number buyer state open"},
	{trust.PersonalClass, "orders: doc"}, // the contact in it is sealed; what was bought is not

	{trust.InternalClass, "payments: ref doc"}, // what is to be paid, and the reference that the buyer writes on the transfer
	{trust.InternalClass, "payment_keys: ref key request"},

	{trust.InternalClass, "outbox: id kind recipient type state tries due changed reason"},
	{trust.PersonalClass, "outbox: body"}, // sealed by who writes it, but for orders, which name nobody, and escalations, as rooms
	{trust.InternalClass, "leases: kind owner until"},
	{trust.InternalClass, "endpoints: id url previous_until disabled created"},
	{trust.SecretClass, "endpoints: secret previous"},

	// What is said in a room is somebody's, under a name of their choice, but said before others: it is personal and not sealed,
	// since each reader would need the keys of all who ever spoke. Erasing somebody takes it out of the rows themselves. Records
	// have by what somebody who is banned is known again (device, network), too. Aliases and people are random names.
	{trust.InternalClass, "room_heads: show turn epoch n"},
	{trust.InternalClass, "room_events: show n line"},
	{trust.SpokenClass, "room_events: doc"},
	{trust.InternalClass, "room_records: show kind key"},
	{trust.SpokenClass, "room_records: doc"},
	{trust.InternalClass, "room_votes: show about alias choice at"},
	{trust.InternalClass, "room_answers: show who id n at"},
	{trust.InternalClass, "coin_lines: transfer account coins at"},
	{trust.InternalClass, "wallets: account coins"},
	{trust.InternalClass, "known: person since follows"},
	{trust.InternalClass, "reporters: person upheld refused"},

	// What moderators decided is learned as hashes of words.
	{trust.InternalClass, "settings: name version doc"},

	{trust.InternalClass, "goose_db_version: id version_id is_applied tstamp"},
}

// Classes returns the class of each "table.column" of the database.
func Classes() map[string]trust.Class {
	all := trust.Classes()
	for _, c := range classes {
		table, columns, _ := strings.Cut(c.columns, ":")
		for column := range strings.FieldsSeq(columns) {
			all[table+"."+column] = c.class
		}
	}
	return all
}

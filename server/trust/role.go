package trust

import (
	"maps"
	"slices"
	"time"

	"vitrine/server/wire"
)

// Role is what somebody does here.
type Role string

// Roles. Nobody is a visitor without a session.
const (
	Nobody    Role = ""
	Buyer     Role = "buyer"
	Support   Role = "support"
	Moderator Role = "moderator"
	Producer  Role = "producer"
	Host      Role = "host"
	Owner     Role = "owner"
)

// Roles lists all roles, from the one with the fewest rights.
func Roles() []Role { return []Role{Nobody, Buyer, Support, Moderator, Producer, Host, Owner} }

// Staff says whether the role is one of the people who run the shop: they need two proofs.
func (r Role) Staff() bool { return r != Nobody && r != Buyer }

// Validate reports a role that nobody can be given.
func (r Role) Validate() error {
	if r == Nobody || !slices.Contains(Roles(), r) {
		return wire.Errorf(wire.Invalid, "a role is buyer, support, moderator, producer, host or owner; got %.20q", string(r))
	}
	return nil
}

// Action is something that not everybody may do.
type Action string

// Actions.
const (
	ShopBrowse     Action = "shop.browse"
	ShopBuy        Action = "shop.buy"
	OrdersOwn      Action = "orders.own"      // see, cancel and return one's own
	OrdersWithdraw Action = "orders.withdraw" // by a signed link, whoever has it
	PaymentsTell   Action = "payments.tell"   // that a payment changed: the provider's signature decides
	AccountEnter   Action = "account.enter"   // sign in
	AccountOwn     Action = "account.own"     // see one's own account and sessions
	AccountKeys    Action = "account.keys"    // change one's own password, passkeys and codes
	AccountErase   Action = "account.erase"
	AccountExport  Action = "account.export"
	ShowCreate     Action = "show.create"
	ShowRun        Action = "show.run"
	ShowReport     Action = "show.report"
	ShowSales      Action = "show.sales"  // see what is sold in a show, and not to whom
	ShowRefund     Action = "show.refund" // give back, or cancel, what was bought in a show
	RoomJoin       Action = "room.join"
	StageStand     Action = "stage.stand" // ask for a pass: who is on stage gets one
	StageHosts     Action = "stage.hosts" // find hosts to fight with
	StageTell      Action = "stage.tell"  // what happens between servers: the signature of a server that is trusted decides
	ChatModerate   Action = "chat.moderate"
	ChatRules      Action = "chat.rules"
	ProductsRead   Action = "products.read" // hidden ones too
	ProductsEdit   Action = "products.edit"
	StockEdit      Action = "stock.edit"
	OffersEdit     Action = "offers.edit"
	OffersPublish  Action = "offers.publish"
	CouponsEdit    Action = "coupons.edit"
	OrdersRead     Action = "orders.read"
	OrdersShip     Action = "orders.ship"
	OrdersRefund   Action = "orders.refund"
	OrdersExport   Action = "orders.export"
	PeopleRead     Action = "people.read"
	PeopleManage   Action = "people.manage"
	PeopleExport   Action = "people.export"
	PeopleErase    Action = "people.erase"
	PeopleCoins    Action = "people.coins" // give coins
	LedgerAudit    Action = "ledger.audit"
	WebhooksManage Action = "webhooks.manage"
	SettingsManage Action = "settings.manage"
)

// Permission says who may do something, and how recently they must have proved themselves for it.
type Permission struct {
	Roles []Role
	// Within is how old the proof may be; 0 for any age that a session reaches.
	Within time.Duration
}

// recently is how old a proof may be for what cannot be taken back or shows much of other people.
const recently = 15 * time.Minute

// permissions is the one place that says who may do what.
var permissions = func() map[Action]Permission {
	anybody := Roles()
	known := anybody[1:]
	show := []Role{Producer, Host, Owner}
	return map[Action]Permission{
		ShopBrowse:     {Roles: anybody},
		ShopBuy:        {Roles: anybody},
		OrdersOwn:      {Roles: known},
		OrdersWithdraw: {Roles: anybody},
		PaymentsTell:   {Roles: anybody},
		AccountEnter:   {Roles: anybody},
		AccountOwn:     {Roles: known},
		AccountKeys:    {Roles: known, Within: recently},
		AccountExport:  {Roles: known, Within: recently},
		AccountErase:   {Roles: known, Within: recently},
		ShowCreate:     {Roles: []Role{Host, Owner}},
		ShowRun:        {Roles: show},
		ShowReport:     {Roles: show},
		ShowSales:      {Roles: show},
		ShowRefund:     {Roles: []Role{Support, Host, Owner}, Within: recently},
		RoomJoin:       {Roles: anybody},
		StageStand:     {Roles: anybody},
		StageHosts:     {Roles: show},
		StageTell:      {Roles: anybody},
		ChatModerate:   {Roles: []Role{Moderator, Producer, Host, Owner}},
		ChatRules:      {Roles: show},
		ProductsRead:   {Roles: []Role{Support, Moderator, Producer, Host, Owner}},
		ProductsEdit:   {Roles: show},
		StockEdit:      {Roles: show},
		OffersEdit:     {Roles: show},
		OffersPublish:  {Roles: show},
		CouponsEdit:    {Roles: []Role{Host, Owner}},
		OrdersRead:     {Roles: []Role{Support, Owner}},
		OrdersShip:     {Roles: []Role{Support, Owner}},
		OrdersRefund:   {Roles: []Role{Support, Owner}, Within: recently},
		OrdersExport:   {Roles: []Role{Support, Owner}, Within: recently},
		PeopleRead:     {Roles: []Role{Support, Owner}},
		PeopleManage:   {Roles: []Role{Owner}, Within: recently},
		PeopleExport:   {Roles: []Role{Support, Owner}, Within: recently},
		PeopleErase:    {Roles: []Role{Support, Owner}, Within: recently},
		PeopleCoins:    {Roles: []Role{Support, Owner}, Within: recently},
		LedgerAudit:    {Roles: []Role{Support, Owner}},
		WebhooksManage: {Roles: []Role{Owner}, Within: recently},
		SettingsManage: {Roles: []Role{Owner}, Within: recently},
	}
}()

// Actions lists all actions by name.
func Actions() []Action { return slices.Sorted(maps.Keys(permissions)) }

// Permitted returns who may do something; nobody may do what is not in the table.
func Permitted(a Action) Permission {
	p := permissions[a]
	p.Roles = slices.Clone(p.Roles)
	return p
}

// May says whether the role has the right, however it proved itself.
func (r Role) May(a Action) bool { return slices.Contains(permissions[a].Roles, r) }

// May reports why the visitor may not do something, nil if they may: Unauthenticated for nobody, StepUp if a further or newer
// proof is all that is missing, Forbidden else.
func May(v Visit, a Action) error {
	p, acts := permissions[a], v.Acts()
	switch {
	case acts.May(a) && (p.Within == 0 || Fresh(v, p.Within)):
		return nil
	case acts.May(a):
		return wire.Errorf(wire.StepUp, "prove again that it is you: your last proof is too old for this")
	case v.Role.May(a):
		return wire.Errorf(wire.StepUp, "this needs a second proof: a passkey or a code of your authenticator")
	case v.Role == Nobody:
		return wire.Errorf(wire.Unauthenticated, "sign in first")
	}
	return wire.Errorf(wire.Forbidden, "your role does not allow this")
}

// MayTo is May for what is done to a person who has that role: to somebody of the staff, only an owner may.
func MayTo(v Visit, a Action, to Role) error {
	if err := May(v, a); err != nil {
		return err
	}
	if to.Staff() && v.Acts() != Owner {
		return wire.Errorf(wire.Forbidden, "only an owner may do this to somebody of the staff")
	}
	return nil
}

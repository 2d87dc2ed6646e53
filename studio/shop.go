package studio

import (
	"vitrine/server/wire"
	"vitrine/studio/catalog"
)

// Shop is what the chosen show's shop sells and has sold, with the host's edits on top. It is immutable like the Snapshot that holds it,
// and stays readable and editable while the server is away: edits wait and are sent once it is back.
type Shop struct {
	Phase   RoomPhase
	Problem Problem
	Terms   wire.ShopTerms
	// Products are all, hidden ones too, in the shop's order.
	Products []Product
	// Offers are the newest first, Orders those of the show, the newest first.
	Offers  []wire.Offer
	Coupons []wire.UsedCoupon
	Orders  []wire.Order
	Takings wire.Takings
	// Showing is what viewers see as shown now.
	Showing wire.Showing
	// Pending counts edits that the server has not taken yet, Sent those of the import under way that it has.
	Pending, Sent int
}

// LowStock is from how few units on a variant is said to run out.
const LowStock = 3

// EditState is where an edit of a product stands.
type EditState string

// States of edits.
const (
	EditNone     EditState = ""         // the server has all
	EditWaiting  EditState = "waiting"  // kept here, until the server is back
	EditSending  EditState = "sending"  // under way
	EditConflict EditState = "conflict" // somebody else has changed the same: Theirs
	EditRefused  EditState = "refused"  // the server says why it cannot be: Refusal
)

// Product is a product as the host wants it, whether or not the server has it so by now.
type Product struct {
	wire.Product
	Edit EditState
	// New says that the server does not have it yet.
	New bool
	// Theirs is, in a conflict, what the server has.
	Theirs *wire.Product
	// Refusal is why the server refused the edit; nil for none.
	Refusal *wire.Error
}

// Product is the product with that name, nil for none.
func (s *Shop) Product(id wire.ProductID) *Product {
	return find(s.Products, id, func(p Product) wire.ProductID { return p.ID })
}

// What reading a file of products finds.
type (
	Import        = catalog.Import
	ImportChange  = catalog.Change
	ImportKind    = catalog.ChangeKind
	ImportError   = catalog.RowError
	CatalogFormat = catalog.Format
)

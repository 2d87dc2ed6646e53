package wire

import "time"

// Quote is what an order would cost.
type Quote struct {
	Totals Totals `json:"totals"`
	Lines  []Line `json:"lines"`
	// Shipping is the way that was asked for, or the cheapest. Shipments are all that there are, the cheapest first.
	Shipping  Shipment   `json:"shipping"`
	Shipments []Shipment `json:"shipments"`
}

// Shipment is a way to ship a certain parcel, with what it costs.
type Shipment struct {
	Name  string `json:"name"`
	Days  string `json:"days,omitempty"`
	Price Money  `json:"price"`
}

// PayAgain begins another try to pay.
type PayAgain struct {
	Pay PayMethod `json:"pay"`
}

// AddStock puts units into stock.
type AddStock struct {
	Units  int    `json:"units" doc:"negative to take out units that nobody holds"`
	Reason string `json:"reason,omitempty"`
}

// Coupon is a discount that buyers get for a code: Percent of the goods that it counts for, or Amount.
type Coupon struct {
	Code    CouponCode `json:"code"`
	Percent int        `json:"percent,omitempty" doc:"basis points: 1000 is 10 %"`
	Amount  Money      `json:"amount,omitzero"`
	// Minimum is the sum, before coupons, of the goods that it counts for.
	Minimum Money     `json:"minimum,omitzero"`
	From    time.Time `json:"from,omitzero" doc:"when it begins"`
	Until   time.Time `json:"until,omitzero" doc:"when it ends; a zero time never"`
	// Uses are how often it is taken in all, UsesEach by one person; 0 for any number.
	Uses     int `json:"uses,omitempty"`
	UsesEach int `json:"usesEach,omitempty"`
	// Products and Variants are what it counts for: either is enough. Without both, everything.
	Products []ProductID `json:"products,omitempty"`
	Variants []VariantID `json:"variants,omitempty"`
	Alone    bool        `json:"alone,omitempty" doc:"not with other coupons"`
	Offers   bool        `json:"offers,omitempty" doc:"counts for offers as well"`
}

// UsedCoupon is a coupon and how often orders that stand have taken it.
type UsedCoupon struct {
	Coupon Coupon `json:"coupon"`
	Used   int    `json:"used"`
}

// Return is units of an order's line that the buyer gives back.
type Return struct {
	Line     int  `json:"line" doc:"counts from 0"`
	Quantity int  `json:"quantity"`
	Restock  bool `json:"restock" doc:"the units can be sold again"`
}

// Refund gives back what was paid for units.
type Refund struct {
	Returns []Return `json:"returns" minItems:"1" maxItems:"50"`
	// Refunded is what the order said was given back before. If that is another now, nothing is given back and the answer is
	// Precondition.
	Refunded Money  `json:"refunded"`
	Reason   string `json:"reason,omitempty" doc:"the buyer reads it"`
}

// Cancel ends an order.
type Cancel struct {
	Reason string `json:"reason,omitempty" doc:"the buyer reads it"`
}

// Ship says that an order's goods have left, or have arrived.
type Ship struct {
	Carrier   string `json:"carrier,omitempty"`
	Tracking  string `json:"tracking,omitempty"`
	Delivered bool   `json:"delivered,omitempty"`
}

// PaidByHand says that money came, in cash or by bank transfer.
type PaidByHand struct {
	ID     string `json:"id" doc:"idempotency key"`
	Amount Money  `json:"amount"`
}

// Audit is what computing the shop anew from its ledger found.
type Audit struct {
	Seq          int64    `json:"seq" doc:"the ledger's newest entry"`
	Hash         string   `json:"hash" doc:"of that entry, hexadecimal"`
	Reservations int      `json:"reservations"`
	Orders       int      `json:"orders"`
	Wrong        []string `json:"wrong" doc:"what does not fit; nothing, if all is well"`
}

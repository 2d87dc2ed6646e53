package wire

import "encoding/json"

// ShopTerms are what everybody may know of how the shop sells.
type ShopTerms struct {
	Currency    Currency    `json:"currency"`
	TaxIncluded bool        `json:"taxIncluded"`
	Home        string      `json:"home" doc:"ISO 3166-1 alpha-2 code of the shop's country"`
	Countries   []string    `json:"countries" doc:"where it ships to; * alone for everywhere"`
	Regions     []string    `json:"regions,omitempty" doc:"countries whose addresses need a region"`
	Pay         []PayMethod `json:"pay"`
	Stripe      string      `json:"stripe,omitempty" doc:"Stripe's publishable key, where one can pay by it"`
	Hold        int         `json:"hold" doc:"seconds for which units are held"`
	Seller      Address     `json:"seller,omitzero"`
	Email       string      `json:"email,omitempty"`
}

// Again is with what a buyer has ordered last, so that the next order takes two taps.
type Again struct {
	Contact  Contact   `json:"contact"`
	Shipping string    `json:"shipping"`
	Pay      PayMethod `json:"pay"`
}

// Takings are what was sold in a show: sums over all orders, in the shop's currency.
type Takings struct {
	Show ShowID `json:"show,omitempty"`
	// Orders are those that were paid, or are paid on delivery; Units what they have, less what came back.
	Orders int `json:"orders"`
	Units  int `json:"units"`
	// Revenue is what was paid for goods, coupons taken off and shipping left out, less Refunded.
	Revenue  Money `json:"revenue"`
	Refunded Money `json:"refunded"`
	// Declined are orders whose last payment was refused, and that are not paid yet.
	Declined int `json:"declined"`
}

// DeskEvent is the shop as its staff sees it, when nothing earlier can be gone on from. After it come events of the shop's types: products
// with hidden ones, offers of all buyers, orders of the show without their contacts.
type DeskEvent struct {
	Terms    ShopTerms    `json:"terms"`
	Products []Product    `json:"products"`
	Offers   []Offer      `json:"offers" doc:"the newest first"`
	Coupons  []UsedCoupon `json:"coupons"`
	Orders   []Order      `json:"orders" doc:"of the show, the newest first, at most 200"`
	Takings  Takings      `json:"takings"`
}

// TakingsEvent tells the staff what was sold in the show by now.
type TakingsEvent struct {
	Takings Takings `json:"takings"`
}

// CouponEvent tells the staff of a coupon that was made, changed or used.
type CouponEvent struct {
	Coupon UsedCoupon `json:"coupon"`
}

func (DeskEvent) event()    {}
func (TakingsEvent) event() {}
func (CouponEvent) event()  {}

// MarshalJSON writes the event with its type.
func (e DeskEvent) MarshalJSON() ([]byte, error) {
	type plain DeskEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"desk", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e TakingsEvent) MarshalJSON() ([]byte, error) {
	type plain TakingsEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"takings", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e CouponEvent) MarshalJSON() ([]byte, error) {
	type plain CouponEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"coupon", plain(e)})
}

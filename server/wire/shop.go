package wire

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Names of the shop's things. They are made by whoever makes the thing, and are 1 to 64 letters, digits, "-", "_" or ".".
type (
	ProductID string
	// VariantID names what has a stock of its own: one size and colour of a product.
	VariantID string
	OfferID   string
	// ReservationID is the buyer's idempotency key: random, made once a wish, sent again with every try.
	ReservationID string
	OrderID       string
	// PersonID names a buyer, a guest or somebody of the staff. It is random and says nothing about them.
	PersonID   string
	CouponCode string
)

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ValidName reports what is wrong with the name of a thing; what says which.
func ValidName[N ~string](what string, n N) error {
	if !name.MatchString(string(n)) {
		return Errorf(Invalid, "%s has 1 to 64 letters, digits, hyphens, points and underscores; got %q", what, truncate(string(n)))
	}
	return nil
}

// ValidKey reports what is no idempotency key: 16 to 64 characters as of a name, with a letter among them, so that nobody's card
// number is one; what says of what.
func ValidKey[N ~string](what string, n N) error {
	if err := ValidName(what, n); err != nil {
		return err
	}
	if len(n) < 16 || !strings.ContainsFunc(string(n), unicode.IsLetter) {
		return Errorf(Invalid, "%s has at least 16 characters, random ones, letters among them", what)
	}
	return nil
}

// Limits of what a shop takes.
const (
	MaxUnits     = 1_000_000 // in stock, of one variant
	MaxQuantity  = 1_000     // in one reservation
	MaxParts     = 20        // of a bundle
	MaxTiers     = 10
	MaxCart      = 50 // reservations in one order
	MaxVariants  = 200
	MaxChoices   = 3   // options that variants differ in
	MaxPictures  = 20  // of a product
	MaxTags      = 250 // of a product
	MaxExtra     = 60  // columns kept of a product or variant
	ShortestHold = 15 * time.Second
	UsualHold    = 90 * time.Second
	LongestHold  = 15 * time.Minute
)

// Product is what the shop sells. Prices and stock are its variants'.
type Product struct {
	ID       ProductID `json:"id"`
	Title    string    `json:"title"`
	Text     string    `json:"text,omitempty"`
	Pictures []Picture `json:"pictures,omitempty" doc:"the first stands for the product"`
	Link     string    `json:"link,omitempty" doc:"where it is sold instead of here"`
	Tax      TaxClass  `json:"tax,omitempty"`
	Hidden   bool      `json:"hidden,omitempty" doc:"only staff sees it"`
	Cap      int       `json:"cap,omitempty" doc:"most units a buyer may have of each variant; 0 for any number"`
	// Place sorts the shop's list, the lowest first, equal ones by ID. Neighbours lie far apart, so that one product can be put
	// between two without a change of the others.
	Place  int64    `json:"place,omitempty"`
	Vendor string   `json:"vendor,omitempty"`
	Kind   string   `json:"kind,omitempty" doc:"what sort of thing it is, as Lamps"`
	Tags   []string `json:"tags,omitempty"`
	// Options are what its variants differ in, as Size and Colour, at most MaxChoices.
	Options []string `json:"options,omitempty"`
	// Extra keeps the columns of an import that mean nothing here, for the next export.
	Extra    map[string]string `json:"extra,omitempty"`
	Variants []Variant         `json:"variants"`
	// Version grows with every change of the product; edits name the one that they saw.
	Version int64 `json:"version" required:"false"`
}

// TaxClass says at which of a country's rates a product is taxed.
type TaxClass string

// Classes of tax.
const (
	StandardTax TaxClass = ""
	ReducedTax  TaxClass = "reduced"
	ZeroTax     TaxClass = "zero"
)

// PictureID names a picture on this server: the first 32 hexadecimal digits of the SHA-256 of the file that was sent. It is served at
// /pictures/{id}/{width}.jpg, PictureWidths wide at most.
type PictureID string

// PictureWidths are the widths in which pictures are served, in pixels.
var PictureWidths = []int{160, 480, 1200}

// Picture is one of a product's pictures.
type Picture struct {
	ID  PictureID `json:"id,omitempty" doc:"none while it is only known where it comes from"`
	Alt string    `json:"alt,omitempty" doc:"what it shows, in words"`
	// Source is the web address from which it was imported.
	Source string `json:"source,omitempty"`
}

// Variant is a product in one size, colour or the like.
type Variant struct {
	ID    VariantID `json:"id"`
	Title string    `json:"title,omitempty"`
	// Options are its values of the product's options, in their order.
	Options []string `json:"options,omitempty"`
	SKU     string   `json:"sku,omitempty"`
	Barcode string   `json:"barcode,omitempty" doc:"GTIN"`
	Price   Money    `json:"price"`
	Weight  int      `json:"weight,omitempty" doc:"grams"`
	Picture int      `json:"picture,omitempty" doc:"which of the product's pictures shows it, from 1; 0 for none"`
	// Extra is as the product's.
	Extra map[string]string `json:"extra,omitempty"`
	// Stock is how many units there are, held ones included. Left is how many somebody could still buy now, Waiting how many people
	// are on its waiting list; for staff only.
	Stock   int   `json:"stock" required:"false"`
	Left    int   `json:"left" required:"false" doc:"said by the server"`
	Waiting int   `json:"waiting,omitempty" doc:"said by the server"`
	Version int64 `json:"version" required:"false" doc:"of the stock; put without it and without stock, a known variant keeps its stock"`
}

// OfferKind is what makes an offer one.
type OfferKind string

// Kinds of offers.
const (
	Personal  OfferKind = "personal"  // one buyer's price
	Tiered    OfferKind = "tiers"     // the first units cost less
	Flash     OfferKind = "flash"     // a price for a time
	Limited   OfferKind = "limited"   // a price for so many units
	Exclusive OfferKind = "exclusive" // a price in one show only
	Bundle    OfferKind = "bundle"    // several variants at one price, all or none
)

// Offer is a price under conditions. All kinds may have a time, a number of units, a show and a cap.
type Offer struct {
	ID    OfferID   `json:"id"`
	Kind  OfferKind `json:"kind"`
	Title string    `json:"title"`
	Show  ShowID    `json:"show,omitempty" doc:"the only show in which it counts"`
	Buyer PersonID  `json:"buyer,omitempty" doc:"the only one who may take it"`
	// Member, with Show, is who is in its room: in requests instead of Buyer, and never in answers.
	Member Alias `json:"member,omitempty"`
	// Parts are what one unit of the offer takes; all kinds but a bundle have one part of one unit.
	Parts []Part `json:"parts"`
	// Price is of one unit; with tiers, of one after them.
	Price Money     `json:"price"`
	Tiers []Tier    `json:"tiers,omitempty"`
	Units int       `json:"units,omitempty" doc:"how many there are in all; 0 for as many as in stock"`
	Cap   int       `json:"cap,omitempty" doc:"most units a buyer may have; 0 for any number"`
	From  time.Time `json:"from" required:"false" doc:"when it begins"`
	Until time.Time `json:"until" required:"false" doc:"when it ends; a zero time never"`
	// Reason is why the like is offered again within a day. It is shown.
	Reason string `json:"reason,omitempty"`
	// Public says that buyers see it: from then on its end, price, tiers and units cannot change.
	Public  bool  `json:"public" required:"false"`
	Ended   bool  `json:"ended" required:"false"`
	Version int64 `json:"version" required:"false"`

	Taken   int   `json:"taken" required:"false" doc:"units held or sold"`
	Waiting int   `json:"waiting,omitempty" doc:"people on its waiting list, for staff only"`
	Left    int   `json:"left" required:"false" doc:"units that somebody could still take now"`
	Lowest  Money `json:"lowest" required:"false" doc:"lowest price of the part's last 30 days before the offer; none for a bundle"`
}

// Part is a variant and how many units of it.
type Part struct {
	Variant  VariantID `json:"variant"`
	Quantity int       `json:"quantity"`
}

// Tier is so many units at a price.
type Tier struct {
	Units int   `json:"units"`
	Price Money `json:"price"`
}

// Reserve asks to hold units for a buyer. Exactly one of Variant and Offer is named; for a variant the best offer in its order
// of precedence counts: personal, tiers, flash, limited, exclusive.
type Reserve struct {
	ID       ReservationID `json:"id" doc:"idempotency key: random, the same with every try of the same wish"`
	Show     ShowID        `json:"show,omitempty" doc:"where the buyer watches"`
	Variant  VariantID     `json:"variant,omitempty"`
	Offer    OfferID       `json:"offer,omitempty"`
	Quantity int           `json:"quantity"`
	// Price is what the buyer was shown for all units together. If it is another now, nothing is held and the answer is
	// StalePrice.
	Price Money `json:"price"`
	Wait  bool  `json:"wait,omitempty" doc:"join the waiting list if it is sold out"`
}

// Validate reports what cannot be a request.
func (r Reserve) Validate() error {
	if err := ValidKey("an idempotency key", r.ID); err != nil {
		return err
	}
	if (r.Variant == "") == (r.Offer == "") {
		return Errorf(Invalid, "name either a variant or an offer")
	}
	if r.Show != "" {
		if err := r.Show.Validate(); err != nil {
			return err
		}
	}
	if r.Quantity < 1 || r.Quantity > MaxQuantity {
		return Errorf(Invalid, "a quantity is 1 to %d; got %d", MaxQuantity, r.Quantity)
	}
	return r.Price.Validate()
}

// Hold is where a reservation stands.
type Hold string

// Where reservations stand. SoldOutHold, Lapsed, Released and Sold are final, but that a sold one may come back.
const (
	Held        Hold = "held"     // the buyer has until Reservation.Until
	Frozen      Hold = "frozen"   // payment has begun: it does not lapse
	Sold        Hold = "sold"     // paid
	SoldOutHold Hold = "sold_out" // refused
	Waiting     Hold = "waiting"  // on the waiting list
	Lapsed      Hold = "lapsed"
	Released    Hold = "released" // given back by the buyer, or its payment failed for good
	Returned    Hold = "returned" // refunded, and the units are back in stock
)

// Reservation is units held for a buyer, or the answer that there are none.
type Reservation struct {
	ID       ReservationID `json:"id"`
	State    Hold          `json:"state"`
	Variant  VariantID     `json:"variant,omitempty"`
	Offer    OfferID       `json:"offer,omitempty"`
	Show     ShowID        `json:"show,omitempty"`
	Order    OrderID       `json:"order,omitempty"`
	Quantity int           `json:"quantity"`
	// Price is of all units, frozen when they were held.
	Price Money     `json:"price"`
	Until time.Time `json:"until" doc:"when it lapses; a zero time for one that does not"`
	Place int       `json:"place,omitempty" doc:"on the waiting list, 1 for the next"`
}

// OrderState is where an order stands.
type OrderState string

// Where orders stand.
const (
	OrderHeld         OrderState = "held"        // made, not paid
	OrderAuthorising  OrderState = "authorising" // the payment provider is asked
	OrderAuthorised   OrderState = "authorised"  // the money is promised
	OrderCaptured     OrderState = "captured"    // the money is ours
	OrderFailed       OrderState = "failed"      // the payment was refused; it may be tried again while the units are held
	OrderExpired      OrderState = "expired"     // the units lapsed before it was paid
	OrderCancelled    OrderState = "cancelled"
	OrderPartRefunded OrderState = "part_refunded"
	OrderRefunded     OrderState = "refunded"
	OrderReturned     OrderState = "returned"
)

// Address is where an order goes.
type Address struct {
	Name    string `json:"name"`
	Street  string `json:"street"`
	Extra   string `json:"extra,omitempty"`
	Zip     string `json:"zip,omitempty"`
	City    string `json:"city"`
	Region  string `json:"region,omitempty"`
	Country string `json:"country" doc:"ISO 3166-1 alpha-2 code" example:"DE"`
	Phone   string `json:"phone,omitempty"`
}

// MaxField is the longest line of an address, in characters.
const MaxField = 120

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// Validate reports the first line that is missing or cannot be.
func (a Address) Validate() error {
	for _, line := range []struct {
		name, value string
		needed      bool
	}{
		{"the name", a.Name, true},
		{"the street", a.Street, true},
		{"the street's second line", a.Extra, false},
		{"the postal code", a.Zip, false},
		{"the city", a.City, true},
		{"the region", a.Region, false},
		{"the phone number", a.Phone, false},
	} {
		v := strings.TrimSpace(line.value)
		switch {
		case line.needed && v == "":
			return Errorf(Invalid, "%s of the address is missing", line.name)
		case utf8.RuneCountInString(v) > MaxField || !utf8.ValidString(v) || strings.ContainsFunc(v, hidden):
			return Errorf(Invalid, "%s of the address has at most %d characters in one line", line.name, MaxField)
		}
	}
	if !country.MatchString(a.Country) {
		return Errorf(Invalid, "the address needs its country as two capital letters (ISO 3166), as DE or US; got %q", truncate(a.Country))
	}
	return nil
}

// Contact is whom an order belongs to. It is kept encrypted.
type Contact struct {
	Email   string  `json:"email"`
	Address Address `json:"address"`
}

// Validate reports what is wrong with it.
func (c Contact) Validate() error {
	if err := ValidEmail(c.Email); err != nil {
		return err
	}
	return c.Address.Validate()
}

var email = regexp.MustCompile(`^[^\s@<>,;:"()\[\]\\]{1,64}@[A-Za-z0-9\p{L}]([A-Za-z0-9\p{L}.-]*[A-Za-z0-9\p{L}])?\.[A-Za-z\p{L}][A-Za-z0-9\p{L}-]+$`)

// ValidEmail reports what cannot be an e-mail address (a strict subset of RFC 5321, with international domains).
func ValidEmail(s string) error {
	if len(s) > 254 || !utf8.ValidString(s) || !email.MatchString(s) || strings.Contains(s, "..") || strings.ContainsFunc(s, hidden) {
		return Errorf(Invalid, "%q is no e-mail address", truncate(s))
	}
	return nil
}

// PayMethod is how an order is paid.
type PayMethod string

// Ways to pay. A server has some of them.
const (
	PayTest     PayMethod = "test" // the built-in provider, which moves no money
	PayCash     PayMethod = "cash" // on delivery
	PayTransfer PayMethod = "transfer"
	PayStripe   PayMethod = "stripe"
)

// Checkout makes an order of reservations.
type Checkout struct {
	ID           OrderID         `json:"id" doc:"idempotency key: random, the same with every try of the same wish"`
	Reservations []ReservationID `json:"reservations"`
	Contact      Contact         `json:"contact"`
	Coupons      []CouponCode    `json:"coupons,omitempty"`
	Shipping     string          `json:"shipping,omitempty" doc:"name of the way to ship; the cheapest without"`
	Pay          PayMethod       `json:"pay"`
	// Total is what the buyer was shown. If it is another now, no order is made and the answer is StalePrice.
	Total Money `json:"total"`
	// Confirmed says that the buyer was asked back and wants the same once more (Conflict, within seconds of the like).
	Confirmed bool `json:"confirmed,omitempty"`
}

// Placed answers Checkout.
type Placed struct {
	Order  Order     `json:"order"`
	Action PayAction `json:"action,omitzero" doc:"what the buyer must do to pay"`
	Reason string    `json:"reason,omitempty" doc:"why the payment was refused"`
}

// Line is one reservation in an order, with what its price is made of.
type Line struct {
	Reservation ReservationID `json:"reservation"`
	Title       string        `json:"title"`
	SKU         string        `json:"sku,omitempty"`
	Variant     VariantID     `json:"variant,omitempty"`
	Offer       OfferID       `json:"offer,omitempty"`
	Show        ShowID        `json:"show,omitempty" doc:"in which it was bought"`
	Quantity    int           `json:"quantity"`
	Price       Money         `json:"price" doc:"of all units, before the discount"`
	Discount    Money         `json:"discount" doc:"this line's part of the coupons"`
	TaxRate     int           `json:"taxRate" doc:"basis points: 1900 is 19 %"`
	Tax         Money         `json:"tax"`
	Refunded    Money         `json:"refunded"`
}

// Totals are an order's sums. Total = Goods − Discount + Shipping, + Tax where it is added.
type Totals struct {
	Goods       Money `json:"goods"`
	Discount    Money `json:"discount"`
	Shipping    Money `json:"shipping"`
	Tax         Money `json:"tax"`
	TaxIncluded bool  `json:"taxIncluded" doc:"the tax is part of the prices"`
	Total       Money `json:"total"`
}

// Order is reservations that are bought together.
type Order struct {
	ID       OrderID      `json:"id"`
	Number   int64        `json:"number" doc:"counts up, for people"`
	State    OrderState   `json:"state"`
	Lines    []Line       `json:"lines"`
	Totals   Totals       `json:"totals"`
	Coupons  []CouponCode `json:"coupons,omitempty"`
	Shipping string       `json:"shipping"`
	Pay      PayMethod    `json:"pay"`
	Made     time.Time    `json:"made"`
	Paid     time.Time    `json:"paid" doc:"when the money was captured; a zero time before"`
	// Shipped and Delivered are when the goods left and arrived; zero times before. Carrier and Tracking say how to follow them.
	Shipped   time.Time `json:"shipped,omitzero"`
	Delivered time.Time `json:"delivered,omitzero"`
	Carrier   string    `json:"carrier,omitempty"`
	Tracking  string    `json:"tracking,omitempty"`
	// Reason is why staff cancelled or refunded it last.
	Reason   string `json:"reason,omitempty"`
	Refunded Money  `json:"refunded"`
	// Cancellable says until when the buyer may cancel, Withdrawable until when withdraw (Directive 2011/83/EU).
	Cancellable  time.Time `json:"cancellable"`
	Withdrawable time.Time `json:"withdrawable"`
	Contact      *Contact  `json:"contact,omitempty" doc:"for the buyer and for staff who ship"`
}

// PayStatus is where a payment stands at its provider.
type PayStatus string

// Where payments stand.
const (
	PayPending    PayStatus = "pending"    // the buyer must do something, or the provider takes its time
	PayAuthorised PayStatus = "authorised" // the money is promised
	PayCaptured   PayStatus = "captured"   // the money is ours
	PayFailed     PayStatus = "failed"     // refused; nothing has moved
	PayCancelled  PayStatus = "cancelled"  // let go of; nothing has moved
)

// Payment is what a provider knows of a payment now. Captured and Refunded are sums of all that moved, and never fall: hearing
// the same twice, or in another order, changes nothing.
type Payment struct {
	Ref      string    `json:"ref" doc:"the provider's name of it, at most 100 characters"`
	Order    OrderID   `json:"order"`
	Status   PayStatus `json:"status"`
	Amount   Money     `json:"amount" doc:"asked for, or promised"`
	Captured Money     `json:"captured"`
	Refunded Money     `json:"refunded" doc:"of what is captured"`
	Action   PayAction `json:"action,omitzero"`
	Reason   string    `json:"reason,omitempty" doc:"why it failed, for people"`
}

// PayAction is what the buyer must do. All empty: nothing.
type PayAction struct {
	// Secret opens the payment in the provider's fields on the page (Stripe's client secret), and Key is the account's public
	// key for them. Secret is for this buyer's page only, never for logs or addresses.
	Secret string `json:"secret,omitempty"`
	Key    string `json:"key,omitempty"`
	// Redirect is the address of the provider's page.
	Redirect string `json:"redirect,omitempty"`
	// Text says what to do in words; EPC is the text of a QR code that fills in a bank's form with it.
	Text string `json:"text,omitempty"`
	EPC  string `json:"epc,omitempty"`
}

// Charge asks a provider for the promise of an amount.
type Charge struct {
	Order OrderID
	// Attempt counts the tries to pay for the order, from 1. Cancel one before beginning the next, or two may be promised.
	Attempt int
	Amount  Money
	// Customer and Method are the provider's names of a known buyer and of a way to pay kept for that buyer; empty for others.
	Customer, Method string
	// Keep asks to keep the way to pay for the customer's next order. It needs the buyer's consent.
	Keep bool
	// Absent says that the buyer is not there to confirm, as when a waiting list is served at night. It needs a Method.
	Absent bool
	// Return is the address of the page to which the buyer comes back from the provider's, https.
	Return string
}

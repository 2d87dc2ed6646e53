package wire

import (
	"encoding/json"
	"time"
)

// SnapshotEvent is all that a listener to the shop may see, when nothing earlier can be gone on from.
type SnapshotEvent struct {
	Products []Product `json:"products"`
	Offers   []Offer   `json:"offers"`
	Orders   []Order   `json:"orders" doc:"one's own, the newest first"`
}

// StockEvent tells how many units are left, of those variants of which that has changed.
type StockEvent struct {
	Stock []Stock `json:"stock"`
}

// Stock is how many units of a variant somebody could still buy now.
type Stock struct {
	Variant VariantID `json:"variant"`
	Left    int       `json:"left"`
	Version int64     `json:"version"`
	// Stock and Waiting are as the variant's, for staff only.
	Stock   int `json:"stock,omitempty"`
	Waiting int `json:"waiting,omitempty"`
}

// ProductEvent tells of a product that was made or changed. One that is Hidden is gone.
type ProductEvent struct {
	Product Product `json:"product"`
}

// OfferEvent tells of an offer that began, changed or ended, or of which units were taken.
type OfferEvent struct {
	Offer Offer `json:"offer"`
}

// SoldEvent tells of a purchase that was paid, and not whose it was.
type SoldEvent struct {
	Variant  VariantID `json:"variant,omitempty"`
	Offer    OfferID   `json:"offer,omitempty"`
	Quantity int       `json:"quantity"`
	At       time.Time `json:"at"`
}

// ReservationEvent tells the buyer what became of a reservation. It leaves the place on the waiting list out.
type ReservationEvent struct {
	Reservation Reservation `json:"reservation"`
}

// OrderEvent tells the buyer what became of an order.
type OrderEvent struct {
	Order Order `json:"order"`
}

func (SnapshotEvent) event()    {}
func (StockEvent) event()       {}
func (ProductEvent) event()     {}
func (OfferEvent) event()       {}
func (SoldEvent) event()        {}
func (ReservationEvent) event() {}
func (OrderEvent) event()       {}

// MarshalJSON writes the event with its type.
func (e SnapshotEvent) MarshalJSON() ([]byte, error) {
	type plain SnapshotEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"snapshot", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e StockEvent) MarshalJSON() ([]byte, error) {
	type plain StockEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"stock", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e ProductEvent) MarshalJSON() ([]byte, error) {
	type plain ProductEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"product", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e OfferEvent) MarshalJSON() ([]byte, error) {
	type plain OfferEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"offer", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e SoldEvent) MarshalJSON() ([]byte, error) {
	type plain SoldEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"sold", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e ReservationEvent) MarshalJSON() ([]byte, error) {
	type plain ReservationEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"reservation", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e OrderEvent) MarshalJSON() ([]byte, error) {
	type plain OrderEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"order", plain(e)})
}

// readShopEvent reads an event of the shop; nil for a type that is none.
func readShopEvent(kind string, message []byte) (Event, error) {
	switch kind {
	case "snapshot":
		return readAs[SnapshotEvent](message)
	case "stock":
		return readAs[StockEvent](message)
	case "product":
		return readAs[ProductEvent](message)
	case "offer":
		return readAs[OfferEvent](message)
	case "sold":
		return readAs[SoldEvent](message)
	case "reservation":
		return readAs[ReservationEvent](message)
	case "order":
		return readAs[OrderEvent](message)
	case "desk":
		return readAs[DeskEvent](message)
	case "takings":
		return readAs[TakingsEvent](message)
	case "coupon":
		return readAs[CouponEvent](message)
	}
	return nil, nil
}

// LedgerEntry is an entry of the shop's ledger as everybody may see it. Digest stands for the entry in the chain of hashes: each
// entry's Hash is the SHA-256 of the hash before and its digest, the first one's of 32 zero bytes and its digest. Of an entry that
// is not of the show asked for there is nothing more. For the others Digest is the SHA-256 of Seq and At (8 bytes each, big-endian),
// Kind, a zero byte, Show, a zero byte, the SHA-256 of Public and that of the private part, which is Private.
type LedgerEntry struct {
	Seq     int64  `json:"seq"`
	Hash    string `json:"hash" doc:"hexadecimal"`
	Digest  string `json:"digest" doc:"hexadecimal"`
	At      int64  `json:"at,omitempty" doc:"Unix time, ms"`
	Kind    string `json:"kind,omitempty"`
	Show    ShowID `json:"show,omitempty"`
	Public  string `json:"public,omitempty" doc:"JSON, as it was hashed"`
	Private string `json:"private,omitempty" doc:"hexadecimal"`
}

// LedgerPage is so many entries after one.
type LedgerPage struct {
	Entries []LedgerEntry `json:"entries"`
	More    bool          `json:"more"`
}

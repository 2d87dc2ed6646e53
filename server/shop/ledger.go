package shop

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"vitrine/server/wire"
)

// Sum is a SHA-256.
type Sum [sha256.Size]byte

// MarshalText and UnmarshalText write and read it in hexadecimal.
func (s Sum) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Sum) UnmarshalText(b []byte) error {
	if n, err := hex.Decode(s[:], b[:min(len(b), 2*len(s))]); err != nil || n != len(s) || len(b) != 2*len(s) {
		return fmt.Errorf("%q is no SHA-256", b)
	}
	return nil
}

// Entry is one change of the shop. The ledger is all of them, in one order without gaps from 1 on; each names by its hash all
// before it (a hash chain, after Haber and Stornetta 1991), so that none can be changed, left out or put in later without all
// later hashes being others.
type Entry struct {
	Seq  int64
	At   int64 // Unix time, ms; never less than the entry's before
	Kind Kind
	Show wire.ShowID
	// Public is what anybody may read, Private names the buyer and the keys; both are JSON.
	Public, Private []byte
	Hash            Sum
}

// Kind is what an entry tells.
type Kind string

// Kinds of entries.
const (
	ProductKind Kind = "product"     // a product's terms and its variants, their prices and stock
	StockKind   Kind = "stock"       // more or fewer units
	OfferKind   Kind = "offer"       // an offer is made or changed
	HoldKind    Kind = "reservation" // units are held, refused or waited for
	MoveKind    Kind = "move"        // a reservation gets another state
	OrderKind   Kind = "order"       // an order is made
	PayKind     Kind = "payment"     // an order's payments and state change
	CouponKind  Kind = "coupon"      // a coupon is made or changed
	ShipKind    Kind = "shipment"    // an order's goods leave or arrive
)

// Head is the ledger's newest entry.
type Head struct {
	Seq  int64
	At   int64
	Hash Sum
}

// Digest is what stands for an entry's content in the chain: whoever must not see an entry can verify the chain with it.
func (e *Entry) Digest() Sum {
	public, private := sha256.Sum256(e.Public), sha256.Sum256(e.Private)
	h := sha256.New()
	var n [16]byte
	binary.BigEndian.PutUint64(n[:8], uint64(e.Seq))
	binary.BigEndian.PutUint64(n[8:], uint64(e.At))
	h.Write(n[:])
	h.Write([]byte(e.Kind))
	h.Write([]byte{0})
	h.Write([]byte(e.Show))
	h.Write([]byte{0})
	h.Write(public[:])
	h.Write(private[:])
	return Sum(h.Sum(nil))
}

// Chain is the hash of an entry with this digest after the one with the hash before.
func Chain(before, digest Sum) Sum {
	return sha256.Sum256(append(before[:], digest[:]...))
}

// Follows says what is wrong with e as the entry after h, and moves h on.
func (h *Head) Follows(e *Entry) error {
	switch {
	case e.Seq != h.Seq+1:
		return fmt.Errorf("entry %d follows entry %d", e.Seq, h.Seq)
	case e.At < h.At:
		return fmt.Errorf("entry %d is older than the one before it", e.Seq)
	case e.Hash != Chain(h.Hash, e.Digest()):
		return fmt.Errorf("entry %d was changed, or one before it: its hash does not fit", e.Seq)
	}
	*h = Head{e.Seq, e.At, e.Hash}
	return nil
}

// change is what an entry says, in Go. Its JSON is the public part; hidden returns the private one.
type change interface {
	kind() Kind
	hidden() any
	show() wire.ShowID
	apply(s *state, seq, at int64) error
}

// entry makes the next entry of a change.
func (h *Head) entry(c change, at int64) (Entry, error) {
	e := Entry{Seq: h.Seq + 1, At: max(at, h.At), Kind: c.kind(), Show: c.show()}
	var err error
	if e.Public, err = json.Marshal(c); err != nil {
		return e, fmt.Errorf("write a ledger entry: %w", err)
	}
	if e.Private, err = json.Marshal(c.hidden()); err != nil {
		return e, fmt.Errorf("write a ledger entry: %w", err)
	}
	e.Hash = Chain(h.Hash, e.Digest())
	*h = Head{e.Seq, e.At, e.Hash}
	return e, nil
}

// read is the change that an entry tells.
func (e *Entry) read() (change, error) {
	fresh, ok := kinds[e.Kind]
	if !ok {
		return nil, fmt.Errorf("entry %d is of the unknown kind %q", e.Seq, e.Kind)
	}
	c := fresh()
	if err := json.Unmarshal(e.Public, c); err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	if err := json.Unmarshal(e.Private, c.hidden()); err != nil {
		return nil, fmt.Errorf("entry %d, its private part: %w", e.Seq, err)
	}
	return c, nil
}

var kinds = map[Kind]func() change{
	ProductKind: func() change { return &productPut{} },
	StockKind:   func() change { return &stockMoved{} },
	OfferKind:   func() change { return &offerPut{} },
	HoldKind:    func() change { return &holdMade{} },
	MoveKind:    func() change { return &holdMoved{} },
	OrderKind:   func() change { return &orderMade{} },
	PayKind:     func() change { return &orderMoved{} },
	CouponKind:  func() change { return &couponPut{} },
	ShipKind:    func() change { return &orderShipped{} },
}

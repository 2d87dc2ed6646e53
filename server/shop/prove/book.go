package prove

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

// book is the shop as the ledger tells it, by this package's own rules.
type book struct {
	v       *Verdict
	seq     int64
	at      int64
	hash    [32]byte
	stocks  map[wire.VariantID]*stock
	offers  map[wire.OfferID]*offer
	holds   map[wire.ReservationID]*hold
	byRef   map[int64]*hold
	held    map[wire.PersonID]map[*hold]bool
	orders  map[wire.OrderID]*order
	number  map[int64]*order
	uses    map[wire.CouponCode]*coupon
	stocked map[string]int // entries by the reason of a change of stock
}

type stock struct {
	total, taken, cap int
	price             int64
	line              line
	claims            map[wire.PersonID]int
}

func (s *stock) left() int { return s.total - s.taken }

type offer struct {
	wire.Offer
	gone   []int
	line   line
	claims map[wire.PersonID]int
}

func (o *offer) room() int {
	if o.Units == 0 {
		return wire.MaxUnits
	}
	n := o.Units
	for _, g := range o.gone {
		n -= g
	}
	return n
}

// line is how many units were left after each entry that changed it.
type line []point

type point struct {
	seq  int64
	left int
}

func (l *line) add(seq int64, left int) { *l = append(*l, point{seq, left}) }

// below says whether fewer than n units were left at a moment from entry lo to entry hi.
func (l line) below(n int, lo, hi int64) bool {
	i, exact := slices.BinarySearchFunc(l, lo, func(p point, s int64) int { return int(p.seq - s) })
	if !exact && i > 0 {
		i--
	}
	for ; i < len(l) && l[i].seq <= hi; i++ {
		if l[i].left < n {
			return true
		}
	}
	return false
}

type hold struct {
	id       wire.ReservationID
	ref      int64
	buyer    wire.PersonID
	variant  wire.VariantID // what was wished
	offer    wire.OfferID
	quantity int
	parts    []wire.Part
	tiers    []int
	price    int64
	until    int64
	back     int
	order    wire.OrderID
	state    wire.Hold
	steps    []step
}

// step is a state and since which entry it is so.
type step struct {
	seq      int64
	hold     wire.Hold
	order    wire.OrderState
	price    int64
	refunded int64
}

func takes(h wire.Hold) bool { return h == wire.Held || h == wire.Frozen || h == wire.Sold }

func (h *hold) units() int {
	if !takes(h.state) {
		return 0
	}
	return h.quantity - h.back
}

type order struct {
	id       wire.OrderID
	number   int64
	buyer    wire.PersonID
	total    int64
	refunded int64
	state    wire.OrderState
	holds    []*hold
	coupons  []wire.CouponCode
	counts   bool
	seq      int64
	steps    []step
}

type coupon struct {
	most, each, used int
	by               map[wire.PersonID]int
}

func newBook(v *Verdict) *book {
	return &book{
		v: v, stocks: map[wire.VariantID]*stock{}, offers: map[wire.OfferID]*offer{}, holds: map[wire.ReservationID]*hold{}, byRef: map[int64]*hold{},
		held: map[wire.PersonID]map[*hold]bool{}, orders: map[wire.OrderID]*order{}, number: map[int64]*order{}, uses: map[wire.CouponCode]*coupon{},
		stocked: map[string]int{},
	}
}

// read takes in the next entry.
func (b *book) read(e *shop.Entry) {
	b.chain(e)
	var err error
	switch e.Kind {
	case shop.ProductKind:
		err = b.product(e)
	case shop.StockKind:
		err = b.stock(e)
	case shop.OfferKind:
		err = b.offer(e)
	case shop.HoldKind:
		err = b.made(e)
	case shop.MoveKind:
		err = b.moved(e)
	case shop.OrderKind:
		err = b.ordered(e)
	case shop.PayKind:
		err = b.paid(e)
	case shop.CouponKind:
		err = b.coupon(e)
	default:
		b.v.wrong(Legal, "entry %d is of the unknown kind %q", e.Seq, e.Kind)
	}
	if err != nil {
		b.v.wrong(Legal, "entry %d: %v", e.Seq, err)
	}
}

// chain verifies an entry's place: SHA-256 over the hash before and the digest of its content.
func (b *book) chain(e *shop.Entry) {
	public, private := sha256.Sum256(e.Public), sha256.Sum256(e.Private)
	content := binary.BigEndian.AppendUint64(nil, uint64(e.Seq))
	content = binary.BigEndian.AppendUint64(content, uint64(e.At))
	content = append(append(content, e.Kind...), 0)
	content = append(append(content, e.Show...), 0)
	content = append(append(content, public[:]...), private[:]...)
	digest := sha256.Sum256(content)
	hash := sha256.Sum256(append(b.hash[:], digest[:]...))
	if e.Seq != b.seq+1 || e.At < b.at || hash != [32]byte(e.Hash) {
		b.v.wrong(Chained, "entry %d at %d does not follow entry %d at %d", e.Seq, e.At, b.seq, b.at)
	}
	b.seq, b.at, b.hash = e.Seq, e.At, [32]byte(e.Hash)
}

// decode reads both parts of an entry.
func decode(e *shop.Entry, public, private any) error {
	if err := json.Unmarshal(e.Public, public); err != nil {
		return err
	}
	return json.Unmarshal(e.Private, private)
}

func (b *book) product(e *shop.Entry) error {
	var p struct {
		Cap      int `json:"cap"`
		Variants []struct {
			Variant wire.VariantID `json:"variant"`
			Price   wire.Money     `json:"price"`
			Total   int            `json:"total"`
		} `json:"variants"`
	}
	if err := decode(e, &p, &struct{}{}); err != nil {
		return err
	}
	for _, w := range p.Variants {
		s := b.stocks[w.Variant]
		if s == nil {
			s = &stock{claims: map[wire.PersonID]int{}}
			b.stocks[w.Variant] = s
		}
		s.total, s.cap, s.price = w.Total, p.Cap, w.Price.Minor
		b.shift(w.Variant, s, 0)
	}
	return nil
}

func (b *book) stock(e *shop.Entry) error {
	var p struct {
		Variant wire.VariantID `json:"variant"`
		Units   int            `json:"units"`
	}
	var secret struct {
		Reason string `json:"reason"`
	}
	if err := decode(e, &p, &secret); err != nil {
		return err
	}
	s := b.stocks[p.Variant]
	if s == nil {
		b.v.wrong(Legal, "entry %d: stock of the unknown variant %q", e.Seq, p.Variant)
		return nil
	}
	s.total += p.Units
	b.shift(p.Variant, s, 0)
	b.stocked[secret.Reason]++
	return nil
}

// shift counts units of a variant that are taken, and looks whether they are there.
func (b *book) shift(id wire.VariantID, s *stock, units int) {
	s.taken += units
	s.line.add(b.seq, s.left())
	if s.left() < 0 || s.taken < 0 {
		b.v.wrong(Oversold, "entry %d: %s has %d units, %d are held or sold", b.seq, id, s.total, s.taken)
	}
}

func (b *book) offer(e *shop.Entry) error {
	var p struct {
		Offer wire.Offer `json:"offer"`
	}
	if err := decode(e, &p, &struct{}{}); err != nil {
		return err
	}
	o := b.offers[p.Offer.ID]
	if o == nil {
		o = &offer{gone: make([]int, len(p.Offer.Tiers)+1), claims: map[wire.PersonID]int{}}
		b.offers[p.Offer.ID] = o
	}
	o.Offer = p.Offer
	o.line.add(b.seq, o.room())
	return nil
}

func (b *book) coupon(e *shop.Entry) error {
	var secret struct {
		Coupon shop.Coupon `json:"coupon"`
	}
	if err := decode(e, &struct{}{}, &secret); err != nil {
		return err
	}
	c := b.uses[secret.Coupon.Code]
	if c == nil {
		c = &coupon{by: map[wire.PersonID]int{}}
		b.uses[secret.Coupon.Code] = c
	}
	c.most, c.each = secret.Coupon.Uses, secret.Coupon.UsesEach
	return nil
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vitrine/server/shop"
	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// Books implements shop.Storage.
func (s *Store) Books(ctx context.Context, read func(shop.Books) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("open the books: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return read(books{s.query.WithTx(tx)})
}

// LoadShop implements shop.Storage.
func (s *Store) LoadShop(ctx context.Context) (saved *shop.Saved, err error) {
	err = s.Books(ctx, func(b shop.Books) error {
		saved, err = b.Shop(ctx)
		return err
	})
	return saved, err
}

// books reads in one transaction. It implements shop.Books.
type books struct{ query *sqlc.Queries }

func (b books) Shop(ctx context.Context) (saved *shop.Saved, err error) {
	q := b.query
	saved = &shop.Saved{}
	if saved.Head, saved.Orders, err = readHead(ctx, q); err != nil {
		return nil, fmt.Errorf("load the shop: %w", err)
	}
	err = errors.Join(
		readAll(ctx, q.Products, &saved.Products), readAll(ctx, q.Stocks, &saved.Stocks), readAll(ctx, q.Offers, &saved.Offers),
		readAll(ctx, q.Coupons, &saved.Coupons), readAll(ctx, q.ActiveReservations, &saved.Active), readAll(ctx, q.OpenOrders, &saved.Open),
	)
	if err != nil {
		return nil, fmt.Errorf("load the shop: %w", err)
	}
	return saved, nil
}

func readHead(ctx context.Context, q *sqlc.Queries) (h shop.Head, orders int64, err error) {
	row, err := q.Head(ctx)
	if err != nil {
		return h, 0, err
	}
	h.Seq, h.At = row.Seq, row.At
	return h, row.Orders, h.Hash.UnmarshalText([]byte(row.Hash))
}

// readAll reads records of one kind.
func readAll[R any](ctx context.Context, query func(context.Context) ([]string, error), into *[]*R) error {
	docs, err := query(ctx)
	if err != nil {
		return err
	}
	return decode(docs, into)
}

func decode[R any](docs []string, into *[]*R) error {
	for _, doc := range docs {
		r := new(R)
		if err := json.Unmarshal([]byte(doc), r); err != nil {
			return fmt.Errorf("read a record: %w", err)
		}
		*into = append(*into, r)
	}
	return nil
}

// Ask implements shop.Storage.
func (s *Store) Ask(ctx context.Context, q shop.Questions) (a shop.Answers, err error) {
	err = errors.Join(
		readNamed(ctx, s.query.ReservationsNamed, q.Reservations, &a.Reservations), readNamed(ctx, s.query.OrdersNamed, q.Orders, &a.Orders),
		readNamed(ctx, s.query.ReservationsOf, q.Buyers, &a.Bought), readNamed(ctx, s.query.OrdersOf, q.Customers, &a.Orders),
	)
	if err != nil {
		return shop.Answers{}, fmt.Errorf("ask for reservations and orders: %w", err)
	}
	return a, nil
}

// readNamed reads the records that names ask for.
func readNamed[N ~string, R any](ctx context.Context, query func(context.Context, string) ([]string, error), names []N, into *[]*R) error {
	if len(names) == 0 {
		return nil
	}
	set := make(map[N]int, len(names))
	for _, n := range names {
		set[n] = 1
	}
	keys, err := json.Marshal(set)
	if err != nil {
		return err
	}
	docs, err := query(ctx, string(keys))
	if err != nil {
		return err
	}
	return decode(docs, into)
}

// Commit implements shop.Storage.
func (s *Store) Commit(ctx context.Context, b *shop.Batch) error {
	w, err := rowsOf(b)
	if err != nil {
		return err
	}
	err = s.atomically(ctx, func(q *sqlc.Queries) error {
		err := q.AddHead(ctx, sqlc.AddHeadParams{
			Seq: b.After.Seq, At: b.After.At, Hash: hexOf(b.After.Hash), Orders: b.LastOrder, BeforeSeq: b.Before.Seq, BeforeHash: hexOf(b.Before.Hash),
		})
		if err == nil {
			err = q.DropHead(ctx, b.Before.Seq)
		}
		if err != nil {
			return fmt.Errorf("move the ledger's head: %w", err)
		}
		return put(ctx, w.steps(q))
	})
	if behind(err) {
		return shop.ErrBehind
	}
	return err
}

// behind says whether a batch failed because another writer was faster: the head that it goes on from is no more, and NULL may not
// be there; or, where both write at once, the next entry is there already.
func behind(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23502" || e.Code == "23505" // not_null_violation, unique_violation: PostgreSQL manual, appendix A
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_NOTNULL
}

func hexOf(s shop.Sum) string {
	b, _ := s.MarshalText()
	return string(b)
}

// rows are what a statement takes by json_each.
type rows [][]any

func (r rows) text() (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i, row := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(strconv.Itoa(i)) + ":")
		if err := e.Encode(row); err != nil {
			return "", err
		}
	}
	return "{" + b.String() + "}", nil
}

// written is a batch as rows.
type written struct{ entries, products, stocks, offers, coupons, reservations, orders, letters rows }

type step struct {
	what string
	rows rows
	put  func(context.Context, string) error
}

// put does the steps that have rows.
func put(ctx context.Context, steps []step) error {
	for _, step := range steps {
		if len(step.rows) == 0 {
			continue
		}
		text, err := step.rows.text()
		if err != nil {
			return err
		}
		if err := step.put(ctx, text); err != nil {
			return fmt.Errorf("store %s: %w", step.what, err)
		}
	}
	return nil
}

// steps are the statements of a batch, in the order in which two writers take their locks.
func (w *written) steps(q *sqlc.Queries) []step {
	return []step{
		{"entries", w.entries, q.AddEntries},
		{"products", w.products, q.PutProducts},
		{"stock", w.stocks, q.DropStocks},
		{"stock", w.stocks, q.PutStocks},
		{"offers", w.offers, q.DropOffers},
		{"offers", w.offers, q.PutOffers},
		{"coupons", w.coupons, q.DropCoupons},
		{"coupons", w.coupons, q.PutCoupons},
		{"reservations", w.reservations, q.PutReservations},
		{"orders", w.orders, q.PutOrders},
		{"webhooks", w.letters, q.AddWebhooks},
		{"mails", w.letters, q.AddMails},
	}
}

func rowsOf(b *shop.Batch) (*written, error) {
	w := &written{}
	var failed error
	doc := func(record any) string {
		d, err := json.Marshal(record)
		failed = errors.Join(failed, err)
		return string(d)
	}
	for _, e := range b.Entries {
		w.entries = append(w.entries, []any{e.Seq, e.At, e.Kind, e.Show, string(e.Public), string(e.Private), hexOf(e.Hash)})
	}
	for _, p := range b.Products {
		w.products = append(w.products, []any{p.ID, doc(p)})
	}
	for _, k := range b.Stocks {
		w.stocks = append(w.stocks, []any{k.Variant, b.After.Seq, doc(k)})
	}
	for _, o := range b.Offers {
		w.offers = append(w.offers, []any{o.ID, b.After.Seq, doc(o)})
	}
	for _, c := range b.Coupons {
		w.coupons = append(w.coupons, []any{c.Code, b.After.Seq, doc(c)})
	}
	for _, r := range b.Reservations {
		w.reservations = append(w.reservations, []any{r.ID, r.Buyer, r.State, doc(r)})
	}
	for _, o := range b.Orders {
		open := 0
		if o.Open() {
			open = 1
		}
		w.orders = append(w.orders, []any{o.ID, o.Number, o.Buyer, o.State, open, doc(o)})
	}
	for _, l := range b.Letters {
		w.letters = append(w.letters, []any{l.ID, l.Kind, l.Buyer, text([]byte(doc(l.Order))), b.After.At})
	}
	return w, failed
}

func (b books) Entries(ctx context.Context, after int64, most int) ([]shop.Entry, error) {
	found, err := b.query.Entries(ctx, sqlc.EntriesParams{After: after, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	list := make([]shop.Entry, len(found))
	for i, r := range found {
		list[i] = shop.Entry{
			Seq: r.Seq, At: r.At, Kind: shop.Kind(r.Kind), Show: wire.ShowID(r.Show), Public: []byte(r.Public), Private: []byte(r.Private),
		}
		if err := list[i].Hash.UnmarshalText([]byte(r.Hash)); err != nil {
			return nil, fmt.Errorf("read entry %d of the ledger: %w", r.Seq, err)
		}
	}
	return list, nil
}

// pageOf is how many records are read at a time where all are.
const pageOf = 1000

func (b books) EachReservation(ctx context.Context, each func(*shop.Reservation) error) error {
	after := ""
	for {
		page, err := b.query.ReservationsAfter(ctx, sqlc.ReservationsAfterParams{ID: after, Most: pageOf})
		if err != nil {
			return fmt.Errorf("read reservations: %w", err)
		}
		for _, row := range page {
			r := &shop.Reservation{}
			if err := json.Unmarshal([]byte(row.Doc), r); err != nil {
				return fmt.Errorf("read a reservation: %w", err)
			}
			if err := each(r); err != nil {
				return err
			}
			after = row.ID
		}
		if len(page) < pageOf {
			return nil
		}
	}
}

// patternOf is a LIKE pattern that all records fit which hold a text in some case, and few others: SQLite has small letters for ASCII only,
// and JSON writes some characters in other ways.
func patternOf(text string) string {
	if text == "" {
		return ""
	}
	plain := func(r rune) rune {
		if r > '~' || r < ' ' || strings.ContainsRune("\"\\<>&%_", r) {
			return '%'
		}
		return unicode.ToLower(r)
	}
	return "%" + strings.Map(plain, text) + "%"
}

func (b books) Newest(ctx context.Context, before int64, state wire.OrderState, text string, most int) (list []*shop.Order, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	page, err := b.query.OrdersBefore(ctx, sqlc.OrdersBeforeParams{Number: before, State: string(state), Pattern: patternOf(text), Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	return list, decode(page, &list)
}

func (b books) EachOrder(ctx context.Context, each func(*shop.Order) error) error {
	after := int64(0)
	for {
		page, err := b.query.OrdersAfter(ctx, sqlc.OrdersAfterParams{Number: after, Most: pageOf})
		if err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		var list []*shop.Order
		if err := decode(page, &list); err != nil {
			return err
		}
		for _, o := range list {
			if err := each(o); err != nil {
				return err
			}
			after = o.Number
		}
		if len(page) < pageOf {
			return nil
		}
	}
}

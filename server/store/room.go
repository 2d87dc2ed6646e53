package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vitrine/server/chat"
	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// recentOf is how many events a home begins with.
const recentOf = 512

// RoomHead implements chat.Storage.
func (s *Store) RoomHead(ctx context.Context, show wire.ShowID) (chat.Head, error) {
	h, err := s.query.RoomHead(ctx, string(show))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return chat.Head{}, fmt.Errorf("read the room's head: %w", err)
	}
	return chat.Head{Turn: h.Turn, Epoch: h.Epoch, N: h.N}, nil
}

// TakeRoom implements chat.Storage.
func (s *Store) TakeRoom(ctx context.Context, show wire.ShowID, forget int64) (chat.Head, error) {
	if err := s.query.BeginRoom(ctx, string(show)); err != nil {
		return chat.Head{}, fmt.Errorf("begin the room: %w", err)
	}
	before, err := s.RoomHead(ctx, show)
	if err != nil {
		return chat.Head{}, err
	}
	after := chat.Head{Turn: before.Turn + 1, Epoch: before.Epoch + 1, N: before.N}
	err = s.atomically(ctx, func(q *sqlc.Queries) error {
		if err := moveRoom(ctx, q, show, before, after); err != nil {
			return err
		}
		return q.DropRoomAnswers(ctx, sqlc.DropRoomAnswersParams{Show: string(show), At: forget})
	})
	if behind(err) || taken(err) {
		return chat.Head{}, chat.ErrBehind
	}
	if err != nil {
		return chat.Head{}, fmt.Errorf("take the room: %w", err)
	}
	return after, nil
}

func moveRoom(ctx context.Context, q *sqlc.Queries, show wire.ShowID, before, after chat.Head) error {
	err := q.AddRoomHead(ctx, sqlc.AddRoomHeadParams{
		Show: string(show), BeforeTurn: before.Turn, BeforeEpoch: before.Epoch, Turn: after.Turn, Epoch: after.Epoch, N: after.N,
	})
	if err == nil {
		err = q.DropRoomHead(ctx, sqlc.DropRoomHeadParams{Show: string(show), Turn: before.Turn})
	}
	if err != nil {
		return fmt.Errorf("move the room's head: %w", err)
	}
	return nil
}

// taken says whether a key was there already, which PostgreSQL's behind knows.
func taken(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE)
}

// short says whether a wallet would have less than nothing.
func short(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23514" // check_violation
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_CHECK
}

// LoadRoom implements chat.Storage.
func (s *Store) LoadRoom(ctx context.Context, show wire.ShowID) (saved *chat.Saved, err error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("load the room: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	q := s.query.WithTx(tx)
	head, err := q.RoomHead(ctx, string(show))
	if err != nil {
		return nil, fmt.Errorf("load the room: %w", err)
	}
	saved = &chat.Saved{Head: chat.Head{Turn: head.Turn, Epoch: head.Epoch, N: head.N}}
	records, err := q.RoomRecords(ctx, string(show))
	if err != nil {
		return nil, fmt.Errorf("load the room's records: %w", err)
	}
	about := []int64{0}
	for _, r := range records {
		record := chat.Record{Kind: r.Kind, Key: r.Key, Doc: json.RawMessage(r.Doc)}
		if saved.Records = append(saved.Records, record); record.Open() {
			if n, err := strconv.ParseInt(r.Key, 10, 64); err == nil {
				about = append(about, n)
			}
		}
	}
	if saved.Votes, err = readVotes(ctx, q, show, about); err != nil {
		return nil, err
	}
	saved.Recent, err = readRoom(ctx, q, show, chat.Span{Through: head.N, Most: recentOf, Newest: true})
	return saved, err
}

// ReadRoom implements chat.Storage.
func (s *Store) ReadRoom(ctx context.Context, show wire.ShowID, span chat.Span) ([]wire.RoomEvent, error) {
	return readRoom(ctx, s.query, show, span)
}

func readRoom(ctx context.Context, q *sqlc.Queries, show wire.ShowID, s chat.Span) (list []wire.RoomEvent, err error) {
	var docs []string
	most := int32(min(s.Most, math.MaxInt32))
	switch {
	case s.Lines:
		docs, err = q.NewestRoomLines(ctx, sqlc.NewestRoomLinesParams{Show: string(show), Through: s.Through, Most: most})
	case s.Newest:
		docs, err = q.NewestRoomEvents(ctx, sqlc.NewestRoomEventsParams{Show: string(show), Through: s.Through, Most: most})
	default:
		docs, err = q.RoomEvents(ctx, sqlc.RoomEventsParams{Show: string(show), After: s.After, Through: s.Through, Most: most})
	}
	if err == nil {
		list, err = eventsOf(docs)
	}
	if err != nil {
		return nil, fmt.Errorf("read the room's log: %w", err)
	}
	if s.Lines || s.Newest {
		slices.Reverse(list)
		list = slices.DeleteFunc(list, func(e wire.RoomEvent) bool { return e.N <= s.After })
	}
	return list, nil
}

func eventsOf(docs []string) ([]wire.RoomEvent, error) {
	list := make([]wire.RoomEvent, len(docs))
	for i, d := range docs {
		if err := json.Unmarshal([]byte(d), &list[i]); err != nil {
			return nil, fmt.Errorf("read an event: %w", err)
		}
	}
	return list, nil
}

func readVotes(ctx context.Context, q *sqlc.Queries, show wire.ShowID, about []int64) (list []chat.VoteRow, err error) {
	names, err := named(about)
	if err != nil || names == "" {
		return nil, err
	}
	found, err := q.RoomVotes(ctx, sqlc.RoomVotesParams{Names: names, Show: string(show)})
	if err != nil {
		return nil, fmt.Errorf("read the room's votes: %w", err)
	}
	for _, v := range found {
		list = append(list, chat.VoteRow{About: v.About, Alias: wire.Alias(v.Alias), Choice: int(v.Choice), At: v.At})
	}
	return list, nil
}

// named is what a query takes to look for names; "" for none.
func named[N string | int64 | chat.Account | wire.PersonID](names []N) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	set := make(map[N]int, len(names))
	for _, n := range names {
		set[n] = 1
	}
	text, err := json.Marshal(set)
	return string(text), err
}

// AskRoom implements chat.Storage.
func (s *Store) AskRoom(ctx context.Context, show wire.ShowID, q chat.Questions) (a chat.Answers, err error) {
	if a.Requests, err = s.answered(ctx, show, q.Requests); err != nil {
		return a, err
	}
	if a.Votes, err = readVotes(ctx, s.query, show, q.Votes); err != nil {
		return a, err
	}
	if names, err := named(q.Events); err != nil || names != "" {
		docs, err := s.query.RoomEventsNamed(ctx, sqlc.RoomEventsNamedParams{Names: names, Show: string(show)})
		if err == nil {
			a.Events, err = eventsOf(docs)
		}
		if err != nil {
			return a, fmt.Errorf("read events: %w", err)
		}
	}
	if err := s.about(ctx, show, q, &a); err != nil {
		return a, err
	}
	if names, err := named(q.Wallets); err != nil || names != "" {
		found, err := s.query.Wallets(ctx, names)
		if err != nil {
			return a, fmt.Errorf("read wallets: %w", err)
		}
		a.Wallets = make(map[chat.Account]int64, len(found))
		for _, w := range found {
			a.Wallets[chat.Account(w.Account)] = w.Coins
		}
	}
	if names, err := named(q.Reporters); err != nil || names != "" {
		found, err := s.query.Reporters(ctx, names)
		if err != nil {
			return a, fmt.Errorf("read who reports: %w", err)
		}
		for _, r := range found {
			a.Reporters = append(a.Reporters, chat.ReporterRow{Person: wire.PersonID(r.Person), Upheld: r.Upheld, Refused: r.Refused})
		}
	}
	return a, nil
}

func (s *Store) answered(ctx context.Context, show wire.ShowID, keys []chat.RequestKey) (list []chat.AnswerRow, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var w rows
	for _, k := range keys {
		w = append(w, []any{k.Who, k.ID})
	}
	text, err := w.text()
	if err != nil {
		return nil, err
	}
	found, err := s.query.RoomAnswers(ctx, sqlc.RoomAnswersParams{Rows: text, Show: string(show)})
	if err != nil {
		return nil, fmt.Errorf("read what was answered: %w", err)
	}
	for _, r := range found {
		list = append(list, chat.AnswerRow{RequestKey: chat.RequestKey{Who: r.Who, ID: r.ID}, N: r.N, At: r.At})
	}
	return list, nil
}

// CommitRoom implements chat.Storage.
func (s *Store) CommitRoom(ctx context.Context, b *chat.Batch) error {
	w, err := roomRows(b)
	if err != nil {
		return err
	}
	letters, err := s.redacted(ctx, b)
	if err != nil {
		return err
	}
	err = s.atomically(ctx, func(q *sqlc.Queries) error {
		if err := moveRoom(ctx, q, b.Show, b.Before, b.After); err != nil {
			return err
		}
		if err := put(ctx, w.steps(q)); err != nil {
			return err
		}
		for _, l := range letters {
			if err := q.PutLetterBody(ctx, l); err != nil {
				return fmt.Errorf("redact an escalation: %w", err)
			}
		}
		return nil
	})
	switch {
	case behind(err) || taken(err):
		return chat.ErrBehind
	case short(err):
		return chat.ErrShort
	}
	return err
}

// roomWritten is a room's batch as rows.
type roomWritten struct {
	events, changed, records, dropped, votes, answers, reporters, letters, renamed, forgotten rows
	coins
}

func (w *roomWritten) steps(q *sqlc.Queries) []step {
	return append([]step{
		{"events", w.events, q.AddRoomEvents},
		{"changed events", w.changed, q.PutRoomEvents},
		{"records", w.records, q.PutRoomRecords},
		{"records", w.dropped, q.DropRoomRecords},
		{"votes", w.votes, q.AddRoomVotes},
		{"answers", w.answers, q.AddRoomAnswers},
		{"who reports", w.reporters, q.JudgeReporters},
		{"webhooks", w.letters, q.AddWebhooks},
		{"votes of who is erased", w.renamed, q.RenameRoomVotes},
		{"answers of who is erased", w.forgotten, q.DropRoomAnswersOf},
	}, w.coins.steps(q)...)
}

func roomRows(b *chat.Batch) (*roomWritten, error) {
	w := &roomWritten{coins: coinRows(b.Lines)}
	var failed error
	doc := func(record any) string {
		d, err := json.Marshal(record)
		failed = errors.Join(failed, err)
		return string(d)
	}
	event := func(e wire.RoomEvent) []any {
		line := 0
		if chat.PublicLine(e) {
			line = 1
		}
		return []any{b.Show, e.N, line, doc(e)}
	}
	for _, e := range b.Events {
		w.events = append(w.events, event(e))
	}
	for _, e := range b.Changed {
		w.changed = append(w.changed, event(e))
	}
	for _, r := range b.Records {
		if row := []any{b.Show, r.Kind, r.Key, string(r.Doc)}; r.Doc != nil {
			w.records = append(w.records, row)
		} else {
			w.dropped = append(w.dropped, row)
		}
	}
	for _, v := range b.Votes {
		w.votes = append(w.votes, []any{b.Show, v.About, v.Alias, v.Choice, v.At})
	}
	for _, a := range b.Answers {
		w.answers = append(w.answers, []any{b.Show, a.Who, a.ID, a.N, a.At})
	}
	for _, e := range b.Erased {
		w.renamed = append(w.renamed, []any{b.Show, e.Who, e.Votes})
		w.forgotten = append(w.forgotten, []any{b.Show, e.Who})
	}
	for _, r := range summed(b.Reporters) {
		w.reporters = append(w.reporters, []any{r.Person, r.Upheld, r.Refused})
	}
	for _, l := range b.Letters {
		w.letters = append(w.letters, []any{l.ID, l.Kind, "", text([]byte(doc(l.Body))), l.At})
	}
	return w, failed
}

// summed has one row a person, since a statement may change a row once.
func summed(list []chat.ReporterRow) (sums []chat.ReporterRow) {
	at := map[wire.PersonID]int{}
	for _, r := range list {
		i, known := at[r.Person]
		if !known {
			at[r.Person] = len(sums)
			sums = append(sums, r)
			continue
		}
		sums[i].Upheld += r.Upheld
		sums[i].Refused += r.Refused
	}
	return sums
}

// AwakeRooms lists the shows whose stage goes on by itself, so that it needs a home.
func (s *Store) AwakeRooms(ctx context.Context) (list []wire.ShowID, err error) {
	shows, err := s.query.AwakeRooms(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for rooms whose stage goes on: %w", err)
	}
	for _, show := range shows {
		list = append(list, wire.ShowID(show))
	}
	return list, nil
}

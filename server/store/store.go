// Package store keeps what must outlive the server: shows, the shop, people and how they sign in, and the letters that are to
// be sent. It fills what shop, trust and reach need, and knows none of their rules. It is one SQLite file in the data folder,
// written with a write-ahead log and a sync a transaction, so that a kill at any moment loses nothing that was acknowledged; or,
// by its URL, a PostgreSQL database, for which its operator promises the same.
//
// Both engines get one text: the queries in folder queries, which sqlc makes functions of, and the migrations, whose few
// words of SQLite are translated for PostgreSQL. What they share bounds what is written: numbered parameters ($1), integers
// of 64 bits, bytes and texts as the only types, keys that the program makes, conflicts told by ON CONFLICT rather than by an
// engine's error. Many rows are one statement by json_each over an object of arrays. PostgreSQL orders texts by its locale,
// so an order that matters is one of numbers.
//
// It owns the file and the connections, and says in Classes how each column is kept. What is personal comes sealed, and it has
// no key. Tokens are kept as SHA-256 hashes only: they are random and long, so a slow hash would protect nothing more. It has no
// queue: SQLite lets one writer at a time and others wait up to busyTimeout; PostgreSQL has a bounded number of connections, for
// which a query waits as long as its context.
package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// Hash is the SHA-256 of a token.
type Hash = [sha256.Size]byte

// Config says where the database is.
type Config struct {
	// Folder is where SQLite's file lies. It is made if it does not exist.
	Folder string
	// URL is the PostgreSQL database to use instead: "postgres://user:password@host:port/name". The password is never told
	// to anybody; it may also come from PostgreSQL's own places, PGPASSWORD and ~/.pgpass. Empty means SQLite.
	URL string
}

// Validate reports a URL that names no PostgreSQL database.
func (c Config) Validate() error {
	if c.URL == "" {
		return nil
	}
	_, err := parse(c.URL)
	return err
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db    *sql.DB
	query *sqlc.Queries
	read  *prepared // SQLite's statements
	now   func() time.Time
	// atomically does statements that read nothing, all or none.
	atomically func(context.Context, func(*sqlc.Queries) error) error
}

// Open opens the database, which for SQLite it makes if there is none, and brings its tables up to date. Errors say in
// words what is wrong with the folder, the file, the URL or the server behind it.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	var db *sql.DB
	var err error
	if cfg.URL == "" {
		db, err = openSQLite(ctx, cfg.Folder)
	} else {
		db, err = openPostgres(ctx, cfg.URL)
	}
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, now: time.Now, read: &prepared{db: db, all: map[string]*sql.Stmt{}}}
	s.query, s.atomically = sqlc.New(s.read), s.oneByOne
	if cfg.URL != "" {
		s.query, s.atomically = sqlc.New(db), s.pipelined
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error {
	if err := errors.Join(s.read.close(), s.db.Close()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Check reports whether the database answers.
func (s *Store) Check(ctx context.Context) error {
	if err := s.db.QueryRowContext(ctx, "SELECT 1").Scan(new(int)); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

// AddOperator makes the token an operator's. Adding it again changes nothing.
func (s *Store) AddOperator(ctx context.Context, token Hash) error {
	if err := s.query.AddOperator(ctx, sqlc.AddOperatorParams{Token: token[:], Created: s.now().UnixMilli()}); err != nil {
		return fmt.Errorf("add operator: %w", err)
	}
	return nil
}

// Operators returns the operators' tokens.
func (s *Store) Operators(ctx context.Context) (tokens []Hash, err error) {
	rows, err := s.query.Operators(ctx)
	if err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	for _, b := range rows {
		tokens = append(tokens, Hash(b))
	}
	return tokens, nil
}

func notFound(id wire.ShowID) error {
	return wire.Errorf(wire.NotFound, "there is no show named %q", id)
}

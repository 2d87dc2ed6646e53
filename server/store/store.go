// Package store keeps what must outlive the server: the shows and who may use them. It is one SQLite file in the data
// folder, written with a write-ahead log and a sync a transaction, so that a kill at any moment loses nothing that was
// acknowledged.
//
// It owns the file and its connections. Tokens are kept as SHA-256 hashes only: they are random and long, so a slow hash
// would protect nothing more. It has no queue: SQLite lets one writer at a time and others wait up to busyTimeout.
package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vitrine/server/wire"
)

// File is the database's name in the data folder.
const File = "vitrine.db"

const (
	busyTimeout = 5 * time.Second
	connections = 4
)

//go:embed migrations
var migrations embed.FS

// Hash is the SHA-256 of a token.
type Hash = [sha256.Size]byte

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db  *sql.DB
	now func() time.Time
}

// Open opens the database in the folder, which it makes if there is none, and brings its tables up to date. Errors say in
// words what is wrong with the folder or the file.
func Open(ctx context.Context, folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	path := filepath.Join(folder, File)
	if err := checkWritable(folder); err != nil {
		return nil, err
	}
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "trusted_schema(OFF)",
	}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	s := &Store{db: db, now: time.Now}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(explain(path, err), db.Close())
	}
	return s, nil
}

// checkWritable tries the folder before SQLite does, whose message would not say what to do.
func checkWritable(folder string) error {
	f, err := os.CreateTemp(folder, ".writable-*")
	if err != nil {
		return fmt.Errorf("the data folder %s cannot be written to: %w", folder, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// prepare checks the file and applies the migrations that it lacks.
func (s *Store) prepare(ctx context.Context) error {
	var verdict string
	if err := s.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if verdict != "ok" {
		return errDamaged
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if err := refuseNewer(ctx, p); err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// refuseNewer keeps an old server away from a newer one's tables.
func refuseNewer(ctx context.Context, p *goose.Provider) error {
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	sources := p.ListSources()
	if known := sources[len(sources)-1].Version; have > known {
		return fmt.Errorf("it was written by a newer version of this program (format %d, this program knows %d)", have, known)
	}
	return nil
}

var errDamaged = errors.New("its pages do not fit together")

// explain says what a failure to open means for the person who reads it.
func explain(path string, err error) error {
	var e *sqlite.Error
	damaged := errors.Is(err, errDamaged)
	if errors.As(err, &e) {
		c := e.Code() & 0xff
		damaged = damaged || c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
	}
	if damaged {
		return fmt.Errorf("the database %s is damaged: put back a copy, or move the file away to begin anew: %w", path, err)
	}
	return fmt.Errorf("open database %s: %w", path, err)
}

// Close closes the database.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
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
	_, err := s.db.ExecContext(ctx, "INSERT OR IGNORE INTO operators (token, created) VALUES (?, ?)", token[:], s.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("add operator: %w", err)
	}
	return nil
}

// Operators returns the operators' tokens.
func (s *Store) Operators(ctx context.Context) (tokens []Hash, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT token FROM operators ORDER BY created")
	if err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("list operators: %w", err)
		}
		tokens = append(tokens, Hash(b))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	return tokens, nil
}

func notFound(id wire.ShowID) error {
	return wire.Errorf(wire.NotFound, "there is no show named %q", id)
}

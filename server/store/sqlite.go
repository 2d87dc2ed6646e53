package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vitrine/server/store/sqlc"
)

// File is the database's name in the data folder.
const File = "vitrine.db"

const (
	busyTimeout = 5 * time.Second
	// sqliteConnections are so few because they only read beside the one that writes.
	sqliteConnections = 4
	// sqliteLog is how many bytes of pages wait in the write-ahead log until they are put in their places: the newest pages change
	// with every batch, and are put there once. sqliteCache is the most memory for pages a connection, both in bytes.
	sqliteLog, sqlitePage, sqliteCache = 64 << 20, 4096, 32 << 20
)

// openSQLite opens the folder's file, with the tables of today.
func openSQLite(ctx context.Context, folder string) (*sql.DB, error) {
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
		fmt.Sprintf("wal_autocheckpoint(%d)", sqliteLog/sqlitePage), fmt.Sprintf("cache_size(-%d)", sqliteCache/1024),
		"secure_delete(ON)", // a destroyed key must not lie in a free page
	}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(sqliteConnections)
	if err := prepareSQLite(ctx, db); err != nil {
		return nil, errors.Join(explainSQLite(path, err), db.Close())
	}
	return db, nil
}

// checkWritable tries the folder before SQLite does, whose message would not say what to do.
func checkWritable(folder string) error {
	f, err := os.CreateTemp(folder, ".writable-*")
	if err != nil {
		return fmt.Errorf("the data folder %s cannot be written to: %w", folder, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// prepareSQLite checks the file and applies the migrations that it lacks.
func prepareSQLite(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if verdict != "ok" {
		return errDamaged
	}
	files, err := sources()
	if err != nil {
		return err
	}
	return migrate(ctx, db, goose.DialectSQLite3, files)
}

var errDamaged = errors.New("its pages do not fit together")

// explainSQLite says what a failure to open means for the person who reads it.
func explainSQLite(path string, err error) error {
	damaged := errors.Is(err, errDamaged)
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		c := e.Code() & 0xff
		damaged = damaged || c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
	}
	if damaged {
		return fmt.Errorf("the database %s is damaged: put back a copy, or move the file away to begin anew: %w", path, err)
	}
	return fmt.Errorf("open database %s: %w", path, err)
}

// oneByOne does statements in one transaction, one after the other: there is no way to SQLite that would take long.
func (s *Store) oneByOne(ctx context.Context, do func(*sqlc.Queries) error) (err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	w := &within{prepared: s.read, tx: tx}
	if err := do(sqlc.New(w)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	w.remember(ctx)
	return nil
}

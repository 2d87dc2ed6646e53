package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"vitrine/server/store/sqlc"
)

const (
	// postgresConnections leaves room for several servers in the hundred connections that PostgreSQL allows by itself.
	postgresConnections = 16
	connectWithin       = 10 * time.Second
	// oldestPostgres is the oldest version that is still kept by its makers, as server_version_num.
	oldestPostgres = 140000
	// migrationLock is the advisory lock of who migrates: any number that no other program in the database uses.
	migrationLock = 0x76697472696e65 // "vitrine"
)

// parse reads the URL of a database. Its errors hold nothing of the URL but the scheme, for the rest may be a password.
func parse(url string) (*pgx.ConnConfig, error) {
	scheme, _, found := strings.Cut(url, "://")
	if !found || strings.ContainsFunc(scheme, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return nil, errors.New("the database's URL has no scheme: write postgres://user:password@host:port/name")
	}
	if scheme != "postgres" && scheme != "postgresql" {
		return nil, fmt.Errorf("the database's URL begins with %s://, which is not known here: "+
			"write postgres://user:password@host:port/name, or nothing for SQLite", scheme)
	}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database's URL cannot be read: write postgres://user:password@host:port/name, with a " +
			"number as port and %-escapes for other signs than letters and digits in the password")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectWithin
	}
	// A plan made for any parameter reads whole tables while statistics still say that they are empty.
	cfg.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	// While an old snapshot is read, a table of few rows is large with their versions: nothing but an index finds them quickly. A plan
	// that has to read a table then looks dear enough to compile, which takes longer than all the rest.
	cfg.RuntimeParams["enable_seqscan"] = "off"
	cfg.RuntimeParams["jit"] = "off"
	cfg.RuntimeParams["application_name"] = "vitrine"
	return cfg, nil
}

// openPostgres opens the URL's database, with the tables of today.
func openPostgres(ctx context.Context, url string) (*sql.DB, error) {
	cfg, err := parse(url)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	if err := preparePostgres(ctx, db); err != nil {
		return nil, errors.Join(explainPostgres(cfg, err), db.Close())
	}
	return db, nil
}

// preparePostgres checks the server and applies the migrations that the database lacks, while no other does: goose has a
// lock of its own, but looks at it once a second and makes its table before.
func preparePostgres(ctx context.Context, db *sql.DB) (err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	var version int
	var encoding string
	const ask = "SELECT CAST(current_setting('server_version_num') AS integer), current_setting('server_encoding')"
	if err := c.QueryRowContext(ctx, ask).Scan(&version, &encoding); err != nil {
		return fmt.Errorf("ask for the version: %w", err)
	}
	if err := suits(version, encoding); err != nil {
		return err
	}
	files, err := sources()
	if err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return fmt.Errorf("wait for another server that migrates: %w", err)
	}
	err = migrate(ctx, db, goose.DialectPostgres, translation{files})
	_, unlocked := c.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
	return errors.Join(err, unlocked)
}

// suits says why a server or its database cannot be used.
func suits(version int, encoding string) error {
	if version < oldestPostgres {
		return fmt.Errorf("it is PostgreSQL %d, and %d is the oldest that will do: upgrade it", version/10000, oldestPostgres/10000)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("it keeps texts as %s: make a database with encoding UTF8", encoding)
	}
	return nil
}

// words are what SQLite's migrations say otherwise than PostgreSQL, which is all that they may: INTEGER of 64 bits, BLOB, and
// STRICT, without which SQLite would take any value for any type. The Makefile says the same to sqlc.
var words = []struct {
	sqlite   *regexp.Regexp
	postgres string
}{
	{regexp.MustCompile(`\bINTEGER\b`), "BIGINT"},
	{regexp.MustCompile(`\bBLOB\b`), "BYTEA"},
	{regexp.MustCompile(`\) STRICT\b`), ")"},
}

// translation is the migrations as PostgreSQL takes them.
type translation struct{ fs.FS }

// Open implements fs.FS.
func (t translation) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for _, w := range words {
		text = w.sqlite.ReplaceAll(text, []byte(w.postgres))
	}
	return translated{f, bytes.NewReader(text)}, nil
}

// translated is a file with another text.
type translated struct {
	fs.File
	text io.Reader
}

func (t translated) Read(b []byte) (int, error) { return t.text.Read(b) }

// explainPostgres says what a failure to open means for the person who reads it.
func explainPostgres(cfg *pgx.ConnConfig, err error) error {
	at := net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code { // PostgreSQL manual, appendix A
		case "28P01", "28000":
			return fmt.Errorf("PostgreSQL at %s refuses user %q: check name and password in the database's URL (%s)", at, cfg.User, e.Code)
		case "3D000":
			return fmt.Errorf("PostgreSQL at %s has no database %q: make it with createdb (%s)", at, cfg.Database, e.Code)
		case "42501":
			return fmt.Errorf("user %q may not make tables in database %q at %s: grant it to them: %w", cfg.User, cfg.Database, at, err)
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("PostgreSQL at %s cannot be reached: see that it runs and that host and port are right: %w", at, err)
	}
	return fmt.Errorf("open database %q of PostgreSQL at %s: %w", cfg.Database, at, err)
}

// pipeline takes statements and sends them all at once.
type pipeline struct{ pgx.Batch }

var errUnread = errors.New("a statement that is sent with others cannot be read from")

// ExecContext implements sqlc.DBTX. What becomes of the statement is known when all are sent.
func (p *pipeline) ExecContext(_ context.Context, statement string, args ...any) (sql.Result, error) {
	p.Queue(statement, args...)
	return driver.ResultNoRows, nil
}

// PrepareContext, QueryContext and QueryRowContext are not for it.
func (p *pipeline) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, errUnread }

func (p *pipeline) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, errUnread
}

func (p *pipeline) QueryRowContext(context.Context, string, ...any) *sql.Row { panic(errUnread) }

// pipelined does statements in one transaction and one round trip: PostgreSQL takes what is sent together as a transaction, and
// passes over the rest once one has failed.
func (s *Store) pipelined(ctx context.Context, do func(*sqlc.Queries) error) (err error) {
	var p pipeline
	if err := do(sqlc.New(&p)); err != nil {
		return err
	}
	c, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Raw(func(conn any) error { return conn.(*stdlib.Conn).Conn().SendBatch(ctx, &p.Batch).Close() })
}

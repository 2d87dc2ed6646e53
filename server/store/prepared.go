package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// prepared keeps statements that SQLite has read: reading them anew each time costs an eighth of the shop's writer. PostgreSQL's
// driver does the same by itself. It implements sqlc.DBTX and is safe for concurrent use.
type prepared struct {
	db *sql.DB

	mu  sync.Mutex // guards all
	all map[string]*sql.Stmt
}

// known is the statement of a text that was read before; nil else.
func (p *prepared) known(text string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[text]
}

// statement is the statement of a text. It may wait for a connection.
func (p *prepared) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := p.known(text); s != nil {
		return s, nil
	}
	s, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.all[text]; other != nil { // somebody else was faster
		return other, s.Close()
	}
	p.all[text] = s
	return s, nil
}

func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (p *prepared) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	return p.db.PrepareContext(ctx, text)
}

func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	s, err := p.statement(ctx, text)
	if err != nil {
		return p.db.QueryRowContext(ctx, text, args...) // its row tells the error
	}
	return s.QueryRowContext(ctx, args...)
}

// close ends all statements, before their database is closed.
func (p *prepared) close() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.all {
		err = errors.Join(err, s.Close())
	}
	return err
}

// within is the statements in a transaction. One that is not known is read for this time only, and noted: who has a connection
// must not wait for another.
type within struct {
	*prepared
	tx    *sql.Tx
	fresh []string
}

func (w *within) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if s := w.known(text); s != nil {
		return w.tx.StmtContext(ctx, s).ExecContext(ctx, args...)
	}
	w.fresh = append(w.fresh, text)
	return w.tx.ExecContext(ctx, text, args...)
}

// remember reads the statements that were not known, once the transaction has ended. One that cannot be read now is read later.
func (w *within) remember(ctx context.Context) {
	for _, text := range w.fresh {
		_, _ = w.statement(ctx, text)
	}
}

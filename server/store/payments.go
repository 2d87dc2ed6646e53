package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// Payment implements pay.Record.
func (s *Store) Payment(ctx context.Context, ref string) (p wire.Payment, err error) {
	doc, err := s.query.Payment(ctx, ref)
	if errors.Is(err, sql.ErrNoRows) {
		return p, wire.Errorf(wire.NotFound, "there is no such payment")
	}
	if err == nil {
		err = json.Unmarshal([]byte(doc), &p)
	}
	if err != nil {
		return p, fmt.Errorf("read a payment: %w", err)
	}
	return p, nil
}

// Change implements pay.Record.
func (s *Store) Change(ctx context.Context, ref, key, request string, change func(wire.Payment) (wire.Payment, error)) (p wire.Payment, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return p, fmt.Errorf("change a payment: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	q := s.query.WithTx(tx)
	if p, err = lockPayment(ctx, q, ref); err != nil {
		return p, fmt.Errorf("read a payment: %w", err)
	}
	before, err := q.PaymentKey(ctx, sqlc.PaymentKeyParams{Ref: ref, Key: key})
	switch {
	case err == nil && before != request:
		return p, wire.Errorf(wire.KeyReused, "this key stands for another request")
	case err == nil:
		return p, nil
	case !errors.Is(err, sql.ErrNoRows):
		return p, fmt.Errorf("read a payment's keys: %w", err)
	}
	if p, err = change(p); err != nil {
		return wire.Payment{}, err
	}
	doc, err := json.Marshal(p)
	if err == nil {
		err = q.PutPayment(ctx, sqlc.PutPaymentParams{Ref: ref, Doc: string(doc)})
	}
	if err == nil {
		err = q.AddPaymentKey(ctx, sqlc.AddPaymentKeyParams{Ref: ref, Key: key, Request: request})
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return wire.Payment{}, fmt.Errorf("keep a payment: %w", err)
	}
	return p, nil
}

func lockPayment(ctx context.Context, q *sqlc.Queries, ref string) (p wire.Payment, err error) {
	doc, err := q.LockPayment(ctx, ref)
	if err == nil && doc != "" {
		err = json.Unmarshal([]byte(doc), &p)
	}
	return p, err
}

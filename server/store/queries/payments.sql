-- name: Payment :one
SELECT doc FROM payments WHERE ref = $1 AND doc <> '';

-- name: LockPayment :one
-- The row is there and locked until the transaction ends.
INSERT INTO payments (ref, doc) VALUES ($1, '') ON CONFLICT (ref) DO UPDATE SET doc = payments.doc RETURNING doc;

-- name: PaymentKey :one
SELECT request FROM payment_keys WHERE ref = $1 AND key = $2;

-- name: AddPaymentKey :exec
INSERT INTO payment_keys (ref, key, request) VALUES ($1, $2, $3);

-- name: PutPayment :exec
UPDATE payments SET doc = $2 WHERE ref = $1;

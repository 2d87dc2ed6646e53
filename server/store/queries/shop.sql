-- Rows come as one JSON object of arrays, a row an array: {"0": ["key", …], "1": …}.

-- The head may not be NULL: where it is another than the batch goes on from, this fails, and with it all that is sent together.
-- name: AddHead :exec
INSERT INTO heads (shard, seq, at, hash, orders)
VALUES (1, (SELECT CAST(sqlc.arg(seq) AS bigint) FROM heads AS h WHERE h.shard = 1 AND h.seq = sqlc.arg(before_seq) AND h.hash = sqlc.arg(before_hash)),
    sqlc.arg(at), sqlc.arg(hash), sqlc.arg(orders));

-- name: DropHead :exec
DELETE FROM heads WHERE shard = 1 AND seq = sqlc.arg(seq);

-- name: Head :one
SELECT seq, at, hash, orders FROM heads WHERE shard = 1;

-- name: AddEntries :exec
INSERT INTO ledger (seq, at, kind, show, public, private, hash)
SELECT CAST(j.value->>0 AS bigint), CAST(j.value->>1 AS bigint), j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6
FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: PutProducts :exec
INSERT INTO products (id, doc) SELECT j.value->>0, j.value->>1 FROM json_each(sqlc.arg(rows)) AS j WHERE true
ON CONFLICT (id) DO UPDATE SET doc = excluded.doc;

-- name: DropStocks :exec
DELETE FROM stocks WHERE (variant, entry) IN (
    SELECT j.value->>0, (SELECT r.entry FROM stocks AS r WHERE r.variant = j.value->>0 ORDER BY r.entry DESC LIMIT 1)
    FROM json_each(sqlc.arg(rows)) AS j);

-- name: PutStocks :exec
INSERT INTO stocks (variant, entry, doc)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), j.value->>2 FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: DropOffers :exec
DELETE FROM offers WHERE (id, entry) IN (
    SELECT j.value->>0, (SELECT r.entry FROM offers AS r WHERE r.id = j.value->>0 ORDER BY r.entry DESC LIMIT 1)
    FROM json_each(sqlc.arg(rows)) AS j);

-- name: PutOffers :exec
INSERT INTO offers (id, entry, doc)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), j.value->>2 FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: DropCoupons :exec
DELETE FROM coupons WHERE (code, entry) IN (
    SELECT j.value->>0, (SELECT r.entry FROM coupons AS r WHERE r.code = j.value->>0 ORDER BY r.entry DESC LIMIT 1)
    FROM json_each(sqlc.arg(rows)) AS j);

-- name: PutCoupons :exec
INSERT INTO coupons (code, entry, doc)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), j.value->>2 FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: PutReservations :exec
INSERT INTO reservations (id, buyer, state, doc)
SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3 FROM json_each(sqlc.arg(rows)) AS j WHERE true
ON CONFLICT (id) DO UPDATE SET state = excluded.state, doc = excluded.doc;

-- name: PutOrders :exec
INSERT INTO orders (id, number, buyer, state, open, doc)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), j.value->>2, j.value->>3, CAST(j.value->>4 AS bigint), j.value->>5
FROM json_each(sqlc.arg(rows)) AS j WHERE true
ON CONFLICT (id) DO UPDATE SET state = excluded.state, open = excluded.open, doc = excluded.doc;

-- name: Products :many
SELECT doc FROM products;

-- name: Stocks :many
SELECT doc FROM stocks;

-- name: Offers :many
SELECT doc FROM offers;

-- name: Coupons :many
SELECT doc FROM coupons;

-- name: ActiveReservations :many
SELECT doc FROM reservations WHERE state IN ('held', 'frozen', 'waiting');

-- name: OpenOrders :many
SELECT doc FROM orders WHERE open = 1;

-- name: ReservationsNamed :many
SELECT r.doc FROM json_each(sqlc.arg(names)) AS j JOIN reservations AS r ON r.id = j.key;

-- name: ReservationsOf :many
SELECT r.doc FROM json_each(sqlc.arg(buyers)) AS j JOIN reservations AS r ON r.buyer = j.key
WHERE r.state IN ('held', 'frozen', 'sold');

-- name: AllReservationsOf :many
SELECT r.doc FROM json_each(sqlc.arg(buyers)) AS j JOIN reservations AS r ON r.buyer = j.key;

-- name: OrdersNamed :many
SELECT o.doc FROM json_each(sqlc.arg(names)) AS j JOIN orders AS o ON o.id = j.key;

-- name: OrdersOf :many
SELECT o.doc FROM json_each(sqlc.arg(buyers)) AS j JOIN orders AS o ON o.buyer = j.key;

-- name: OrdersAfter :many
SELECT doc FROM orders WHERE number > sqlc.arg(number) ORDER BY number LIMIT sqlc.arg(most);

-- name: OrdersBefore :many
SELECT doc FROM orders WHERE number < sqlc.arg(number) AND (CAST(sqlc.arg(state) AS text) = '' OR state = CAST(sqlc.arg(state) AS text))
    AND (CAST(sqlc.arg(pattern) AS text) = '' OR lower(doc) LIKE CAST(sqlc.arg(pattern) AS text))
ORDER BY number DESC LIMIT sqlc.arg(most);

-- name: ReservationsAfter :many
SELECT id, doc FROM reservations WHERE id > sqlc.arg(id) ORDER BY id LIMIT sqlc.arg(most);

-- name: Entries :many
SELECT seq, at, kind, show, public, private, hash FROM ledger WHERE seq > sqlc.arg(after) ORDER BY seq LIMIT sqlc.arg(most);

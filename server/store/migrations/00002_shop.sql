-- +goose Up
-- The shop. What rules look at stands in doc, as JSON of server/shop's records; columns beside it are what queries look for.
CREATE TABLE ledger (
    seq     INTEGER PRIMARY KEY, -- from 1 on, without gaps
    at      INTEGER NOT NULL,    -- Unix time, ms
    kind    TEXT NOT NULL,
    show    TEXT NOT NULL,
    public  TEXT NOT NULL,       -- JSON, byte by byte as it was hashed
    private TEXT NOT NULL,
    hash    TEXT NOT NULL        -- SHA-256 of the hash before and the entry, hexadecimal
) STRICT;
CREATE INDEX ledger_show ON ledger (show, seq) WHERE show <> '';

-- Heads, stocks, offers and coupons change with nearly every batch. They are written under a new key each time, and the row before
-- is deleted: while somebody reads an old snapshot, PostgreSQL keeps all versions of a row, and one that has thousands under the
-- same key is slow to find.
CREATE TABLE heads (
    shard  INTEGER NOT NULL,
    seq    INTEGER NOT NULL, -- of the ledger's newest entry: who writes says from which one it goes on
    at     INTEGER NOT NULL,
    hash   TEXT NOT NULL,
    orders INTEGER NOT NULL, -- the newest order's number
    PRIMARY KEY (shard, seq)
) STRICT;
INSERT INTO heads (shard, seq, at, hash, orders)
VALUES (1, 0, 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);

CREATE TABLE products (
    id  TEXT PRIMARY KEY,
    doc TEXT NOT NULL
) STRICT;

CREATE TABLE stocks (
    variant TEXT NOT NULL,
    entry   INTEGER NOT NULL, -- the ledger's newest when it was written
    doc     TEXT NOT NULL,
    PRIMARY KEY (variant, entry)
) STRICT;

CREATE TABLE offers (
    id    TEXT NOT NULL,
    entry INTEGER NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (id, entry)
) STRICT;

CREATE TABLE coupons (
    code  TEXT NOT NULL,
    entry INTEGER NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (code, entry)
) STRICT;

CREATE TABLE reservations (
    id    TEXT PRIMARY KEY, -- the buyer's idempotency key
    buyer TEXT NOT NULL,
    state TEXT NOT NULL,
    doc   TEXT NOT NULL
) STRICT;
CREATE INDEX reservations_buyer ON reservations (buyer);
CREATE INDEX reservations_active ON reservations (state) WHERE state IN ('held', 'frozen', 'waiting');

CREATE TABLE orders (
    id     TEXT PRIMARY KEY, -- the buyer's idempotency key
    number INTEGER NOT NULL UNIQUE,
    buyer  TEXT NOT NULL,
    state  TEXT NOT NULL,
    open   INTEGER NOT NULL, -- 1 while it may change by itself
    doc    TEXT NOT NULL
) STRICT;
CREATE INDEX orders_buyer ON orders (buyer);
CREATE INDEX orders_open ON orders (open) WHERE open = 1;

-- What is sent out, written with what it tells about.
CREATE TABLE outbox (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('mail', 'webhook')),
    recipient TEXT NOT NULL,     -- endpoint or person, never an e-mail address
    type      TEXT NOT NULL,     -- for example order.paid
    body      TEXT NOT NULL,     -- base64; emptied once sent or given up
    state     TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    tries     INTEGER NOT NULL,
    due       INTEGER NOT NULL,  -- Unix time, ms
    changed   INTEGER NOT NULL,
    reason    TEXT NOT NULL      -- of the last failure, without personal data
) STRICT;
CREATE INDEX outbox_lanes ON outbox (kind, recipient, due, id) WHERE state = 'waiting';
CREATE INDEX outbox_due ON outbox (kind, due, id) WHERE state = 'waiting';
CREATE INDEX outbox_done ON outbox (changed) WHERE state <> 'waiting';

-- Which server sends.
CREATE TABLE leases (
    kind  TEXT PRIMARY KEY, -- of letters
    owner TEXT NOT NULL,    -- the server's name
    until INTEGER NOT NULL  -- Unix time, ms
) STRICT;

CREATE TABLE endpoints (
    id             TEXT PRIMARY KEY,
    url            TEXT NOT NULL,
    secret         TEXT NOT NULL,    -- sealed, base64
    previous       TEXT NOT NULL,    -- the one before, which signs too until then; '' for none
    previous_until INTEGER NOT NULL, -- Unix time, ms
    disabled       TEXT NOT NULL,    -- the reason; '' while it is on
    created        INTEGER NOT NULL
) STRICT;

-- Payments that no company keeps for us: cash on delivery and bank transfers.
CREATE TABLE payments (
    ref TEXT PRIMARY KEY,
    doc TEXT NOT NULL -- '' until the first change is done
) STRICT;

CREATE TABLE payment_keys (
    ref     TEXT NOT NULL REFERENCES payments (ref),
    key     TEXT NOT NULL,
    request TEXT NOT NULL,
    PRIMARY KEY (ref, key)
) STRICT;

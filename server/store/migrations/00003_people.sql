-- +goose Up
-- People, how they sign in, and the keys that what is personal is sealed with, as server/trust keeps them. Times are Unix
-- milliseconds, 0 for never. What is sealed is trust.Sealed, what is hashed SHA-256.
CREATE TABLE people (
    id          TEXT PRIMARY KEY,
    role        TEXT NOT NULL CHECK (role IN ('buyer', 'support', 'moderator', 'producer', 'host', 'owner')),
    account     TEXT NOT NULL,    -- the id itself for an account, '' for a guest whom nobody has claimed
    email       BLOB,             -- sealed; NULL once erased
    email_index BLOB,             -- HMAC-SHA-256; NULL once erased
    password    BLOB,             -- argon2id, sealed; NULL for none
    totp        BLOB,             -- sealed; NULL for none
    totp_step   INTEGER NOT NULL,
    recovery    BLOB NOT NULL,    -- hashes of the codes that are left, one after the other
    epoch       INTEGER NOT NULL,
    made        INTEGER NOT NULL,
    erased      INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    CHECK (account = '' OR account = id OR role = 'buyer')
) STRICT;
-- One account an e-mail address; guests may share it.
CREATE UNIQUE INDEX people_email ON people (email_index) WHERE account = id;
CREATE INDEX people_unclaimed ON people (email_index) WHERE account = '';
CREATE INDEX people_account ON people (account);
CREATE INDEX people_staff ON people (role) WHERE role <> 'buyer';

CREATE TABLE keys (
    person  TEXT PRIMARY KEY REFERENCES people (id),
    master  TEXT NOT NULL, -- name of the master key
    wrapped BLOB NOT NULL
) STRICT;
CREATE INDEX keys_master ON keys (master);

CREATE TABLE sessions (
    token       BLOB PRIMARY KEY CHECK (length(token) = 32),
    id          TEXT NOT NULL,
    person      TEXT NOT NULL REFERENCES people (id),
    epoch       INTEGER NOT NULL,
    made        INTEGER NOT NULL,
    seen        INTEGER NOT NULL,
    password_at INTEGER NOT NULL,
    link_at     INTEGER NOT NULL,
    passkey_at  INTEGER NOT NULL,
    totp_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_person ON sessions (person, id);
CREATE INDEX sessions_seen ON sessions (seen);
CREATE INDEX sessions_made ON sessions (made);

CREATE TABLE passkeys (
    id         BLOB PRIMARY KEY, -- chosen by the authenticator
    person     TEXT NOT NULL REFERENCES people (id),
    credential BLOB NOT NULL,    -- sealed
    made       INTEGER NOT NULL,
    used       INTEGER NOT NULL
) STRICT;
CREATE INDEX passkeys_person ON passkeys (person);

CREATE TABLE tickets (
    token   BLOB PRIMARY KEY CHECK (length(token) = 32),
    kind    TEXT NOT NULL,
    browser BLOB NOT NULL CHECK (length(browser) = 32), -- hash of the cookie of who may take it
    content BLOB NOT NULL,                              -- sealed with a key that is derived from the token
    until   INTEGER NOT NULL
) STRICT;
CREATE INDEX tickets_until ON tickets (until);

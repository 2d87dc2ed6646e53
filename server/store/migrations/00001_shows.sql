-- +goose Up
CREATE TABLE shows (
    id      TEXT PRIMARY KEY,
    title   TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    token   BLOB NOT NULL UNIQUE CHECK (length(token) = 32), -- SHA-256 of the publishing token
    created INTEGER NOT NULL                                 -- Unix time, ms
) STRICT;

CREATE TABLE operators (
    token   BLOB PRIMARY KEY CHECK (length(token) = 32), -- SHA-256 of the operator's token
    created INTEGER NOT NULL                             -- Unix time, ms
) STRICT;

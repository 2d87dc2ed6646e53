-- +goose Up
-- What the shop has set, and what it has learned, a document each.
CREATE TABLE settings (
    name    TEXT PRIMARY KEY,
    version INTEGER NOT NULL, -- from 1 on
    doc     TEXT NOT NULL     -- JSON
) STRICT;

-- +goose Up
-- The rooms of shows, as server/chat keeps them. doc is JSON; columns beside it are what queries look for.
-- Which process writes a room: who commits says from which turn it goes on. Written under a new key each time, as the shop's heads.
CREATE TABLE room_heads (
    show  TEXT NOT NULL,
    turn  INTEGER NOT NULL, -- counts commits
    epoch INTEGER NOT NULL, -- counts homes
    n     INTEGER NOT NULL, -- of the newest event
    PRIMARY KEY (show, turn)
) STRICT;

CREATE TABLE room_events (
    show TEXT NOT NULL,
    n    INTEGER NOT NULL, -- from 1 on, without gaps
    line INTEGER NOT NULL, -- 1 for a chat message that all may read
    doc  TEXT NOT NULL,    -- wire.RoomEvent
    PRIMARY KEY (show, n)
) STRICT;
CREATE INDEX room_lines ON room_events (show, n) WHERE line = 1;

-- What is so in a room now, so that nobody has to read the whole log.
CREATE TABLE room_records (
    show TEXT NOT NULL,
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    doc  TEXT NOT NULL,
    PRIMARY KEY (show, kind, key)
) STRICT;

-- One vote a person: in a poll, for a question, of a report, about the event of that number; 0 for the host.
CREATE TABLE room_votes (
    show   TEXT NOT NULL,
    about  INTEGER NOT NULL,
    alias  TEXT NOT NULL,
    choice INTEGER NOT NULL,
    at     INTEGER NOT NULL, -- Unix time, ms
    PRIMARY KEY (show, about, alias)
) STRICT;

-- What requests were answered, so that the same again is not done twice.
CREATE TABLE room_answers (
    show TEXT NOT NULL,
    who  TEXT NOT NULL, -- an alias, or a process
    id   TEXT NOT NULL,
    n    INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (show, who, id)
) STRICT;
CREATE INDEX room_answers_at ON room_answers (show, at);

-- The ledger of coins: each transfer has two lines, which sum to zero.
CREATE TABLE coin_lines (
    transfer TEXT NOT NULL,
    account  TEXT NOT NULL, -- person:…, host:… (a show's) or issue
    coins    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (transfer, account)
) STRICT;
CREATE INDEX coin_lines_account ON coin_lines (account);

CREATE TABLE wallets (
    account TEXT PRIMARY KEY,
    coins   INTEGER NOT NULL, -- the sum of its lines
    CHECK (coins >= 0 OR account = 'issue')
) STRICT;

-- How a person's reports were judged, in all rooms.
CREATE TABLE reporters (
    person  TEXT PRIMARY KEY,
    upheld  INTEGER NOT NULL,
    refused INTEGER NOT NULL
) STRICT;

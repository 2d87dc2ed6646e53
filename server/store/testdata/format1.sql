-- A database of format 1 (shows and operators), as the first released server left it; dumped by that program's code.
CREATE TABLE goose_db_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version_id INTEGER NOT NULL,
    is_applied INTEGER NOT NULL,
    tstamp TIMESTAMP DEFAULT (datetime('now'))
);
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
INSERT INTO goose_db_version VALUES (1, 0, 1, '2026-11-21 16:59:34');
INSERT INTO goose_db_version VALUES (2, 1, 1, '2026-11-21 16:59:34');
INSERT INTO shows VALUES ('spring', 'Füße & <b>', 'closed', x'9181aafb9aff96831fb1fbe110cfd4a81b794f41b99534f64790d696294543f1', 1790000001000);
INSERT INTO shows VALUES ('summer', 'Sommer 夏', 'open', x'2da1ea0833082543f5cd6f3b995e606e78808845c8a4c9f58d48850ee534d7c5', 1790000002000);
INSERT INTO operators VALUES (x'06e55b633481f7bb072957eabcf110c972e86691c3cfedabe088024bffe42f23', 1790000003000);

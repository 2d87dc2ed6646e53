-- Rows come as one JSON object of arrays, as the shop's. What is looked up by them is a CROSS JOIN, which SQLite does in the order in which
-- it is written: else it may read the whole table and the JSON anew for each of its rows.

-- name: RoomHead :one
SELECT turn, epoch, n FROM room_heads WHERE show = $1 ORDER BY turn DESC LIMIT 1;

-- name: BeginRoom :exec
INSERT INTO room_heads (show, turn, epoch, n)
SELECT CAST(sqlc.arg(show) AS text), 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM room_heads AS h WHERE h.show = sqlc.arg(show))
ON CONFLICT (show, turn) DO NOTHING;

-- The show may not be NULL: where the head is another than the batch goes on from, this fails, and with it all that is sent together.
-- name: AddRoomHead :exec
INSERT INTO room_heads (show, turn, epoch, n)
VALUES ((SELECT h.show FROM room_heads AS h WHERE h.show = sqlc.arg(show) AND h.turn = sqlc.arg(before_turn) AND h.epoch = sqlc.arg(before_epoch)),
    sqlc.arg(turn), sqlc.arg(epoch), sqlc.arg(n));

-- name: DropRoomHead :exec
DELETE FROM room_heads WHERE show = $1 AND turn = $2;

-- name: AddRoomEvents :exec
INSERT INTO room_events (show, n, line, doc)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), CAST(j.value->>2 AS bigint), j.value->>3 FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: PutRoomEvents :exec
INSERT INTO room_events (show, n, line, doc)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), CAST(j.value->>2 AS bigint), j.value->>3 FROM json_each(sqlc.arg(rows)) AS j WHERE true
ON CONFLICT (show, n) DO UPDATE SET line = excluded.line, doc = excluded.doc;

-- name: RoomEvents :many
SELECT doc FROM room_events WHERE show = sqlc.arg(show) AND n > sqlc.arg(after) AND n <= sqlc.arg(through) ORDER BY n LIMIT sqlc.arg(most);

-- name: NewestRoomEvents :many
SELECT doc FROM room_events WHERE show = sqlc.arg(show) AND n <= sqlc.arg(through) ORDER BY n DESC LIMIT sqlc.arg(most);

-- name: NewestRoomLines :many
SELECT doc FROM room_events WHERE show = sqlc.arg(show) AND line = 1 AND n <= sqlc.arg(through) ORDER BY n DESC LIMIT sqlc.arg(most);

-- name: RoomEventsNamed :many
SELECT e.doc FROM json_each(sqlc.arg(names)) AS j CROSS JOIN room_events AS e
WHERE e.show = sqlc.arg(show) AND e.n = CAST(j.key AS bigint);

-- name: PutRoomRecords :exec
INSERT INTO room_records (show, kind, key, doc)
SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3 FROM json_each(sqlc.arg(rows)) AS j WHERE true
ON CONFLICT (show, kind, key) DO UPDATE SET doc = excluded.doc;

-- name: DropRoomRecords :exec
DELETE FROM room_records WHERE (show, kind, key) IN (
    SELECT j.value->>0, j.value->>1, j.value->>2 FROM json_each(sqlc.arg(rows)) AS j);

-- name: RoomRecords :many
SELECT kind, key, doc FROM room_records WHERE show = $1;

-- name: AddRoomVotes :exec
INSERT INTO room_votes (show, about, alias, choice, at)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), j.value->>2, CAST(j.value->>3 AS bigint), CAST(j.value->>4 AS bigint)
FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: RoomVotes :many
SELECT v.about, v.alias, v.choice, v.at FROM json_each(sqlc.arg(names)) AS j CROSS JOIN room_votes AS v
WHERE v.show = sqlc.arg(show) AND v.about = CAST(j.key AS bigint) ORDER BY v.about, v.at;

-- name: AddRoomAnswers :exec
INSERT INTO room_answers (show, who, id, n, at)
SELECT j.value->>0, j.value->>1, j.value->>2, CAST(j.value->>3 AS bigint), CAST(j.value->>4 AS bigint)
FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: RoomAnswers :many
SELECT a.who, a.id, a.n, a.at FROM json_each(sqlc.arg(rows)) AS j
CROSS JOIN room_answers AS a WHERE a.show = sqlc.arg(show) AND a.who = j.value->>0 AND a.id = j.value->>1;

-- name: DropRoomAnswers :exec
DELETE FROM room_answers WHERE show = $1 AND at < $2;

-- name: AddCoinLines :exec
INSERT INTO coin_lines (transfer, account, coins, at)
SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS bigint), CAST(j.value->>3 AS bigint) FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: OpenWallets :exec
INSERT INTO wallets (account, coins) SELECT j.value->>0, 0 FROM json_each(sqlc.arg(rows)) AS j WHERE true
ON CONFLICT (account) DO NOTHING;

-- name: MoveCoins :exec
UPDATE wallets SET coins = wallets.coins + d.coins
FROM (SELECT j.value->>0 AS account, CAST(j.value->>1 AS bigint) AS coins FROM json_each(sqlc.arg(rows)) AS j) AS d
WHERE wallets.account = d.account;

-- name: Wallets :many
SELECT w.account, w.coins FROM json_each(sqlc.arg(names)) AS j CROSS JOIN wallets AS w WHERE w.account = j.key;

-- name: CoinLinesOf :many
SELECT account, coins, at FROM coin_lines WHERE transfer = $1 ORDER BY coins;

-- name: CoinSums :many
SELECT l.account, CAST(SUM(l.coins) AS bigint) AS coins, CAST((SELECT w.coins FROM wallets AS w WHERE w.account = l.account) AS bigint) AS wallet
FROM coin_lines AS l GROUP BY l.account;

-- name: Reporters :many
SELECT r.person, r.upheld, r.refused FROM json_each(sqlc.arg(names)) AS j CROSS JOIN reporters AS r WHERE r.person = j.key;

-- name: JudgeReporters :exec
INSERT INTO reporters (person, upheld, refused)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), CAST(j.value->>2 AS bigint) FROM json_each(sqlc.arg(rows)) AS j WHERE true
ON CONFLICT (person) DO UPDATE SET upheld = reporters.upheld + excluded.upheld, refused = reporters.refused + excluded.refused;

-- name: RoomShows :many
SELECT DISTINCT show FROM room_heads;

-- Rows are a show and an alias.
-- name: RoomsOf :many
SELECT CAST(j.value->>0 AS text) AS show, CAST(j.value->>1 AS text) AS alias FROM json_each(sqlc.arg(names)) AS j
WHERE EXISTS (SELECT 1 FROM room_records AS r WHERE r.key = j.value->>1 AND r.show = j.value->>0 AND r.kind IN ('person', 'gone'))
    OR EXISTS (SELECT 1 FROM room_votes AS v WHERE v.alias = j.value->>1 AND v.show = j.value->>0)
    OR EXISTS (SELECT 1 FROM shows AS s WHERE s.id = j.value->>0 AND s.state = 'open');

-- name: RoomEventsOf :many
SELECT doc FROM room_events WHERE show = sqlc.arg(show) AND lower(doc) LIKE lower(sqlc.arg(holds)) ESCAPE '\' ORDER BY n;

-- name: RoomVotesOf :many
SELECT about, alias, choice, at FROM room_votes WHERE show = sqlc.arg(show) AND alias = sqlc.arg(alias) ORDER BY about;

-- Rows are a show, an alias and the one that is to take its place.
-- name: RenameRoomVotes :exec
UPDATE room_votes SET alias = d.fresh
FROM (SELECT j.value->>0 AS show, j.value->>1 AS alias, j.value->>2 AS fresh FROM json_each(sqlc.arg(rows)) AS j) AS d
WHERE room_votes.show = d.show AND room_votes.alias = d.alias;

-- name: DropRoomAnswersOf :exec
DELETE FROM room_answers WHERE (show, who) IN (SELECT j.value->>0, j.value->>1 FROM json_each(sqlc.arg(rows)) AS j);

-- name: DropReporter :exec
DELETE FROM reporters WHERE person = $1;

-- name: CoinLinesFor :many
SELECT transfer, coins, at FROM coin_lines WHERE account = $1 ORDER BY at, transfer;

-- name: AwakeRooms :many
SELECT show FROM room_records WHERE kind = 'awake' ORDER BY show;

-- What the shop tells comes as rows of one JSON object of arrays: id, type, buyer, body, time. Names of letters have no full stop
-- (Standard Webhooks); those of webhooks end with their endpoint, so that no two are the same.

-- name: AddWebhooks :exec
INSERT INTO outbox (id, kind, recipient, type, body, state, tries, due, changed, reason)
SELECT replace(j.value->>0, '.', '-') || '-' || e.id, 'webhook', e.id, j.value->>1, j.value->>3, 'waiting', 0,
    CAST(j.value->>4 AS bigint), CAST(j.value->>4 AS bigint), ''
FROM json_each(sqlc.arg(rows)) AS j CROSS JOIN endpoints AS e WHERE e.disabled = '';

-- name: AddMails :exec
INSERT INTO outbox (id, kind, recipient, type, body, state, tries, due, changed, reason)
SELECT replace(j.value->>0, '.', '-'), 'mail', j.value->>2, j.value->>1, j.value->>3, 'waiting', 0,
    CAST(j.value->>4 AS bigint), CAST(j.value->>4 AS bigint), ''
FROM json_each(sqlc.arg(rows)) AS j WHERE true;

-- name: AddLetter :exec
INSERT INTO outbox (id, kind, recipient, type, body, state, tries, due, changed, reason)
VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, '') ON CONFLICT (id) DO NOTHING;

-- Webhooks have few receivers, and whole backlogs for one that is away: this goes from lane to lane along the index.
-- name: DueWebhooks :many
WITH RECURSIVE lanes (recipient) AS (
    SELECT MIN(recipient) FROM outbox WHERE state = 'waiting' AND kind = 'webhook'
    UNION ALL
    SELECT (SELECT MIN(o.recipient) FROM outbox AS o WHERE o.state = 'waiting' AND o.kind = 'webhook' AND o.recipient > lanes.recipient)
    FROM lanes WHERE lanes.recipient IS NOT NULL
)
SELECT m.id, m.recipient, m.type, m.body, m.tries, m.due
FROM lanes JOIN outbox AS m ON m.id = (
    SELECT h.id FROM outbox AS h WHERE h.state = 'waiting' AND h.kind = 'webhook' AND h.recipient = lanes.recipient
    ORDER BY h.due, h.id LIMIT 1
)
WHERE m.due <= sqlc.arg(now) ORDER BY m.due, m.id LIMIT sqlc.arg(most);

-- Mails have as many receivers as there are buyers, and few for one: this goes from letter to letter, and leaves out those that are
-- not the first of their lane.
-- name: DueMails :many
SELECT m.id, m.recipient, m.type, m.body, m.tries, m.due FROM outbox AS m
WHERE m.state = 'waiting' AND m.kind = 'mail' AND m.due <= sqlc.arg(now) AND m.id = (
    SELECT h.id FROM outbox AS h WHERE h.state = 'waiting' AND h.kind = 'mail' AND h.recipient = m.recipient
    ORDER BY h.due, h.id LIMIT 1
)
ORDER BY m.due, m.id LIMIT sqlc.arg(most);

-- name: Sent :exec
UPDATE outbox SET state = 'sent', body = '', reason = '', changed = $2 WHERE id = $1 AND state = 'waiting';

-- name: Again :exec
UPDATE outbox SET tries = tries + 1, due = $2, reason = $3, changed = $4 WHERE id = $1 AND state = 'waiting';

-- name: Dead :exec
UPDATE outbox SET state = 'dead', body = '', reason = $2, changed = $3 WHERE id = $1 AND state = 'waiting';

-- name: SweepLetters :execrows
DELETE FROM outbox WHERE id IN (
    SELECT o.id FROM outbox AS o WHERE o.state <> 'waiting' AND o.changed < sqlc.arg(before) LIMIT sqlc.arg(most)
);

-- name: Lease :one
SELECT owner, until FROM leases WHERE kind = $1;

-- name: TakeLease :execrows
INSERT INTO leases (kind, owner, until) VALUES (sqlc.arg(kind), sqlc.arg(owner), sqlc.arg(until))
ON CONFLICT (kind) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE leases.owner = excluded.owner OR leases.until <= sqlc.arg(now);

-- name: DropLeases :exec
DELETE FROM leases WHERE owner = $1;

-- name: Endpoint :one
SELECT * FROM endpoints WHERE id = $1 AND disabled = '';

-- name: Endpoints :many
SELECT id, url, disabled, created FROM endpoints ORDER BY created, id;

-- name: PutEndpoint :exec
INSERT INTO endpoints (id, url, secret, previous, previous_until, disabled, created)
VALUES (sqlc.arg(id), sqlc.arg(url), sqlc.arg(secret), '', 0, '', sqlc.arg(created))
ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret = excluded.secret, disabled = '',
    previous = endpoints.secret, previous_until = sqlc.arg(previous_until);

-- name: MoveEndpoint :execrows
UPDATE endpoints SET url = $2, disabled = '' WHERE id = $1;

-- name: DisableEndpoint :exec
UPDATE endpoints SET disabled = $2 WHERE id = $1;

-- name: DropEndpoint :execrows
DELETE FROM endpoints WHERE id = $1;

-- Escalations of a room that nobody was told yet.
-- name: RoomLetters :many
SELECT id, body FROM outbox WHERE type = 'room.escalated' AND state = 'waiting' AND id LIKE sqlc.arg(begins);

-- name: PutLetterBody :exec
UPDATE outbox SET body = $2 WHERE id = $1 AND state = 'waiting';

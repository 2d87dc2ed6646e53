-- name: AddPerson :execrows
INSERT INTO people (id, role, account, email, email_index, password, totp, totp_step, recovery, epoch, made, erased, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 1) ON CONFLICT DO NOTHING;

-- name: Person :one
SELECT * FROM people WHERE id = $1;

-- name: Account :one
SELECT * FROM people WHERE email_index = sqlc.arg(email_index) AND account = id;

-- name: Persons :many
SELECT * FROM people WHERE account = $1;

-- name: Unclaimed :many
SELECT * FROM people WHERE email_index = sqlc.arg(email_index) AND account = '';

-- name: Staff :many
SELECT * FROM people WHERE role <> 'buyer' AND erased = 0;

-- name: ChangePerson :execrows
UPDATE people SET role = $3, password = $4, totp = $5, totp_step = $6, recovery = $7, epoch = $8, version = version + 1
WHERE id = $1 AND version = $2;

-- name: ClaimGuests :exec
UPDATE people SET account = sqlc.arg(account) WHERE email_index = sqlc.arg(email_index) AND account = '';

-- name: EmptyPerson :execrows
UPDATE people SET email = NULL, email_index = NULL, password = NULL, totp = NULL, recovery = sqlc.arg(nothing),
    erased = sqlc.arg(erased), epoch = epoch + 1, version = version + 1
WHERE id = sqlc.arg(id) AND erased = 0;

-- name: AddKey :exec
INSERT INTO keys (person, master, wrapped) VALUES ($1, $2, $3);

-- name: Key :one
SELECT * FROM keys WHERE person = $1;

-- name: Rewrap :exec
UPDATE keys SET master = sqlc.arg(master), wrapped = sqlc.arg(wrapped) WHERE person = sqlc.arg(person) AND wrapped = sqlc.arg(old);

-- name: KeysBeside :many
SELECT * FROM keys WHERE master <> sqlc.arg(master) LIMIT sqlc.arg(most);

-- name: DropKey :exec
DELETE FROM keys WHERE person = $1;

-- name: AddSession :exec
INSERT INTO sessions (token, id, person, epoch, made, seen, password_at, link_at, passkey_at, totp_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: EndSession :exec
DELETE FROM sessions WHERE token = $1;

-- name: Session :one
SELECT sqlc.embed(s), sqlc.embed(p) FROM sessions AS s JOIN people AS p ON p.id = s.person WHERE s.token = $1;

-- name: SessionsOf :many
SELECT * FROM sessions WHERE person = $1 ORDER BY made DESC, id;

-- name: TouchSession :exec
UPDATE sessions SET seen = sqlc.arg(seen) WHERE token = sqlc.arg(token);

-- name: DropSession :execrows
DELETE FROM sessions WHERE person = $1 AND id = $2;

-- name: DropSessions :exec
DELETE FROM sessions WHERE person = $1;

-- name: SweepSessions :execrows
DELETE FROM sessions WHERE token IN (
    SELECT s.token FROM sessions AS s WHERE s.seen < sqlc.arg(seen_before) OR s.made < sqlc.arg(made_before) LIMIT sqlc.arg(most)
);

-- name: AddPasskey :execrows
INSERT INTO passkeys (id, person, credential, made, used) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING;

-- name: PasskeysOf :many
SELECT * FROM passkeys WHERE person = $1 ORDER BY made, id;

-- name: UsePasskey :execrows
UPDATE passkeys SET credential = $3, used = $4 WHERE id = $1 AND person = $2;

-- name: DropPasskey :execrows
DELETE FROM passkeys WHERE person = $1 AND id = $2;

-- name: DropPasskeys :exec
DELETE FROM passkeys WHERE person = $1;

-- name: AddTicket :exec
INSERT INTO tickets (token, kind, browser, content, until) VALUES ($1, $2, $3, $4, $5);

-- name: TakeTicket :one
DELETE FROM tickets WHERE token = $1 AND kind = $2 AND browser = $3 RETURNING *;

-- name: SweepTickets :execrows
DELETE FROM tickets WHERE token IN (SELECT t.token FROM tickets AS t WHERE t.until < sqlc.arg(before) LIMIT sqlc.arg(most));

-- name: CreateShow :execrows
INSERT INTO shows (id, title, state, token, created) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING;

-- name: PutShow :exec
INSERT INTO shows (id, title, state, token, created) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET token = excluded.token;

-- name: Show :one
SELECT id, title, state, token FROM shows WHERE id = $1;

-- name: ShowOf :one
SELECT id, title, state FROM shows WHERE token = $1;

-- name: Shows :many
SELECT id, title, state FROM shows ORDER BY created DESC, id;

-- name: SetState :execrows
UPDATE shows SET state = $2 WHERE id = $1;

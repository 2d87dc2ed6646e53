-- name: Meet :exec
INSERT INTO known (person, since, follows)
SELECT j.value->>0, CAST(j.value->>1 AS bigint), 0 FROM json_each(sqlc.arg(rows)) AS j WHERE true ON CONFLICT (person) DO NOTHING;

-- name: Follow :exec
INSERT INTO known (person, since, follows) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET follows = excluded.follows;

-- name: KnownPerson :one
SELECT CAST(COALESCE((SELECT p.made FROM people AS p WHERE p.id = sqlc.arg(person)), 0) AS bigint) AS made,
    CAST(COALESCE((SELECT k.since FROM known AS k WHERE k.person = sqlc.arg(person)), 0) AS bigint) AS since,
    CAST(COALESCE((SELECT k.follows FROM known AS k WHERE k.person = sqlc.arg(person)), 0) AS bigint) AS follows;

-- name: Followers :one
SELECT COUNT(*) FROM known WHERE follows = 1;

-- name: ForgetKnown :exec
DELETE FROM known WHERE person = $1;

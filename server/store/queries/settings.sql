-- name: Setting :one
SELECT version, doc FROM settings WHERE name = $1;

-- name: PutSetting :execrows
INSERT INTO settings (name, version, doc) VALUES ($1, CAST(sqlc.arg(seen) AS bigint) + 1, $2)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, doc = excluded.doc WHERE settings.version = CAST(sqlc.arg(seen) AS bigint);

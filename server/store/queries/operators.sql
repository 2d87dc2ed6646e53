-- name: AddOperator :exec
INSERT INTO operators (token, created) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: Operators :many
SELECT token FROM operators ORDER BY created;

// Package sqlc is the text of all queries as functions, one text for SQLite and PostgreSQL. All but this comment is written
// by sqlc from queries and migrations (`make sql`); a test of store fails when it is not fresh. It owns nothing: a Queries
// asks the connection, pool or transaction that it is given.
package sqlc

package rig

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(Main(m)) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func TestWhat_was_committed_is_there_after_a_kill(t *testing.T) {
	pg := Postgres(t)
	at := pg.URL()
	before := connect(t, at)
	if _, err := before.Exec(t.Context(), "CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)"); err != nil {
		t.Fatal(err)
	}
	pg.Kill()
	if err := before.Ping(t.Context()); err == nil {
		t.Error("it answers although it was killed")
	}
	pg.Start()
	var n int
	if err := connect(t, at).QueryRow(t.Context(), "SELECT n FROM kept").Scan(&n); err != nil || n != 7 {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestEvery_database_is_fresh_and_every_commit_is_synced(t *testing.T) {
	pg := Shared(t)
	one, other := connect(t, pg.URL()), connect(t, pg.URL())
	if _, err := one.Exec(t.Context(), "CREATE TABLE mine (n integer)"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "SELECT n FROM mine"); err == nil {
		t.Error("one database sees the other's tables")
	}
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var is string
		if err := one.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&is); err != nil || is != "on" {
			t.Errorf("%s is %q, %v", setting, is, err)
		}
	}
}

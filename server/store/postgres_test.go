package store

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

// edited is a URL with one part of it made otherwise.
func edited(t *testing.T, at string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func TestA_database_that_cannot_be_opened_is_told_in_words_and_without_its_password(t *testing.T) {
	at := rig.Shared(t).URL()
	for name, c := range map[string]struct {
		url, says string
	}{
		"another engine":        {"mysql://me:" + rig.Password + "@localhost/shop", "begins with mysql://"},
		"no scheme":             {"me:" + rig.Password + "@localhost/shop", "no scheme"},
		"a scheme too late":     {"me:" + rig.Password + "@localhost://shop", "no scheme"},
		"keywords for a URL":    {"host=localhost password=" + rig.Password, "no scheme"},
		"a port that is a word": {"postgres://me:" + rig.Password + "@localhost:many/shop", "cannot be read"},
		"a split password":      {"postgres://me:" + rig.Password + "/x:1@localhost/shop", "cannot be read"},
		"a crafted escape":      {"postgres://me:" + rig.Password + "%zz@localhost/shop", "cannot be read"},
		"nobody there":          {"postgres://me:" + rig.Password + "@127.0.0.1:1/shop", "PostgreSQL at 127.0.0.1:1 cannot be reached"},
		"a wrong password": {edited(t, at, func(u *url.URL) {
			u.User = url.UserPassword("postgres", rig.Password+"x")
		}), `refuses user "postgres": check name and password`},
		"an unknown user": {edited(t, at, func(u *url.URL) {
			u.User = url.UserPassword("nobody", rig.Password)
		}), `refuses user "nobody"`},
		"no such database": {edited(t, at, func(u *url.URL) { u.Path = "/none" }), `no database "none": make it with createdb`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), Config{URL: c.url})
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), rig.Password) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAn_old_server_or_another_encoding_is_refused(t *testing.T) {
	for says, err := range map[string]error{
		"PostgreSQL 13, and 14 is the oldest": suits(130014, "UTF8"),
		"encoding UTF8":                       suits(150004, "LATIN1"),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v", err)
		}
	}
	if err := suits(140000, "UTF8"); err != nil {
		t.Error(err)
	}
}

func TestServers_that_start_together_migrate_once(t *testing.T) {
	cfg := Config{URL: rig.Shared(t).URL()}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := Open(t.Context(), cfg)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var most int
	err := openAt(t, cfg).db.QueryRow("SELECT max(n) FROM (SELECT count(*) AS n FROM goose_db_version GROUP BY version_id) AS v").Scan(&most)
	if err != nil || most != 1 {
		t.Errorf("a migration was applied %d times, %v", most, err)
	}
}

func TestAn_open_store_outlives_a_kill_of_its_database(t *testing.T) {
	pg := rig.Postgres(t)
	s := openAt(t, Config{URL: pg.URL()})
	if err := s.CreateShow(t.Context(), wire.NewShow{ID: "demo"}, hash("a")); err != nil {
		t.Fatal(err)
	}
	pg.Kill()
	if err := s.Check(t.Context()); err == nil || strings.Contains(err.Error(), rig.Password) {
		t.Errorf("without its database it says %v", err)
	}
	pg.Start()
	if _, token, err := s.Show(t.Context(), "demo"); err != nil || token != hash("a") {
		t.Errorf("got %x, %v", token, err)
	}
}

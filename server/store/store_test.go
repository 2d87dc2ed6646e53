package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
	"go.uber.org/goleak"

	"vitrine/server/store/rig"
	"vitrine/server/trust/trusttest"
	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(rig.Main(m)) }

func open(t *testing.T, folder string) *Store {
	t.Helper()
	return openAt(t, Config{Folder: folder})
}

func openAt(t *testing.T, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func hash(s string) Hash { return sha256.Sum256([]byte(s)) }

// engines give a fresh database each.
var engines = map[string]func(t *testing.T) Config{
	"SQLite":     func(t *testing.T) Config { return Config{Folder: t.TempDir()} },
	"PostgreSQL": func(t *testing.T) Config { return Config{URL: rig.Shared(t).URL()} },
}

// TestConformance is what any store must do.
func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, ctx context.Context, s *Store)
	}{
		{"a show is read as it was made", func(t *testing.T, ctx context.Context, s *Store) {
			if err := s.CreateShow(ctx, wire.NewShow{ID: "demo", Title: "Füße & <b>"}, hash("a")); err != nil {
				t.Fatal(err)
			}
			show, token, err := s.Show(ctx, "demo")
			want := wire.Show{ID: "demo", Title: "Füße & <b>", State: wire.Open}
			if err != nil || token != hash("a") || !cmp.Equal(show, want) {
				t.Errorf("got %+v, %x, %v", show, token, err)
			}
		}},
		{"a name is given once", func(t *testing.T, ctx context.Context, s *Store) {
			first := s.CreateShow(ctx, wire.NewShow{ID: "demo"}, hash("a"))
			second := s.CreateShow(ctx, wire.NewShow{ID: "demo"}, hash("b"))
			if first != nil || wire.CodeOf(second) != wire.Conflict {
				t.Errorf("got %v, then %v", first, second)
			}
		}},
		{"an unknown show is not found, whatever is done to it", func(t *testing.T, ctx context.Context, s *Store) {
			_, _, read := s.Show(ctx, "none")
			_, of := s.ShowOf(ctx, hash("none"))
			set := s.SetState(ctx, "none", wire.Closed)
			for _, err := range []error{read, of, set} {
				if wire.CodeOf(err) != wire.NotFound {
					t.Errorf("got %v", err)
				}
			}
		}},
		{"a token leads to its show", func(t *testing.T, ctx context.Context, s *Store) {
			for _, id := range []wire.ShowID{"a", "b"} {
				if err := s.CreateShow(ctx, wire.NewShow{ID: id}, hash(string(id))); err != nil {
					t.Fatal(err)
				}
			}
			if show, err := s.ShowOf(ctx, hash("b")); err != nil || show.ID != "b" {
				t.Errorf("got %+v, %v", show, err)
			}
		}},
		{"a declared show keeps its state and takes the new token", func(t *testing.T, ctx context.Context, s *Store) {
			put := func(title, token string) {
				if err := s.PutShow(ctx, wire.NewShow{ID: "demo", Title: title}, hash(token)); err != nil {
					t.Fatal(err)
				}
			}
			put("Demo", "a")
			if err := s.SetState(ctx, "demo", wire.Closed); err != nil {
				t.Fatal(err)
			}
			put("", "b")
			show, token, err := s.Show(ctx, "demo")
			if err != nil || token != hash("b") || show.State != wire.Closed || show.Title != "Demo" {
				t.Errorf("got %+v, %v", show, err)
			}
		}},
		{"two declared shows have two tokens", func(t *testing.T, ctx context.Context, s *Store) {
			first := s.PutShow(ctx, wire.NewShow{ID: "a"}, hash("same"))
			second := s.PutShow(ctx, wire.NewShow{ID: "b"}, hash("same"))
			if first != nil || wire.CodeOf(second) != wire.Conflict {
				t.Errorf("got %v, then %v", first, second)
			}
		}},
		{"the newest show is listed first", func(t *testing.T, ctx context.Context, s *Store) {
			tick := int64(0)
			s.now = func() time.Time { tick++; return time.UnixMilli(tick) }
			for _, id := range []wire.ShowID{"old", "new"} {
				if err := s.CreateShow(ctx, wire.NewShow{ID: id}, hash(string(id))); err != nil {
					t.Fatal(err)
				}
			}
			if shows, err := s.Shows(ctx); err != nil || len(shows) != 2 || shows[0].ID != "new" {
				t.Errorf("got %+v, %v", shows, err)
			}
		}},
		{"an operator is one however often it is added", func(t *testing.T, ctx context.Context, s *Store) {
			for range 2 {
				if err := s.AddOperator(ctx, hash("op")); err != nil {
					t.Fatal(err)
				}
			}
			if list, err := s.Operators(ctx); err != nil || len(list) != 1 || list[0] != hash("op") {
				t.Errorf("got %x, %v", list, err)
			}
		}},
		{"of many who want one name at the same time one gets it", func(t *testing.T, ctx context.Context, s *Store) {
			var wg sync.WaitGroup
			won := make(chan int, 16)
			for i := range 16 {
				wg.Go(func() {
					if s.CreateShow(ctx, wire.NewShow{ID: "demo"}, hash(string(rune('a'+i)))) == nil {
						won <- i
					}
				})
			}
			wg.Wait()
			if len(won) != 1 {
				t.Errorf("%d got it", len(won))
			}
		}},
	} {
		for engine, fresh := range engines {
			t.Run(c.name+" on "+engine, func(t *testing.T) { c.test(t, t.Context(), openAt(t, fresh(t))) })
		}
	}
}

func TestWhat_was_written_is_there_after_a_crash(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	if err := s.CreateShow(t.Context(), wire.NewShow{ID: "demo"}, hash("a")); err != nil {
		t.Fatal(err)
	}
	crashed := t.TempDir() // the files as they lie there while the server runs: what a kill leaves
	for _, ending := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(folder, File+ending))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(crashed, File+ending), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := open(t, crashed).Show(t.Context(), "demo"); err != nil {
		t.Error(err)
	}
}

func TestA_damaged_file_is_named_and_left_alone(t *testing.T) {
	for name, content := range map[string][]byte{
		"no database":   []byte("this is a letter to the editor, and no database at all, however long it may be"),
		"broken inside": nil,
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, File)
			if content == nil {
				if err := open(t, folder).Close(); err != nil {
					t.Fatal(err)
				}
				whole, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				content = append(whole[:4096:4096], bytes.Repeat([]byte{0xff}, len(whole)-4096)...)
			}
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), Config{Folder: folder})
			if err == nil || !strings.Contains(err.Error(), path+" is damaged") {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, content) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestA_folder_that_cannot_be_written_is_named(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Folder: folder}); err == nil || !strings.Contains(err.Error(), "data folder") {
		t.Errorf("got %v", err)
	}
	locked := t.TempDir()
	if err := os.Chmod(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		locked = "/proc" // where not even root may make files
	}
	if _, err := Open(t.Context(), Config{Folder: locked}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("got %v", err)
	}
}

func TestA_newer_servers_database_is_refused(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg := fresh(t)
			s := openAt(t, cfg)
			if _, err := s.db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, '1')"); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "newer version") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// oldest is a database of format 1 as the first released server left it on SQLite; on PostgreSQL it is made by that format's
// migration and holds the same.
func oldest(t *testing.T, cfg Config) {
	t.Helper()
	old, err := os.ReadFile("testdata/format1.sql")
	must(t, err)
	driver, at := "sqlite", filepath.Join(cfg.Folder, File)
	if cfg.URL != "" {
		driver, at = "pgx", cfg.URL
	}
	db, err := sql.Open(driver, at)
	must(t, err)
	defer db.Close()
	if cfg.URL == "" {
		_, err = db.ExecContext(t.Context(), string(old))
		must(t, err)
		return
	}
	files, err := sources()
	must(t, err)
	p, err := goose.NewProvider(goose.DialectPostgres, db, translation{files})
	must(t, err)
	_, err = p.UpTo(t.Context(), 1)
	must(t, err)
	rows := regexp.MustCompile(`(?m)^INSERT INTO (shows|operators) .*$`).FindAllString(string(old), -1)
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		_, err := db.ExecContext(t.Context(), strings.ReplaceAll(row, "x'", `'\x`))
		must(t, err)
	}
}

func TestAn_old_servers_database_keeps_what_it_holds(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg, ctx := fresh(t), t.Context()
			oldest(t, cfg)
			for range 2 { // migrated, and started again
				s := openAt(t, cfg)
				shows, err := s.Shows(ctx)
				want := []wire.Show{{ID: "summer", Title: "Sommer 夏", State: wire.Open}, {ID: "spring", Title: "Füße & <b>", State: wire.Closed}}
				if err != nil || !cmp.Equal(shows, want) {
					t.Errorf("its shows are %+v, %v", shows, err)
				}
				if show, err := s.ShowOf(ctx, hash("token of spring")); err != nil || show.ID != "spring" {
					t.Errorf("a token leads to %+v, %v", show, err)
				}
				if list, err := s.Operators(ctx); err != nil || !cmp.Equal(list, []Hash{hash("operator")}) {
					t.Errorf("its operators are %x, %v", list, err)
				}
				must(t, s.Close())
			}
			s := openAt(t, cfg)
			if has, want := columns(t, s), columns(t, openAt(t, fresh(t))); !cmp.Equal(slices.Sorted(slices.Values(has)), slices.Sorted(slices.Values(want))) {
				t.Errorf("it has the columns %v, a new one has %v", has, want)
			}
			must(t, s.CreateShow(ctx, wire.NewShow{ID: "autumn"}, hash("new")))
			trusttest.Conformance(t, s)
		})
	}
}

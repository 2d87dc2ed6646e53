package server

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"vitrine/server/store/rig"
)

// lines is a log that may be written to from anywhere.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestA_server_on_PostgreSQL_keeps_its_shows_through_a_restart_and_a_kill(t *testing.T) {
	pg := rig.Postgres(t)
	var log lines
	cfg := Config{Database: pg.URL(), Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	r := start(t, cfg)
	made, body := r.do(call{method: "POST", path: "/api/shows", body: `{"id":"evening","title":"Füße"}`, token: r.operator, kind: "application/json"})
	if made.StatusCode != http.StatusCreated {
		t.Fatalf("making a show is answered %s: %s", made.Status, body)
	}
	r.stop()

	r = start(t, cfg)
	if r.operator != "" {
		t.Error("a second operator's token was made")
	}
	read := call{method: "GET", path: "/api/shows/evening"}
	if is, body := r.do(read); is.StatusCode != http.StatusOK || !strings.Contains(body, "Füße") {
		t.Errorf("after a restart the show is answered %s: %s", is.Status, body)
	}

	pg.Kill()
	if is, body := r.do(call{method: "GET", path: "/readyz"}); is.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, rig.Password) {
		t.Errorf("without its database it is ready: %s %s", is.Status, body)
	}
	pg.Start()
	if is, body := r.do(read); is.StatusCode != http.StatusOK {
		t.Errorf("when its database is back the show is answered %s: %s", is.Status, body)
	}
	if strings.Contains(log.String(), rig.Password) {
		t.Error("the log has the database's password")
	}
	if !strings.Contains(log.String(), "not ready") {
		t.Error("the log does not tell of the database's absence")
	}
}

package server

import (
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// cluster is a NATS server on loopback that wants a password, at a port or, for 0, at any.
func cluster(t *testing.T, port int) (stop func(), at string) {
	t.Helper()
	if port == 0 {
		port = server.RANDOM_PORT
	}
	n, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, Username: "me", Password: token, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	stop = func() {
		n.Shutdown()
		n.WaitForShutdown()
	}
	t.Cleanup(stop)
	if !n.ReadyForConnections(patience) {
		t.Fatal("NATS does not start")
	}
	return stop, n.ClientURL()
}

func TestA_server_is_not_ready_while_its_cluster_is_away_and_serves_on(t *testing.T) {
	stop, at := cluster(t, 0)
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("me", token)
	var log lines
	r := start(t, Config{NATS: u.String(), Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ready, shows := call{method: "GET", path: "/readyz"}, call{method: "GET", path: "/api/shows/demo"}
	if is, body := r.do(ready); is.StatusCode != http.StatusOK {
		t.Fatalf("with its cluster it is not ready: %s %s", is.Status, body)
	}
	stop()
	if is, body := r.do(ready); is.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "bus") || strings.Contains(body, token) {
		t.Errorf("without its cluster it is ready: %s %s", is.Status, body)
	}
	if is, body := r.do(shows); is.StatusCode != http.StatusOK || r.metric("vitrine_bus_up") != 0 {
		t.Errorf("without its cluster a show is answered %s: %s", is.Status, body)
	}
	cluster(t, port)
	await(t, "it to be ready again", func() bool {
		is, _ := r.do(ready)
		return is.StatusCode == http.StatusOK && r.metric("vitrine_bus_up") == 1
	})
	if text := log.String(); strings.Contains(text, token) || !strings.Contains(text, "the bus is away") {
		t.Errorf("the log is %s", text)
	}
}

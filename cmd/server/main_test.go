package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/server/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// console is what a program prints; it can be read while it does.
type console struct {
	mu    sync.Mutex
	text  bytes.Buffer
	lines chan struct{}
}

func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.text.Write(b)
	select {
	case c.lines <- struct{}{}:
	default:
	}
	return n, err
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// await waits until what was printed fits.
func (c *console) await(t *testing.T, pattern string) []string {
	t.Helper()
	late := time.After(time.Minute)
	for {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(c.String()); m != nil {
			return m
		}
		select {
		case <-c.lines:
		case <-late:
			t.Fatalf("%q is not in %q", pattern, c.String())
		}
	}
}

func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestThe_program_serves_until_it_is_told_to_stop(t *testing.T) {
	t.Setenv("VITRINE_SHOW", "fromenv:correct-horse")
	t.Setenv("VITRINE_LISTEN", "127.0.0.1:0")
	file := write(t, `{"listen":"192.0.2.1:1","drain":"10ms","max-viewers":3}`)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, errOut := &console{lines: make(chan struct{}, 1)}, &console{lines: make(chan struct{}, 1)}
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"--config", file, "--data", t.TempDir()}, out, errOut) }()
	base := out.await(t, `Watch at (http://127\.0\.0\.1:\d+)/watch/fromenv\n`)[1]
	out.await(t, `Operator's token, shown this once: \w{26}\n`)

	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport}).Get(base + "/api/shows/fromenv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("the show is answered %s", r.Status)
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("it ended with %d: %s", c, errOut)
	}
	if all := out.String() + errOut.String(); strings.Contains(all, "correct-horse") {
		t.Errorf("a publishing token was printed: %s", all)
	}
}

func TestAn_audit_says_what_it_found(t *testing.T) {
	data := t.TempDir()
	out, errOut := &console{lines: make(chan struct{}, 1)}, &console{lines: make(chan struct{}, 1)}
	if code := run(t.Context(), []string{"audit", "--data", data}, out, errOut); code != 0 || !strings.Contains(out.String(), "what the ledger tells") {
		t.Fatalf("of an empty shop: %d, %s %s", code, out, errOut)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, store.File))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO stocks (variant, entry, doc) VALUES ('ring', 0, '{"variant":"ring","Total":5}')`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"audit", "--data", data}, out, errOut); code != 1 || !strings.Contains(out.String(), "WRONG: stock ring") {
		t.Errorf("of stock from nowhere: %d, %s %s", code, out, errOut)
	}
}

func TestSettings_that_make_no_sense_are_named(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an unknown flag":            {[]string{"--lisen", ":1"}, "--lisen"},
		"a show without token":       {[]string{"--show", "demo"}, "NAME:TOKEN"},
		"a short token":              {[]string{"--show", "demo:1"}, "token must have"},
		"a port too high":            {[]string{"--media-port", "70000"}, "70000"},
		"a certificate without key":  {[]string{"--tls-cert", "x.pem"}, "key"},
		"a domain that is none":      {[]string{"--domain", "my server"}, "my server"},
		"a proxy that is no network": {[]string{"--trusted-proxy", "10.0.0.1"}, "10.0.0.1"},
		"a TURN port too high":       {[]string{"--turn-port", "70000"}, "70000"},
		"a database of MySQL":        {[]string{"--database", "mysql://me:correct-horse@db.example/shop"}, "mysql://"},
		"a cluster of Kafka":         {[]string{"--nats", "kafka://me:correct-horse@a.example"}, "kafka://"},
		"a cluster without a scheme": {[]string{"--nats", "me:correct-horse@a.example"}, "nats://"},
		"credentials for no cluster": {[]string{"--nats-creds", "/nowhere/me.creds"}, "URL"},
		"an address that is none":    {[]string{"--public-address", "here"}, "here"},
		"a way to pay that is none":  {[]string{"--pay", "shells"}, "shells"},
		"a transfer to nowhere":      {[]string{"--pay", "transfer"}, "account"},
		"Stripe without keys":        {[]string{"--pay", "stripe"}, "VITRINE_STRIPE"},
		"terms that are missing":     {[]string{"--shop", "/nowhere"}, "/nowhere"},
		"terms in no currency":       {[]string{"--shop", write(t, `{"currency":"shells"}`)}, "shells"},
		"a hold of a second":         {[]string{"--hold", "1s"}, "held"},
		"a mail server's port":       {[]string{"--smtp", "mail.example"}, "mail server"},
		"an origin that is none":     {[]string{"--origin", "shop.example"}, "shop.example"},
		"a level that is none":       {[]string{"--log-level", "loud"}, "loud"},
		"an unknown key in the file": {[]string{"--config", write(t, `{"lisen":":1"}`)}, `"lisen"`},
		"a wrong kind in the file":   {[]string{"--config", write(t, `{"media-port":"many"}`)}, "many"},
		"a file that is no JSON":     {[]string{"--config", write(t, `listen=:1`)}, "JSON"},
		"a file that is not there":   {[]string{"--config", "/nowhere/settings.json"}, "/nowhere/settings.json"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if code := run(t.Context(), c.args, &out, &errOut); code != 2 || !strings.Contains(errOut.String(), c.says) || strings.Contains(errOut.String(), "correct-horse") {
				t.Errorf("it ended with %d and %q", code, errOut.String())
			}
		})
	}
}

func TestHelp_is_no_failure(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &out, &errOut); code != 0 || !strings.Contains(out.String(), "VITRINE_LISTEN") {
		t.Errorf("it ended with %d and %q", code, out.String())
	}
}

func TestA_server_that_cannot_start_says_why(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--data", folder}, &out, &errOut); code != 1 || !strings.Contains(errOut.String(), "data folder") {
		t.Errorf("it ended with %d and %q", code, errOut.String())
	}
}

func TestA_database_that_does_not_answer_is_told_without_its_password(t *testing.T) {
	t.Setenv("VITRINE_DATABASE", "postgres://me:correct-horse@127.0.0.1:1/shop")
	var out, errOut bytes.Buffer
	code := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--data", t.TempDir(), "--log-level", "debug"}, &out, &errOut)
	if all := out.String() + errOut.String(); code != 1 || !strings.Contains(all, "cannot be reached") || strings.Contains(all, "correct-horse") {
		t.Errorf("it ended with %d and %q", code, all)
	}
}

func TestCredentials_for_the_cluster_that_are_not_there_are_told(t *testing.T) {
	t.Setenv("VITRINE_NATS", "nats://correct-horse@127.0.0.1:1")
	var out, errOut bytes.Buffer
	code := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--data", t.TempDir(), "--nats-creds", "/nowhere/me.creds"}, &out, &errOut)
	if all := out.String() + errOut.String(); code != 1 || !strings.Contains(all, "/nowhere/me.creds") || strings.Contains(all, "correct-horse") {
		t.Errorf("it ended with %d and %q", code, all)
	}
}

func FuzzSettingsFile(f *testing.F) {
	f.Add(`{"listen":":1","media-port":2,"show":["a:12345678"],"public-address":["192.0.2.1"],"grace":"1s","log-level":"warn"}`)
	f.Add(`{"show":"a:12345678","media-port":"2","grace":1}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var set settings
		_, cfg, err := parse(&set, []string{"--config", path}, io.Discard, io.Discard)
		if err == nil {
			_ = cfg.Validate()
		}
	})
}

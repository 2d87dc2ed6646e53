// Package rig gives tests a real PostgreSQL: a cluster of its own in a temporary folder, on a Unix socket, with fsync and
// passwords as in earnest, that can be killed and started again. It owns the processes and the folder, both gone when the
// test ends; if the test program is killed the cluster shuts itself down. It has no queue.
//
// It runs Debian's binaries from /usr/lib/postgresql, the newest. PostgreSQL refuses to run as root: then it runs as the user
// postgres, else as oneself.
package rig

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Password is the one of the cluster's only user; no log and no error may show it.
	Password = "never-tell-3f9a"

	owner = "postgres"
	// patience bounds every wait; it is no measure of speed.
	patience = 60 * time.Second
	look     = 10 * time.Millisecond
)

// Cluster is a running PostgreSQL, or one that was killed, as a test sees it: what goes wrong fails that test. It is for one
// goroutine at a time, but for URL.
type Cluster struct {
	t  testing.TB
	pg *postgres
}

// Postgres starts a cluster that lives as long as the test.
func Postgres(t testing.TB) *Cluster {
	t.Helper()
	pg, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.close(); err != nil {
			t.Error(err)
		}
	})
	return &Cluster{t, pg}
}

// shared is the cluster of a whole test program, started when the first test wants it.
var shared struct {
	mu sync.Mutex
	pg *postgres
}

// Shared is the cluster that all tests of a package have together; none may kill it. The package's TestMain runs Main.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.pg == nil {
		pg, err := launch()
		if err != nil {
			t.Fatal(err)
		}
		shared.pg = pg
	}
	return &Cluster{t, shared.pg}
}

// Tests is what a *testing.M does.
type Tests interface{ Run() int }

// Main runs a package's tests and ends the cluster that they shared.
func Main(m Tests) Tests { return sharing{m} }

type sharing struct{ Tests }

func (s sharing) Run() int {
	code := s.Tests.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.pg == nil {
		return code
	}
	if err := shared.pg.close(); err != nil {
		fmt.Fprintln(os.Stderr, "end PostgreSQL:", err)
		return max(code, 1)
	}
	return code
}

// URL makes a fresh database and returns its URL, with the password in it.
func (c *Cluster) URL() string {
	c.t.Helper()
	at, err := c.pg.database()
	if err != nil {
		c.t.Fatal(err)
	}
	return at
}

// Kill ends the cluster as a power cut does, but for the disk: no process of it is asked, all are killed.
func (c *Cluster) Kill() {
	c.t.Helper()
	if err := c.pg.kill(); err != nil {
		c.t.Fatal(err)
	}
}

// Start starts a killed cluster again, with what lies on its disk, and returns when it answers.
func (c *Cluster) Start() {
	c.t.Helper()
	if err := c.pg.start(); err != nil {
		c.t.Fatal(err)
	}
}

// Program returns the path of one of PostgreSQL's programs, pgbench say, of the version that the clusters run.
func Program(name string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", errors.Join(fmt.Errorf("PostgreSQL's %s is not under /usr/lib/postgresql: install it with .ci/setup test "+
			"(on Debian: apt-get install postgresql)", name), err)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

// postgres is the cluster itself.
type postgres struct {
	folder string
	as     []string // what goes before a command
	cmd    *exec.Cmd
	ended  chan struct{} // closed when cmd has

	mu        sync.Mutex
	databases int
}

func launch() (_ *postgres, err error) {
	folder, err := os.MkdirTemp("", "vitrine-pg-")
	if err != nil {
		return nil, fmt.Errorf("make PostgreSQL's folder: %w", err)
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil { // as processes have it
		return nil, fmt.Errorf("find PostgreSQL's folder: %w", err)
	}
	p := &postgres{folder: folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if err := p.settle(); err != nil {
		return nil, err
	}
	if err := p.initialize(); err != nil {
		return nil, err
	}
	return p, p.start()
}

// settle decides as whom PostgreSQL runs, and gives them the folder. setpriv, where it is, also lets the cluster end with the
// thread that started it, so with a test program that is killed; a test that starts one must not end its locked threads.
func (p *postgres) settle() error {
	if setpriv, err := exec.LookPath("setpriv"); err == nil {
		p.as = []string{setpriv, "--pdeathsig", "INT"}
	}
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup(owner)
	if err != nil {
		return fmt.Errorf("PostgreSQL does not run as root, and there is no user %s: install it with .ci/setup test: %w", owner, err)
	}
	if p.as == nil {
		return errors.New("PostgreSQL does not run as root, and there is no setpriv to become another: install util-linux")
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	p.as = append(p.as, "--reuid", u.Uid, "--regid", u.Gid, "--clear-groups")
	if err := os.Chown(p.folder, uid, gid); err != nil {
		return fmt.Errorf("give PostgreSQL its folder: %w", err)
	}
	return nil
}

// command is one of PostgreSQL's programs, run by its owner.
func (p *postgres) command(name string, args ...string) (*exec.Cmd, error) {
	path, err := Program(name)
	if err != nil {
		return nil, err
	}
	line := slices.Concat(p.as, []string{path}, args)
	c := exec.Command(line[0], line[1:]...)
	c.Dir = p.folder
	return c, nil
}

// initialize makes the cluster's files. They need not be synced: a cluster that was never started is not missed.
func (p *postgres) initialize() error {
	secret := filepath.Join(p.folder, "password")
	if err := os.WriteFile(secret, []byte(Password+"\n"), 0o644); err != nil { // the folder lets only its owner in
		return fmt.Errorf("write PostgreSQL's password: %w", err)
	}
	c, err := p.command("initdb", "--pgdata", p.data(), "--username", owner, "--auth", "scram-sha-256",
		"--pwfile", secret, "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err != nil {
		return err
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("make a PostgreSQL cluster: %w\n%s", err, out)
	}
	return nil
}

func (p *postgres) data() string { return filepath.Join(p.folder, "data") }
func (p *postgres) log() string  { return filepath.Join(p.folder, "log") }

// start runs the cluster and returns when it answers.
func (p *postgres) start() error {
	if p.cmd != nil {
		return errors.New("PostgreSQL runs already")
	}
	c, err := p.command("postgres", "-D", p.data(), "-k", p.folder, "-c", "listen_addresses=", "-c", "max_connections=200")
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open PostgreSQL's log: %w", err)
	}
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait() // how it ended is known by who ended it, or is in its log
	}()
	p.cmd, p.ended = c, ended
	return p.awaitAnswer()
}

func (p *postgres) awaitAnswer() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := p.do(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-time.After(look):
			continue
		case <-p.ended:
		case <-ctx.Done():
		}
		text, _ := os.ReadFile(p.log())
		return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, text[max(0, len(text)-4000):])
	}
}

// do runs a statement in the cluster's first database.
func (p *postgres) do(ctx context.Context, statement string) (err error) {
	c, err := pgx.Connect(ctx, p.url(owner))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	_, err = c.Exec(ctx, statement)
	return err
}

func (p *postgres) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(owner, Password), Path: "/" + database}
	u.RawQuery = url.Values{"host": {p.folder}}.Encode()
	return u.String()
}

func (p *postgres) database() (string, error) {
	p.mu.Lock()
	p.databases++
	name := fmt.Sprintf("test%d", p.databases)
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.do(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make a database: %w", err)
	}
	return p.url(name), nil
}

// kill ends the first process and then all others, which would otherwise finish what they do, and waits until none is left.
func (p *postgres) kill() error {
	if p.cmd == nil {
		return errors.New("PostgreSQL does not run")
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill PostgreSQL: %w", err)
	}
	<-p.ended
	p.cmd = nil
	for late := time.Now().Add(patience); ; time.Sleep(look) {
		left := p.left()
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(late) {
			return fmt.Errorf("PostgreSQL's processes %v do not end", left)
		}
		for _, pid := range left {
			if one, err := os.FindProcess(pid); err == nil {
				_ = one.Kill() // it may have gone by itself
			}
		}
	}
}

// left lists the cluster's processes: they all work in its data folder. Where there is no /proc it lists none.
func (p *postgres) left() (pids []int) {
	places, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, place := range places {
		if at, err := os.Readlink(place); err == nil && at == p.data() {
			pid, _ := strconv.Atoi(strings.Split(place, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// close shuts the cluster down, if it runs, and removes its files.
func (p *postgres) close() error {
	if p.cmd != nil {
		if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) { // "fast shutdown"
			return fmt.Errorf("end PostgreSQL: %w", err)
		}
		select {
		case <-p.ended:
			p.cmd = nil
		case <-time.After(patience):
			if err := p.kill(); err != nil {
				return err
			}
		}
	}
	if err := os.RemoveAll(p.folder); err != nil {
		return fmt.Errorf("remove PostgreSQL's folder: %w", err)
	}
	return nil
}

package cmd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio/remote"
)

// patience bounds every wait for something to happen; it is no expectation.
const patience = time.Minute

// bin holds the three programs, built once for all tests and benchmarks of this package.
var bin string

func TestMain(m *testing.M) {
	if at := os.Getenv(stockAt); at != "" {
		os.Exit(serveStock(at))
	}
	if at := os.Getenv(checkAt); at != "" {
		os.Exit(checkNetwork(at))
	}
	if ports := os.Getenv(natsAt); ports != "" {
		os.Exit(serveNATS(ports))
	}
	os.Exit(withPrograms(m))
}

// checkAt is the variable that has the test binary check the network to a server, instead of running tests.
const checkAt = "VITRINE_CHECK_AT"

// checkNetwork prints what a network check finds, and returns its exit code.
func checkNetwork(at string) int {
	p, err := remote.New().Check(context.Background(), at, os.Getenv("VITRINE_TOKEN"), func(float64, frame.Path) {})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(p)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func withPrograms(m *testing.M) int {
	dir, err := os.MkdirTemp("", "vitrine-bin-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"studio", "server", "audience"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, name), "./"+name)
		build.Stderr = os.Stderr
		if name != "studio" {
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
		}
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build", name, err)
			return 1
		}
	}
	bin = dir
	return m.Run()
}

// program is one of ours, running.
type program struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	said bytes.Buffer
	out  chan []byte // lines of standard output
}

func start(t testing.TB, env []string, name string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Env = append(os.Environ(), env...)
	return run(t, name, cmd)
}

func run(t testing.TB, name string, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, name: name, cmd: cmd, done: make(chan struct{}), out: make(chan []byte, 1024)}
	p.cmd.Stderr = writer(func(b []byte) { p.mu.Lock(); p.said.Write(b); p.mu.Unlock() })
	var part []byte
	p.cmd.Stdout = writer(func(b []byte) {
		part = append(part, b...)
		for {
			line, rest, ok := bytes.Cut(part, []byte("\n"))
			if !ok {
				return
			}
			select {
			case p.out <- bytes.Clone(line):
			default: // nobody reads
			}
			part = rest
		}
	})
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.end()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.log())
		}
	})
	return p
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

func (p *program) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// end asks the program to end and waits until it has; a program that does not is a failure.
func (p *program) end() {
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Errorf("%s did not end when asked to; what it was at is in what it said", p.name)
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-p.done:
		case <-time.After(patience):
			p.kill()
		}
	}
}

// kill ends the program as a crash would.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// cpu is the processor time that the program has used.
func (p *program) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	var user, system int64
	fmt.Sscan(f[11], &user)
	fmt.Sscan(f[12], &system)
	return time.Duration(user+system) * time.Second / 100
}

// evening is a server with one show, and what is needed to publish to it.
type evening struct {
	t      testing.TB
	listen string // what the server is told, host:port
	http   string // where programs beside it reach it, host:port
	media  int
	data   string
	token  string
	server *program
	// enter puts a command into the network of the evening, and client speaks from within.
	enter  func(*exec.Cmd)
	client *http.Client
}

// freePort finds a port that nobody uses on loopback, for both TCP and UDP.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func newEvening(t testing.TB) *evening {
	t.Helper()
	e := quietEvening(t)
	e.startServer()
	return e
}

// quietEvening is an evening before its server is started.
func quietEvening(t testing.TB) *evening {
	t.Helper()
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	return &evening{
		t: t, listen: at, http: at, media: freePort(t), data: t.TempDir(), token: rand.Text(),
		enter: func(*exec.Cmd) {}, client: http.DefaultClient,
	}
}

// start starts one of our programs in the evening's network.
func (e *evening) start(env, name string, args ...string) *program {
	e.t.Helper()
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Env = append(os.Environ(), env)
	e.enter(cmd)
	return run(e.t, name, cmd)
}

func (e *evening) startServer() {
	e.t.Helper()
	e.server = e.start("VITRINE_SHOW=evening:"+e.token, "server",
		"--listen", e.listen, "--data", e.data, "--media-port", fmt.Sprint(e.media))
	e.until("the server answers", func() bool {
		r, err := e.client.Get(e.url("/readyz"))
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

func (e *evening) url(path string) string { return "http://" + e.http + path }

// studio starts a studio without a window that is on air at once, and sends what it takes in, unless args ask for effects.
func (e *evening) studio(args ...string) *program {
	e.t.Helper()
	return e.start("VITRINE_TOKEN="+e.token, "studio", append([]string{"--server", e.url(""), "--show", "evening", "--headless", "--live", "--look=off", "--voice=off"}, args...)...)
}

// live waits until the server says that the show is on air.
func (e *evening) live() {
	e.t.Helper()
	e.until("the show is on air", func() bool { return e.show().Live })
}

type show struct {
	ID, Title string
	Live      bool
	State     string
	Viewers   int
}

func (e *evening) show() (s show) {
	r, err := e.client.Get(e.url("/api/shows/evening"))
	if err != nil {
		return s
	}
	defer r.Body.Close()
	_ = json.NewDecoder(r.Body).Decode(&s)
	return s
}

// until looks ten times a second until something that happens outside this process has happened.
func (e *evening) until(what string, happened func() bool) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for !happened() {
		select {
		case <-ctx.Done():
			e.t.Fatalf("waited in vain until %s", what)
		case <-look.C:
		}
	}
}

// figure reads a number out of a studio's line of figures.
func figure(t testing.TB, line []byte, path ...string) float64 {
	t.Helper()
	var v any
	if err := json.Unmarshal(line, &v); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("no %v in %s", path, line)
		}
		v = m[name]
	}
	n, ok := v.(float64)
	if !ok {
		t.Fatalf("%v is %v", path, v)
	}
	return n
}

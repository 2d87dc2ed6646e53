package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test; it is no measure of speed.
const patience = time.Minute

// lines is a log that can be read while it is written.
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

func (l *lines) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// run runs a bus until the test ends. It returns when the servers have been tried.
func run(t testing.TB, cfg Config) *Bus {
	t.Helper()
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the bus ended with %v", err)
		}
	})
	wait(t, "ready", b.Ready())
	return b
}

func wait(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("not %s", what)
	}
}

func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s", what)
		}
	}
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// begin runs f until the test or stop ends it.
func begin(t testing.TB, f func(ctx context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// serve answers requests until the test ends or stop does it. It returns when they can come.
func serve(t testing.TB, b *Bus, subject string, answer func([]byte) []byte) (stop func()) {
	t.Helper()
	back := make(chan struct{}, 100)
	stop = begin(t, func(ctx context.Context) error {
		return b.Serve(ctx, subject, func(request []byte, reply func([]byte) error) { _ = reply(answer(request)) }, func() { back <- struct{}{} })
	})
	wait(t, "served", back)
	return stop
}

// natsServer starts a NATS server on loopback; its options may be changed before.
func natsServer(t testing.TB, change func(*server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true}
	if change != nil {
		change(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { kill(s) })
	if !s.ReadyForConnections(patience) {
		t.Fatal("NATS does not start")
	}
	return s
}

func kill(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// cluster is three servers that know each other.
func cluster(t testing.TB) []*server.Server {
	t.Helper()
	var all []*server.Server
	for i := range 3 {
		all = append(all, natsServer(t, func(o *server.Options) {
			o.ServerName = fmt.Sprint("node-", i)
			o.Cluster = server.ClusterOpts{Name: "shop", Host: "127.0.0.1", Port: server.RANDOM_PORT}
			if i > 0 {
				o.Routes = server.RoutesFromStr("nats://" + all[0].ClusterAddr().String())
			}
		}))
	}
	await(t, "a cluster", func() bool {
		for _, s := range all {
			if s.NumRoutes() < len(all)-1 {
				return false
			}
		}
		return true
	})
	return all
}

// urls begins with the server to be joined first.
func urls(all ...*server.Server) string {
	var list []string
	for _, s := range all {
		list = append(list, s.ClientURL())
	}
	return strings.Join(list, ",")
}

// link is a way to a server that can fall silent, as when a machine loses its power.
type link struct {
	listener net.Listener
	silent   chan struct{}
	over     context.Context
	moving   sync.WaitGroup
}

func newLink(t testing.TB, to string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over, end := context.WithCancel(context.Background())
	l := &link{listener: listener, silent: make(chan struct{}), over: over}
	t.Cleanup(func() {
		end()
		_ = listener.Close()
		l.moving.Wait()
	})
	l.moving.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			l.moving.Go(func() { l.move(near, far) })
			l.moving.Go(func() { l.move(far, near) })
		}
	})
	return l
}

// move carries bytes until the link falls silent or ends.
func (l *link) move(from, to net.Conn) {
	defer func() { _ = errors.Join(from.Close(), to.Close()) }()
	defer context.AfterFunc(l.over, func() { _ = from.Close() })()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		select {
		case <-l.silent:
			<-l.over.Done()
			return
		default:
		}
		if err != nil {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

package plug_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/effects/plug"
)

// The programs that a test starts besides the samples are this very test, told to behave badly.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "as-plug-in" {
		os.Exit(misbehave(os.Args[2], os.Args[3:]...))
	}
	dir, err := os.MkdirTemp("", "plug")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	mirrorPath = filepath.Join(dir, "mirror")
	build := exec.Command("go", "build", "-o", mirrorPath, "./sample/mirror")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build sample/mirror: %v\n%s", err, out)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

var mirrorPath string

func mirror() []string { return []string{mirrorPath} }

func bad(manner string, args ...string) []string {
	return append([]string{os.Args[0], "as-plug-in", manner}, args...)
}

func python(t testing.TB, script string, args ...string) []string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("the samples in Python need the program python3 (package python3)")
	}
	return append([]string{path, "-B", filepath.Join("sample", script)}, args...) // -B leaves no files behind
}

// misbehave is a plug-in that echoes what it gets, but for its bad manner.
func misbehave(manner string, args ...string) int {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriterSize(os.Stdout, 1<<21)
	hello := make([]byte, 16)
	_, _ = io.ReadFull(in, hello)
	switch manner {
	case "exits":
		fmt.Fprintln(os.Stderr, "looking for the model\nno model found")
		return 3
	case "prints":
		fmt.Println("Hello, I am not a plug-in at all")
		time.Sleep(time.Hour)
	case "is newer":
		hello[4] = 2
	case "does sound":
		hello[6] ^= 3
	case "has children":
		child := exec.Command("sleep", "1000")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			return 1
		}
		if err := os.WriteFile(args[0], []byte(strconv.Itoa(child.Process.Pid)), 0o600); err != nil {
			return 1
		}
	case "is a studio":
		_ = plug.NewVideo([]string{os.Args[0], "as-plug-in", "tells its number", args[0]}).Run(context.Background())
	case "tells its number":
		if err := os.WriteFile(args[0], []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			return 1
		}
		time.Sleep(time.Hour)
	}
	_, _ = os.Stdout.Write(hello)
	switch manner {
	case "is deaf":
		time.Sleep(time.Hour)
	case "floods":
		for {
			_, _ = os.Stdout.Write(make([]byte, 1<<16))
		}
	case "chatters":
		go func() {
			for {
				_, _ = os.Stderr.Write(bytes.Repeat([]byte("\xffblah\x00"), 1<<12))
			}
		}()
	}
	for n := 0; ; n++ {
		head := make([]byte, 32)
		if _, err := io.ReadFull(in, head); err != nil {
			return 0
		}
		payload := make([]byte, binary.LittleEndian.Uint32(head[4:]))
		_, _ = io.ReadFull(in, payload)
		switch manner {
		case "is slow":
			time.Sleep(60 * time.Millisecond)
		case "stutters":
			if n%8 == 7 {
				time.Sleep(60 * time.Millisecond)
			}
		case "resizes":
			head[24]++
		case "lengthens":
			head[7] = 0x7f
		case "miscounts":
			head[8]++
		case "deafens":
			binary.LittleEndian.PutUint32(payload, math.Float32bits(float32(math.NaN())))
		case "answers twice":
			_, _ = out.Write(head)
			_, _ = out.Write(payload)
		}
		_, _ = out.Write(head)
		_, _ = out.Write(payload)
		_ = out.Flush()
	}
}

// running is what both kinds of plug-in have in common.
type running interface {
	Run(context.Context) error
	State() plug.State
}

// run runs a plug-in for as long as the test lasts, or until the returned function, which waits for its end.
func run(t testing.TB, p running) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// patience bounds what has to happen some time.
const patience = time.Minute

// until calls step every 10 ms until it reports true.
func until(t testing.TB, p running, what string, step func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !step(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never %s: %+v", what, p.State())
		}
	}
}

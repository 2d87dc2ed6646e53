package pictures

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

const gatewayVersion = "v1.8.0"

// gateway builds an S3-compatible server (versitygw, Apache-2.0) once, by its exact version and outside our go.mod, and runs it for the
// test on a folder that has one bucket.
func gateway(t *testing.T) (endpoint string) {
	t.Helper()
	bin := must(filepath.Abs(filepath.Join("..", "..", ".run", "versitygw", gatewayVersion)))
	program := filepath.Join(bin, "versitygw")
	if _, err := os.Stat(program); err != nil {
		if testing.Short() {
			t.Skip("versitygw is not built; without -short this test builds it")
		}
		build := exec.CommandContext(t.Context(), "go", "install", "github.com/versity/versitygw/cmd/versitygw@"+gatewayVersion)
		build.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=", "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "shop"), 0o700); err != nil {
		t.Fatal(err)
	}
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	address := l.Addr().String()
	_ = l.Close()
	run := exec.Command(program, "--port", address, "--quiet", "posix", "--sidecar", t.TempDir(), root)
	run.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID=a-key", "ROOT_SECRET_ACCESS_KEY=a-secret")
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	})
	for range 12000 {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return "http://" + address
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("versitygw did not begin to listen\n%s", said.String())
	return ""
}

func TestAFolderIsAStorage(t *testing.T) {
	storageKeepsFiles(t, Folder(filepath.Join(t.TempDir(), "deep", "down")))
}

func TestABucketIsAStorage(t *testing.T) {
	endpoint := gateway(t)
	for _, address := range []string{"s3://shop?endpoint=" + endpoint, "s3://shop/pictures/?region=us-east-1&endpoint=" + endpoint} {
		b, err := NewBucket(address, "a-key", "a-secret")
		if err != nil {
			t.Fatal(err)
		}
		storageKeepsFiles(t, b)
		a := New(b)
		id, err := a.Keep(t.Context(), photo(t, hopper))
		if err != nil {
			t.Fatal(err)
		}
		if size := read(t, a, id, 480).Bounds().Dx(); size != 480 {
			t.Errorf("a picture from the bucket is %d wide", size)
		}
	}
	for name, address := range map[string]string{"a wrong key": "s3://shop", "no such bucket": "s3://other"} {
		key := map[string]string{"a wrong key": "another"}[name] + "a-secret"
		b := must(NewBucket(address+"?endpoint="+endpoint, "a-key", key))
		err := b.Put(t.Context(), "x", []byte("x"))
		if err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := b.Get(t.Context(), "x"); err == nil || wire.CodeOf(err) == wire.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABucketThatIsAwayIsNoMissingPicture(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	away := l.Addr().String()
	_ = l.Close()
	b := must(NewBucket("s3://shop?endpoint=http://"+away, "a-key", "a-secret"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := b.Get(ctx, "x"); err == nil || wire.CodeOf(err) == wire.NotFound {
		t.Error(err)
	}
}

// storageKeepsFiles is what Storage promises.
func storageKeepsFiles(t *testing.T, s Storage) {
	t.Helper()
	ctx := t.Context()
	absent := func(name string) {
		t.Helper()
		if _, err := s.Get(ctx, name); wire.CodeOf(err) != wire.NotFound {
			t.Errorf("get of what is not there: %v", err)
		}
		if has, err := s.Has(ctx, name); has || err != nil {
			t.Errorf("has what is not there: %v, %v", has, err)
		}
		if err := s.Drop(ctx, name); err != nil {
			t.Errorf("drop of what is not there: %v", err)
		}
	}
	absent("a/1.jpg")
	files := map[string][]byte{"a/1.jpg": []byte("one"), "a/2.jpg": bytes.Repeat([]byte("long"), 1<<20), "b/1.jpg": []byte("other"), "b/2.jpg": {}}
	for name, file := range files {
		if err := s.Put(ctx, name, file); err != nil {
			t.Fatal(err)
		}
	}
	files["a/1.jpg"] = []byte("one, anew")
	if err := s.Put(ctx, "a/1.jpg", files["a/1.jpg"]); err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		if got, err := s.Get(ctx, name); err != nil || !bytes.Equal(got, file) {
			t.Errorf("%s is %d bytes, want %d: %v", name, len(got), len(file), err)
		}
		if has, err := s.Has(ctx, name); !has || err != nil {
			t.Errorf("%s: %v, %v", name, has, err)
		}
	}
	done := make(chan error)
	for i := range 8 {
		go func() { done <- s.Put(ctx, "c/1.jpg", bytes.Repeat([]byte{byte(i)}, 1000)) }()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got, err := s.Get(ctx, "c/1.jpg"); err != nil || len(got) != 1000 || !bytes.Equal(got, bytes.Repeat(got[:1], 1000)) {
		t.Errorf("several at a time make %d bytes of several: %v", len(got), err)
	}
	for name := range files {
		if err := s.Drop(ctx, name); err != nil {
			t.Error(err)
		}
		absent(name)
	}
}

func TestAddressesOfBucketsAreChecked(t *testing.T) {
	for _, c := range []struct{ address, key, says string }{
		{"s3://shop/pictures?endpoint=https://s3.example.com:9000&region=eu-1", "k", ""},
		{"s3://shop", "k", ""},
		{"s3://shop", "", "needs a key"},
		{"https://shop", "k", "s3://BUCKET"},
		{"s3:///x", "k", "s3://BUCKET"},
		{"s3://key:secret@shop", "k", "apart from it"},
		{"s3://shop?endpoint=s3.example.com", "k", "https://HOST:PORT"},
		{"s3://shop?endpoint=ftp://s3.example.com", "k", "https://HOST:PORT"},
		{"s3://shop?acl=public", "k", `not "acl"`},
	} {
		_, err := NewBucket(c.address, c.key, "the secret")
		if got := fmt.Sprint(err); (c.says == "") != (err == nil) || err != nil && !strings.Contains(got, c.says) || strings.Contains(got, "secret@") {
			t.Errorf("%s: %v", c.address, err)
		}
	}
}

package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// proxy is the address that nginx calls the server from; its callers have others.
const proxy = "127.0.0.9"

// nginx puts a real nginx before the server, with TLS and the settings that README.md gives, and returns its address.
func nginx(t *testing.T, r *running) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil { // its workers are another user's
		t.Fatal(err)
	}
	cert, key := certify(t, folder, 20)
	port := freePort(t)
	settings := fmt.Sprintf(`
daemon off; pid %[1]s/pid; error_log stderr; worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen 127.0.0.1:%[2]d ssl http2;
    proxy_bind %[6]s;
    ssl_certificate %[3]s; ssl_certificate_key %[4]s;
%[5]s
  }
}`, folder, port, cert, key, strings.ReplaceAll(location(t), "127.0.0.1:8080", r.at.HTTP.String()), proxy)
	path := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("nginx", "-c", path, "-p", folder, "-e", "stderr")
	var log strings.Builder
	c.Stderr = &log
	if err := c.Start(); err != nil {
		t.Fatalf("start nginx (.ci/setup test installs it): %v", err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return fmt.Sprintf("https://127.0.0.1:%d", port)
}

// location is the part of nginx' settings that README.md shows.
func location(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?s)    location / \{.*?\n    }`).Find(text)
	if m == nil {
		t.Fatal("README.md shows no settings of nginx")
	}
	return string(m)
}

// TestBehind_nginx has everything go through it but the media.
func TestBehind_nginx(t *testing.T) {
	r := start(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix(proxy + "/32")}, MaxPerAddress: 2})
	through := *r
	through.prefix = nginx(t, r)
	await(t, "nginx to answer", func() bool {
		a, err := r.http.Get(through.prefix + "/healthz")
		if err == nil {
			_ = a.Body.Close()
		}
		return err == nil && a.StatusCode == 200
	})
	through.check(t, call{method: "GET", path: "/watch/demo"}, expect{200, "", map[string]string{"Content-Security-Policy": "default-src 'none'"}})
	p := publish(&through)
	v := watch(&through)
	v.next(v.track())
	through.check(t, call{method: "PATCH", path: p.resource, kind: fragmentType, match: p.etag, body: "a=ice-ufrag:" +
		attribute(p, "ice-ufrag") + "\r\na=ice-pwd:" + attribute(p, "ice-pwd") + "\r\na=end-of-candidates\r\n"}, expect{204, "", nil})

	full := expect{429, "rate_limited", map[string]string{"Retry-After": "5"}}
	post := call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: receiving(r).offer()}
	through.check(t, post, full)
	t.Run("a client that names another is still itself", func(t *testing.T) {
		lie := post
		lie.from = "192.0.2.1"
		through.check(t, lie, full)
		lie.from = proxy
		through.check(t, lie, full)
	})
	t.Run("another client has its own limit", func(t *testing.T) {
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 5)}}
		transport := &http.Transport{DialContext: dialer.DialContext}
		defer transport.CloseIdleConnections()
		other := through
		other.http = &http.Client{Transport: transport}
		other.check(t, post, expect{201, "", nil})
		other.check(t, post, expect{201, "", nil})
		other.check(t, post, full)
	})
	through.check(t, call{method: "DELETE", path: v.resource}, expect{200, "", nil})
	through.check(t, post, expect{201, "", nil})
}

func TestWithout_trust_nobody_speaks_for_others(t *testing.T) {
	r := start(t, Config{MaxPerAddress: 1})
	publish(r)
	r.check(t, call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: receiving(r).offer(), from: "198.51.100.1"},
		expect{429, "rate_limited", nil})
}

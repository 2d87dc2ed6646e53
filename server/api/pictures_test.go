package api

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"vitrine/server/pictures"
	"vitrine/server/reach"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

func hopper(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../../.run/material/python-matplotlib-data/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg")
	if err != nil {
		t.Fatalf("%v: run .ci/models test", err)
	}
	return b
}

func TestAPictureIsSentOnceAndSeenByEverybody(t *testing.T) {
	m := opens(t, nil)
	file := hopper(t)
	at := "/api/pictures/" + string(pictures.IDOf(file))
	host := m.plays(trust.Host)
	for range 2 {
		if p := gets[wire.Picture](host, "PUT", at, string(file), "Content-Type", "image/jpeg"); p.ID != pictures.IDOf(file) {
			t.Errorf("it is called %q", p.ID)
		}
	}
	gets[wire.Picture](m.studio("evening"), "PUT", at, string(file), "Content-Type", "image/jpeg")
	for _, width := range wire.PictureWidths {
		seen := m.browser().asks("GET", fmt.Sprintf("/pictures/%s/%d.jpg", pictures.IDOf(file), width), nil)
		c, err := jpeg.DecodeConfig(bytes.NewReader(seen.body))
		if seen.status != 200 || err != nil || c.Width > width {
			t.Fatalf("%d: %d %v %v", width, seen.status, c, err)
		}
		for name, want := range map[string]string{
			"Content-Type": "image/jpeg", "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Resource-Policy": "cross-origin", "Content-Security-Policy": "default-src 'none'; sandbox",
		} {
			if seen.header.Get(name) != want {
				t.Errorf("%s is %q", name, seen.header.Get(name))
			}
		}
		again := m.browser().asks("GET", fmt.Sprintf("/pictures/%s/%d.jpg", pictures.IDOf(file), width), nil, "If-None-Match", seen.header.Get("ETag"))
		if again.status != http.StatusNotModified || len(again.body) > 0 {
			t.Errorf("what is known is answered %d with %d bytes", again.status, len(again.body))
		}
	}
	for _, path := range []string{"161.jpg", "0160.jpg", "160.png", "160", "..", "-160.jpg"} {
		m.browser().refused(wire.NotFound, "GET", fmt.Sprintf("/pictures/%s/%s", pictures.IDOf(file), path), nil)
	}
	m.browser().refused(wire.NotFound, "GET", "/pictures/0123456789abcdef0123456789abcdef/160.jpg", nil)
	m.browser().refused(wire.Unauthenticated, "PUT", at, string(file), "Content-Type", "image/jpeg")
}

func TestWhatIsNoPictureIsRefusedInWords(t *testing.T) {
	m := opens(t, nil)
	host := m.plays(trust.Host)
	at := func(file []byte) string { return "/api/pictures/" + string(pictures.IDOf(file)) }
	letter := []byte("a letter")
	host.refused(wire.MediaType, "PUT", at(letter), string(letter))
	host.refused(wire.MediaType, "PUT", at(letter), string(letter), "Content-Type", "image/jpeg")
	host.refused(wire.Invalid, "PUT", at(letter), string(hopper(t)), "Content-Type", "image/jpeg")
	host.refused(wire.Invalid, "PUT", at(nil), "", "Content-Type", "image/jpeg")
	long := make([]byte, pictures.MaxFile+1)
	if p := host.refused(wire.TooLarge, "PUT", at(long), string(long), "Content-Type", "image/png"); !strings.Contains(p.Detail, "20 MB") {
		t.Error(p.Detail)
	}
	for _, source := range []string{"", "lamp.jpg", "ftp://cdn.example/lamp.jpg", "https://me:secret@cdn.example/lamp.jpg", "https://cdn.example:22/"} {
		host.refused(wire.Invalid, "POST", "/api/pictures", map[string]string{"source": source})
	}
}

// endless is a body that counts what is taken of it.
type endless struct {
	left  int64
	taken atomic.Int64 // the transport may still read while the answer is there
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), e.left)
	e.left -= n
	e.taken.Add(n)
	return int(n), nil
}

func TestTwoGigabytesAreRefusedBeforeTheyAreTaken(t *testing.T) {
	m := opens(t, nil)
	for length, most := range map[int64]int64{2 << 30: 8 << 20, -1: pictures.MaxFile + 16<<20} { // what the network holds, beside
		body := &endless{left: 2 << 30}
		r, err := http.NewRequest(http.MethodPut, m.url+"/api/pictures/0123456789abcdef0123456789abcdef", io.NopCloser(body))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		r.Header.Set("Content-Type", "image/jpeg")
		r.Header.Set("Authorization", "Bearer "+operatorToken)
		a, err := (&http.Transport{}).RoundTrip(r)
		switch {
		case err == nil:
			if a.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("it is answered %d", a.StatusCode)
			}
			_ = a.Body.Close()
		case length > 0 && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe"):
			t.Error(err)
		}
		if taken := body.taken.Load(); taken > most {
			t.Errorf("%d MB of them were taken", taken>>20)
		}
	}
}

func TestAPictureIsFetchedFromElsewhereButNotFromInside(t *testing.T) {
	file := hopper(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/lamp.jpg", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(file) })
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("at"), http.StatusFound)
	})
	elsewhere := httptest.NewServer(mux)
	defer elsewhere.Close()
	at, err := url.Parse(elsewhere.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(at.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.2:0") // inside; nobody may call there
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	inside := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody came inside") }))
	inside.Listener = l
	inside.Start()
	defer inside.Close()
	to, err := url.Parse(inside.URL)
	if err != nil {
		t.Fatal(err)
	}
	second, err := strconv.ParseUint(to.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	m := opens(t, nil, func(c *Config) {
		c.Outside = reach.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{uint16(port), uint16(second), 80}}
	})
	host := m.operates()
	from := func(path string) map[string]string { return map[string]string{"source": elsewhere.URL + path} }
	redirected := func(where string) map[string]string { return from("/to?at=" + url.QueryEscape(where)) }
	for _, body := range []any{from("/lamp.jpg"), redirected("/lamp.jpg")} {
		if p := gets[wire.Picture](host, "POST", "/api/pictures", body); p.ID != pictures.IDOf(file) || p.Source == "" {
			t.Errorf("%+v", p)
		}
	}
	for _, c := range []struct {
		body any
		code wire.Code
		says string
	}{
		{from("/none"), wire.Invalid, "404"},
		{from("/page"), wire.MediaType, "pictures are"},
		{redirected("/to?at=/to"), wire.Invalid, ""},
		{map[string]string{"source": inside.URL}, wire.Forbidden, "private"},
		{map[string]string{"source": "http://10.0.0.1/lamp.jpg"}, wire.Forbidden, "private"},
		{map[string]string{"source": "http://[::1]/lamp.jpg"}, wire.Forbidden, "private"},
		{map[string]string{"source": "http://169.254.169.254/latest"}, wire.Forbidden, "private"},
		{map[string]string{"source": strings.Replace(inside.URL, "127.0.0.2", "[::ffff:127.0.0.2]", 1)}, wire.Forbidden, "private"},
		{redirected(inside.URL), wire.Forbidden, "private"},
	} {
		p := host.refused(c.code, "POST", "/api/pictures", c.body)
		if !strings.Contains(p.Detail, c.says) || strings.Contains(p.Detail, "127.0.0") {
			t.Errorf("%v: %s", c.body, p.Detail)
		}
	}
	if strings.Contains(m.log.String(), "127.0.0") {
		t.Error("the log has addresses")
	}
}

package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler(Config{}).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		name, method, target string
		want                 int
	}{
		{"the page of a show", "GET", "/watch/evening", 200},
		{"the head of the page", "HEAD", "/watch/evening", 200},
		{"a name that no show can have", "GET", "/watch/Evening!", 404},
		{"a page below a show", "GET", "/watch/evening/more", 404},
		{"a post to the page", "POST", "/watch/evening", 405},
		{"an unknown asset", "GET", "/assets/nothing.js", 404},
		{"the page is no asset", "GET", "/assets/index.html", 404},
		{"a way out of the assets", "GET", "/assets/..%2findex.html", 404},
		{"the list of assets", "GET", "/assets/", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get(t, c.method, c.target)
			if r.StatusCode != c.want {
				t.Errorf("%s %s: %d, want %d", c.method, c.target, r.StatusCode, c.want)
			}
			if r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("an answer without the security headers: %v", r.Header)
			}
			if c.method == "HEAD" && body(t, r) != "" {
				t.Error("HEAD has a body")
			}
		})
	}
}

func TestThe_page_forbids_all_but_its_own_files(t *testing.T) {
	r := get(t, "GET", "/watch/evening")
	csp := r.Header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
		"frame-ancestors 'none'", "form-action 'none'",
	} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy lacks %q", want)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is unsafe: %s", csp)
	}
	page := body(t, r)
	if regexp.MustCompile(`(?i)<script(\s[^>]*)?>[^<]|<style|\sstyle=|\son[a-z]+=`).MatchString(page) {
		t.Errorf("the page has inline script or style:\n%s", page)
	}
	if r.Header.Get("Cache-Control") != "no-cache" {
		t.Error("the page may be kept, so a new release would not arrive")
	}
}

func TestOnlyThePageOfAShowMayLoadStripesFieldsAndOnlyWherePeoplePayByIt(t *testing.T) {
	h := Handler(Config{Stripe: true})
	for address, want := range map[string]bool{"/watch/evening": true, "/staff": false, "/account": false, "/withdraw": false, "/verify/evening": false} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", address, nil))
		csp := w.Header().Get("Content-Security-Policy")
		for _, part := range []string{
			"script-src 'self' https://js.stripe.com https://*.js.stripe.com;", "connect-src 'self' https://api.stripe.com;",
			"frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com", "require-trusted-types-for 'script'; trusted-types default",
		} {
			if strings.Contains(csp, part) != want {
				t.Errorf("%s: %s", address, csp)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("the policy is unsafe: %s", csp)
		}
	}
	if csp := get(t, "GET", "/watch/evening").Header.Get("Content-Security-Policy"); strings.Contains(csp, "stripe") || !strings.Contains(csp, "trusted-types 'none'") {
		t.Error(csp)
	}
}

// assets finds what the page loads.
func assets(t *testing.T) []string {
	t.Helper()
	found := regexp.MustCompile(`/assets/[^"]+`).FindAllString(body(t, get(t, "GET", "/watch/evening")), -1)
	if len(found) < 3 {
		t.Fatalf("script, style and icon expected, found %v", found)
	}
	return found
}

func TestAssets_may_be_kept_for_ever_and_travel_compressed(t *testing.T) {
	for _, a := range assets(t) {
		plain := get(t, "GET", a)
		if plain.StatusCode != 200 || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", a, plain.StatusCode, plain.Header.Get("Cache-Control"))
		}
		if !regexp.MustCompile(`-[A-Z0-9]{8}\.[a-z]+$`).MatchString(a) {
			t.Errorf("%s: no hash of its content in the name", a)
		}
		small := get(t, "GET", a, "Accept-Encoding", "br;q=1, gzip;q=0.8")
		z, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		unpacked, err := io.ReadAll(z)
		if err != nil || string(unpacked) != body(t, plain) {
			t.Errorf("%s: the compressed form differs (%v)", a, err)
		}
		if small.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("%s: both forms have one ETag", a)
		}
		again := get(t, "GET", a, "Accept-Encoding", "gzip", "If-None-Match", `"x", W/`+small.Header.Get("ETag"))
		if again.StatusCode != 304 || body(t, again) != "" {
			t.Errorf("%s: what the browser has is sent again (%d)", a, again.StatusCode)
		}
	}
}

func TestAccepted_codings(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br": false, "br, gzip": true, "gzip;q=0": false, "gzip; q=0.5": true,
		"*": true, "*;q=0": false, "*, gzip;q=0": false, "gzip;q=0, *": false, "gzip;q=x": false, "x-gzip": false,
	} {
		if got := accepts(header, "gzip"); got != want {
			t.Errorf("Accept-Encoding %q: %v, want %v", header, got, want)
		}
	}
}

func TestEach_page_weighs_little_with_all_that_it_loads(t *testing.T) {
	files, err := load(dist, "dist")
	if err != nil {
		t.Fatal(err)
	}
	most := map[string]int{"index.html": 60_000, "verify.html": 20_000, "withdraw.html": 20_000, "staff.html": 45_000}
	pages := 0
	for name, page := range files {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		pages++
		total := len(page.small)
		for _, m := range regexp.MustCompile(`"/(assets/[^"]+)"`).FindAllSubmatch(page.plain, -1) {
			f, ok := files[string(m[1])]
			if !ok {
				t.Fatalf("%s loads %s, which is not there", name, m[1])
			}
			t.Logf("%s: %-28s %6d bytes, %6d compressed", name, m[1], len(f.plain), len(f.small))
			total += len(f.small)
		}
		if t.Logf("%s: %d bytes compressed in all", name, total); total >= most[name] {
			t.Errorf("%s: %d bytes compressed, more than %d", name, total, most[name])
		}
	}
	if pages != len(most) {
		t.Errorf("%d pages", pages)
	}
}

func FuzzAccepted_codings(f *testing.F) {
	for _, header := range []string{"", "gzip", "br;q=1, gzip;q=0.8", "*;q=0", "gzip;q=", ",;,=;q"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if accepts(header, "gzip") && !strings.Contains(strings.ToLower(header), "gzip") && !strings.Contains(header, "*") {
			t.Errorf("%q takes gzip without naming it", header)
		}
	})
}

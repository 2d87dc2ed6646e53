// Package web is the page a viewer sees: TypeScript in src, bundled by server/web/build into dist, which is committed and
// embedded, so that neither building nor running the server needs Node.
//
// The page's body is the same bytes for every show: its script reads the show's name from the address and talks to the server it
// came from (/whep, /api/shows). Only the head of a show's page says what is shown, for previews of shared links (Open Graph) and search
// engines (schema.org), which run no script; it changes with what it says, and so does its ETag. The room starts nothing. It reads and
// compresses the files once, and keeps the newest sitemap for a minute.
//
// Who only watches loads only that: the shop comes beside the first picture, its sheets with their first use, the stage with the first word about one,
// and what guests need when somebody wants to be one.
//
// Why the names of assets carry a hash of their content: a viewer may keep them for ever, and a new release never mixes old
// script with a new page. Why the policy is this strict: the page takes orders, so no inline script or style, no other
// origin, no frame around it, and no way to turn a string into markup (Trusted Types). Where viewers pay by Stripe, the page of a show
// may load what Stripe's fields need, and does so when somebody chooses them.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"vitrine/server/wire"
)

//go:generate go run ./build

//go:embed dist
var dist embed.FS

// policy is the Content-Security-Policy (CSP level 3) of the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"media-src 'self' blob: mediastream:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// permissions is the Permissions-Policy of the page: what a player needs, and camera and microphone for those who go on stage, whom the browser
// asks before; nothing else that could watch the viewer.
const permissions = "autoplay=(self), fullscreen=(self), picture-in-picture=(self), camera=(self), microphone=(self), geolocation=(), " +
	"display-capture=(), payment=(), usb=()"

// typed are the headers of a page with Stripe's fields: what they load, as docs.stripe.com/security/guide lists it, and a policy by which
// the page lets Stripe's script in, and no other; wallets, and the windows that banks open.
var typed = map[string]string{
	"Content-Security-Policy": strings.NewReplacer("script-src 'self'", "script-src 'self' https://js.stripe.com https://*.js.stripe.com",
		"connect-src 'self'", "connect-src 'self' https://api.stripe.com", "trusted-types 'none'", "trusted-types default").Replace(policy) +
		"; frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
	"Permissions-Policy":         strings.Replace(permissions, "payment=()", `payment=(self "https://js.stripe.com")`, 1),
	"Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}

// types maps the endings that the bundle may hold to their media types. Anything else is a mistake of the build.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Handler serves GET and HEAD of /watch/{show}, the player, whose ?product=ID opens a product, of /robots.txt and /sitemap.xml, of /verify/{show}, where anybody verifies what was sold, of /withdraw, where
// buyers withdraw from orders, of /staff, where support and owners work, and of /account, to which links that sign in lead, where
// buyers find their orders, and which is the same page; and of /assets/{file}, what they load. It is safe for concurrent use. It panics if the embedded bundle is broken, which TestThe_committed_bundle_is_fresh rules out.
func Handler(c Config) http.Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	files, err := load(dist, "dist")
	if err != nil {
		panic("web: " + err.Error())
	}
	mux := http.NewServeMux()
	page, ok := tell(c, files["index.html"])
	if !ok {
		panic("web: index.html of the bundle has not the title that its head takes the place of")
	}
	mux.HandleFunc("GET /watch/{show}", func(w http.ResponseWriter, r *http.Request) {
		if c.Stripe {
			for name, value := range typed {
				w.Header().Set(name, value)
			}
		}
		page.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /robots.txt", c.robots)
	mux.Handle("GET /sitemap.xml", &atlas{c: c})
	proof, ok := files["verify.html"]
	if !ok {
		panic("web: the bundle has no verify.html")
	}
	mux.HandleFunc("GET /verify/{show}", func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		if wire.ShowID(r.PathValue("show")).Validate() != nil {
			status = http.StatusNotFound // no show can have this name; the page says so
		}
		proof.serve(w, r, status, "no-cache")
	})
	for address, name := range map[string]string{"withdraw": "withdraw.html", "staff": "staff.html", "account": "staff.html"} {
		page, ok := files[name]
		if !ok {
			panic("web: the bundle has no " + name)
		}
		mux.HandleFunc("GET /"+address, func(w http.ResponseWriter, r *http.Request) { page.serve(w, r, http.StatusOK, "no-cache") })
	}
	mux.HandleFunc("GET /assets/{file}", func(w http.ResponseWriter, r *http.Request) {
		f, ok := files["assets/"+r.PathValue("file")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r, http.StatusOK, "public, max-age=31536000, immutable")
	})
	return protect(mux)
}

// protect puts the security headers on every answer, errors included.
func protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Permissions-Policy", permissions)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// file is one file of the bundle in both of its forms.
type file struct {
	kind         string // media type
	tag          string // strong hash of the plain form, without quotes
	plain, small []byte // small is gzip (RFC 1952)
}

// load reads all files beneath root and compresses them. Keys are slash-separated and relative to root.
func load(fsys fs.FS, root string) (map[string]file, error) {
	files := map[string]file{}
	err := fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind, ok := types[path.Ext(name)]
		if !ok {
			return fmt.Errorf("%s: no media type for this ending", name)
		}
		plain, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(plain)
		files[strings.TrimPrefix(name, root+"/")] = file{kind, hex.EncodeToString(sum[:12]), plain, compress(plain)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	return files, nil
}

// zips are writers to use again: each has tables of a megabyte.
var zips = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(io.Discard, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant of the package
	}
	return z
}}

func compress(plain []byte) []byte {
	var b bytes.Buffer
	z := zips.Get().(*gzip.Writer)
	defer zips.Put(z)
	z.Reset(&b)
	_, _ = z.Write(plain) // a bytes.Buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// serve answers with the form of the file that the client takes, or with 304 if it has that form (RFC 9110 §13.1.2).
func (f file) serve(w http.ResponseWriter, r *http.Request, status int, cache string) {
	h := w.Header()
	body, tag := f.plain, `"`+f.tag+`"`
	h.Set("Cache-Control", cache)
	h.Add("Vary", "Accept-Encoding")
	if accepts(r.Header.Get("Accept-Encoding"), "gzip") {
		body, tag = f.small, `"`+f.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if status == http.StatusOK && known(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have gone; there is nobody left to tell
	}
}

// accepts reports whether an Accept-Encoding header (RFC 9110 §12.5.3) takes the coding: it, or *, is listed and its weight
// is not zero.
func accepts(header, coding string) bool {
	taken := false
	for item := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != coding && name != "*" {
			continue
		}
		q, isWeight := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		taken = !isWeight || (err == nil && weight > 0)
		if name == coding {
			return taken
		}
	}
	return taken
}

// known reports whether an If-None-Match header (weak comparison) names the tag.
func known(header, tag string) bool {
	for item := range strings.SplitSeq(header, ",") {
		if item = strings.TrimPrefix(strings.TrimSpace(item), "W/"); item == tag || item == "*" {
			return true
		}
	}
	return false
}

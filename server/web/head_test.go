package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vitrine/server/wire"
)

// shelf is shows and products that a test has put there.
type shelf struct {
	about    About
	err      error
	shows    []wire.Show
	products []wire.Product
	reads    int
	asked    wire.ProductID
}

func (s *shelf) About(_ context.Context, _ wire.ShowID, p wire.ProductID) (About, error) {
	s.asked = p
	return s.about, s.err
}

func (s *shelf) Open(context.Context) ([]wire.Show, []wire.Product, error) {
	s.reads++
	return s.shows, s.products, s.err
}

const (
	publicAddress = "https://shop.example"
	dune          = wire.PictureID("0123456789abcdef0123456789abcdef")
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ring(change func(*wire.Product)) *wire.Product {
	p := &wire.Product{
		ID: "ring", Title: "Silver ring", Text: "Made by hand.\nIn Lisbon.", Pictures: []wire.Picture{{ID: dune, Alt: "A ring on sand"}}, Vendor: "Dune",
		Variants: []wire.Variant{{ID: "r54", SKU: "R-54", Barcode: "4006381333931", Price: wire.Money{Minor: 9900, Currency: "EUR"}, Stock: 3, Left: 3}},
	}
	if change != nil {
		change(p)
	}
	return p
}

// pageOf asks for the page of a show as a crawler does.
func pageOf(c Config, target string, header ...string) *http.Response {
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.Now = func() time.Time { return noon }
	Handler(c).ServeHTTP(w, r)
	return w.Result()
}

// block is the JSON-LD of a page, by the types of its things.
func block(t testing.TB, page string) map[string]map[string]any {
	t.Helper()
	found := regexp.MustCompile(`<script type="application/ld\+json">([^<]*)</script>`).FindAllStringSubmatch(page, -1)
	if len(found) != 1 {
		t.Fatalf("%d data blocks:\n%s", len(found), page)
	}
	var g struct {
		Context string           `json:"@context"`
		Graph   []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal([]byte(found[0][1]), &g); err != nil || g.Context != "https://schema.org" {
		t.Fatalf("no JSON-LD of schema.org (%v): %s", err, found[0][1])
	}
	all := map[string]map[string]any{}
	for _, thing := range g.Graph {
		all[fmt.Sprint(thing["@type"])] = thing
	}
	return all
}

// meta is what the head says under a name.
func meta(page, name string) string {
	m := regexp.MustCompile(`<(?:meta (?:name|property)|link rel)="` + regexp.QuoteMeta(name) + `" (?:content|href)="([^"]*)">`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func TestThe_head_says_what_the_page_shows(t *testing.T) {
	since := noon.Add(-time.Hour)
	evening := wire.Show{ID: "evening", Title: "Evening with Lena", State: wire.Open, Live: true, Since: &since}
	quiet := wire.Show{ID: "evening", Title: "Evening with Lena", State: wire.Open}
	closed := wire.Show{ID: "evening", Title: "Evening with Lena", State: wire.Closed}
	nameless := wire.Show{ID: "evening", State: wire.Open}
	picture := publicAddress + "/pictures/" + string(dune) + "/1200.jpg"
	for _, c := range []struct {
		name, public, language string
		about                  About
		want                   map[string]string // by name; "" is missing
	}{
		{"a show on air", publicAddress, "", About{Show: evening}, map[string]string{
			"og:title": "Evening with Lena", "description": "Live now: watch, and buy what is shown.", "canonical": publicAddress + "/watch/evening", "og:url": publicAddress + "/watch/evening",
			"og:type": "video.other", "og:image": "", "og:site_name": "Vitrine", "og:locale": "en_US", "twitter:card": "summary",
		}},
		{"a show with a product", publicAddress + "/", "es-MX,es;q=0.9", About{Show: quiet, Product: ring(nil)}, map[string]string{
			"og:title": "Evening with Lena", "og:description": "Un programa en directo: mira y compra lo que se muestra. Se muestra: Silver ring", "canonical": publicAddress + "/watch/evening",
			"og:image": picture, "og:image:alt": "A ring on sand", "og:locale": "es_ES", "twitter:card": "summary_large_image",
		}},
		{"a product", publicAddress, "zh-Hant-TW", About{Show: evening, Product: ring(nil), Asked: true}, map[string]string{
			"og:title": "Silver ring · Evening with Lena", "description": "Made by hand. In Lisbon.", "canonical": publicAddress + "/watch/evening?product=ring", "og:image": picture, "og:locale": "zh_CN",
		}},
		{"a product without words and picture", publicAddress, "xx", About{Show: closed, Product: ring(func(p *wire.Product) { p.Text, p.Pictures = "", nil }), Asked: true}, map[string]string{
			"description": "Silver ring. This show is over.", "og:image": "", "og:image:alt": "", "twitter:card": "summary",
		}},
		{"no known address", "", "", About{Show: nameless, Product: ring(nil), Asked: true}, map[string]string{
			"og:title": "Silver ring · evening", "canonical": "", "og:url": "", "og:image": "", "og:type": "video.other", "twitter:card": "summary",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := pageOf(Config{Shows: &shelf{about: c.about}, Public: c.public}, "/watch/evening", "Accept-Language", c.language)
			page := body(t, a)
			for name, want := range c.want {
				if got := meta(page, name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if strings.Count(page, "<title>") != 1 || !strings.Contains(page, "<title>"+html.EscapeString(meta(page, "og:title"))+" · Vitrine</title>") {
				t.Errorf("the title is another:\n%s", page)
			}
			things := block(t, page)
			if _, is := things["BroadcastEvent"]; is != (c.about.Show.State == wire.Open) {
				t.Errorf("a broadcast of a show that is %s: %v", c.about.Show.State, things)
			}
			if c.public == "" && strings.Contains(page, `"url"`) {
				t.Errorf("an address of which nobody knows whether it is right:\n%s", page)
			}
		})
	}
}

func TestThe_data_block_tells_the_price_and_what_is_left(t *testing.T) {
	evening := wire.Show{ID: "evening", Title: "Evening", State: wire.Open}
	one := []wire.Part{{Variant: "r54", Quantity: 1}}
	euros := func(n int64) wire.Money { return wire.Money{Minor: n, Currency: "EUR"} }
	flash := wire.Offer{Kind: wire.Flash, Public: true, Parts: one, Price: euros(7900), From: noon.Add(-time.Minute), Until: noon.Add(time.Minute)}
	but := func(change func(*wire.Offer)) wire.Offer { o := flash; change(&o); return o }
	for _, c := range []struct {
		name   string
		change func(*wire.Variant, *wire.Product)
		offers []wire.Offer
		want   map[string]any
	}{
		{"in stock", nil, nil, map[string]any{
			"price": "99.00", "priceCurrency": "EUR", "availability": schema + "InStock", "sku": "R-54", "gtin": "4006381333931", "url": publicAddress + "/watch/evening?product=ring",
			"image": publicAddress + "/pictures/" + string(dune) + "/1200.jpg", "priceValidUntil": nil, "name": nil,
		}},
		{"sold out", func(v *wire.Variant, _ *wire.Product) { v.Stock, v.Left = 0, 0 }, nil, map[string]any{"availability": schema + "SoldOut"}},
		{"held by others", func(v *wire.Variant, _ *wire.Product) { v.Left = 0 }, nil, map[string]any{"availability": schema + "OutOfStock"}},
		{"in yen", func(v *wire.Variant, _ *wire.Product) { v.Price = wire.Money{Minor: 12800, Currency: "JPY"} }, nil, map[string]any{"price": "12800", "priceCurrency": "JPY"}},
		{"in dinars", func(v *wire.Variant, _ *wire.Product) { v.Price = wire.Money{Minor: 5, Currency: "KWD"} }, nil, map[string]any{"price": "0.005", "priceCurrency": "KWD"}},
		{"a code with a wrong digit", func(v *wire.Variant, _ *wire.Product) { v.Barcode = "4006381333932" }, nil, map[string]any{"gtin": nil}},
		{"sold elsewhere", func(_ *wire.Variant, p *wire.Product) { p.Link = "https://maker.example/ring?a=1&b=2" }, nil, map[string]any{"url": "https://maker.example/ring?a=1&b=2", "availability": nil}},
		{"a flash offer", nil, []wire.Offer{flash}, map[string]any{"price": "79.00", "priceValidUntil": "2026-11-22T12:01:00Z"}},
		{"an offer that is over", nil, []wire.Offer{but(func(o *wire.Offer) { o.Until = noon })}, map[string]any{"price": "99.00", "priceValidUntil": nil}},
		{"an offer to come", nil, []wire.Offer{but(func(o *wire.Offer) { o.From = noon.Add(time.Second) })}, map[string]any{"price": "99.00"}},
		{"an offer of another show", nil, []wire.Offer{but(func(o *wire.Offer) { o.Show = "other" })}, map[string]any{"price": "99.00"}},
		{"somebody's own price", nil, []wire.Offer{but(func(o *wire.Offer) { o.Kind, o.Buyer = wire.Personal, "mei" })}, map[string]any{"price": "99.00"}},
		{"an offer that is taken", nil, []wire.Offer{but(func(o *wire.Offer) { o.Units, o.Taken = 2, 2 })}, map[string]any{"price": "99.00"}},
		{"tiers before a flash offer", nil, []wire.Offer{flash, but(func(o *wire.Offer) {
			o.Kind, o.Until, o.Taken, o.Tiers = wire.Tiered, time.Time{}, 3, []wire.Tier{{Units: 2, Price: euros(5000)}, {Units: 2, Price: euros(6000)}}
		})}, map[string]any{"price": "60.00", "priceValidUntil": nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := ring(nil)
			if c.change != nil {
				c.change(&p.Variants[0], p)
			}
			things := block(t, body(t, pageOf(Config{Shows: &shelf{about: About{Show: evening, Product: p, Offers: c.offers}}, Public: publicAddress}, "/watch/evening")))
			product := things["Product"]
			if product["name"] != "Silver ring" || product["url"] != publicAddress+"/watch/evening?product=ring" {
				t.Errorf("the product is %v", product)
			}
			got := product["offers"].([]any)[0].(map[string]any)
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s is %v, want %v", name, got[name], want)
				}
			}
		})
	}
}

func TestNo_text_leaves_its_place_in_the_head(t *testing.T) {
	plain := body(t, pageOf(Config{}, "/watch/evening"))
	tags := regexp.MustCompile(`<[a-zA-Z/!]`)
	spare := Config{Shows: &shelf{about: About{Show: wire.Show{ID: "evening", Title: "a", State: wire.Open}, Product: ring(nil), Asked: true}}, Public: publicAddress}
	usual := len(tags.FindAllString(body(t, pageOf(spare, "/watch/evening")), -1))
	if usual <= len(tags.FindAllString(plain, -1)) {
		t.Fatal("the head says nothing")
	}
	check := func(t rapid.TB, text string) {
		p := ring(func(p *wire.Product) {
			p.Title, p.Text, p.Vendor, p.Kind, p.Pictures[0].Alt, p.Variants[0].SKU = text, text, text, text, text, text
		})
		a := About{Show: wire.Show{ID: "evening", Title: text, State: wire.Open}, Product: p, Asked: true}
		whole, _ := io.ReadAll(pageOf(Config{Shows: &shelf{about: a}, Public: publicAddress}, "/watch/evening").Body) // of a recorder
		page := string(whole)
		if got := len(tags.FindAllString(page, -1)); got != usual {
			t.Fatalf("%q makes %d tags of %d:\n%s", text, got, usual, page)
		}
		var g struct {
			Graph []struct{ Name string } `json:"@graph"`
		}
		_, rest, _ := strings.Cut(page, `<script type="application/ld+json">`)
		data, _, _ := strings.Cut(rest, "</script>")
		if err := json.Unmarshal([]byte(data), &g); err != nil || len(g.Graph) != 2 || g.Graph[1].Name != text {
			t.Fatalf("%q comes back as %v (%v)", text, g, err)
		}
	}
	for _, text := range []string{
		`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `<!--<script>`, `{{.}}`, `' & "`, "\u2028\u2029", "👩‍👩‍👧‍👦🎂 “Größe” 银戒指", `javascript:alert(1)`, `\u003c/script>`, "]]>",
	} {
		check(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringMatching(`([<>&"'/\\!-]|script|--|[a-z😀]){1,24}`).Draw(t, "text"))
	})
}

func TestOnly_the_address_that_a_request_came_to_is_believed(t *testing.T) {
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	outer := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 80}
	for _, c := range []struct {
		public, host, passed string
		at                   net.Addr
		want                 string
	}{
		{"", "127.0.0.1:8080", "", local, "http://127.0.0.1:8080"},
		{"", "localhost:8080", "", local, "http://localhost:8080"},
		{"", "192.0.2.7", "", outer, "http://192.0.2.7"},
		{"", "localhost", "", outer, ""},
		{"", "127.0.0.1:8081", "", local, ""},
		{"", "127.0.0.1:8080", "203.0.113.9", local, ""},
		{"", "evil.example:8080", "", local, ""},
		{"", `127.0.0.1:8080"><script>`, "", local, ""},
		{"", "127.0.0.1:8080", "", nil, ""},
		{publicAddress, "evil.example", "203.0.113.9", local, publicAddress},
	} {
		r := httptest.NewRequest("GET", "/watch/evening", nil)
		if r.Host = c.host; c.at != nil {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, c.at))
		}
		if c.passed != "" {
			r.Header.Set("X-Forwarded-For", c.passed)
		}
		if got := (Config{Public: c.public}).base(r); got != c.want {
			t.Errorf("Host %q at %v gives %q, want %q", c.host, c.at, got, c.want)
		}
	}
}

func TestThe_page_is_sent_again_only_when_it_says_something_else(t *testing.T) {
	s := &shelf{about: About{Show: wire.Show{ID: "evening", Title: "Evening", State: wire.Open}, Product: ring(nil)}}
	c := Config{Shows: s, Public: publicAddress}
	plain, small := pageOf(c, "/watch/evening"), pageOf(c, "/watch/evening", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(small.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(z); err != nil || string(unpacked) != body(t, plain) {
		t.Errorf("the compressed form differs (%v)", err)
	}
	if v := strings.Join(small.Header.Values("Vary"), ","); !strings.Contains(v, "Accept-Encoding") || !strings.Contains(v, "Accept-Language") {
		t.Errorf("it varies by %q", v)
	}
	again := func() int {
		return pageOf(c, "/watch/evening", "Accept-Encoding", "gzip", "If-None-Match", small.Header.Get("ETag")).StatusCode
	}
	if got := again(); got != http.StatusNotModified {
		t.Errorf("what the browser has is sent again: %d", got)
	}
	s.about.Product.Variants[0].Stock, s.about.Product.Variants[0].Left = 0, 0
	if got := again(); got != http.StatusOK {
		t.Errorf("what has changed is not sent: %d", got)
	}
}

func TestThe_page_comes_whatever_is_known_of_the_show(t *testing.T) {
	plain := body(t, pageOf(Config{}, "/watch/evening"))
	for _, c := range []struct {
		err  error
		want int
	}{{wire.Errorf(wire.NotFound, "there is no such show"), http.StatusNotFound}, {io.ErrUnexpectedEOF, http.StatusOK}} {
		if r := pageOf(Config{Shows: &shelf{err: c.err}}, "/watch/evening"); r.StatusCode != c.want || body(t, r) != plain {
			t.Errorf("after %v: %d", c.err, r.StatusCode)
		}
	}
	s := &shelf{}
	for query, want := range map[string]wire.ProductID{"?product=ring": "ring", "?product=%3Cb%3E": "", "": "", "?product=a&product=b": "a"} {
		if pageOf(Config{Shows: s}, "/watch/evening"+query); s.asked != want {
			t.Errorf("%s asks for %q", query, s.asked)
		}
	}
}

func TestA_description_is_short_and_whole(t *testing.T) {
	for _, text := range []string{strings.Repeat("word ", 100), strings.Repeat("银", 300), strings.Repeat("👩‍👧", 150)} {
		if got := shorten(text); utf8.RuneCountInString(got) > about+1 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("%d characters: %s", utf8.RuneCountInString(got), got)
		}
	}
	if got := shorten(" a\n\tb "); got != "a b" {
		t.Errorf("%q", got)
	}
}

func TestTrade_codes(t *testing.T) {
	for code, want := range map[string]bool{
		"4006381333931": true, "036000291452": true, "96385074": true, "10614141000415": true, "0000000000000": false,
		"4006381333930": false, "": false, "123": false, "400638133393x": false, "400638133393１": false,
	} {
		if got := validGTIN(code); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}

func TestThe_sitemap_lists_what_is_open_up_to_its_limit(t *testing.T) {
	since := noon.Add(-time.Hour)
	s := &shelf{shows: []wire.Show{{ID: "evening", Since: &since}, {ID: "atelier"}}}
	read := func(c Config) (int, siteMap) {
		var m siteMap
		r := pageOf(c, "/sitemap.xml")
		if b := body(t, r); r.StatusCode == http.StatusOK {
			if err := xml.Unmarshal([]byte(b), &m); err != nil || !strings.HasPrefix(b, "<?xml") {
				t.Fatalf("%v: %.200s", err, b)
			}
		}
		return r.StatusCode, m
	}
	for _, n := range []int{0, 1, 49_998, 49_999, 60_000} {
		s.products = make([]wire.Product, n)
		for i := range s.products {
			s.products[i].ID = wire.ProductID(fmt.Sprint("p", i))
		}
		status, m := read(Config{Shows: s, Public: publicAddress})
		if status != http.StatusOK || len(m.URLs) != min(n+2, 50_000) {
			t.Fatalf("%d products: %d, %d addresses", n, status, len(m.URLs))
		}
		if m.URLs[0] != (siteURL{publicAddress + "/watch/evening", "2026-11-22T11:00:00Z"}) || m.URLs[1] != (siteURL{publicAddress + "/watch/atelier", ""}) {
			t.Errorf("the shows are %v", m.URLs[:2])
		}
		if n > 0 && m.URLs[2].Address != publicAddress+"/watch/evening?product=p0" {
			t.Errorf("the first product is %v", m.URLs[2])
		}
	}
	for name, c := range map[string]Config{"no address": {Shows: s}, "no shows": {Public: publicAddress}, "nothing open": {Shows: &shelf{products: s.products}, Public: publicAddress}} {
		if status, _ := read(c); status != http.StatusNotFound {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := read(Config{Shows: &shelf{err: io.ErrUnexpectedEOF}, Public: publicAddress}); status != http.StatusServiceUnavailable {
		t.Errorf("a shop that cannot be read: %d", status)
	}
}

func TestThe_sitemap_is_made_once_a_minute(t *testing.T) {
	s, now := &shelf{shows: []wire.Show{{ID: "evening"}}}, noon
	h := Handler(Config{Shows: s, Public: publicAddress, Now: func() time.Time { return now }})
	for i, want := range []int{1, 1, 2} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/sitemap.xml", nil))
		if s.reads != want {
			t.Errorf("request %d: read %d times, want %d", i, s.reads, want)
		}
		now = now.Add(40 * time.Second)
	}
}

func TestCrawlers_are_told_where_to_go(t *testing.T) {
	r := pageOf(Config{Shows: &shelf{}, Public: publicAddress}, "/robots.txt")
	if b := body(t, r); r.StatusCode != 200 || !strings.Contains(b, "User-agent: *\n") || !strings.Contains(b, "\nDisallow: /account\n") || !strings.HasSuffix(b, "\nSitemap: https://shop.example/sitemap.xml\n") {
		t.Errorf("%d %s", r.StatusCode, b)
	}
	if b := body(t, pageOf(Config{}, "/robots.txt")); strings.Contains(b, "Sitemap") {
		t.Errorf("a sitemap without an address:\n%s", b)
	}
}

func BenchmarkPage_with_a_head(b *testing.B) {
	h := Handler(Config{Shows: &shelf{about: About{Show: wire.Show{ID: "evening", Title: "Evening", State: wire.Open}, Product: ring(nil)}}, Public: publicAddress})
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("GET", "/watch/evening", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}

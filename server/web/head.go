package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"vitrine/server/wire"
)

const (
	// brand is the name of the page, as its script has it.
	brand = "Vitrine"
	// about is how many characters a description has at most: what the previews of links show of one.
	about = 200
	// pictureWide is the width of the pictures for previews of links, one of wire.PictureWidths.
	pictureWide = "1200"
)

// Config is what the pages need to say what they show. Without Shows the page of a show says no more than that it is one, and there is no
// sitemap.
type Config struct {
	Shows Shows
	// Public is the address of the pages as people know it, as "https://shop.example". Without it only who came to the very address of
	// this computer is told whole addresses.
	Public string
	// Stripe says that viewers pay by Stripe, whose fields are then allowed on the page of a show.
	Stripe bool
	// Now is the clock of offers; nil means time.Now.
	Now func() time.Time
	// Log is told why a page or a sitemap lacks what it should say; nil discards it.
	Log *slog.Logger
}

// Shows knows what anybody may know of shows and what is sold in them. It is safe for concurrent use.
type Shows interface {
	// About is a show with a product: the named one, or what the host shows now if none is named, or that one may not be seen. NotFound
	// says that there is no such show.
	About(ctx context.Context, show wire.ShowID, product wire.ProductID) (About, error)
	// Open are the shows that are open, the first being the one to watch, and all products that anybody may see.
	Open(ctx context.Context) ([]wire.Show, []wire.Product, error)
}

// About is what the page of a show is about.
type About struct {
	Show wire.Show
	// Product is nil if there is none. Asked says that it is the one that the address names.
	Product *wire.Product
	Asked   bool
	// Offers are those that anybody can see in the show.
	Offers []wire.Offer
}

// words are what the head says beside titles, in a language.
type words struct{ locale, live, open, closed, shown string }

// spoken are the languages of the page.
var spoken = []struct {
	tag language.Tag
	words
}{
	{language.English, words{"en_US", "Live now: watch, and buy what is shown.", "A live show: watch, and buy what is shown.", "This show is over.", "On show: "}},
	{language.Chinese, words{"zh_CN", "正在直播：边看边买。", "直播购物：边看边买。", "直播已结束。", "正在展示："}},
	{language.Spanish, words{"es_ES", "En directo ahora: mira y compra lo que se muestra.", "Un programa en directo: mira y compra lo que se muestra.", "El programa ha terminado.", "Se muestra: "}},
}

var matcher = func() language.Matcher {
	tags := make([]language.Tag, len(spoken))
	for i, s := range spoken {
		tags[i] = s.tag
	}
	return language.NewMatcher(tags)
}()

// wordsFor are those of the language that a request prefers (RFC 9110 §12.5.4), English if it names none of the page's.
func wordsFor(r *http.Request) words {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return spoken[0].words
	}
	_, i, _ := matcher.Match(tags...)
	return spoken[i].words
}

// head is what a page's head says of what it shows. Addresses are whole ones, or "".
type head struct {
	Title, Name, Description, Address, Picture, Alt, Brand, Locale, Card string
	Graph                                                                template.JS
}

// headText is Open Graph (ogp.me), what X reads besides, and schema.org as a JSON-LD data block, which no browser executes.
var headText = template.Must(template.New("head").Parse(`<title>{{.Title}}</title>` +
	`<meta name="description" content="{{.Description}}">` +
	`{{with .Address}}<link rel="canonical" href="{{.}}"><meta property="og:url" content="{{.}}">{{end}}` +
	`<meta property="og:type" content="video.other"><meta property="og:title" content="{{.Name}}">` +
	`<meta property="og:description" content="{{.Description}}">` +
	`{{with .Picture}}<meta property="og:image" content="{{.}}">{{end}}{{with .Alt}}<meta property="og:image:alt" content="{{.}}">{{end}}` +
	`<meta property="og:site_name" content="{{.Brand}}"><meta property="og:locale" content="{{.Locale}}">` +
	`<meta name="twitter:card" content="{{.Card}}">` +
	`{{with .Graph}}<script type="application/ld+json">{{.}}</script>{{end}}`))

// headOf is the head of a page about something. base is the address of the pages, "" if it is not known.
func headOf(a About, base string, w words, now time.Time) head {
	name, rest := cmp.Or(a.Show.Title, string(a.Show.ID)), w.open
	switch {
	case a.Show.State == wire.Closed:
		rest = w.closed
	case a.Show.Live:
		rest = w.live
	}
	h := head{Name: name, Description: rest, Brand: brand, Locale: w.locale, Address: addressOf(base, a), Card: "summary"}
	if p := a.Product; p != nil {
		if a.Asked {
			h.Name = p.Title + " · " + name
			h.Description = cmp.Or(shorten(p.Text), p.Title+". "+rest)
		} else if a.Show.State != wire.Closed {
			h.Description = shorten(rest + " " + w.shown + p.Title)
		}
		if h.Picture = pictureOf(base, *p, wire.Variant{}); h.Picture != "" {
			h.Alt, h.Card = cmp.Or(p.Pictures[0].Alt, p.Title), "summary_large_image"
		}
	}
	h.Title = h.Name + " · " + brand
	h.Graph = graphOf(a, base, now)
	return h
}

// addressOf is the whole address of the page, with the product if its address names one.
func addressOf(base string, a About) string {
	if base == "" {
		return ""
	}
	address := base + "/watch/" + string(a.Show.ID)
	if a.Asked {
		address += "?product=" + url.QueryEscape(string(a.Product.ID))
	}
	return address
}

// pictureOf is the whole address of the picture that shows a variant, or stands for the product.
func pictureOf(base string, p wire.Product, v wire.Variant) string {
	i := max(v.Picture-1, 0)
	if base == "" || i >= len(p.Pictures) || p.Pictures[i].ID.Validate() != nil {
		return ""
	}
	return base + "/pictures/" + string(p.Pictures[i].ID) + "/" + pictureWide + ".jpg"
}

// shorten is a text on one line, cut between words where it is too long.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= about {
		return text
	}
	cut := string([]rune(text)[:about])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 { // some languages have no spaces
		cut = cut[:i]
	}
	return cut + "…"
}

// base is the whole address that the pages have for who asks: the public one, or that of this computer if the request came straight to it
// and names it. What else a request may call the server is not believed: it would come back in the links of a page that is shared.
func (c Config) base(r *http.Request) string {
	if c.Public != "" {
		return strings.TrimSuffix(c.Public, "/")
	}
	for _, passed := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"} {
		if r.Header.Get(passed) != "" { // by somebody for whom people know another address
			return ""
		}
	}
	scheme, port := "http", "80"
	if r.TLS != nil {
		scheme, port = "https", "443"
	}
	host, named, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, named = strings.Trim(r.Host, "[]"), port
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if local == nil {
		return ""
	}
	at := local.AddrPort()
	addr, err := netip.ParseAddr(host)
	is := err == nil && addr.Zone() == "" && addr.Unmap() == at.Addr().Unmap().WithZone("") || host == "localhost" && at.Addr().IsLoopback()
	if p, err := net.LookupPort("tcp", named); !is || err != nil || p != int(at.Port()) {
		return ""
	}
	return scheme + "://" + r.Host
}

// told is the page of a show with a head that says what it shows.
type told struct {
	c             Config
	before, after []byte // its title
	plain         file
}

// blank is the part of the page that its head takes the place of.
const blank = "<title>" + brand + "</title>"

// tell makes the page with a title of its own tell what it shows. ok is false if it has no title.
func tell(c Config, page file) (t told, ok bool) {
	before, after, ok := bytes.Cut(page.plain, []byte(blank))
	return told{c, before, after, page}, ok
}

func (t told) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	show, product := wire.ShowID(r.PathValue("show")), wire.ProductID(r.URL.Query().Get("product"))
	status, page := http.StatusOK, t.plain
	switch {
	case show.Validate() != nil:
		status = http.StatusNotFound // no show can have this name; the page says so
	case t.c.Shows != nil:
		if wire.ValidName("a product's name", product) != nil {
			product = ""
		}
		a, err := t.c.Shows.About(r.Context(), show, product)
		switch {
		case err == nil:
			page = t.about(a, r)
		case wire.CodeOf(err) == wire.NotFound:
			status = http.StatusNotFound
		case r.Context().Err() == nil: // the show may go on all the same
			t.c.Log.Warn("the page of a show does not say what it shows", "show", show, "error", err)
		}
	}
	w.Header().Set("Vary", "Accept-Language")
	page.serve(w, r, status, "no-cache")
}

// about is the page with the head for a request.
func (t told) about(a About, r *http.Request) file {
	var b bytes.Buffer
	b.Write(t.before)
	if err := headText.Execute(&b, headOf(a, t.c.base(r), wordsFor(r), t.c.Now())); err != nil {
		t.c.Log.Error("the head of a page cannot be written", "show", a.Show.ID, "error", err)
		return t.plain
	}
	b.Write(t.after)
	return fresh(t.plain.kind, b.Bytes(), r)
}

// fresh is a file made for a request, in the form that the request takes.
func fresh(kind string, plain []byte, r *http.Request) file {
	sum := sha256.Sum256(plain)
	f := file{kind: kind, tag: hex.EncodeToString(sum[:12]), plain: plain}
	if accepts(r.Header.Get("Accept-Encoding"), "gzip") {
		f.small = compress(plain)
	}
	return f
}

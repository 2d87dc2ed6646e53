package web

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"vitrine/server/wire"
)

const (
	// mapMost is how many addresses a sitemap may have (sitemaps.org).
	mapMost = 50_000
	// mapFor is how long a sitemap counts as new: making one reads all that is sold.
	mapFor = time.Minute
)

type (
	siteMap struct {
		XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []siteURL `xml:"url"`
	}
	siteURL struct {
		Address string `xml:"loc"`
		Changed string `xml:"lastmod,omitempty"`
	}
)

// mapOf lists the shows, and each product once, in the show that comes first: a crawler wants one address a thing. A show changed last when
// it went on air; when a product did is not known.
func mapOf(base string, shows []wire.Show, products []wire.Product) siteMap {
	var m siteMap
	for _, s := range shows[:min(len(shows), mapMost)] {
		u := siteURL{Address: addressOf(base, About{Show: s})}
		if s.Since != nil {
			u.Changed = s.Since.UTC().Format(time.RFC3339)
		}
		m.URLs = append(m.URLs, u)
	}
	if len(shows) == 0 {
		return m
	}
	for _, p := range products[:min(len(products), mapMost-len(m.URLs))] {
		m.URLs = append(m.URLs, siteURL{Address: addressOf(base, About{Show: shows[0], Product: &p, Asked: true})})
	}
	return m
}

// atlas keeps the newest sitemap.
type atlas struct {
	c      Config
	newest atomic.Pointer[drawn]
	works  singleflight.Group
}

// drawn is a sitemap of a time; body is nil if there was nothing to list.
type drawn struct {
	base string
	at   time.Time
	body []byte
}

func (a *atlas) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	base := a.c.base(r)
	if a.c.Shows == nil || base == "" { // a sitemap has whole addresses only
		http.NotFound(w, r)
		return
	}
	d := a.newest.Load()
	if d == nil || d.base != base || a.c.Now().Sub(d.at) >= mapFor {
		made, err, _ := a.works.Do(base, func() (any, error) { return a.draw(context.WithoutCancel(r.Context()), base) })
		if err != nil {
			a.c.Log.Warn("there is no sitemap", "error", err)
			w.Header().Set("Retry-After", "60")
			http.Error(w, "there is no sitemap at the moment", http.StatusServiceUnavailable)
			return
		}
		d = made.(*drawn)
	}
	if d.body == nil {
		http.NotFound(w, r)
		return
	}
	fresh("application/xml; charset=utf-8", d.body, r).serve(w, r, http.StatusOK, "no-cache")
}

// draw makes a sitemap and keeps it.
func (a *atlas) draw(ctx context.Context, base string) (*drawn, error) {
	d := &drawn{base: base, at: a.c.Now()}
	shows, products, err := a.c.Shows.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("list what is open: %w", err)
	}
	if m := mapOf(base, shows, products); len(m.URLs) > 0 {
		text, err := xml.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("write the sitemap: %w", err)
		}
		d.body = append([]byte(xml.Header), text...)
	}
	a.newest.Store(d)
	return d, nil
}

// rules tells crawlers (RFC 9309) what is worth their while: pages of shows with what they load, not those of one person.
const rules = `User-agent: *
Disallow: /account
Disallow: /staff
Disallow: /withdraw
Disallow: /whip/
Disallow: /whep/
Disallow: /api/
Allow: /api/live
Allow: /api/shows/
Allow: /api/shop/products
Allow: /api/shop/offers
Allow: /api/shop/terms
`

// robots serves /robots.txt.
func (c Config) robots(w http.ResponseWriter, r *http.Request) {
	text := rules
	if base := c.base(r); base != "" && c.Shows != nil {
		text += "\nSitemap: " + base + "/sitemap.xml\n"
	}
	fresh("text/plain; charset=utf-8", []byte(text), r).serve(w, r, http.StatusOK, "no-cache")
}

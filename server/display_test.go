package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

func TestThe_page_of_a_show_tells_what_the_host_shows(t *testing.T) {
	r := start(t, Config{})
	r.offers(single("lamp", "Brass lamp", 4900, 3))
	secret := single("secret", "Next season", 9900, 3)
	secret.Hidden = true
	r.offers(secret)
	base := "http://" + r.at.HTTP.String()
	page := func(path string, status int) string {
		t.Helper()
		a, text := r.do(call{method: "GET", path: path})
		if a.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, a.StatusCode, status)
		}
		return text
	}
	if text := page("/watch/demo", http.StatusOK); !strings.Contains(text, `"BroadcastEvent"`) || strings.Contains(text, `"Product"`) {
		t.Errorf("while nothing is shown:\n%s", text)
	}
	show := r.showing()
	show("lamp")
	await(t, "the lamp to be told", func() bool {
		time.Sleep(50 * time.Millisecond)
		return strings.Contains(page("/watch/demo", http.StatusOK), `"name":"Brass lamp"`)
	})
	if text := page("/watch/demo?product=lamp", http.StatusOK); !strings.Contains(text, fmt.Sprintf(`<link rel="canonical" href="%s/watch/demo?product=lamp">`, base)) || !strings.Contains(text, `"price":"49.00"`) {
		t.Errorf("a link to the lamp:\n%s", text)
	}
	show("secret")
	await(t, "the lamp to be taken away", func() bool {
		time.Sleep(50 * time.Millisecond)
		return !strings.Contains(page("/watch/demo", http.StatusOK), `"Product"`)
	})
	for _, path := range []string{"/watch/demo", "/watch/demo?product=secret", "/sitemap.xml"} {
		if text := page(path, http.StatusOK); strings.Contains(text, "Next season") || strings.Contains(text, "secret<") {
			t.Errorf("%s tells of what is hidden:\n%s", path, text)
		}
	}
	text := page("/sitemap.xml", http.StatusOK)
	for _, want := range []string{base + "/watch/demo</loc>", base + "/watch/other</loc>", "?product=lamp</loc>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the sitemap lacks %s:\n%s", want, text)
		}
	}
	if text := page("/robots.txt", http.StatusOK); !strings.Contains(text, "Sitemap: "+base+"/sitemap.xml") {
		t.Errorf("crawlers are told:\n%s", text)
	}
	page("/watch/nowhere", http.StatusNotFound)
}

func TestThe_first_configured_address_is_in_the_heads_of_pages(t *testing.T) {
	r := start(t, Config{Origins: []string{"https://shop.example", "https://other.example"}})
	r.offers(wire.Product{ID: "gift", Title: "Gift <b>card</b>", Variants: []wire.Variant{{ID: "gift", Price: euros(2500)}}})
	_, text := r.do(call{method: "GET", path: "/watch/demo?product=gift"})
	for _, want := range []string{
		`content="https://shop.example/watch/demo?product=gift"`, `content="Gift &lt;b&gt;card&lt;/b&gt; · demo"`, `"availability":"https://schema.org/SoldOut"`, `"name":"Gift \u003cb\u003ecard\u003c/b\u003e"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing:\n%s", want, text)
		}
	}
}

package web

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestA_shared_link_leads_to_the_product(t *testing.T) {
	s := newStage(t)
	show := live("evening", "VP8")
	show.Title = `Evening </script><script>window.owned = 1</script>`
	s.put(show)
	p := s.open(t, chromium(t, soundAtOnce), "evening?product=ring", "es-ES")
	p.wait("document.querySelector('.shop[data-page=product]')?.innerText.includes('Silver ring “Dune”')")
	var g struct {
		Graph []struct {
			Type string `json:"@type"`
			Name string
		} `json:"@graph"`
	}
	if err := json.Unmarshal([]byte(p.read("document.querySelector('script[type=\"application/ld+json\"]').textContent")), &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Graph) != 2 || g.Graph[0].Name != show.Title || g.Graph[1].Type != "Product" || g.Graph[1].Name != "Silver ring “Dune”" {
		t.Errorf("the block is %+v", g)
	}
	if got := p.read("document.querySelector('meta[property=\"og:title\"]').content"); got != "Silver ring “Dune” · "+show.Title {
		t.Errorf("the title of the preview is %q", got)
	}
	if got := p.read("window.owned"); got != "undefined" {
		t.Error("a title was executed")
	}
	if said := p.complaints(); len(said) > 0 {
		t.Errorf("the console says:\n%s", strings.Join(said, "\n"))
	}

	p.do(chromedp.KeyEvent(kb.Escape))
	p.wait("document.querySelector('.shop') === null")
	p.state("playing")
}

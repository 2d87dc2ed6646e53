package cmd

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"vitrine/server/wire"
)

// BenchmarkShopPage measures what a viewer waits for who comes for the first time: the bytes of the page, and the time from the start of
// the navigation until what the host shows can be bought.
func BenchmarkShopPage(b *testing.B) {
	const visits = 10
	b.Setenv("VITRINE_PAY", "test")
	e := newEvening(b)
	e.studio("--synthetic")
	e.live()
	e.sells(e.operates(), wire.Product{ID: "vase", Title: "The tall vase", Variants: []wire.Variant{
		{ID: "vase", Price: wire.Money{Minor: 6900, Currency: "EUR"}, Stock: 12},
	}})
	h := e.host()
	h.does(wire.RoomRequest{Show: &wire.Showing{Product: "vase"}})
	number := func(v *viewer, script string) float64 {
		n, err := strconv.ParseFloat(v.eval(script), 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	const weight = `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource").filter((r) => r.name.includes("/assets/"))]
		.reduce((sum, r) => sum + r.encodedBodySize, 0) / 1000`
	var ready, first, all []float64
	for range visits {
		v := tab(b, browser(b))
		v.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(e.url("/watch/evening")))
		ready = append(ready, number(v, `new Promise((done) => {
			const look = () => document.querySelector(".card .buy:not([disabled])")?.getClientRects().length ? done(performance.now()) : requestAnimationFrame(look);
			look();
		})`))
		first = append(first, number(v, weight))
		v.waits("performance.now() > 8000") // what is fetched ahead has come
		all = append(all, number(v, weight))
		v.close()
	}
	line("shop_page_ready_p50", quantile(ready, 0.5), "ms", "-")
	line("shop_page_ready_p95", quantile(ready, 0.95), "ms", "-")
	line("shop_page_weight", quantile(first, 0.5), "kB", "-")
	line("shop_page_weight_with_checkout", quantile(all, 0.5), "kB", "-")
}

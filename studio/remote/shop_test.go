package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"vitrine/server/wire"
)

// listens runs the stream of a shop for the time of the test. What it tells comes on the channel.
func listens(t *testing.T, url, secret string) chan any {
	t.Helper()
	s, err := client(t, nil).Shop(url, secret, "evening")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan any, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.Run(ctx, ShopFeedback{
			Here: func() { told <- "here" }, Lost: func(err error) { told <- err },
			Told: func(all []wire.Event) {
				for _, e := range all {
					told <- e
				}
			},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return told
}

func TestTheShopIsHeardAndGoesOnAfterEveryLoss(t *testing.T) {
	visits := make(chan string, 10)
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		visits <- r.URL.RequestURI() + " " + r.Header.Get("Last-Event-ID")
		n++
		switch n {
		case 1:
			answer(w, 503, wire.Problem{Code: wire.Unavailable, Detail: "soon"})
		case 2:
			fmt.Fprint(w, ": still here\n\nid: 7\nevent: desk\ndata: {\"type\":\"desk\",\"terms\":{\"currency\":\"EUR\"}}\n\n", "id: 8\r\ndata: {\"type\":\"takings\",\r\ndata: \"takings\":{\"orders\":3}}\r\n\r\n")
		default:
			fmt.Fprint(w, "data: nonsense\n\n")
		}
	})
	told := listens(t, s.URL, token)
	var refused *wire.Error
	if err, ok := (<-told).(error); !ok || !errors.As(err, &refused) || refused.Code != wire.Unavailable {
		t.Errorf("refused: %v", err)
	}
	if e, ok := (<-told).(wire.DeskEvent); !ok || e.Terms.Currency != "EUR" {
		t.Errorf("the desk: %+v", e)
	}
	if then := <-told; then != "here" { // whoever is here knows what there is
		t.Errorf("then %v", then)
	}
	if e, ok := (<-told).(wire.TakingsEvent); !ok || e.Takings.Orders != 3 {
		t.Errorf("takings: %+v", e)
	}
	if again := <-told; again != "here" { // a stream that ended well is no loss
		t.Errorf("again %v", again)
	}
	if err, ok := (<-told).(error); !ok || strings.Contains(err.Error(), token) {
		t.Errorf("nonsense: %v", err)
	}
	for _, want := range []string{"", "", "8"} {
		if got := <-visits; got != "/api/shop/desk/events?show=evening "+want {
			t.Errorf("visited %q, not after %q", got, want)
		}
	}
}

func TestTheShopsCallsSpeakTheContract(t *testing.T) {
	var calls []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		calls = append(calls, strings.Join(strings.Fields(fmt.Sprintln(r.Method, r.URL.Path, h.Get("If-Match"), h.Get("If-None-Match"), h.Get(wire.IdempotencyKey), h.Get("Content-Type"), len(body))), " "))
		if h.Get("Authorization") != "Bearer "+token {
			t.Error("without the token")
		}
		switch {
		case r.URL.Path == "/api/shop/products/old":
			answer(w, 412, wire.Problem{Code: wire.Precondition, Detail: "changed"})
		case strings.HasPrefix(r.URL.Path, "/pictures/"):
			fmt.Fprint(w, "jpeg")
		default:
			answer(w, 200, map[string]any{"id": "x", "version": 4})
		}
	})
	shop, err := client(t, nil).Shop(s.URL, token, "evening")
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	p, err := shop.PutProduct(ctx, wire.Product{ID: "new"}, 0)
	if err != nil || p.Version != 4 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := shop.PutProduct(ctx, wire.Product{ID: "old"}, 3); wire.CodeOf(err) != wire.Precondition {
		t.Errorf("somebody was faster: %v", err)
	}
	_, stock := shop.AddStock(ctx, "v", wire.AddStock{Units: 1}, "key")
	_, end := shop.EndOffer(ctx, "o")
	_, cancel := shop.Cancel(ctx, "o1", wire.Cancel{})
	_, fetch := shop.FetchPicture(ctx, "https://shop.example/a.jpg")
	send := shop.SendPicture(ctx, "p1", []byte("\x89PNG\r\n\x1a\n"))
	b, load := shop.Picture(ctx, "p1", 480)
	if err := errors.Join(stock, end, cancel, fetch, send, load); err != nil || string(b) != "jpeg" {
		t.Errorf("%v, %q", err, b)
	}
	want := `PUT /api/shop/products/new * application/json
PUT /api/shop/products/old "3" application/json
POST /api/shop/variants/v/stock key application/json
POST /api/shop/offers/o/end
POST /api/shop/admin/orders/o1/cancel application/json
POST /api/pictures application/json
PUT /api/pictures/p1 image/png
GET /pictures/p1/480.jpg`
	for i, line := range strings.Split(want, "\n") {
		if !strings.HasPrefix(calls[i], line+" ") {
			t.Errorf("%q, not %q", calls[i], line)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("id: 1\ndata: {}\n\n: beat\n\n")
	f.Add("data\r\n\r\ndata: a\ndata: b\n\nid")
	f.Fuzz(func(t *testing.T, text string) {
		in := newEvents(strings.NewReader(text), func() {})
		for n := 0; ; n++ {
			e, err := in.next()
			if err != nil {
				return
			}
			if n > len(text) || len(e.text) > len(text) {
				t.Fatalf("%d events in %q", n, text)
			}
		}
	})
}

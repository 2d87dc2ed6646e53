package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vitrine/server/wire"
)

// ShopFeedback is what a shop tells its staff. The functions are called one at a time; what comes behind waits for them.
type ShopFeedback struct {
	// Here says that the connection stands, the first time behind the wire.DeskEvent with all there is. After a loss what happens goes on from
	// before, unless another wire.DeskEvent comes.
	Here func()
	// Told is what happened, in its order.
	Told func([]wire.Event)
	// Lost says that there is no connection and why; Run tries again by itself.
	Lost func(error)
}

// Shop is the way into the shop of one show. Run may be called from one goroutine, all else from any; it waits for the server, at most ten
// seconds, a picture for a minute.
type Shop struct {
	c             *Client
	server, token string
	show          wire.ShowID
	last          string // the last event that was heard; Run's
}

const (
	// maxEvent bounds an event in bytes: the first holds all products.
	maxEvent = 64 << 20
	// quiet is after how long a stream that says nothing counts as dead; the server says something every 15 s.
	quiet = 40 * time.Second
	// pictureWithin is how long a picture may take.
	pictureWithin = time.Minute
	maxPicture    = 8 << 20 // bytes of a picture that was made smaller
)

// Shop is the shop of a show, as its staff sees it; nothing runs yet. The token is an operator's or the show's.
func (c *Client) Shop(server, token string, id wire.ShowID) (*Shop, error) {
	if _, err := Address(server); err != nil {
		return nil, err
	}
	if err := id.Validate(); err != nil {
		return nil, err
	}
	return &Shop{c: c, server: server, token: token, show: id}, nil
}

// Run hears what happens in the shop until ctx ends, then it returns nil. It comes back by itself after every loss of the connection, and goes
// on from what it heard last, with waits that grow and are spread.
func (s *Shop) Run(ctx context.Context, f ShopFeedback) error {
	return again(ctx, func(here func()) error { return s.visit(ctx, f, here) }, func(here bool, err error) {
		if !here || !errors.Is(err, io.EOF) { // the server ends a stream now and then
			f.Lost(err)
		}
	})
}

// visit is one connection; here is called once the server has let us in. It never returns nil.
func (s *Shop) visit(ctx context.Context, f ShopFeedback, here func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(quiet, cancel)
	defer alive.Stop()
	body, err := s.open(ctx)
	if err != nil {
		return fmt.Errorf("go to the shop: %w", err)
	}
	defer body.Close()
	here()
	knows := s.last != ""
	if knows {
		f.Here()
	}
	in := newEvents(body, func() { alive.Reset(quiet) })
	for {
		e, err := in.next()
		if err != nil {
			return fmt.Errorf("hear the shop: %w", err)
		}
		if e.text == nil {
			continue
		}
		told, err := wire.ReadEvent(e.text)
		if err != nil {
			return fmt.Errorf("hear the shop: %w", err)
		}
		f.Told([]wire.Event{told})
		s.last = e.id
		if !knows {
			knows = true
			f.Here()
		}
	}
}

// open opens the stream of events.
func (s *Shop) open(ctx context.Context) (io.ReadCloser, error) {
	base, err := Address(s.server)
	if err != nil {
		return nil, err
	}
	r, err := request{method: http.MethodGet, token: s.token, path: []string{"api", "shop", "desk", "events"}}.build(ctx, base)
	if err != nil {
		return nil, err
	}
	r.URL.RawQuery = url.Values{"show": {string(s.show)}}.Encode()
	r.Header.Set("Accept", "text/event-stream, application/problem+json")
	if s.last != "" {
		r.Header.Set("Last-Event-ID", s.last)
	}
	stream := *s.c.http
	stream.Timeout = 0 // it lasts
	answer, err := stream.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		b, _ := io.ReadAll(io.LimitReader(answer.Body, maxBody))
		return nil, complaint(answer, b)
	}
	return answer.Body, nil
}

// PutProduct makes a product (version 0) or changes the version that was seen, and returns it as it is now.
func (s *Shop) PutProduct(ctx context.Context, p wire.Product, seen int64) (now wire.Product, err error) {
	err = s.put(ctx, "put product", []string{"products", string(p.ID)}, version(seen), p, &now)
	return now, err
}

// AddStock adds units to a variant. It may be repeated with its key within a minute, as Refund.
func (s *Shop) AddStock(ctx context.Context, v wire.VariantID, a wire.AddStock, key string) (now wire.Variant, err error) {
	err = s.post(ctx, "add stock", []string{"variants", string(v), "stock"}, key, a, &now)
	return now, err
}

// PutOffer makes an offer (version 0) or changes the version that was seen.
func (s *Shop) PutOffer(ctx context.Context, o wire.Offer, seen int64) (now wire.Offer, err error) {
	err = s.put(ctx, "put offer", []string{"offers", string(o.ID)}, version(seen), o, &now)
	return now, err
}

// EndOffer ends an offer.
func (s *Shop) EndOffer(ctx context.Context, id wire.OfferID) (now wire.Offer, err error) {
	err = s.post(ctx, "end offer", []string{"offers", string(id), "end"}, "", nil, &now)
	return now, err
}

// PutCoupon makes a coupon or changes it.
func (s *Shop) PutCoupon(ctx context.Context, c wire.Coupon) (now wire.UsedCoupon, err error) {
	err = s.put(ctx, "put coupon", []string{"coupons", string(c.Code)}, nil, c, &now)
	return now, err
}

// Refund gives back what was paid for units.
func (s *Shop) Refund(ctx context.Context, id wire.OrderID, r wire.Refund, key string) (now wire.Order, err error) {
	err = s.post(ctx, "refund", []string{"admin", "orders", string(id), "refund"}, key, r, &now)
	return now, err
}

// Cancel cancels an order and gives its money back.
func (s *Shop) Cancel(ctx context.Context, id wire.OrderID, c wire.Cancel) (now wire.Order, err error) {
	err = s.post(ctx, "cancel order", []string{"admin", "orders", string(id), "cancel"}, "", c, &now)
	return now, err
}

// FetchPicture has the server fetch a picture from a web address.
func (s *Shop) FetchPicture(ctx context.Context, source string) (p wire.Picture, err error) {
	q := request{
		method: http.MethodPost, server: s.server, token: s.token, path: []string{"api", "pictures"}, in: map[string]string{"source": source}, out: &p,
	}
	if _, err = s.c.slow().exchange(ctx, q, nil); err != nil {
		return p, fmt.Errorf("fetch picture: %w", err)
	}
	return p, nil
}

// SendPicture sends a picture file.
func (s *Shop) SendPicture(ctx context.Context, id wire.PictureID, file []byte) error {
	if _, err := s.raw(ctx, http.MethodPut, []string{"api", "pictures", string(id)}, file); err != nil {
		return fmt.Errorf("send picture: %w", err)
	}
	return nil
}

// Picture is a picture as JPEG, of one of wire.PictureWidths.
func (s *Shop) Picture(ctx context.Context, id wire.PictureID, width int) ([]byte, error) {
	b, err := s.raw(ctx, http.MethodGet, []string{"pictures", string(id), strconv.Itoa(width) + ".jpg"}, nil)
	if err != nil {
		return nil, fmt.Errorf("load picture: %w", err)
	}
	return b, nil
}

// version is the header that says which version was seen.
func version(seen int64) http.Header {
	if seen == 0 {
		return http.Header{"If-None-Match": {"*"}}
	}
	return http.Header{"If-Match": {`"` + strconv.FormatInt(seen, 10) + `"`}}
}

func (s *Shop) put(ctx context.Context, what string, path []string, with http.Header, in, out any) error {
	return s.shop(ctx, what, http.MethodPut, path, with, in, out)
}

func (s *Shop) post(ctx context.Context, what string, path []string, key string, in, out any) error {
	var with http.Header
	if key != "" {
		with = http.Header{wire.IdempotencyKey: {key}}
	}
	return s.shop(ctx, what, http.MethodPost, path, with, in, out)
}

func (s *Shop) shop(ctx context.Context, what, method string, path []string, with http.Header, in, out any) error {
	q := request{method: method, server: s.server, token: s.token, path: append([]string{"api", "shop"}, path...), in: in, out: out}
	if _, err := s.c.exchange(ctx, q, with); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// slow is the client for what takes longer.
func (c *Client) slow() *Client {
	h := *c.http
	h.Timeout = pictureWithin
	return &Client{http: &h, transport: c.transport}
}

// raw sends or loads a file.
func (s *Shop) raw(ctx context.Context, method string, path []string, file []byte) ([]byte, error) {
	base, err := Address(s.server)
	if err != nil {
		return nil, err
	}
	r, err := request{method: method, token: s.token, path: path}.build(ctx, base)
	if err != nil {
		return nil, err
	}
	if file != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(file)), int64(len(file))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
		maps.Copy(r.Header, http.Header{"Content-Type": {http.DetectContentType(file)}})
	}
	answer, err := s.c.slow().http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxPicture+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case answer.StatusCode >= 300:
		return nil, complaint(answer, b)
	case len(b) > maxPicture:
		return nil, wire.Errorf(wire.Internal, "the server's picture is larger than %d MB", maxPicture>>20)
	}
	return b, nil
}

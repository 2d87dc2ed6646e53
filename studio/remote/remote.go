// Package remote is the studio's client of our server's HTTP interface: making, listing, opening and closing shows, the
// addresses that belong to one, the check of the way to it, the shop's rules for rooms, the way into a show's room, and the way into its shop.
//
// It owns the HTTP connections to the server, which close when idle, and nothing else: no queue, no memory of what the
// server said. Every call but Check, which has goroutines and connections of its own for as long as it lasts, is one request
// of at most ten seconds. A Room owns its WebSocket while it runs, remembers the number that it has heard up to, and holds the
// requests that wait for an answer. A Shop owns its stream of events while it runs, and remembers the last of
// them. Tokens travel in the Authorization header only,
// never in addresses, errors or logs; they follow a redirect only within the host and never from https to http. Where the studio is a guest it has
// no token: there it is a visitor, with the cookies that servers give to one.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

const (
	timeout      = 10 * time.Second
	maxRedirects = 5
	// maxBody bounds an answer, in bytes; a list holds some thousand shows.
	maxBody = 1 << 20
	// maxText bounds what is shown of a server's complaint, in bytes.
	maxText = 300
)

// Client speaks to any server; every call names it. Safe for any goroutine.
type Client struct {
	http      *http.Client
	transport *http.Transport
	// visitor is http as somebody without a token, whom servers know again by their cookies as long as the program runs.
	visitor *http.Client
}

// New returns a client. It starts nothing.
func New() *Client {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: timeout / 2}).DialContext,
		TLSHandshakeTimeout: timeout / 2,
		IdleConnTimeout:     30 * time.Second,
		ForceAttemptHTTP2:   true,
	}
	c := &Client{transport: t, http: &http.Client{Transport: t, Timeout: timeout, CheckRedirect: checkRedirect}}
	visitor := *c.http
	visitor.Jar, _ = cookiejar.New(nil) // it never fails
	c.visitor = &visitor
	return c
}

// oneProtocol is a transport of its own that speaks HTTP/1.1 only: a clone offers what its original has learnt to offer.
func (c *Client) oneProtocol() *http.Transport {
	t := c.transport.Clone()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = nil
	}
	return t
}

// CloseIdle closes the connections that no call uses.
func (c *Client) CloseIdle() { c.transport.CloseIdleConnections() }

// checkRedirect stops at a downgrade; that the token stays within the host is net/http's own rule.
func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("redirected more than %d times", maxRedirects)
	}
	if via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return errors.New("redirected from https to http")
	}
	return nil
}

// Addresses are the show's WHIP endpoint and its page, from the server's address as the host typed it.
func (c *Client) Addresses(server string, id wire.ShowID) (whip, watch string, err error) {
	base, err := Address(server)
	if err != nil {
		return "", "", err
	}
	if err := id.Validate(); err != nil {
		return "", "", err
	}
	return WHIP(base, id), Watch(base, id), nil
}

// Fault says in one word why a call failed.
func (c *Client) Fault(err error) frame.Fault {
	var e *wire.Error
	if !errors.As(err, &e) {
		return frame.FaultOf(err)
	}
	switch e.Code {
	case wire.Unauthenticated, wire.Forbidden:
		return frame.FaultToken
	case wire.NotFound:
		return frame.FaultShow
	case wire.ShowClosed:
		return frame.FaultClosed
	case wire.Replaced:
		return frame.FaultReplaced
	case wire.RateLimited, wire.Unavailable:
		return frame.FaultBusy
	default:
		return frame.FaultServer
	}
}

// Shows lists the shows that the token may see: all for an operator, its own for a show.
func (c *Client) Shows(ctx context.Context, server, token string) ([]wire.Show, error) {
	var shows []wire.Show
	if err := c.call(ctx, request{method: http.MethodGet, server: server, token: token, path: []string{"api", "shows"}, out: &shows}); err != nil {
		return nil, fmt.Errorf("list shows: %w", err)
	}
	return shows, nil
}

// Create makes a show; the token is an operator's. The answer holds the show's own token, which nobody can ask for again.
func (c *Client) Create(ctx context.Context, server, token string, n wire.NewShow) (s wire.CreatedShow, err error) {
	if err = n.Validate(); err == nil {
		err = c.call(ctx, request{method: http.MethodPost, server: server, token: token, path: []string{"api", "shows"}, in: n, out: &s})
	}
	if err != nil {
		return wire.CreatedShow{}, fmt.Errorf("create show: %w", err)
	}
	return s, nil
}

// Show is what everybody may know about a show.
func (c *Client) Show(ctx context.Context, server string, id wire.ShowID) (s wire.Show, err error) {
	if err = id.Validate(); err == nil {
		err = c.call(ctx, request{method: http.MethodGet, server: server, path: []string{"api", "shows", string(id)}, out: &s})
	}
	if err != nil {
		return wire.Show{}, fmt.Errorf("look up show: %w", err)
	}
	return s, nil
}

// Open lets a show be published and watched again; the token is an operator's or the show's.
func (c *Client) Open(ctx context.Context, server, token string, id wire.ShowID) error {
	return c.change(ctx, server, token, id, "open")
}

// Close ends a show for everybody until it is opened again; the token is an operator's or the show's.
func (c *Client) Close(ctx context.Context, server, token string, id wire.ShowID) error {
	return c.change(ctx, server, token, id, "close")
}

// Report tells how the studio of a show does, and returns what the show's viewers see; the token is an operator's or the show's.
func (c *Client) Report(ctx context.Context, server, token string, id wire.ShowID, r wire.StudioReport) (t wire.Truth, err error) {
	if err = id.Validate(); err == nil {
		err = c.call(ctx, request{method: http.MethodPost, server: server, token: token, path: []string{"api", "shows", string(id), "truth"}, in: r, out: &t})
	}
	if err != nil {
		return wire.Truth{}, fmt.Errorf("report: %w", err)
	}
	return t, nil
}

func (c *Client) change(ctx context.Context, server, token string, id wire.ShowID, verb string) error {
	err := id.Validate()
	if err == nil {
		err = c.call(ctx, request{method: http.MethodPost, server: server, token: token, path: []string{"api", "shows", string(id), verb}})
	}
	if err != nil {
		return fmt.Errorf("%s show: %w", verb, err)
	}
	return nil
}

// request is one call: in is sent as JSON unless nil, the answer is read into out unless nil.
type request struct {
	method, server, token string
	path                  []string
	in, out               any
	query                 url.Values
	visitor               bool
}

func (c *Client) call(ctx context.Context, q request) error {
	_, err := c.exchange(ctx, q, nil)
	return err
}

// exchange is call with headers of its own; it returns those of the answer.
func (c *Client) exchange(ctx context.Context, q request, with http.Header) (http.Header, error) {
	base, err := Address(q.server)
	if err != nil {
		return nil, err
	}
	r, err := q.build(ctx, base)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, with)
	client := c.http
	if q.visitor {
		client = c.visitor
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() {
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxBody))
		_ = answer.Body.Close()
	}()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case len(body) > maxBody:
		return nil, wire.Errorf(wire.Internal, "the server's answer is longer than %d bytes", maxBody)
	case answer.StatusCode >= 300:
		return nil, complaint(answer, body)
	case q.out == nil:
		return answer.Header, nil
	}
	if err := json.Unmarshal(body, q.out); err != nil {
		return nil, wire.Errorf(wire.Internal, "the server's answer cannot be read: is this a Vitrine server?")
	}
	return answer.Header, nil
}

func (q request) build(ctx context.Context, base *url.URL) (*http.Request, error) {
	var body io.Reader
	if q.in != nil {
		b, err := json.Marshal(q.in)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	to := base.JoinPath(q.path...)
	to.RawQuery = q.query.Encode()
	r, err := http.NewRequestWithContext(ctx, q.method, to.String(), body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	r.Header.Set("Accept", "application/json, application/problem+json")
	if q.in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	return r, nil
}

// complaint makes an error of an answer that is none: of its problem body (RFC 9457), or of its status where something
// between us and the server answered.
func complaint(r *http.Response, body []byte) *wire.Error {
	var p wire.Problem
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/problem+json" || json.Unmarshal(body, &p) != nil || p.Code == "" {
		p = wire.Problem{Code: codeOf(r.StatusCode)}
	}
	text := p.Detail
	if text == "" {
		text = fmt.Sprintf("the server answered %d %s", r.StatusCode, http.StatusText(r.StatusCode))
	}
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	e := wire.Errorf(p.Code, "%s", text)
	if s, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && s > 0 && s < 3600 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}

func codeOf(status int) wire.Code {
	switch status {
	case http.StatusUnauthorized:
		return wire.Unauthenticated
	case http.StatusForbidden:
		return wire.Forbidden
	case http.StatusNotFound:
		return wire.NotFound
	case http.StatusConflict:
		return wire.Conflict
	case http.StatusTooManyRequests:
		return wire.RateLimited
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return wire.Unavailable
	default:
		return wire.Internal
	}
}

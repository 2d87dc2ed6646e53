package reach

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"vitrine/server/wire"
)

// mostAnswer is how much of an endpoint's answer is read, in bytes, so that its connection can be used again.
const mostAnswer = 64 << 10

// Endpoint is where webhooks go.
type Endpoint struct {
	// URL was checked by Guard.Check when it was set.
	URL string
	// Secrets sign: the newest first, and the one before it while it is replaced.
	Secrets []string
}

// Endpoints is the need to know where webhooks go.
type Endpoints interface {
	// Endpoint returns an endpoint. One that is removed or switched off is an error of code NotFound.
	Endpoint(ctx context.Context, id string) (Endpoint, error)
	// Disable switches an endpoint off. The reason is for an operator.
	Disable(ctx context.Context, id, reason string) error
}

// deliver posts a letter to its endpoint once. What it answers is not read: only its status counts.
func (c *Courier) deliver(ctx context.Context, m Letter) error {
	end, err := c.cfg.Endpoints.Endpoint(ctx, m.To)
	switch {
	case wire.CodeOf(err) == wire.NotFound:
		return &failure{reason: "the endpoint is removed or switched off", final: true}
	case err != nil:
		return fmt.Errorf("look up endpoint: %w", err)
	}
	body, err := c.open(ctx, m)
	if err != nil {
		return err
	}
	r, err := c.request(ctx, m, end, body)
	if err != nil {
		return err
	}
	answer, err := c.cfg.Client.Do(r)
	if err != nil {
		return unreached("the endpoint", err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, mostAnswer) // its end is no matter
	switch status := answer.StatusCode; {
	case status/100 == 2:
		return nil
	case status == http.StatusGone:
		const why = "the endpoint answered 410 Gone, so it was switched off"
		if err := c.cfg.Endpoints.Disable(ctx, m.To, why); err != nil {
			return fmt.Errorf("disable endpoint: %w", err)
		}
		return &failure{reason: why, final: true}
	case status/100 == 3:
		return &failure{reason: fmt.Sprintf("the endpoint answered %d; webhooks follow no redirects", status)}
	default:
		return &failure{reason: fmt.Sprintf("the endpoint answered %d %s", status, http.StatusText(status))}
	}
}

func (c *Courier) request(ctx context.Context, m Letter, end Endpoint, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, end.URL, bytes.NewReader(body))
	if err != nil {
		return nil, &failure{reason: "the endpoint's address is no URL", final: true}
	}
	now := c.cfg.Now()
	signature, err := Sign(end.Secrets, m.ID, now, body)
	if err != nil {
		return nil, &failure{reason: "the endpoint has no secret that can sign", final: true}
	}
	r.Header.Set(WebhookID, m.ID)
	r.Header.Set(WebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(WebhookSignature, signature)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "vitrine")
	return r, nil
}

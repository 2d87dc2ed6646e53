package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

const maxAnswer = 64 << 10

// ask posts the offer, again while the server says that it makes sense to.
func (v *viewer) ask(ctx context.Context, offer string) (string, error) {
	for {
		answer, again, err := v.post(ctx, offer)
		if err == nil || again == 0 {
			return answer, err
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return "", err
		}
	}
}

// post posts the offer once. again > 0 says when to try anew.
func (v *viewer) post(ctx context.Context, offer string) (answer string, again time.Duration, err error) {
	r, err := v.do(ctx, http.MethodPost, v.address, offer)
	if err != nil {
		return "", 0, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return "", 0, fmt.Errorf("read answer: %w", err)
	}
	if r.StatusCode != http.StatusCreated {
		var p wire.Problem
		_ = json.Unmarshal(body, &p) // what is no problem body has no code
		seconds, _ := strconv.Atoi(r.Header.Get("Retry-After"))
		return "", time.Duration(seconds) * time.Second, fmt.Errorf("the server answered %d %s", r.StatusCode, p.Code)
	}
	at, err := url.Parse(v.address)
	if err != nil {
		return "", 0, fmt.Errorf("read address: %w", err)
	}
	if at, err = at.Parse(r.Header.Get("Location")); err != nil {
		return "", 0, fmt.Errorf("read the session's address: %w", err)
	}
	v.resource = at.String()
	return string(body), 0, nil
}

func (c *crowd) do(ctx context.Context, method, to, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/sdp")
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	return answer, nil
}

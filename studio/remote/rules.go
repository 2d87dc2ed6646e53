package remote

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"vitrine/server/wire"
)

// Rules are the shop's rules for what may be said in rooms, with their version; 0 for those that nobody has changed. The token is an
// operator's or the show's.
func (c *Client) Rules(ctx context.Context, server, token string, id wire.ShowID) (wire.Rules, int64, error) {
	r, version, err := c.rules(ctx, request{method: http.MethodGet, server: server, token: token}, id, nil)
	if err != nil {
		return wire.Rules{}, 0, fmt.Errorf("read the rules: %w", err)
	}
	return r, version, nil
}

// SetRules replaces the version of the rules that was seen, and returns what counts now. Where that is another the error has code
// Precondition.
func (c *Client) SetRules(ctx context.Context, server, token string, id wire.ShowID, r wire.Rules, seen int64) (wire.Rules, int64, error) {
	with := http.Header{"If-Match": {`"` + strconv.FormatInt(seen, 10) + `"`}}
	if seen == 0 {
		with = http.Header{"If-None-Match": {"*"}}
	}
	now, version, err := c.rules(ctx, request{method: http.MethodPut, server: server, token: token, in: r}, id, with)
	if err != nil {
		return wire.Rules{}, 0, fmt.Errorf("change the rules: %w", err)
	}
	return now, version, nil
}

// TryRules says what would happen to a text under rules, which need not be those that count.
func (c *Client) TryRules(ctx context.Context, server, token string, id wire.ShowID, q wire.TryText) (t wire.Tried, err error) {
	if err = id.Validate(); err == nil {
		err = c.call(ctx, request{method: http.MethodPost, server: server, token: token, path: []string{"api", "shows", string(id), "rules", "try"}, in: q, out: &t})
	}
	if err != nil {
		return wire.Tried{}, fmt.Errorf("try a text: %w", err)
	}
	return t, nil
}

func (c *Client) rules(ctx context.Context, q request, id wire.ShowID, with http.Header) (r wire.Rules, version int64, err error) {
	if err := id.Validate(); err != nil {
		return r, 0, err
	}
	q.path, q.out = []string{"api", "shows", string(id), "rules"}, &r
	header, err := c.exchange(ctx, q, with)
	if err != nil {
		return r, 0, err
	}
	if version, err = strconv.ParseInt(strings.Trim(header.Get("ETag"), `"`), 10, 64); err != nil {
		return r, 0, wire.Errorf(wire.Internal, "the server does not say which version its rules are: is something between changing its answers?")
	}
	return r, version, nil
}

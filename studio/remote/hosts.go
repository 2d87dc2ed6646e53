package remote

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"vitrine/server/wire"
)

// FindHosts finds hosts who can be called to a battle now; q is a part of their or their show's name, "" for those who let strangers find
// them. The token is an operator's or a show's.
func (c *Client) FindHosts(ctx context.Context, server, token, q string) ([]wire.BattleHost, error) {
	var found wire.BattleHosts
	path := []string{"api", "stage", "hosts"}
	r := request{method: http.MethodGet, server: server, token: token, path: path, out: &found, query: url.Values{"q": {q}}}
	if err := c.call(ctx, r); err != nil {
		return nil, fmt.Errorf("find hosts: %w", err)
	}
	return found.Hosts, nil
}

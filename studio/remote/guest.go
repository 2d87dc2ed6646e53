package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"vitrine/server/wire"
)

// Page is whose page a link leads to: a show, and the address of its server.
func (c *Client) Page(link string) (server string, id wire.ShowID, err error) {
	base, err := Address(link)
	if err != nil {
		return "", "", err
	}
	at, show := path.Split(base.Path)
	if id = wire.ShowID(show); path.Base(at) != "watch" || id.Validate() != nil {
		return "", "", &AddressError{errors.New("it is no show's page: that ends with /watch/ and the show's name")}
	}
	base.Path = strings.TrimSuffix(at, "/watch/")
	return base.String(), id, nil
}

// StagePass lets a visitor who is on a show's stage send: by WHIP there, with that token.
func (c *Client) StagePass(ctx context.Context, server string, id wire.ShowID) (whip, token string, err error) {
	var p wire.StagePass
	base, err := Address(server)
	if err == nil {
		err = id.Validate()
	}
	if err == nil {
		err = c.call(ctx, request{method: http.MethodPost, server: server, visitor: true, path: []string{"api", "shows", string(id), "stage", "pass"}, out: &p})
	}
	if err != nil {
		return "", "", fmt.Errorf("get a pass for the stage: %w", err)
	}
	return WHIP(base, wire.ShowID(p.Media)), p.Token, nil
}

package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"regexp"

	"vitrine/server/reach"
	"vitrine/server/store/sqlc"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// endpointName leaves room for it in the names of letters, which have at most 64 such characters.
var endpointName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

func secretOf(id string) trust.Field { return trust.Field{Table: "endpoints", Row: id, Name: "secret"} }

// PutEndpoint makes an endpoint or gives one another URL, and switches it on. The URL has passed reach.Guard.Check. Its secret is
// from now on what signs; the one before signs too for a day. With no secret ("") the old one stays, and an endpoint that does not
// exist is an error of code NotFound.
func (o *Outbox) PutEndpoint(ctx context.Context, id, url, secret string) error {
	if !endpointName.MatchString(id) {
		return wire.Errorf(wire.Invalid, "an endpoint's name has 1 to 32 letters, digits, hyphens and underscores")
	}
	if secret == "" {
		rows, err := o.store.query.MoveEndpoint(ctx, sqlc.MoveEndpointParams{ID: id, Url: url})
		return changed("endpoint", rows, err)
	}
	sealed, err := o.safe.Seal(ctx, secretOf(id), []byte(secret))
	if err != nil {
		return fmt.Errorf("seal an endpoint's secret: %w", err)
	}
	err = o.store.query.PutEndpoint(ctx, sqlc.PutEndpointParams{
		ID: id, Url: url, Secret: text(sealed), Created: o.store.now().UnixMilli(), PreviousUntil: o.store.now().Add(secretKept).UnixMilli(),
	})
	if err != nil {
		return fmt.Errorf("put endpoint: %w", err)
	}
	return nil
}

// Endpoints lists all endpoints, the oldest first, without what signs them. Their URLs may hold tokens: they are for operators only.
func (o *Outbox) Endpoints(ctx context.Context) ([]wire.Webhook, error) {
	rows, err := o.store.query.Endpoints(ctx)
	return each(rows, func(r sqlc.EndpointsRow) wire.Webhook {
		return wire.Webhook{ID: r.ID, URL: r.Url, Disabled: r.Disabled}
	}), looked("endpoints", err)
}

// DropEndpoint removes an endpoint. One that does not exist is an error of code NotFound. Letters that wait for it are given up.
func (o *Outbox) DropEndpoint(ctx context.Context, id string) error {
	rows, err := o.store.query.DropEndpoint(ctx, id)
	return changed("endpoint", rows, err)
}

// Endpoint implements reach.Endpoints.
func (o *Outbox) Endpoint(ctx context.Context, id string) (reach.Endpoint, error) {
	row, err := o.store.query.Endpoint(ctx, id)
	if err := looked("endpoint", err); err != nil {
		return reach.Endpoint{}, err
	}
	sealed := []string{row.Secret}
	if row.Previous != "" && o.store.now().UnixMilli() < row.PreviousUntil {
		sealed = append(sealed, row.Previous)
	}
	end := reach.Endpoint{URL: row.Url}
	for _, s := range sealed {
		secret, err := o.secret(ctx, id, s)
		if err != nil {
			return reach.Endpoint{}, fmt.Errorf("open an endpoint's secret: %w", err)
		}
		end.Secrets = append(end.Secrets, secret)
	}
	return end, nil
}

func (o *Outbox) secret(ctx context.Context, id, sealed string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	plain, err := o.safe.Open(ctx, secretOf(id), b)
	return string(plain), err
}

// Disable implements reach.Endpoints.
func (o *Outbox) Disable(ctx context.Context, id, reason string) error {
	if err := o.store.query.DisableEndpoint(ctx, sqlc.DisableEndpointParams{ID: id, Disabled: reason}); err != nil {
		return fmt.Errorf("disable endpoint: %w", err)
	}
	return nil
}

package api

import (
	"context"
	"crypto/rand"

	"vitrine/server/reach"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Webhooks keeps where webhooks go.
type Webhooks interface {
	Endpoints(ctx context.Context) ([]wire.Webhook, error)
	PutEndpoint(ctx context.Context, id, url, secret string) error
	DropEndpoint(ctx context.Context, id string) error
}

// hooking is what the operator does about outgoing webhooks.
func (e *edge) hooking() {
	add(e, operation{method: "GET", path: "/api/webhooks", action: trust.WebhooksManage, does: "Where webhooks go"}, e.listHooks)
	add(e, operation{
		method: "PUT", path: "/api/webhooks/{id}", action: trust.WebhooksManage,
		does: "Send webhooks to an address from now on, signed with a new secret; an older one signs too for a day",
	}, e.putHook)
	add(e, operation{method: "DELETE", path: "/api/webhooks/{id}", action: trust.WebhooksManage, does: "Send no more webhooks there", status: 204}, e.dropHook)
}

func (e *edge) listHooks(ctx context.Context, _ *visitor, _ *struct{}) (*reply[[]wire.Webhook], error) {
	list, err := e.Webhooks.Endpoints(ctx)
	return replied(append([]wire.Webhook{}, list...), err)
}

func (e *edge) putHook(ctx context.Context, _ *visitor, in *struct {
	ID   string `path:"id"`
	Body wire.Webhook
},
) (*reply[wire.Webhook], error) {
	if err := sameName(in.ID, in.Body.ID); err != nil {
		return nil, err
	}
	if err := e.Outside.Check(in.Body.URL); err != nil {
		return nil, err
	}
	secret, err := reach.NewSecret(rand.Reader)
	if err == nil {
		err = e.Webhooks.PutEndpoint(ctx, in.ID, in.Body.URL, secret)
	}
	return replied(wire.Webhook{ID: in.ID, URL: in.Body.URL, Secret: secret}, err)
}

func (e *edge) dropHook(ctx context.Context, _ *visitor, in *struct {
	ID string `path:"id"`
},
) (*struct{}, error) {
	return nil, e.Webhooks.DropEndpoint(ctx, in.ID)
}

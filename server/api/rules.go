package api

import (
	"context"

	"vitrine/server/moderation"
	"vitrine/server/trust"
)

// Censor keeps the rules for what may be said in rooms.
type Censor interface {
	// Rules are those that count, with their version; 0 for those that nobody has changed.
	Rules() (rules moderation.Rules, version int64)
	// SetRules replaces the version that somebody has seen; if there is another the error has code Precondition.
	SetRules(ctx context.Context, r moderation.Rules, seen int64) error
}

// moderating is the rules for rooms.
func (e *edge) moderating() {
	add(e, operation{method: "GET", path: "/api/moderation/rules", action: trust.ChatModerate, does: "The rules for what may be said in rooms"}, e.readRules)
	add(e, operation{
		method: "PUT", path: "/api/moderation/rules", action: trust.ChatRules,
		does: "Change the version seen (If-Match) of the rules; If-None-Match: * says that nobody has changed them before",
	}, e.putRules)
}

func (e *edge) readRules(context.Context, *visitor, *struct{}) (*tagged[moderation.Rules], error) {
	r, version := e.Censor.Rules()
	return tag(r, version, nil)
}

func (e *edge) putRules(ctx context.Context, _ *visitor, in *struct {
	IfMatch     string `header:"If-Match"`
	IfNoneMatch string `header:"If-None-Match"`
	Body        moderation.Rules
},
) (*tagged[moderation.Rules], error) {
	if in.IfMatch == `"0"` { // there are rules, and may be read, before anybody has changed them
		in.IfMatch, in.IfNoneMatch = "", "*"
	}
	version, err := seen(in.IfMatch, in.IfNoneMatch)
	if err == nil {
		err = e.Censor.SetRules(ctx, in.Body, version)
	}
	if err != nil {
		return nil, err
	}
	return e.readRules(ctx, nil, nil)
}

package api

import (
	"context"
	"net/http"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Censor keeps the rules for what may be said in rooms.
type Censor interface {
	// Rules are those that count, with their version; 0 for those that nobody has changed.
	Rules() (rules wire.Rules, version int64)
	// SetRules replaces the version that somebody has seen; if there is another the error has code Precondition.
	SetRules(ctx context.Context, r wire.Rules, seen int64) error
	// Try says what would happen to a text. Nothing comes of it.
	Try(q wire.TryText) (wire.Tried, error)
}

// maxRules bounds rules in requests, in bytes: the most words that there may be, of a usual length.
const maxRules = 1 << 20

// moderating is the rules for rooms. They are the shop's, so those of every show are the same; the address below a show is for its
// studio, which has the show's token and speaks as its host.
func (e *edge) moderating(mux *http.ServeMux) {
	add(e, operation{method: "GET", path: "/api/moderation/rules", action: trust.ChatModerate, does: "The rules for what may be said in rooms"}, e.readRules)
	add(e, operation{
		method: "PUT", path: "/api/moderation/rules", action: trust.ChatRules,
		does: "Change the version seen (If-Match) of the rules; If-None-Match: * says that nobody has changed them before",
	}, e.putRules)
	mux.Handle("/api/shows/{show}/rules", e.methods(methods{
		"GET": e.backstage(trust.ChatModerate, e.readStudioRules), "PUT": e.backstage(trust.ChatRules, e.putStudioRules),
	}, ""))
	mux.Handle("/api/shows/{show}/rules/try", e.methods(methods{"POST": e.backstage(trust.ChatModerate, e.tryRules)}, jsonType))
}

func (e *edge) readRules(context.Context, *visitor, *struct{}) (*tagged[wire.Rules], error) {
	r, version := e.Censor.Rules()
	return tag(r, version, nil)
}

func (e *edge) putRules(ctx context.Context, _ *visitor, in *struct {
	IfMatch     string `header:"If-Match"`
	IfNoneMatch string `header:"If-None-Match"`
	Body        wire.Rules
},
) (*tagged[wire.Rules], error) {
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

// backstage lets in who may do something in a show: its token acts as its host.
func (e *edge) backstage(a trust.Action, do action) action {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := e.guest(w, r)
		if err == nil {
			err = trust.May(v.Visit, a)
		}
		if err == nil {
			_, _, err = e.show(r)
		}
		if err != nil {
			return err
		}
		return do(w, r)
	}
}

func (e *edge) readStudioRules(w http.ResponseWriter, r *http.Request) error {
	t, err := e.readRules(r.Context(), nil, nil)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", t.ETag)
	return answerJSON(w, http.StatusOK, t.Body)
}

func (e *edge) putStudioRules(w http.ResponseWriter, r *http.Request) error {
	version, err := seen(r.Header.Get("If-Match"), r.Header.Get("If-None-Match"))
	if err != nil {
		return err
	}
	rules := wire.DefaultRules()
	if err := readJSONUpTo(w, r, &rules, maxRules); err != nil {
		return err
	}
	if err := e.Censor.SetRules(r.Context(), rules, version); err != nil {
		return err
	}
	return e.readStudioRules(w, r)
}

func (e *edge) tryRules(w http.ResponseWriter, r *http.Request) error {
	q := wire.TryText{Rules: wire.DefaultRules()}
	if err := readJSONUpTo(w, r, &q, maxRules); err != nil {
		return err
	}
	tried, err := e.Censor.Try(q)
	if err != nil {
		return err
	}
	return answerJSON(w, http.StatusOK, tried)
}

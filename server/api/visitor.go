package api

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	// An address may be many people's, as that of a provider of mobile networks.
	addressEvery, addressBurst = 5 * time.Millisecond, 2000
	personEvery, personBurst   = 50 * time.Millisecond, 200
	// recently is how old the proof of a step-up may be.
	recently = 15 * time.Minute
	// visitorLasts is how long a browser keeps whom its units are held for.
	visitorLasts = 30 * 24 * time.Hour
	// operator is who an operator's token acts as in the books.
	operator wire.PersonID = "operator"
)

// visitor is who a request comes from.
type visitor struct {
	trust.Visit
	caller trust.Caller
	// token is that of the browser's VisitorCookie; "" for none.
	token trust.Token
	// studio is the show whose token the visitor has; "" for everybody else.
	studio wire.ShowID

	e *edge
	w http.ResponseWriter
	r *http.Request
}

type visitorKey struct{}

func visitorOf(ctx context.Context) *visitor {
	v, _ := ctx.Value(visitorKey{}).(*visitor)
	return v
}

// admit is the one place where it is decided who may do what: it finds out who asks, and lets operations be done by those whom
// trust.May allows their action.
func (e *edge) admit(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	v, err := e.visitor(w, r)
	if r.Header.Get("Authorization") != "" && wire.CodeOf(err) == wire.Unauthenticated && sells(ctx.Operation().Path) {
		err = e.asStudio(v)
	}
	if err == nil {
		err = e.pass(v, ctx.Operation())
	}
	if err != nil {
		e.fail(w, r, err)
		return
	}
	next(huma.WithValue(ctx, visitorKey{}, v))
}

// visitor finds out who asks.
func (e *edge) visitor(w http.ResponseWriter, r *http.Request) (*visitor, error) {
	v := &visitor{
		caller: trust.Caller{Address: e.caller(r).From, Session: e.cookies.Read(r, trust.SessionCookie)},
		token:  e.cookies.Read(r, trust.VisitorCookie), e: e, w: w, r: r,
	}
	if wait := e.addresses.Take(e.Gate.Now(), v.caller.Network()); wait > 0 {
		return nil, tooFast(wait)
	}
	var err error
	if r.Header.Get("Authorization") != "" {
		v.Visit, err = e.operator(r)
		return v, err
	}
	if crossed := e.origins.Check(r); crossed != nil { // cookies come with what other sites' pages send
		return nil, wire.Errorf(wire.Forbidden, "this comes from the page of another site")
	}
	v.Visit, err = e.Gate.Visit(r.Context(), v.caller.Session)
	return v, err
}

// operator is the visit of somebody with an operator's token: it has the rights of an owner who has just proved it.
func (e *edge) operator(r *http.Request) (trust.Visit, error) {
	token, err := bearer(r)
	if err != nil {
		return trust.Visit{}, err
	}
	ok, err := e.isOperator(r.Context(), token)
	if err == nil && !ok {
		err = wrongToken()
	}
	now := e.Gate.Now()
	return trust.Visit{Session: trust.Session{Person: operator, Proofs: trust.Proofs{Passkey: now}}, Role: trust.Owner, At: now}, err
}

// pass lets a visitor do an operation, or says why not.
func (e *edge) pass(v *visitor, o *huma.Operation) error {
	action, _ := o.Extensions[actionKey].(string)
	if err := trust.May(v.Visit, trust.Action(action)); err != nil {
		return err
	}
	if v.Person != "" && !v.program() {
		if wait := e.persons.Take(v.At, string(v.Person)); wait > 0 {
			return tooFast(wait)
		}
	}
	kind, _ := o.Metadata[kindKey].(string)
	if o.RequestBody == nil || kind == anyType || !o.RequestBody.Required && v.r.ContentLength == 0 {
		return nil
	}
	if t, _, err := mime.ParseMediaType(v.r.Header.Get("Content-Type")); err != nil || t != jsonType {
		return wire.Errorf(wire.MediaType, "the body must be %s", jsonType)
	}
	return nil
}

func tooFast(wait time.Duration) error {
	return &wire.Error{Code: wire.RateLimited, Text: "this is too much at once: wait a little", RetryAfter: wait}
}

// persons are who the visitor may hold units and orders as: whoever is signed in, and who the browser was before.
func (v *visitor) persons() (list []wire.PersonID) {
	if v.Person != "" {
		list = append(list, v.Person)
	}
	if v.token != "" {
		if p := v.token.Visitor(); !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// buyer is who units are held for. A browser that nobody has signed in with is remembered by a cookie.
func (v *visitor) buyer() wire.PersonID {
	if v.Person != "" {
		return v.Person
	}
	return v.browser()
}

// browser is who the browser is, whoever is signed in with it. One that is not known gets a cookie.
func (v *visitor) browser() wire.PersonID {
	if v.token == "" {
		v.token = trust.NewToken()
		v.set(v.e.cookies.Make(trust.VisitorCookie, v.token, visitorLasts))
	}
	return v.token.Visitor()
}

func (v *visitor) set(c *http.Cookie) { http.SetCookie(v.w, c) }

// enter keeps a session in the browser.
func (v *visitor) enter(t trust.Token, visit trust.Visit) {
	if t != v.caller.Session {
		v.set(v.e.cookies.Session(t, visit))
	}
	v.caller.Session, v.Visit = t, visit
}

// first asks for something as each of the visitor's persons, and returns what the first gets who has it.
func first[T any](v *visitor, ask func(wire.PersonID) (T, error)) (got T, err error) {
	err = wire.Errorf(wire.NotFound, "you have no such reservation or order")
	for _, p := range v.persons() {
		if got, err = ask(p); wire.CodeOf(err) != wire.NotFound {
			return got, err
		}
	}
	return got, err
}

// plain says whether the pages come over http, which is meant for loopback.
func plain(origins []string) bool {
	return len(origins) > 0 && strings.HasPrefix(origins[0], "http://")
}

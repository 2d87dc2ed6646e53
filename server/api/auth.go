package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"vitrine/server/wire"
)

// bearer returns the hash of the request's token (RFC 6750 §2.1).
func bearer(r *http.Request) (Hash, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Hash{}, wire.Errorf(wire.Unauthenticated, "this needs a token (Authorization: Bearer …)")
	}
	return sha256.Sum256([]byte(token)), nil
}

func wrongToken() error { return wire.Errorf(wire.Unauthenticated, "the token is not valid here") }

func equal(a, b Hash) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// isOperator reports whether the token is an operator's. It compares with all of them, whichever fits.
func (e *edge) isOperator(ctx context.Context, token Hash) (bool, error) {
	list, err := e.Store.Operators(ctx)
	if err != nil {
		return false, err
	}
	found := false
	for _, o := range list {
		found = equal(o, token) || found
	}
	return found, nil
}

// show returns the show that the request's address names.
func (e *edge) show(r *http.Request) (wire.Show, Hash, error) {
	id := wire.ShowID(r.PathValue("show"))
	if id.Validate() != nil {
		return wire.Show{}, Hash{}, wire.Errorf(wire.NotFound, "no show can have this name")
	}
	return e.Store.Show(r.Context(), id)
}

// openShow is show, if it is open.
func (e *edge) openShow(r *http.Request) (wire.Show, Hash, error) { return opened(e.show(r)) }

func opened(show wire.Show, token Hash, err error) (wire.Show, Hash, error) {
	if err == nil && show.State != wire.Open {
		err = closed()
	}
	return show, token, err
}

func closed() error { return wire.Errorf(wire.ShowClosed, "this show is closed") }

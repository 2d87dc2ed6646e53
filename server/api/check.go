package api

import (
	"io"
	"math"
	"mime"
	"net/http"
	"sync"
	"time"

	"vitrine/server/wire"
)

const (
	bytesType = "application/octet-stream"
	// maxCheck is the longest body of a network check, in bytes.
	maxCheck = 512 << 10
	// checkCost is what a request costs beside its body. A token may spend checksMost at once, some four whole checks, and
	// checksASecond in the long run.
	checkCost     = 4 << 10
	checksMost    = 64 << 20
	checksASecond = 1 << 20
)

// check takes what a host sends to find out what the way here carries, forgets it, and says that it came. It needs a token
// and has nothing to do with the token's show.
func (e *edge) check(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	if err := e.known(r, token); err != nil {
		return err
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != bytesType {
		return wire.Errorf(wire.MediaType, "the body must be %s", bytesType)
	}
	if r.ContentLength < 0 || r.ContentLength > maxCheck {
		return wire.Errorf(wire.TooLarge, "a body of a network check says its length, which is at most %d KB", maxCheck>>10)
	}
	if wait := e.checks.take(token, checkCost+r.ContentLength, time.Now()); wait > 0 {
		return &wire.Error{Code: wire.RateLimited, Text: "this token has checked the network too often", RetryAfter: wait}
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return wire.Errorf(wire.Invalid, "the body could not be read to its end")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// known refuses a token that is neither an operator's nor a show's.
func (e *edge) known(r *http.Request, token Hash) error {
	operator, err := e.isOperator(r.Context(), token)
	if err != nil || operator {
		return err
	}
	if _, err = e.Store.ShowOf(r.Context(), token); wire.CodeOf(err) == wire.NotFound {
		return wrongToken()
	}
	return err
}

// allowances bound what each token may spend, in bytes. There are no more of them than tokens that are valid or were. It is
// safe for concurrent use.
type allowances struct {
	mu  sync.Mutex
	all map[Hash]allowance
}

// allowance is what was left at a time.
type allowance struct {
	left float64
	at   time.Time
}

// take spends what a token has left, or says how long to wait until it has that much.
func (a *allowances) take(token Hash, cost int64, now time.Time) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := float64(checksMost)
	if was, ok := a.all[token]; ok {
		left = math.Min(left, was.left+checksASecond*now.Sub(was.at).Seconds())
	}
	if short := float64(cost) - left; short > 0 {
		return time.Duration(math.Ceil(short / checksASecond * float64(time.Second)))
	}
	a.all[token] = allowance{left - float64(cost), now}
	return 0
}

package pictures

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"vitrine/server/wire"
)

// fetchWithin is how long another server may take to send a picture.
const fetchWithin = 30 * time.Second

// Fetch gets the file at a web address, of at most MaxFile bytes. What may be connected to is the client's matter. Errors say in words
// what is wrong, without the address.
func Fetch(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	q, err := http.NewRequestWithContext(limited, http.MethodGet, address, nil)
	if err != nil {
		return nil, wire.Errorf(wire.Invalid, "this is no address of a picture")
	}
	q.Header.Set("Accept", "image/jpeg, image/png, image/webp, image/gif")
	q.Header.Set("User-Agent", "Vitrine")
	r, err := client.Do(q)
	if err != nil {
		return nil, unreached(ctx, err)
	}
	defer r.Body.Close()
	switch {
	case r.StatusCode != http.StatusOK:
		return nil, wire.Errorf(wire.Invalid, "the server at this address answers %d (%s) instead of a picture", r.StatusCode, http.StatusText(r.StatusCode))
	case r.ContentLength > MaxFile:
		return nil, TooLong()
	}
	file, err := io.ReadAll(io.LimitReader(r.Body, MaxFile+1))
	if err != nil {
		return nil, unreached(ctx, err)
	}
	if len(file) > MaxFile {
		return nil, TooLong()
	}
	return file, nil
}

// unreached says why there is no answer. What the error itself says holds addresses.
func unreached(ctx context.Context, err error) error {
	var known *wire.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return wire.Errorf(wire.Invalid, "the server at this address takes too long to send the picture")
	}
	return wire.Errorf(wire.Invalid, "the server at this address could not be reached, or broke off: is the address right?")
}

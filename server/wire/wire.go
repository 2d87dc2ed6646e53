// Package wire is the contract between the companion server and whoever speaks to it: the studio, the page, operators'
// scripts. It holds value types and the words for errors, uses the standard library only, and knows neither sockets nor
// storage. What both ends of a way must measure alike is measured here (Stalls, Pulse). The same JSON is read from Go and from
// TypeScript; the golden files in testdata keep the two together.
package wire

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ShowID names a show in addresses: 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit.
type ShowID string

var showID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Validate reports what is wrong with the name.
func (id ShowID) Validate() error {
	if !showID.MatchString(string(id)) {
		return Errorf(Invalid, "a show's name has 1 to 63 small letters, digits and hyphens, and begins with a letter or digit; got %q", truncate(string(id)))
	}
	return nil
}

// MaxTitle is the longest title of a show, in characters.
const MaxTitle = 120

// ShowState is what the host decided about a show; whether pictures flow is Show.Live.
type ShowState string

// States of a show. A show is created open.
const (
	Open   ShowState = "open"
	Closed ShowState = "closed"
)

// Show is what everybody may know about a show.
type Show struct {
	ID    ShowID    `json:"id"`
	Title string    `json:"title"`
	State ShowState `json:"state"`
	// Live says that a publisher is connected and media flows.
	Live bool `json:"live"`
	// Interrupted says that the host's media is gone but the show goes on: viewers are asked for a moment's patience.
	Interrupted bool `json:"interrupted,omitempty"`
	// Video is the codec on air, "H264" or "VP8"; empty for an audio-only show and while nothing is on air.
	Video string `json:"video,omitempty"`
	// Viewers is the number of connected viewers.
	Viewers int `json:"viewers"`
	// Since is when the show went on air; absent while it is not.
	Since *time.Time `json:"since,omitempty"`
}

// NewShow asks for a show to be made.
type NewShow struct {
	ID    ShowID `json:"id"`
	Title string `json:"title"`
}

// Validate reports what is wrong with the request.
func (n NewShow) Validate() error {
	if err := n.ID.Validate(); err != nil {
		return err
	}
	if c := utf8.RuneCountInString(n.Title); c > MaxTitle || !utf8.ValidString(n.Title) {
		return Errorf(Invalid, "a show's title has at most %d characters; got %d", MaxTitle, c)
	}
	if strings.ContainsFunc(n.Title, hidden) {
		return Errorf(Invalid, "a show's title has no control characters")
	}
	return nil
}

// hidden reports characters that are not seen but change what is: control characters, line breaks, and those that turn the
// direction of the text around them (Unicode's bidirectional overrides, embeddings and isolates).
func hidden(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// CreatedShow answers NewShow. Token is the show's publishing token, shown this one time.
type CreatedShow struct {
	Show
	Token string `json:"token"`
}

// Code is the kind of an error, the same for HTTP and events.
type Code string

// Codes of errors.
const (
	Invalid         Code = "invalid"
	Unauthenticated Code = "unauthenticated"
	Forbidden       Code = "forbidden"
	NotFound        Code = "not_found"
	Conflict        Code = "conflict"
	Replaced        Code = "replaced" // another publisher took over
	ShowClosed      Code = "show_closed"
	NotLive         Code = "not_live"
	TooLarge        Code = "too_large"
	MediaType       Code = "media_type"
	NoCodec         Code = "no_codec" // the offer holds no codec that the show uses
	Precondition    Code = "precondition"
	RateLimited     Code = "rate_limited"
	Unavailable     Code = "unavailable"
	Internal        Code = "internal"

	// PreconditionRequired says that the request lacks the If-Match that it needs.
	PreconditionRequired Code = "precondition_required"
	// SoldOut says that there are not enough units for anybody else.
	SoldOut Code = "sold_out"
	// StalePrice says that the price is not what the buyer saw; the text says what it is.
	StalePrice Code = "stale_price"
	// OfferClosed says that an offer has ended, or has not begun.
	OfferClosed Code = "offer_closed"
	// CapReached says that a buyer has as many units as one may have.
	CapReached Code = "cap_reached"
	// KeyReused says that an idempotency key came back with another body.
	KeyReused Code = "key_reused"
	// Declined says that the payment provider refused the payment.
	Declined Code = "payment_declined"
	// StepUp says that this needs a further proof of who asks: an e-mail link, a passkey or a one-time code.
	StepUp Code = "step_up"

	// Method says that the address does not know the request's method.
	Method Code = "method"
)

// Error is an error with a code that the edge can answer with. Text is a sentence for people and carries no secret.
type Error struct {
	Code Code
	Text string
	// RetryAfter says when trying again makes sense; zero where it does not.
	RetryAfter time.Duration
	// Why names what stands against it in a word, such as "name_taken", for those who tell it in another language; empty where Text
	// has to do.
	Why string
}

func (e *Error) Error() string { return e.Text }

// Errorf makes an Error.
func Errorf(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Text: fmt.Sprintf(format, args...)}
}

// Because says what stands against it, see Why.
func (e *Error) Because(why string) *Error {
	e.Why = why
	return e
}

// CodeOf returns the code of the first Error in err's chain, Internal for any other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Problem is the body of every failed HTTP request (RFC 9457, application/problem+json).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   Code   `json:"code"`
}

func truncate(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// Package api is the server's edge: it decodes HTTP requests, asks the rooms (live, store, web, insight, shop, chat, trust, pay) and encodes
// what they say. It speaks WHIP (RFC 9725) to publishers, WHEP (draft-ietf-wish-whep) to viewers, JSON to the studio, the page and
// operators, server-sent events to who watches the shop, and WebSocket (RFC 6455) to who is in a show's room, or the same through the
// event channel of their session (see Sockets).
//
// It owns no state but the requests at work, for a minute the answers to those that may be repeated (see answers), what each token
// may still spend on network checks (see allowances), what is noted of purchases lately (trust's Limiter, Velocity, Twice and
// Failures, and wishes), how many reports each address has sent, and the newest events (see Feed). It has no queue: a request is
// answered by the goroutine that reads it; a listener has one of earOf events, and a WebSocket that of its subscription (chat). Who
// may do what is decided here and nowhere else: a show's token publishes and opens or closes that show, and has its host's rights in the
// shop; an operator's token makes shows, opens or closes any, and has an owner's rights in the shop; whoever is on a show's stage sends from their place there with a pass (Stages), and other servers that are trusted sign what they ask;
// watching is free. In the shop every operation declares an
// action, and one function, admit, asks trust.May whether the visitor may do it. Tokens are compared as SHA-256 hashes, in constant
// time.
//
// A visitor needs no account and no e-mail address to have units held: they are held for a person whose name follows from a random
// token in the browser's cookie (trust.Token.Visitor). With the first order that person becomes a guest.
//
// Every failure is a problem body (RFC 9457) made by one function from an error's code, so that a status has one meaning
// everywhere; what huma refuses by itself goes the same way. The shop's part is described by OpenAPI (/api/openapi.json), from the code.
package api

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/server/insight"
	"vitrine/server/live"
	"vitrine/server/pay"
	"vitrine/server/pictures"
	"vitrine/server/reach"
	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Hash is the SHA-256 of a token.
type Hash = [sha256.Size]byte

// Store keeps shows and the hashes of tokens. Its errors carry the codes NotFound and Conflict where they mean that.
type Store interface {
	CreateShow(ctx context.Context, n wire.NewShow, token Hash) error
	SetState(ctx context.Context, id wire.ShowID, state wire.ShowState) error
	Show(ctx context.Context, id wire.ShowID) (wire.Show, Hash, error)
	ShowOf(ctx context.Context, token Hash) (wire.Show, error)
	Shows(ctx context.Context) ([]wire.Show, error)
	Operators(ctx context.Context) ([]Hash, error)
}

// Config is what the edge needs. Stage, Store, Ready and Page must be set.
type Config struct {
	Stage *live.Stage
	Store Store
	// Ready says why the server should get no new work; nil if it should.
	Ready func(context.Context) error
	// Page serves /watch/{show}, /robots.txt, /sitemap.xml, /verify/{show}, /withdraw, /staff, /account and /assets/.
	Page http.Handler
	// Metrics serves /metrics; nil leaves the address out.
	Metrics http.Handler
	// Relays names the TURN servers for a session that is made now by a client that knows this server by the host name; nil
	// means that there are none.
	Relays func(host string) []Relay
	// Truth knows what viewers see; nil leaves its addresses out.
	Truth *insight.Desk
	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	// Gate and Shop are who buys and sells here; without them their addresses answer that there is nothing.
	Gate *trust.Gate
	Shop *shop.Shop
	// Pay are the ways to pay, those of the shop, for their notices.
	Pay map[wire.PayMethod]pay.Provider
	// Open reads what shop.Config.Seal has sealed; nil if it seals nothing.
	Open func(ctx context.Context, person wire.PersonID, order wire.OrderID, sealed []byte) ([]byte, error)
	// Feed tells what happens in the shop; nil for nobody.
	Feed *Feed
	// Sockets are the ways into rooms; nil leaves them out.
	Sockets *Sockets
	// People are whom the shop knows; nil leaves following it out.
	People People
	// Purses have people's coins; nil leaves them out.
	Purses Purses
	// Stages are those of shows; nil leaves them out: then nobody but hosts can send.
	Stages Stages
	// Members knows who is in the shows' rooms, for offers to one of them; nil for nobody.
	Members Members
	// Censor keeps the rules for what may be said in them; nil leaves those out.
	Censor Censor
	// Withdrawals sign the links by which buyers withdraw without signing in; without them nobody can in this way.
	Withdrawals shop.WithdrawalKeys
	// Public is the address of the pages as buyers know it, for the links on receipts; "" if there is none.
	Public string
	// Exports are what rooms keep of people, for them to have.
	Exports map[string]trust.Exporter
	// Erasers are the rooms that keep of people what has to be taken out.
	Erasers []trust.Eraser
	// Webhooks keeps where webhooks go; nil leaves them out.
	Webhooks Webhooks
	// Pictures keeps those of products; nil leaves them out.
	Pictures *pictures.Album
	// Outside is what addresses webhooks may go to and pictures may come from.
	Outside reach.Guard
	// Risk says which purchases need a further proof. Without sums in Large every first one does.
	Risk trust.Risk

	Log *slog.Logger
}

// Relay is a TURN server and what it wants to know (RFC 9725 §4.6).
type Relay struct {
	URL, Username, Credential string
}

type edge struct {
	Config
	answers *answers
	checks  *allowances
	reports *trust.Limiter

	described          huma.API
	cookies            trust.Cookies
	origins            *http.CrossOriginProtection
	addresses, persons *trust.Limiter
	velocity           trust.Velocity
	twice              trust.Twice
	failures           trust.Failures
	wishes             wishes
	auditing           sync.Mutex // held by the one audit that may be under way
	live               atomic.Pointer[liveList]
	shows              sync.Map // names of shows that are known to exist
	atWork             sync.Map // keys of reservations and orders that are being answered
}

// New makes the handler of all of the server's addresses. It is safe for concurrent use.
func New(cfg Config) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &edge{Config: cfg, answers: newAnswers(), checks: &allowances{all: map[Hash]allowance{}}}
	mux := http.NewServeMux()
	for _, whip := range []bool{true, false} {
		p := protocol{e, whip}
		mux.Handle("/"+p.name()+"/{show}", small(open(e.relayed(e.methods(methods{"POST": p.join}, sdpType)))))
		mux.Handle("/"+p.name()+"/{show}/{session}", open(e.methods(methods{"PATCH": p.patch, "DELETE": p.end}, "")))
	}
	mux.Handle("/api/shows", e.methods(methods{"GET": e.listShows, "POST": e.createShow}, jsonType))
	mux.Handle("/api/live", e.methods(methods{"GET": e.listLive}, ""))
	mux.Handle("/api/shows/{show}", e.methods(methods{"GET": e.readShow}, ""))
	mux.Handle("/api/shows/{show}/open", e.methods(methods{"POST": e.setState(wire.Open)}, ""))
	mux.Handle("/api/shows/{show}/close", e.methods(methods{"POST": e.setState(wire.Closed)}, ""))
	mux.Handle("/api/check", e.methods(methods{"POST": e.check}, bytesType))
	mux.Handle("/healthz", e.methods(methods{"GET": health}, ""))
	mux.Handle("/readyz", e.methods(methods{"GET": e.ready}, ""))
	mux.Handle("/watch/{show}", e.only(cfg.Page))
	mux.Handle("/robots.txt", e.only(cfg.Page))
	mux.Handle("/sitemap.xml", e.only(cfg.Page))
	mux.Handle("/verify/{show}", e.only(cfg.Page))
	mux.Handle("/withdraw", e.only(cfg.Page))
	mux.Handle("/staff", e.only(cfg.Page))
	mux.Handle("/account", e.only(cfg.Page))
	mux.Handle("/assets/", e.only(cfg.Page))
	if cfg.Metrics != nil {
		mux.Handle("/metrics", e.only(cfg.Metrics))
	}
	mux.Handle("/", e.methods(nil, ""))
	if e.Truth != nil {
		e.telling(mux)
	}
	if e.Gate != nil {
		e.sell(mux)
	}
	return mux
}

// sell adds the addresses of the shop and of its people.
func (e *edge) sell(mux *http.ServeMux) {
	var err error
	if e.origins, err = trust.CrossOrigin(e.Gate.Origins); err != nil {
		panic(err) // the gate was made with them
	}
	e.cookies = trust.Cookies{Plain: plain(e.Gate.Origins)}
	e.addresses, e.persons = trust.NewLimiter(addressEvery, addressBurst), trust.NewLimiter(personEvery, personBurst)
	e.described = describe(mux)
	e.described.UseMiddleware(e.admit)
	e.entering()
	e.being()
	e.managing()
	if e.Sockets != nil {
		e.talking(mux)
	}
	if e.People != nil {
		e.following()
	}
	if e.Purses != nil {
		e.banking()
	}
	if e.Stages != nil {
		e.staging(mux)
	}
	if e.Censor != nil {
		e.moderating(mux)
	}
	if e.Pictures != nil {
		e.picturing(mux)
	}
	if e.Shop != nil {
		e.buying()
		e.opening()
		e.keeping()
		e.serving()
		e.desking()
		e.paying()
		if e.Webhooks != nil {
			e.hooking()
		}
		if e.Feed != nil {
			e.listening()
		}
	}
	e.publish(mux)
}

// health answers as long as the process can.
func health(w http.ResponseWriter, _ *http.Request) error {
	return text(w, "alive\n")
}

// ready answers 200 as long as the server should get new work.
func (e *edge) ready(w http.ResponseWriter, r *http.Request) error {
	if err := e.Ready(r.Context()); err != nil {
		return err
	}
	return text(w, "ready\n")
}

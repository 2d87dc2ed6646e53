package trust

import (
	"context"
	"strconv"
	"time"

	"vitrine/server/wire"
)

// linkLasts is how long a sign-in link may be used.
const linkLasts = 15 * time.Minute

// AskLink writes a sign-in link to an e-mail address. browser is the token in a cookie of the browser that asks (BrowserCookie), in
// which alone the link will work, so that nobody is talked into opening another's session. It does the same for all addresses:
// it does not look whether they are known.
func (g *Gate) AskLink(ctx context.Context, c Caller, email string, browser Token) error {
	e, err := Email(email)
	if err != nil {
		return err
	}
	if browser == "" {
		return wire.Errorf(wire.Invalid, "a sign-in link needs a browser that takes cookies")
	}
	for _, key := range []string{"from " + network(c.Address), "to " + string(g.Vault.Index(e))} {
		if wait := g.letters.Take(g.Now(), key); wait > 0 {
			return tooMany("too many links were asked for: look into your e-mails, or try again later", wait)
		}
	}
	t, err := g.issue(ctx, LinkTicket, browser.Hash(), []byte(e), linkLasts)
	if err != nil {
		return err
	}
	return trying("write sign-in link", g.Post.Post(ctx, e, LinkLetter, map[string]string{
		"token": string(t), "minutes": strconv.Itoa(int(linkLasts.Minutes())),
	}))
}

// UseLink signs in with a link, once. The address is proved by it: its account is made if there is none, and gets what guests with
// this address bought.
func (g *Gate) UseLink(ctx context.Context, c Caller, link, browser Token) (Token, Visit, error) {
	email, err := g.redeem(ctx, LinkTicket, link, browser.Hash())
	if wire.CodeOf(err) == wire.NotFound {
		err = wire.Errorf(wire.Unauthenticated, "this link was used, is older than %d minutes, or was asked for in another browser: ask for a new one here",
			int(linkLasts.Minutes()))
	}
	if err != nil {
		return "", Visit{}, err
	}
	p, err := g.account(ctx, string(email))
	if err != nil {
		return "", Visit{}, err
	}
	if err := g.Storage.Claim(ctx, p.Index, p.ID); err != nil {
		return "", Visit{}, trying("claim guests", err)
	}
	return g.enter(ctx, c, p, Proofs{Link: g.Now()})
}

// issue keeps a ticket and returns its token.
func (g *Gate) issue(ctx context.Context, kind TicketKind, browser Hash, content []byte, lasts time.Duration) (Token, error) {
	t := NewToken()
	return t, trying("keep ticket", g.Storage.AddTicket(ctx, Ticket{
		Token: t.Hash(), Kind: kind, Browser: browser, Until: g.Now().Add(lasts),
		Content: seal(ticketKey(t), "", contentOf(kind), content),
	}))
}

// redeem takes a ticket and returns its content. One that is used, too old or bound to something else has code NotFound.
func (g *Gate) redeem(ctx context.Context, kind TicketKind, t Token, browser Hash) ([]byte, error) {
	k, err := g.Storage.TakeTicket(ctx, t.Hash(), kind, browser)
	if err == nil && !g.Now().Before(k.Until) {
		err = wire.Errorf(wire.NotFound, "this was begun too long ago")
	}
	if err != nil {
		return nil, trying("take ticket", err)
	}
	return unseal(ticketKey(t), "", contentOf(kind), k.Content)
}

func ticketKey(t Token) []byte          { return derived([]byte(t), "ticket 1") }
func contentOf(kind TicketKind) Field   { return Field{"tickets", string(kind), "content"} }
func boundTo(person wire.PersonID) Hash { return Token(person).Hash() }

// tooMany is an error that says when to come back.
func tooMany(text string, wait time.Duration) error {
	e := wire.Errorf(wire.RateLimited, "%s", text)
	e.RetryAfter = wait
	return e
}

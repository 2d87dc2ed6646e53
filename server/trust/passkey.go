package trust

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vitrine/server/wire"
)

const (
	ceremoniesBurst = 20
	ceremoniesEvery = 10 * time.Second
)

// relyingParty is this server to WebAuthn (Level 3 §5.4.2). Passkeys are kept on the authenticator, which always checks the person:
// so each of them is two proofs, and one signs in without an e-mail address.
func relyingParty(title string, origins []string) (*webauthn.WebAuthn, error) {
	if len(origins) == 0 {
		return nil, errors.New("make gate: no origin is given")
	}
	first, err := url.Parse(origins[0])
	if err != nil || first.Hostname() == "" {
		return nil, fmt.Errorf("make gate: %q is no origin, as https://shop.example", origins[0])
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: first.Hostname(), RPDisplayName: title, RPOrigins: origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("make gate: passkeys: %w", err)
	}
	return w, nil
}

// holder is a person as the webauthn library asks for one.
type holder struct {
	Person
	email string
	keys  []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.ID) }
func (h holder) WebAuthnName() string                       { return h.email }
func (h holder) WebAuthnDisplayName() string                { return h.email }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func credentialOf(id []byte) Field {
	return Field{"passkeys", base64.RawURLEncoding.EncodeToString(id), "credential"}
}

func (g *Gate) holder(ctx context.Context, id wire.PersonID) (h holder, err error) {
	if h.Person, err = g.Storage.Person(ctx, id); err != nil {
		return h, trying("read person", err)
	}
	if h.email, err = g.Address(ctx, id); err != nil {
		return h, err
	}
	all, err := g.Storage.PasskeysOf(ctx, id)
	if err != nil {
		return h, trying("list passkeys", err)
	}
	for _, k := range all {
		b, err := g.Vault.Open(ctx, id, credentialOf(k.ID), k.Credential)
		if err != nil {
			return h, err
		}
		var c webauthn.Credential
		if err := json.Unmarshal(b, &c); err != nil {
			return h, fmt.Errorf("read passkey: %w", err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// BeginAddPasskey returns what the page gives to navigator.credentials.create (as JSON for parseCreationOptionsFromJSON, in
// "publicKey"), and the ticket that EndAddPasskey needs.
func (g *Gate) BeginAddPasskey(ctx context.Context, v Visit) (options []byte, ticket Token, err error) {
	if err := g.Own(ctx, v); err != nil {
		return nil, "", err
	}
	h, err := g.holder(ctx, v.Person)
	if err != nil {
		return nil, "", err
	}
	creation, state, err := g.keys.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("begin to add passkey: %w", err)
	}
	return g.ceremony(ctx, AddKeyTicket, boundTo(v.Person), creation, state)
}

// EndAddPasskey keeps the passkey in the page's answer (the JSON of PublicKeyCredential.toJSON). It counts as a proof.
func (g *Gate) EndAddPasskey(ctx context.Context, c Caller, v Visit, ticket Token, answer []byte) (Token, Visit, error) {
	if err := g.Own(ctx, v); err != nil {
		return "", Visit{}, err
	}
	state, err := g.ceremonyOf(ctx, AddKeyTicket, ticket, boundTo(v.Person))
	if err != nil {
		return "", Visit{}, err
	}
	h, err := g.holder(ctx, v.Person)
	if err != nil {
		return "", Visit{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return "", Visit{}, badPasskey()
	}
	credential, err := g.keys.CreateCredential(h, state, parsed)
	if err != nil {
		return "", Visit{}, badPasskey()
	}
	k, err := g.sealPasskey(ctx, v.Person, *credential)
	if err != nil {
		return "", Visit{}, err
	}
	k.Made = k.Used
	if err := g.Storage.AddPasskey(ctx, k); err != nil {
		return "", Visit{}, trying("add passkey", err)
	}
	p, err := g.Storage.Person(ctx, v.Person)
	if err == nil && p.Epoch != v.Epoch { // whoever ended the sessions in between did not know of this passkey
		err = errors.Join(ended(), g.Storage.DropPasskey(ctx, v.Person, k.ID))
	}
	if err != nil {
		return "", Visit{}, trying("add passkey", err)
	}
	if err := g.tell(ctx, v.Person, "passkey_added"); err != nil {
		return "", Visit{}, err
	}
	return g.enter(ctx, c, p, Proofs{Passkey: g.Now()})
}

// BeginPasskey returns what the page gives to navigator.credentials.get (as JSON for parseRequestOptionsFromJSON, in "publicKey"),
// and the ticket that EndPasskey needs, which belongs into a cookie of this browser.
func (g *Gate) BeginPasskey(ctx context.Context, c Caller) (options []byte, ticket Token, err error) {
	if wait := g.ceremonies.Take(g.Now(), network(c.Address)); wait > 0 {
		return nil, "", tooMany("too many passkeys were asked for: try again later", wait)
	}
	assertion, state, err := g.keys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", fmt.Errorf("begin to use passkey: %w", err)
	}
	return g.ceremony(ctx, UseKeyTicket, Hash{}, assertion, state)
}

// EndPasskey signs in with the page's answer (the JSON of PublicKeyCredential.toJSON), or proves a session again.
func (g *Gate) EndPasskey(ctx context.Context, c Caller, ticket Token, answer []byte) (Token, Visit, error) {
	state, err := g.ceremonyOf(ctx, UseKeyTicket, ticket, Hash{})
	if err != nil {
		return "", Visit{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", Visit{}, badPasskey()
	}
	var h holder
	var broken error // of ours, unlike one that the answer is to blame for
	credential, err := g.keys.ValidateDiscoverableLogin(func(_, id []byte) (webauthn.User, error) {
		var err error
		if h, err = g.holder(ctx, wire.PersonID(id)); wire.CodeOf(err) == wire.Internal {
			broken = err
		}
		return h, err
	}, state, parsed)
	if broken != nil {
		return "", Visit{}, broken
	}
	// A counter that went back means that the key was copied (WebAuthn §6.1.1).
	if err != nil || credential.Authenticator.CloneWarning {
		return "", Visit{}, badPasskey()
	}
	k, err := g.sealPasskey(ctx, h.ID, *credential)
	if err != nil {
		return "", Visit{}, err
	}
	if err := g.Storage.UsePasskey(ctx, k); err != nil {
		return "", Visit{}, trying("use passkey", err)
	}
	return g.enter(ctx, c, h.Person, Proofs{Passkey: g.Now()})
}

// PasskeyList returns the visitor's passkeys, the oldest first.
func (g *Gate) PasskeyList(ctx context.Context, v Visit) ([]Passkey, error) {
	list, err := g.Storage.PasskeysOf(ctx, v.Person)
	return list, trying("list passkeys", err)
}

// DropPasskey takes one of the visitor's passkeys away, and ends the sessions of other browsers.
func (g *Gate) DropPasskey(ctx context.Context, c Caller, v Visit, id []byte) (Token, Visit, error) {
	if err := g.Own(ctx, v); err != nil {
		return "", Visit{}, err
	}
	if err := g.Storage.DropPasskey(ctx, v.Person, id); err != nil {
		return "", Visit{}, trying("drop passkey", err)
	}
	p, err := g.changeOwn(ctx, v, func(p *Person) error { p.Epoch++; return nil })
	if err != nil {
		return "", Visit{}, err
	}
	if err := g.tell(ctx, v.Person, "passkey_removed"); err != nil {
		return "", Visit{}, err
	}
	return g.open(ctx, c, p, v.Session)
}

func badPasskey() error {
	return wire.Errorf(wire.Unauthenticated, "this passkey is not known here, or did not check who holds it")
}

func (g *Gate) sealPasskey(ctx context.Context, id wire.PersonID, c webauthn.Credential) (Passkey, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return Passkey{}, fmt.Errorf("write passkey: %w", err)
	}
	sealed, err := g.Vault.Seal(ctx, id, credentialOf(c.ID), b)
	return Passkey{ID: c.ID, Person: id, Credential: sealed, Used: g.Now()}, err
}

// ceremony keeps the state of a ceremony in a ticket.
func (g *Gate) ceremony(ctx context.Context, kind TicketKind, browser Hash, options any, state *webauthn.SessionData) ([]byte, Token, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return nil, "", fmt.Errorf("write ceremony: %w", err)
	}
	kept, err := json.Marshal(state)
	if err != nil {
		return nil, "", fmt.Errorf("write ceremony: %w", err)
	}
	t, err := g.issue(ctx, kind, browser, kept, ceremonyLasts)
	return shown, t, err
}

func (g *Gate) ceremonyOf(ctx context.Context, kind TicketKind, ticket Token, browser Hash) (state webauthn.SessionData, err error) {
	b, err := g.redeem(ctx, kind, ticket, browser)
	if wire.CodeOf(err) == wire.NotFound {
		err = wire.Errorf(wire.Unauthenticated, "this took too long, or was answered before: begin again")
	}
	if err != nil {
		return state, err
	}
	if err := json.Unmarshal(b, &state); err != nil {
		return state, fmt.Errorf("read ceremony: %w", err)
	}
	return state, nil
}

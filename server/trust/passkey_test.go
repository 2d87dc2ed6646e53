package trust_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Scripts that do with options what a page does; they return the answer as JSON.
const (
	createScript = `(async () => JSON.stringify((await navigator.credentials.create(
		{publicKey: PublicKeyCredential.parseCreationOptionsFromJSON((%s).publicKey)})).toJSON()))()`
	getScript = `(async () => JSON.stringify((await navigator.credentials.get(
		{publicKey: PublicKeyCredential.parseRequestOptionsFromJSON((%s).publicKey)})).toJSON()))()`
)

// passkeyBrowser is a Chromium at a page of ours with an authenticator that knows its holder.
type passkeyBrowser struct {
	t      *testing.T
	ctx    context.Context
	origin string
	device webauthn.AuthenticatorID
}

func newPasskeyBrowser(t *testing.T) *passkeyBrowser {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>shop</title>")
	}))
	t.Cleanup(server.Close)
	b := &passkeyBrowser{t: t, origin: strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} // passkeys belong to names
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("headless", "new"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	b.ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(b.ctx, chromedp.Navigate(b.origin)); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	added, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.device = added.AuthenticatorID
	return b
}

// answers runs a script with options.
func (b *passkeyBrowser) answers(script string, options []byte) []byte {
	b.t.Helper()
	said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(script, options), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return []byte(said)
}

func TestChromium_signs_in_with_a_passkey(t *testing.T) {
	b := newPasskeyBrowser(t)
	r := newRig(t, b.origin)
	ctx := t.Context()
	_, err := r.Appoint(ctx, "ada@shop.example", trust.Host)
	must(t, err)
	token, v := r.link("ada@shop.example", somewhere)
	_, bob := r.link("bob@shop.example", somewhere)

	options, ticket, err := r.BeginAddPasskey(ctx, v)
	must(t, err)
	made := b.answers(createScript, options)
	_, _, err = r.EndAddPasskey(ctx, somewhere, bob, ticket, made)
	wants(t, err, wire.Unauthenticated) // another's ticket
	token, v, err = r.EndAddPasskey(ctx, with(token), v, ticket, made)
	must(t, err)
	if v.Acts() != trust.Host || r.post.last(t, trust.SecurityLetter).fields["change"] != "passkey_added" {
		t.Errorf("with a new passkey she acts as %s", v.Acts())
	}
	_, _, err = r.EndAddPasskey(ctx, with(token), v, ticket, made)
	wants(t, err, wire.Unauthenticated) // again

	r.clock.move(time.Hour)
	_, weak := r.link("ada@shop.example", somewhere) // an e-mail box alone adds no second proof beside the passkey
	_, err = r.BeginTOTP(ctx, weak)
	wants(t, err, wire.StepUp)
	options, ticket, err = r.BeginPasskey(ctx, somewhere)
	must(t, err)
	if strings.Contains(string(options), "ada") {
		t.Errorf("before she proved anything the page got %s", options)
	}
	got := b.answers(getScript, options)
	_, in, err := r.EndPasskey(ctx, somewhere, ticket, got)
	must(t, err)
	if in.Person != v.Person || in.Acts() != trust.Host || trust.May(in, trust.ShowCreate) != nil || !trust.Fresh(in, time.Minute) {
		t.Errorf("the passkey gave %v, acting as %s", in, in.Acts())
	}
	_, _, err = r.EndPasskey(ctx, somewhere, ticket, got)
	wants(t, err, wire.Unauthenticated) // the same answer again
	_, ticket, err = r.BeginPasskey(ctx, somewhere)
	must(t, err)
	_, _, err = r.EndPasskey(ctx, somewhere, ticket, got) // to another challenge
	wants(t, err, wire.Unauthenticated)
	for _, junk := range []string{"", "{}", "null", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
		_, ticket, err = r.BeginPasskey(ctx, somewhere)
		must(t, err)
		_, _, err = r.EndPasskey(ctx, somewhere, ticket, []byte(junk))
		wants(t, err, wire.Unauthenticated)
	}

	t.Run("but not at a server that has another name", func(t *testing.T) {
		options, ticket, err := r.BeginPasskey(ctx, somewhere)
		must(t, err)
		got := b.answers(getScript, options)
		// The same storage behind another origin: the challenge fits, the page that answered does not.
		g, err := trust.New(trust.Config{Storage: r.store, Vault: r.vault, Post: r.post, Now: r.clock.now, Origins: []string{"https://shop.example"}})
		must(t, err)
		_, _, err = g.EndPasskey(ctx, somewhere, ticket, got)
		wants(t, err, wire.Unauthenticated)
	})
	t.Run("but not if the key was copied, and its counter went back", func(t *testing.T) {
		list, err := r.PasskeyList(ctx, in)
		must(t, err)
		kept, place := list[0], trust.Field{Table: "passkeys", Row: base64.RawURLEncoding.EncodeToString(list[0].ID), Name: "credential"}
		plain, err := r.vault.Open(ctx, in.Person, place, kept.Credential)
		must(t, err)
		ahead := kept
		further := regexp.MustCompile(`"signCount":\d+`).ReplaceAll(plain, []byte(`"signCount":1000`))
		ahead.Credential, err = r.vault.Seal(ctx, in.Person, place, further)
		must(t, err)
		for _, c := range []struct {
			kept trust.Passkey
			code wire.Code
		}{{ahead, wire.Unauthenticated}, {kept, ""}} {
			must(t, r.store.UsePasskey(ctx, c.kept))
			options, ticket, err := r.BeginPasskey(ctx, somewhere)
			must(t, err)
			_, _, err = r.EndPasskey(ctx, somewhere, ticket, b.answers(getScript, options))
			wants(t, err, c.code)
		}
	})
	t.Run("but not after it was taken away", func(t *testing.T) {
		list, err := r.PasskeyList(ctx, in)
		must(t, err)
		if len(list) != 1 || !list[0].Used.After(list[0].Made) {
			t.Fatalf("her passkeys are %v", list)
		}
		wants(t, dropped(r.DropPasskey(ctx, somewhere, bob, list[0].ID)), wire.NotFound)
		must(t, dropped(r.DropPasskey(ctx, somewhere, in, list[0].ID)))
		options, ticket, err := r.BeginPasskey(ctx, somewhere)
		must(t, err)
		_, _, err = r.EndPasskey(ctx, somewhere, ticket, b.answers(getScript, options))
		wants(t, err, wire.Unauthenticated)
	})
	t.Run("and not if it did not check who holds it", func(t *testing.T) {
		for _, unchecked := range []bool{true, false} {
			_, err := chromedp.Call(b.ctx, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{
				AuthenticatorID: b.device, IsBadUV: &unchecked,
			})
			must(t, err)
			token, bob := r.link("bob@shop.example", elsewhere(1))
			options, ticket, err := r.BeginAddPasskey(ctx, bob)
			must(t, err)
			_, _, err = r.EndAddPasskey(ctx, with(token), bob, ticket, b.answers(createScript, options))
			wants(t, err, map[bool]wire.Code{true: wire.Unauthenticated}[unchecked])
		}
	})
	t.Run("and nobody adds one after its sessions were ended", func(t *testing.T) {
		_, late := r.link("late@shop.example", elsewhere(2))
		options, ticket, err := r.BeginAddPasskey(ctx, late)
		must(t, err)
		must(t, r.EndSessions(ctx, late.Person))
		_, _, err = r.EndAddPasskey(ctx, somewhere, late, ticket, b.answers(createScript, options))
		wants(t, err, wire.Unauthenticated)
		if list, err := r.PasskeyList(ctx, late); err != nil || len(list) != 0 {
			t.Errorf("late has %v (%v)", list, err)
		}
	})
}

func dropped(_ trust.Token, _ trust.Visit, err error) error { return err }

func TestPasskeysAskedForAreLimited(t *testing.T) {
	r := newRig(t)
	for range 20 {
		_, _, err := r.BeginPasskey(t.Context(), somewhere)
		must(t, err)
	}
	_, _, err := r.BeginPasskey(t.Context(), somewhere)
	wants(t, err, wire.RateLimited)
	for _, bad := range []string{"", "shop.example", "://"} {
		if _, err := trust.New(trust.Config{Storage: r.store, Vault: r.vault, Post: r.post, Now: r.clock.now, Origins: []string{bad}}); err == nil {
			t.Errorf("the origin %q was taken", bad)
		}
	}
}

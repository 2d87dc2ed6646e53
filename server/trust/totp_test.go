package trust_test

import (
	"bytes"
	"image/png"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// code is what an authenticator shows.
func (r *rig) code(secret trust.Token) string {
	r.t.Helper()
	c, err := totp.GenerateCode(string(secret), r.clock.now())
	must(r.t, err)
	return c
}

// staff is somebody with a role and an authenticator, signed in with both proofs.
func (r *rig) staff(email string, role trust.Role) (trust.Token, trust.Visit, trust.Token, []trust.Token) {
	r.t.Helper()
	_, err := r.Appoint(r.t.Context(), email, role)
	must(r.t, err)
	token, v := r.link(email, somewhere)
	e, err := r.BeginTOTP(r.t.Context(), v)
	must(r.t, err)
	codes, token, v, err := r.EndTOTP(r.t.Context(), with(token), v, e.Ticket, r.code(e.Secret))
	must(r.t, err)
	return token, v, e.Secret, codes
}

func TestStaffActsAsABuyerUntilTheSecondProof(t *testing.T) {
	r := newRig(t)
	_, strong, secret, _ := r.staff("ada@shop.example", trust.Owner)
	if strong.Acts() != trust.Owner || trust.May(strong, trust.PeopleManage) != nil {
		t.Errorf("with both proofs she acts as %s", strong.Acts())
	}
	token, weak := r.link("ada@shop.example", somewhere)
	if weak.Acts() != trust.Buyer {
		t.Errorf("by a link alone she acts as %s", weak.Acts())
	}
	wants(t, trust.May(weak, trust.LedgerAudit), wire.StepUp)
	must(t, trust.May(weak, trust.ShopBuy))

	// An e-mail box alone does not change how she signs in.
	_, err := r.BeginTOTP(t.Context(), weak)
	wants(t, err, wire.StepUp)
	_, _, err = r.BeginAddPasskey(t.Context(), weak)
	wants(t, err, wire.StepUp)
	_, _, err = r.SetPassword(t.Context(), with(token), weak, phrase)
	wants(t, err, wire.StepUp)
	wants(t, r.DropTOTP(t.Context(), weak), wire.StepUp)

	r.clock.move(time.Minute)
	token, v, err := r.ProveTOTP(t.Context(), with(token), weak, r.code(secret))
	must(t, err)
	if v.Acts() != trust.Owner || r.visit(token).Acts() != trust.Owner {
		t.Errorf("after the second proof she acts as %s", v.Acts())
	}
	r.clock.move(16 * time.Minute)
	v = r.visit(token)
	wants(t, trust.May(v, trust.PeopleManage), wire.StepUp)
	must(t, trust.May(v, trust.LedgerAudit))
	token, v = r.link("ada@shop.example", with(token)) // the first proof anew is not the second
	wants(t, trust.May(v, trust.PeopleManage), wire.StepUp)
	_, v, err = r.ProveTOTP(t.Context(), with(token), v, r.code(secret))
	must(t, err)
	must(t, trust.May(v, trust.PeopleManage))
	must(t, r.DropTOTP(t.Context(), v))
}

func TestACodeCountsOnceHoweverManyUseItAtOnce(t *testing.T) {
	r := newRig(t)
	_, _, secret, recovery := r.staff("ada@shop.example", trust.Support)
	if len(recovery) != 10 {
		t.Fatalf("there are %d recovery codes", len(recovery))
	}
	token, v := r.link("ada@shop.example", somewhere)
	_, _, err := r.ProveTOTP(t.Context(), with(token), v, r.code(secret)) // the enrolment has used it
	wants(t, err, wire.Unauthenticated)
	r.clock.move(time.Minute)
	for _, code := range []string{r.code(secret), strings.ToLower(string(recovery[3]))} {
		var right atomic.Int32
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				switch _, _, err := r.ProveTOTP(t.Context(), somewhere, v, code); wire.CodeOf(err) {
				case "":
					right.Add(1)
				case wire.Unauthenticated, wire.Precondition, wire.RateLimited:
				default:
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if right.Load() != 1 {
			t.Errorf("a code counted %d times", right.Load())
		}
		r.clock.move(time.Hour)
	}
}

func TestGuessedCodesCostTime(t *testing.T) {
	r := newRig(t)
	_, v, _, _ := r.staff("ada@shop.example", trust.Support)
	for n := range 5 {
		_, _, err := r.ProveTOTP(t.Context(), elsewhere(n), v, "000000")
		wants(t, err, wire.Unauthenticated)
	}
	_, _, err := r.ProveTOTP(t.Context(), elsewhere(6), v, "000000")
	wants(t, err, wire.RateLimited)
	_, _, err = r.ProveTOTP(t.Context(), somewhere, trust.Visit{}, "000000")
	wants(t, err, wire.Unauthenticated)
}

func TestAnEnrolmentShowsItsSecretOnceAndNeedsACode(t *testing.T) {
	r := newRig(t)
	_, err := r.Appoint(t.Context(), "ada@shop.example", trust.Host)
	must(t, err)
	token, v := r.link("ada@shop.example", somewhere)
	_, bob := r.link("bob@shop.example", somewhere)
	e, err := r.BeginTOTP(t.Context(), v)
	must(t, err)
	if _, err := png.Decode(bytes.NewReader(e.PNG)); err != nil {
		t.Errorf("the picture: %v", err)
	}
	if !strings.HasPrefix(string(e.URL), "otpauth://totp/Vitrine:ada@shop.example?") {
		t.Errorf("the address is %s", string(e.URL))
	}
	_, _, _, err = r.EndTOTP(t.Context(), somewhere, bob, e.Ticket, r.code(e.Secret))
	wants(t, err, wire.NotFound)
	_, _, _, err = r.EndTOTP(t.Context(), with(token), v, e.Ticket, "000000")
	wants(t, err, wire.Invalid)
	_, _, _, err = r.EndTOTP(t.Context(), with(token), v, e.Ticket, r.code(e.Secret))
	wants(t, err, wire.NotFound)
}

package trust

import (
	"time"

	"vitrine/server/wire"
)

// Verdict is what is to happen with a purchase.
type Verdict string

// Verdicts, from the mildest.
const (
	Allow  Verdict = "allow"
	StepUp Verdict = "step_up" // go on after a further proof (Fresh)
	Refuse Verdict = "refuse"
)

// Try is a purchase as the rules of risk see it.
type Try struct {
	Sum wire.Money
	// Known is how long the person has been known here.
	Known time.Duration
	// NewAddress says that nothing that was paid went to this address before.
	NewAddress bool
	// Failed is how many payments of the person, session, address or card failed within the last hour.
	Failed int
	// Ships and Card are countries (ISO 3166), "" where not known.
	Ships, Card string
	// Fresh says that the person has just proved who they are: this is what a step-up asks for.
	Fresh bool
}

// Risk says what counts as risky.
type Risk struct {
	// Large are the smallest large sums, one a currency. In a currency that is not among them every sum but zero is large.
	Large []wire.Money
	// New is for how long somebody is new; 24 hours if zero.
	New time.Duration
	// FailedSome failed payments need a step-up, FailedMany stop; 3 and 10 if zero.
	FailedSome, FailedMany int
}

// rules are all that is looked at, each on its own; the strictest verdict counts.
var rules = []struct {
	name    string
	verdict Verdict
	when    func(Risk, Try) bool
}{
	{"first_visit_large_sum", StepUp, func(r Risk, t Try) bool { return t.Known < r.New && r.large(t.Sum) }},
	{"new_address_large_sum", StepUp, func(r Risk, t Try) bool { return t.NewAddress && r.large(t.Sum) }},
	{"failed_payments", StepUp, func(r Risk, t Try) bool { return t.Failed >= r.FailedSome }},
	{"country_mismatch", StepUp, func(_ Risk, t Try) bool { return t.abroad() }},
	{"many_failed_payments", Refuse, func(r Risk, t Try) bool { return t.Failed >= r.FailedMany }},
	{"failed_payments_country_mismatch", Refuse, func(r Risk, t Try) bool { return t.abroad() && t.Failed >= r.FailedSome && r.large(t.Sum) }},
}

// Judge says what is to happen with a purchase, and the names of the rules that say so, which belong into the log and not to the
// buyer. Where they ask for a step-up and there was one, it is allowed, with the reasons.
func (r Risk) Judge(t Try) (v Verdict, reasons []string) {
	if r.New == 0 {
		r.New = 24 * time.Hour
	}
	if r.FailedSome == 0 {
		r.FailedSome = 3
	}
	if r.FailedMany == 0 {
		r.FailedMany = 10
	}
	v = Allow
	for _, rule := range rules {
		if !rule.when(r, t) {
			continue
		}
		reasons = append(reasons, rule.name)
		if rule.verdict == Refuse || v == Allow && !t.Fresh {
			v = rule.verdict
		}
	}
	return v, reasons
}

// Err is what a buyer is told: nil for Allow.
func (v Verdict) Err() error {
	switch v {
	case StepUp:
		return wire.Errorf(wire.StepUp, "before this can be paid, prove that it is you: by a link in an e-mail, a passkey or a code")
	case Refuse:
		return wire.Errorf(wire.Forbidden, "this cannot be paid now: write to us if you think that it should be")
	}
	return nil
}

func (r Risk) large(sum wire.Money) bool {
	for _, l := range r.Large {
		if l.Currency == sum.Currency {
			return sum.Minor >= l.Minor
		}
	}
	return sum.Minor > 0
}

func (t Try) abroad() bool { return t.Ships != "" && t.Card != "" && t.Ships != t.Card }

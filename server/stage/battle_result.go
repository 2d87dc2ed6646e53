package stage

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"vitrine/server/wire"
)

// signedResult begins the text of a result that is signed, so that its signature is good for nothing else.
const signedResult = "vitrine battle result 1\n"

// resultText is what is signed of a result: signedResult, and the result as JSON without its signer and signature, as encoding/json writes it (fields in
// their order, scores by corner in order of bytes).
func resultText(r wire.BattleResult) ([]byte, error) {
	r.Signer, r.Signature = "", ""
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write a result: %w", err)
	}
	return append([]byte(signedResult), raw...), nil
}

// VerifyResult says what is wrong with a result's signature (Ed25519, RFC 8032): whether whoever has the key that the result names as its Signer has
// signed it. Whose key that is, is for the caller to know.
func VerifyResult(r wire.BattleResult) error {
	key, err := base64.StdEncoding.DecodeString(r.Signer)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return wire.Errorf(wire.Invalid, "the result of round %d of %s has no signer's key", r.Round, r.Battle)
	}
	signature, err := base64.StdEncoding.DecodeString(r.Signature)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return wire.Errorf(wire.Invalid, "the result of round %d of %s has no signature", r.Round, r.Battle)
	}
	text, err := resultText(r)
	if err != nil {
		return err
	}
	if !ed25519.Verify(key, text, signature) {
		return wire.Errorf(wire.Forbidden, "the result of round %d of %s is not what its signer signed", r.Round, r.Battle)
	}
	return nil
}

// result ends the round, signed; then who waited for that is unlinked.
func (t *play) result(when int64, outcome wire.BattleOutcome, winner int) {
	l := t.c.Link
	r := &wire.BattleResult{Battle: l.ID, Round: l.Round, Outcome: outcome, Winner: winner, Scores: map[wire.CornerID]int64{}, At: when}
	scores := l.scores()
	for i := range l.Seats {
		r.Scores[l.Seats[i].ID] = scores[i]
	}
	for i := range l.Out {
		r.Scores[l.Out[i].ID] = l.Out[i].Score
	}
	r.Final = l.Played+1 >= l.Terms.Rounds || l.teams(false) < 2
	for team, wins := range l.Wins {
		if team == winner {
			wins++
		}
		r.Final = r.Final || wins > l.Terms.Rounds/2
	}
	if t.s.signer != nil && l.Key != "" {
		if text, err := resultText(*r); err == nil {
			r.Signer, r.Signature = l.Key, t.s.signer.Sign(text)
		}
	}
	t.number(entry{At: when, What: wire.BattleResulted, Result: r, Until: when + int64(l.Terms.Lap)*1000})
	leaving := l.Leaving
	l.Leaving = nil
	for _, id := range leaving {
		if t.c.Link != nil && t.c.Link.seat(id) != nil {
			t.unlink(id, when, "")
		}
	}
}

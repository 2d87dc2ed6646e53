package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

// passFor is how long a pass lets somebody begin to send; while they are on stage they get another whenever they ask.
const passFor = 12 * time.Hour

// passes are tokens that say that somebody may send from a place on a show's stage: until when, and a MAC of that (RFC 2104), so that no
// process has to remember any. Whoever is on the way to the stage gets one, to have it when they are let on. What else counts, that they were, is
// looked at each time.
type passes struct{ secret []byte }

func (p passes) mac(media string, until int64) []byte {
	h := hmac.New(sha256.New, p.secret)
	h.Write([]byte("pass\x00" + media + "\x00" + strconv.FormatInt(until, 10)))
	return h.Sum(nil)
}

func (p passes) give(media string, until int64) string {
	return strconv.FormatInt(until, 10) + "." + base64.RawURLEncoding.EncodeToString(p.mac(media, until))
}

func (p passes) good(media, token string, now time.Time) bool {
	at, text, _ := strings.Cut(token, ".")
	until, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return false
	}
	mac, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && hmac.Equal(mac, p.mac(media, until)) && now.UnixMilli() < until
}

// admitted says whether somebody may send.
func admitted(g wire.StageGuest) bool {
	return g.State == wire.GuestAdmitted || g.State == wire.GuestLive || g.State == wire.GuestAway
}

// stands is somebody on a stage or on the way there; without a state for nobody. Of who was let on it is known already where the room's home is
// here, and the room need not be asked, which would answer after all that it has to store: whoever is removed is cut off by what is known here, too.
func (s *stages) stands(ctx context.Context, show wire.ShowID, spot wire.SpotID) (wire.StageGuest, error) {
	s.mu.Lock()
	if at := s.shows[show]; at != nil && at.view != nil {
		if g := among(at.view.Now, spot); admitted(g) {
			s.mu.Unlock()
			return g, nil
		}
	}
	s.mu.Unlock()
	now, err := s.hub.Staging(ctx, show)
	if err != nil || now == nil {
		return wire.StageGuest{}, err
	}
	return among(*now, spot), nil
}

// among finds who has a place on a stage, or is on the way there.
func among(now wire.StageNow, spot wire.SpotID) wire.StageGuest {
	all := slices.Concat(now.Guests, now.Applied)
	if i := slices.IndexFunc(all, func(g wire.StageGuest) bool { return wire.SpotID(g.Alias) == spot }); i >= 0 {
		return all[i]
	}
	return wire.StageGuest{}
}

// Pass implements api.Stages.
func (s *stages) Pass(ctx context.Context, show wire.ShowID, who wire.Alias) (wire.StagePass, error) {
	g, err := s.stands(ctx, show, wire.SpotID(who))
	if err != nil {
		return wire.StagePass{}, err
	}
	if g.State == "" {
		return wire.StagePass{}, wire.Errorf(wire.Forbidden, "you are not on the stage: ask to be let on first")
	}
	media, until := seatOf(show, wire.SpotID(who)), time.Now().Add(passFor).UnixMilli()
	return wire.StagePass{Media: string(media), Token: s.passes.give(string(media), until), Until: until}, nil
}

// Admits implements api.Stages.
func (s *stages) Admits(ctx context.Context, show wire.ShowID, spot wire.SpotID, token string) error {
	if !s.passes.good(string(seatOf(show, spot)), token, time.Now()) {
		return wire.Errorf(wire.Unauthenticated, "the pass is not valid here")
	}
	g, err := s.stands(ctx, show, spot)
	if err == nil && !admitted(g) {
		err = wire.Errorf(wire.Forbidden, "you are not on the stage any more")
	}
	return err
}

// seatOf is what the media of a place on a stage are called.
func seatOf(show wire.ShowID, spot wire.SpotID) wire.ShowID { return show + "~" + wire.ShowID(spot) }

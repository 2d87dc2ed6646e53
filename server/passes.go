package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

// passFor is how long a pass lets somebody begin to send; while they are on stage they get another whenever they ask.
const passFor = 12 * time.Hour

// passes are tokens that say that somebody may send from a place on a show's stage: until when, and a MAC of that (RFC 2104), so that no
// process has to remember any. What else counts, that they are on stage, is asked of the room each time.
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

// onStage is somebody who may send from a place on a stage.
func (s *stages) onStage(ctx context.Context, show wire.ShowID, spot wire.SpotID) (bool, error) {
	now, err := s.hub.Staging(ctx, show)
	if err != nil || now == nil {
		return false, err
	}
	for _, g := range now.Guests {
		if wire.SpotID(g.Alias) == spot && admitted(g) {
			return true, nil
		}
	}
	return false, nil
}

// Pass implements api.Stages.
func (s *stages) Pass(ctx context.Context, show wire.ShowID, who wire.Alias) (wire.StagePass, error) {
	on, err := s.onStage(ctx, show, wire.SpotID(who))
	if err != nil {
		return wire.StagePass{}, err
	}
	if !on {
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
	on, err := s.onStage(ctx, show, spot)
	if err == nil && !on {
		err = wire.Errorf(wire.Forbidden, "you are not on the stage any more")
	}
	return err
}

// seatOf is what the media of a place on a stage are called.
func seatOf(show wire.ShowID, spot wire.SpotID) wire.ShowID { return show + "~" + wire.ShowID(spot) }

package live

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"

	"vitrine/server/wire"
)

// Everybody who is on the stage of a show beside its host has a seat there: a show of its own, whose ID is that of the show, a tilde and
// the spot. No client can make a show of such a name. A seat is sent by a guest of this server, or had from another server (Pull).

const (
	// SeatLong and SeatShort bound the longer and the shorter side of a guest's picture, in pixels; SeatBitrate is what they are
	// asked to send of it at most, in bits a second, all layers together.
	SeatLong, SeatShort = 1280, 720
	SeatBitrate         = 2_500_000
	// tooMuch and tooMuchFor are how many times SeatBitrate, and for how long, a guest may send with all sound: senders overshoot when they
	// begin.
	tooMuch    = 2
	tooMuchFor = 5 * time.Second
	// seatJoin separates the show from the spot. Spots of hosts of other servers begin with farSpot, which no alias does.
	seatJoin, farSpot = "~", "at-"
)

var spots = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// SeatID names the media of a spot on the stage of a show: the show's own for the host.
func SeatID(show wire.ShowID, spot wire.SpotID) wire.ShowID {
	if spot == wire.HostSpot || spot == "" {
		return show
	}
	return show + seatJoin + wire.ShowID(spot)
}

// ShowOf is the show on whose stage a seat is, and the spot there: HostSpot for a show's own ID.
func ShowOf(id wire.ShowID) (wire.ShowID, wire.SpotID) {
	show, spot, ok := strings.Cut(string(id), seatJoin)
	if !ok {
		return id, wire.HostSpot
	}
	return wire.ShowID(show), wire.SpotID(spot)
}

// CheckID reports what is wrong with an ID that is to name a show or a seat, with code Invalid.
func CheckID(id wire.ShowID) error {
	show, spot := ShowOf(id)
	if err := show.Validate(); err != nil {
		return err //nolint:wrapcheck // it says all
	}
	if !spots.MatchString(string(spot)) {
		return wire.Errorf(wire.Invalid, "a seat is named by its show, a tilde and a spot of small letters, digits and hyphens; the spot is %q", clip(string(spot)))
	}
	return nil
}

// seat reports whether the ID is not a show's own.
func seat(id wire.ShowID) bool { return strings.Contains(string(id), seatJoin) }

// checkSeat says why a guest cannot send what is offered for a seat, as far as the offer shows it. Errors are of type *wire.Error: Invalid,
// Forbidden, TooLarge.
func checkSeat(id wire.ShowID, o *offer) error {
	if err := CheckID(id); err != nil {
		return err
	}
	if _, spot := ShowOf(id); strings.HasPrefix(string(spot), farSpot) {
		return wire.Errorf(wire.Forbidden, "this seat is for somebody of another server, who sends there")
	}
	if o.video.flows() && !o.video.largest.within(seatMost) {
		return tooLarge(o.video.largest)
	}
	return nil
}

// seatMost is the largest picture of a guest.
var seatMost = Size{SeatLong, SeatShort}

// within reports whether a picture has room in one of the size most, lying or standing. What is not known has, and the zero most has room for all.
func (s Size) within(most Size) bool {
	return most == Size{} || max(s.Width, s.Height) <= most.Width && min(s.Width, s.Height) <= most.Height
}

func tooLarge(s Size) *wire.Error {
	return wire.Errorf(wire.TooLarge, "guests send at most %d×%d pixels; this is a picture of %d×%d: choose a smaller one", SeatLong, SeatShort, s.Width, s.Height)
}

func tooFast(bits int) *wire.Error {
	return wire.Errorf(wire.TooLarge, "guests send at most %d kbit/s; this is %d kbit/s: choose a smaller picture, or fewer a second", SeatBitrate/1000, bits/1000)
}

func takenBack() *wire.Error {
	return wire.Errorf(wire.Forbidden, "the permission to send was taken back")
}

// readLargest is the largest picture that a section says it sends: what its streams are restricted to (RFC 8851 §5, max-width and max-height),
// or what it lists (RFC 6236). The zero Size where it says nothing.
func readLargest(m *sdp.MediaDescription) (s Size) {
	for _, a := range m.Attributes {
		one := Size{}
		switch _, rest, _ := strings.Cut(a.Value, " send "); {
		case rest == "":
			continue
		case a.Key == "rid":
			one = Size{number(rest, "max-width="), number(rest, "max-height=")}
		case a.Key == "imageattr":
			rest, _, _ = strings.Cut(rest, "recv")
			one = Size{number(rest, "x="), number(rest, "y=")}
		}
		if one.area() > s.area() || max(one.Width, one.Height) > max(s.Width, s.Height) {
			s = one
		}
	}
	return s
}

// number is what follows the key in a text, 0 if nothing does.
func number(text, key string) int {
	_, rest, _ := strings.Cut(text, key)
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, _ := strconv.Atoi(rest[:end])
	return min(n, maxSide)
}

// bounded is the answer to a guest's offer with how much of the picture may come (RFC 8866 §5.8, RFC 3890); that of others stays as it is.
func (u *inbound) bounded(answer string) string {
	if !u.guest {
		return answer
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return answer // who reads it will say so
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Media == "video" {
			m.Bandwidth = []sdp.Bandwidth{{Type: "AS", Bandwidth: SeatBitrate / 1000}, {Type: "TIAS", Bandwidth: SeatBitrate}}
		}
	}
	text, err := d.Marshal()
	if err != nil {
		return answer
	}
	return string(text)
}

// judge ends the session of a guest who sends what guests may not.
func (s *Show) judge(now time.Time) {
	p := s.onAir
	if p == nil || p.most == (Size{}) {
		return
	}
	bits := 0
	for _, l := range s.layers() {
		if over := l.up.Over(); over != (Size{}) {
			s.refuse(p, tooLarge(over))
			return
		}
		bits += l.up.Bitrate(now)
	}
	if p.pace.over(bits, now) {
		s.refuse(p, tooFast(bits))
	}
}

// turnedDown tells the server that what a guest offers cannot be taken, unless something of theirs is on air all the same.
func (s *Stage) turnedDown(id wire.ShowID, err error) {
	var why *wire.Error
	if seat(id) && !s.Show(id).Live && errors.As(err, &why) && (why.Code == wire.NoCodec || why.Code == wire.TooLarge) {
		s.bell.refused(id, why)
	}
}

// pace tells who sends more than guests may for too long. It is pure; the zero value is ready.
type pace struct{ since time.Time }

func (p *pace) over(bits int, now time.Time) bool {
	if bits <= tooMuch*SeatBitrate {
		p.since = time.Time{}
		return false
	}
	if p.since.IsZero() {
		p.since = now
	}
	return now.Sub(p.since) >= tooMuchFor
}

// refuse ends a publisher's session for a reason that its owner may ask for.
func (s *Show) refuse(p *Publisher, why *wire.Error) {
	s.log.Info("refused", "code", why.Code)
	s.stage.bell.refused(s.id, why)
	s.drop(p.peer, why)
}

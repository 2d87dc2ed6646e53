package server

import (
	"context"
	"regexp"

	"vitrine/server/wire"
)

// strangers are places on a stage of other servers' hosts.
var strangers = regexp.MustCompile(`^at-[0-9a-f]{16}$`)

// strange says whether a place on a stage is that of another server's host.
func strange(spot wire.SpotID) bool { return strangers.MatchString(string(spot)) }

// pull has the media of those hosts come here whom a show is linked with and who are on other servers that are trusted, as long as they are linked.
func (s *stages) pull(show wire.ShowID, at *standing, now *wire.StageNow) {
	want := map[string]string{}
	if now != nil && now.Battle != nil {
		for _, c := range now.Battle.Corners {
			if c.Room.Server != "" && c.Media != "" && s.trusts(c.Room.Server) {
				want[c.Media] = c.Room.Server + "/whep/" + string(c.Room.Show)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for media, stop := range at.pulls {
		if want[media] == "" {
			stop()
			delete(at.pulls, media)
		}
	}
	for media, from := range want {
		if at.pulls[media] != nil || s.ended {
			continue
		}
		ctx, stop := context.WithCancel(s.ctx)
		at.pulls[media] = stop
		s.group.Go(func() error {
			defer stop()
			if err := s.media.Pull(ctx, wire.ShowID(media), from, "", s.client); err != nil && ctx.Err() == nil {
				s.log.Warn("another server's host cannot be watched", "show", show, "from", from, "error", err)
			}
			return nil
		})
	}
}

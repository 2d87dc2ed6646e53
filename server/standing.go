package server

import (
	"context"
	"errors"
	"maps"

	"vitrine/server/live"
	"vitrine/server/wire"
)

// follow has media be as the stage says, and tells the stage what flows.
func (s *stages) follow(ctx context.Context, show wire.ShowID, at *standing) error {
	s.mu.Lock()
	view, flows := at.view, maps.Clone(at.flow)
	if at.fresh {
		at.fresh, at.told = false, map[wire.SpotID]live.Flow{} // whoever is home now was told nothing
	}
	s.mu.Unlock()
	var now *wire.StageNow
	var err error
	switch {
	case view != nil:
		now = &view.Now
	case len(at.seats) > 0 || seated(flows): // the home is in another process
		if now, err = s.hub.Staging(ctx, show); err != nil {
			return err
		}
	}
	err = s.seat(ctx, show, at, now, flows)
	s.pull(show, at, now)
	if view != nil || !s.alone {
		err = errors.Join(err, s.tell(ctx, show, at, now, flows, view != nil && s.alone), s.complain(ctx, show, at))
	}
	return err
}

// complain tells the stage why what some have sent was refused; who is not let on is not told of.
func (s *stages) complain(ctx context.Context, show wire.ShowID, at *standing) (err error) {
	s.mu.Lock()
	wrong := at.wrong
	at.wrong = map[wire.SpotID]wire.Code{}
	s.mu.Unlock()
	for spot, why := range wrong {
		failed := s.hub.Stage(ctx, show, "", wire.StageInput{Media: &wire.StageMedia{Spot: spot, Refused: why}})
		if failed != nil && wire.CodeOf(failed) == wire.Unavailable {
			err = errors.Join(err, failed)
			s.mu.Lock()
			if _, newer := at.wrong[spot]; !newer {
				at.wrong[spot] = why
			}
			s.mu.Unlock()
		}
	}
	return err
}

// seated says whether media of guests flow.
func seated(flows map[wire.SpotID]live.Flow) bool {
	for spot := range flows {
		if spot != wire.HostSpot {
			return true
		}
	}
	return false
}

// seat cuts off whoever may send no more, and mutes those from whom the staff has taken something.
func (s *stages) seat(ctx context.Context, show wire.ShowID, at *standing, now *wire.StageNow, flows map[wire.SpotID]live.Flow) (err error) {
	may := map[wire.SpotID]bool{}
	if now != nil {
		for _, g := range now.Guests {
			if !admitted(g) {
				continue
			}
			spot := wire.SpotID(g.Alias)
			may[spot] = true
			if off := [2]bool{g.Muted, g.Dark}; at.muted[spot] != off {
				s.media.Mute(live.SeatID(show, spot), g.Muted, g.Dark)
				at.muted[spot] = off
			}
		}
	}
	gone := maps.Clone(at.seats)
	for spot := range flows {
		gone[spot] = true
	}
	for spot := range gone {
		if may[spot] || spot == wire.HostSpot || strange(spot) {
			continue
		}
		if cut := s.media.Cut(ctx, live.SeatID(show, spot)); cut != nil {
			err = errors.Join(err, cut)
			may[spot] = true // until it is cut
			continue
		}
		delete(at.muted, spot)
	}
	s.mu.Lock()
	at.seats = may
	s.mu.Unlock()
	return err
}

// tell tells the stage what has changed of media since it was told, and with all what a stage that was stored takes for flowing and does not.
func (s *stages) tell(ctx context.Context, show wire.ShowID, at *standing, now *wire.StageNow, flows map[wire.SpotID]live.Flow, all bool) (err error) {
	want := maps.Clone(flows)
	for spot := range at.told {
		if _, flows := want[spot]; !flows {
			want[spot] = live.Flow{}
		}
	}
	if _, flows := want[wire.HostSpot]; all && !flows {
		want[wire.HostSpot] = live.Flow{}
	}
	if all && now != nil {
		for _, g := range now.Guests {
			if _, flows := want[wire.SpotID(g.Alias)]; !flows && (g.State == wire.GuestLive || g.Coming) {
				want[wire.SpotID(g.Alias)] = live.Flow{}
			}
		}
	}
	for spot, f := range want {
		if was, told := at.told[spot]; told && was == f || strange(spot) {
			continue
		}
		failed := s.hub.Stage(ctx, show, "", wire.StageInput{Media: &wire.StageMedia{Spot: spot, Coming: f.Coming, Up: f.Up, Silent: f.Silent}})
		if failed != nil && wire.CodeOf(failed) == wire.Unavailable {
			err = errors.Join(err, failed)
			continue
		}
		at.told[spot] = f
	}
	return err
}

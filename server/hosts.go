package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"vitrine/server/wire"
)

const (
	// hostsFor is how long the hosts of another server are remembered, ownFor those of this one; hostsMost is how many are shown.
	hostsFor, ownFor = 5 * time.Second, 2 * time.Second
	hostsMost        = 100
	// stagesAtOnce is how many rooms are asked at a time.
	stagesAtOnce = 8
)

// hosts remembers who could be called a moment ago.
type hosts struct {
	asks  singleflight.Group
	known sync.Map // of foundHosts, by what was asked
}

type foundHosts struct {
	at   time.Time
	list []host
}

// host is one who can be called, and whom they let.
type host struct {
	wire.BattleHost
	desk wire.BattleDesk
}

// once asks at most once in a while.
func (h *hosts) once(ctx context.Context, what string, lasts time.Duration, ask func(context.Context) ([]host, error)) ([]host, error) {
	if f, ok := h.known.Load(what); ok && time.Since(f.(foundHosts).at) < lasts {
		return f.(foundHosts).list, nil
	}
	f, err, _ := h.asks.Do(what, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), postWithin)
		defer cancel()
		list, err := ask(ctx)
		f := foundHosts{time.Now(), list}
		if err == nil {
			h.known.Range(func(key, old any) bool {
				if time.Since(old.(foundHosts).at) > hostsFor {
					h.known.Delete(key)
				}
				return true
			})
			h.known.Store(what, f)
		}
		return f, err
	})
	return f.(foundHosts).list, err
}

// own are the hosts of this server who are live.
func (s *stages) own(ctx context.Context) ([]host, error) {
	return s.hosts.once(ctx, "", ownFor, func(ctx context.Context) ([]host, error) {
		all, err := s.db.Shows(ctx)
		if err != nil {
			return nil, err
		}
		var mu sync.Mutex
		var list []host
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(stagesAtOnce)
		for _, show := range all {
			status := s.media.Show(show.ID)
			if show.State != wire.Open || !status.Live {
				continue
			}
			g.Go(func() error {
				now, err := s.hub.Staging(ctx, show.ID)
				h := host{BattleHost: wire.BattleHost{
					BattleRoom: wire.BattleRoom{Show: show.ID, Name: s.name, Title: show.Title}, Viewers: status.Viewers,
				}}
				if now != nil {
					h.Fighting = now.Battle != nil
					if now.Desk != nil {
						h.desk = *now.Desk
					}
				}
				mu.Lock()
				defer mu.Unlock()
				list = append(list, h)
				return err
			})
		}
		return list, g.Wait()
	})
}

// sameRoom says whether two are of the same host.
func sameRoom(a, b wire.BattleRoom) bool { return a.Show == b.Show && a.Server == b.Server }

// Known implements api.Stages.
func (s *stages) Known(ctx context.Context, by wire.BattleRoom, friends []wire.ShowID, q string) (wire.BattleHosts, error) {
	all, err := s.own(ctx)
	var found []wire.BattleHost
	for _, h := range all {
		switch {
		case sameRoom(h.BattleRoom, by) || h.desk.Busy || !h.desk.Found && !slices.Contains(friends, h.Show):
		case slices.ContainsFunc(h.desk.Blocked, func(r wire.BattleRoom) bool { return sameRoom(r, by) }):
		case !matches(h.BattleRoom, q):
		default:
			found = append(found, h.BattleHost)
		}
	}
	return listed(found), err
}

// matches says whether a host is one whom somebody searches for.
func matches(r wire.BattleRoom, q string) bool {
	q = strings.ToLower(strings.TrimSpace(q))
	return strings.Contains(strings.ToLower(r.Name), q) || strings.Contains(strings.ToLower(r.Title), q) || strings.Contains(string(r.Show), q)
}

// listed has those with the most viewers first.
func listed(found []wire.BattleHost) wire.BattleHosts {
	slices.SortFunc(found, func(a, b wire.BattleHost) int {
		return cmp.Or(cmp.Compare(b.Viewers, a.Viewers), cmp.Compare(a.Server, b.Server), cmp.Compare(a.Show, b.Show))
	})
	return wire.BattleHosts{Hosts: append([]wire.BattleHost{}, found[:min(len(found), hostsMost)]...)}
}

// Hosts implements api.Stages. A server that does not answer is left out.
func (s *stages) Hosts(ctx context.Context, show wire.ShowID, q string) (wire.BattleHosts, error) {
	var desk wire.BattleDesk
	if show != "" {
		now, err := s.hub.Staging(ctx, show)
		if err != nil {
			return wire.BattleHosts{}, err
		}
		if now != nil && now.Desk != nil {
			desk = *now.Desk
		}
	}
	friends := map[string][]wire.ShowID{}
	for _, f := range desk.Friends {
		friends[f.Server] = append(friends[f.Server], f.Show)
	}
	known, err := s.Known(ctx, wire.BattleRoom{Show: show}, friends[""], q)
	if err != nil {
		return wire.BattleHosts{}, err
	}
	var mu sync.Mutex
	var g errgroup.Group
	found := known.Hosts
	for _, p := range s.peers {
		g.Go(func() error {
			list, err := s.theirs(ctx, p.URL, peerQuery(show, friends[p.URL], q))
			if err != nil {
				s.log.Info("the hosts of another server are not known", "server", p.URL, "error", err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, h := range list {
				found = append(found, h.BattleHost)
			}
			return nil
		})
	}
	_ = g.Wait() // it has no errors
	found = slices.DeleteFunc(found, func(h wire.BattleHost) bool {
		return slices.ContainsFunc(desk.Blocked, func(r wire.BattleRoom) bool { return sameRoom(r, h.BattleRoom) })
	})
	return listed(found), nil
}

// theirs are the hosts of another server.
func (s *stages) theirs(ctx context.Context, server, path string) ([]host, error) {
	return s.hosts.once(ctx, server+path, hostsFor, func(ctx context.Context) (list []host, err error) {
		var answer wire.BattleHosts
		if err := s.ask(ctx, "GET", server, path, nil, &answer); err != nil {
			return nil, fmt.Errorf("ask for hosts: %w", err)
		}
		for _, h := range answer.Hosts[:min(len(answer.Hosts), hostsMost)] {
			if h.Show.Validate() == nil {
				h.Server = server
				list = append(list, host{BattleHost: h})
			}
		}
		return list, nil
	})
}

func joined(shows []wire.ShowID) string {
	texts := make([]string, len(shows))
	for i, s := range shows {
		texts[i] = string(s)
	}
	return strings.Join(texts, ",")
}

// match pairs those who look for a random opponent: who has looked longest with the next who is not blocked.
func (s *stages) match(ctx context.Context) error {
	type seeker struct {
		show  wire.ShowID
		since int64
		desk  wire.BattleDesk
	}
	var all []seeker
	s.mu.Lock()
	for show, at := range s.shows {
		if at.view != nil && at.view.Now.Seeking > 0 && at.view.Now.Battle == nil {
			one := seeker{show: show, since: at.view.Now.Seeking}
			if d := at.view.Now.Desk; d != nil {
				one.desk = *d
			}
			all = append(all, one)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b seeker) int { return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.show, b.show)) })
	blocks := func(a, b seeker) bool {
		return slices.ContainsFunc(a.desk.Blocked, func(r wire.BattleRoom) bool { return sameRoom(r, wire.BattleRoom{Show: b.show}) })
	}
	for len(all) > 1 {
		first := all[0]
		all = all[1:]
		i := slices.IndexFunc(all, func(o seeker) bool { return !blocks(first, o) && !blocks(o, first) })
		if i < 0 {
			continue
		}
		other := all[i]
		all = slices.Delete(all, i, i+1)
		if err := s.pair(ctx, first.show, other.show, fmt.Sprintf("match/%s/%d/%s/%d", first.show, first.since, other.show, other.since)); err != nil {
			return err
		}
	}
	return nil
}

// pair tells two stages that they have found each other.
func (s *stages) pair(ctx context.Context, a, b wire.ShowID, id string) error {
	for _, two := range [2][2]wire.ShowID{{a, b}, {b, a}} {
		room, err := s.room(ctx, two[1])
		if err == nil {
			err = s.hub.Stage(ctx, two[0], id, wire.StageInput{Match: &room})
		}
		if err != nil {
			return fmt.Errorf("match %s with %s: %w", two[0], two[1], err)
		}
	}
	return nil
}

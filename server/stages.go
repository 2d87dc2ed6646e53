package server

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/chat"
	"vitrine/server/live"
	"vitrine/server/shop"
	"vitrine/server/stage"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	// wakeEvery is how often stages are looked for that go on by themselves and have no home, as after a crash.
	wakeEvery = 10 * time.Second
	// matchEvery is how often those who look for a random opponent are paired, matchLook how soon at the latest something is tried anew.
	matchEvery, tryLook = 500 * time.Millisecond, time.Second
)

// stages are the stages of shows as this server serves them: it makes them for their rooms, carries their letters, brings their media
// about and tells them what it learns of those, gives points for what is bought, and finds opponents.
//
// Rooms tell it how a stage is (staged) and the stage of media what flows (flows); both only note it, and have one goroutine a show do
// what follows from all that is noted. It ends when nothing is left to do.
type stages struct {
	db     *store.Store
	hub    *chat.Hub
	media  *live.Stage
	sold   *shop.Shop
	log    *slog.Logger
	url    string // what other servers call this one
	name   string // of the shop
	alone  bool   // no other process has shows of this database
	key    ed25519.PrivateKey
	passes passes
	signed *verifier
	peers  []Peer
	client *http.Client
	posts  *trust.Limiter
	hosts  hosts
	sells  chan struct{} // something has happened in the shop

	running chan struct{}
	group   *errgroup.Group
	ctx     context.Context // of run

	mu    sync.Mutex // guards what follows
	ended bool
	shows map[wire.ShowID]*standing
	post  map[letterbox]*carrier
}

// standing is what is known of a show's stage here. What follows the mutex's is its goroutine's.
type standing struct {
	view  *chat.Staging // nil while the room's home is elsewhere, or nothing has happened on it
	fresh bool          // the home has begun since it was looked at
	flow  map[wire.SpotID]live.Flow
	wrong map[wire.SpotID]wire.Code // why what they sent was refused, as long as the stage has not been told
	busy  bool                      // its goroutine runs
	again bool                      // and has to look once more

	told  map[wire.SpotID]live.Flow
	muted map[wire.SpotID][2]bool
	seats map[wire.SpotID]bool // who might send when it was looked at last
	pulls map[string]context.CancelFunc
}

// stagesConfig is what stages are made of.
type stagesConfig struct {
	db     *store.Store
	media  *live.Stage
	sold   *shop.Shop
	seed   []byte // of the key with which this server signs
	passes []byte
	origin string
	hosts  []string
}

// newStages makes them. The room is told by setting hub before run.
func (s *Server) newStages(c stagesConfig) *stages {
	outside := s.cfg.outside()
	return &stages{
		db: c.db, media: c.media, sold: c.sold, log: s.log, url: c.origin, name: s.cfg.Terms.Seller.Name, alone: s.cfg.NATS == "",
		key: ed25519.NewKeyFromSeed(c.seed), passes: passes{c.passes}, signed: newVerifier(s.cfg.Peers, c.hosts), peers: s.cfg.Peers,
		client: outside.Client(0), posts: trust.NewLimiter(postEvery, postBurst),
		running: make(chan struct{}), sells: make(chan struct{}, 1), shows: map[wire.ShowID]*standing{}, post: map[letterbox]*carrier{},
	}
}

// hostsOf are the names in URLs.
func hostsOf(urls []string) (list []string) {
	for _, text := range urls {
		if u, err := url.Parse(text); err == nil {
			list = append(list, u.Host)
		}
	}
	return list
}

// signer signs results of battles as this server.
type signer struct{ key ed25519.PrivateKey }

// Key and Sign implement stage.Signer.
func (s signer) Key() string {
	return base64.StdEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
}

func (s signer) Sign(text []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, text))
}

// make makes the stage of a show for its room.
func (s *stages) make(ctx context.Context, show wire.ShowID, stored []byte) (chat.Stage, error) {
	room, err := s.room(ctx, show)
	if err != nil {
		return nil, err
	}
	room.Server = s.url
	return stage.New(room, stored, signer{s.key})
}

// room is a show of this server as this server's battles name it.
func (s *stages) room(ctx context.Context, show wire.ShowID) (wire.BattleRoom, error) {
	found, _, err := s.db.Show(ctx, show)
	return wire.BattleRoom{Show: show, Name: s.name, Title: found.Title}, err
}

// run serves until ctx ends.
func (s *stages) run(ctx context.Context) error {
	s.group, s.ctx = errgroup.WithContext(ctx)
	close(s.running)
	s.group.Go(func() error { return s.every(wakeEvery, nil, s.wake) })
	s.group.Go(func() error { return s.every(matchEvery, nil, s.match) })
	s.group.Go(func() error { return s.every(tryLook, nil, s.lookAgain) })
	s.group.Go(func() error { return s.every(ordersEvery, s.sells, orders{s}.look) })
	for show, letters := range s.early() {
		s.carry(show, letters)
	}
	<-s.ctx.Done()
	s.mu.Lock()
	s.ended = true // nothing begins any more
	s.mu.Unlock()
	return s.group.Wait()
}

// early are letters of stages whose homes began before this ran.
func (s *stages) early() map[wire.ShowID][]wire.StageLetter {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[wire.ShowID][]wire.StageLetter{}
	for show, at := range s.shows {
		if at.view != nil {
			all[show] = at.view.Letters
		}
	}
	return all
}

// bought has the shop's ledger looked at. It never blocks.
func (s *stages) bought() {
	select {
	case s.sells <- struct{}{}:
	default: // it is about to be
	}
}

// every does something now and then, and at once when it is woken, until run's context ends.
func (s *stages) every(d time.Duration, wake <-chan struct{}, do func(context.Context) error) error {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		if err := do(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("stages are not served as they should be", "error", err)
		}
		select {
		case <-s.ctx.Done():
			return nil
		case <-tick.C:
		case <-wake:
		}
	}
}

// wake has stages go on that do so by themselves: whose home was a process that is no more get one.
func (s *stages) wake(ctx context.Context) error {
	list, err := s.db.AwakeRooms(ctx)
	for _, show := range list {
		if !s.here(show) {
			err = s.hub.Stage(ctx, show, "", wire.StageInput{Tick: true})
		}
	}
	return err
}

func (s *stages) here(show wire.ShowID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shows[show] != nil && s.shows[show].view != nil
}

// staged notes how a stage is. It is called by rooms.
func (s *stages) staged(show wire.ShowID, view *chat.Staging) {
	s.mu.Lock()
	at := s.at(show)
	at.fresh = at.fresh || at.view == nil && view != nil
	at.view = view
	s.mu.Unlock()
	if view != nil {
		s.carry(show, view.Letters)
	} else {
		s.carry(show, nil)
	}
	s.look(show)
}

// flows notes what is known of media. It is called by the stage of media.
func (s *stages) flows(id wire.ShowID, now live.Flow) {
	show, spot := live.ShowOf(id)
	s.mu.Lock()
	at := s.at(show)
	if at.flow[spot] = now; now == (live.Flow{}) {
		delete(at.flow, spot)
	}
	if now.Up {
		delete(at.wrong, spot)
	}
	s.mu.Unlock()
	s.look(show)
}

// refuses notes why what somebody sends is not taken. It is called by the stage of media.
func (s *stages) refuses(id wire.ShowID, why wire.Code) {
	show, spot := live.ShowOf(id)
	s.mu.Lock()
	s.at(show).wrong[spot] = why
	s.mu.Unlock()
	s.look(show)
}

// at is what is known of a show. The mutex is held.
func (s *stages) at(show wire.ShowID) *standing {
	at := s.shows[show]
	if at == nil {
		at = &standing{
			flow: map[wire.SpotID]live.Flow{}, wrong: map[wire.SpotID]wire.Code{}, told: map[wire.SpotID]live.Flow{},
			muted: map[wire.SpotID][2]bool{}, seats: map[wire.SpotID]bool{},
			pulls: map[string]context.CancelFunc{},
		}
		s.shows[show] = at
	}
	return at
}

// look has the show's goroutine do what follows from what is noted.
func (s *stages) look(show wire.ShowID) {
	select {
	case <-s.running:
	default:
		return // it is looked at when it runs
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.at(show)
	if at.again = at.busy; at.busy || s.ended {
		return
	}
	at.busy = true
	s.group.Go(func() error {
		for s.arrange(show, at) {
		}
		return nil
	})
}

// arrange does what follows once, and says whether it has to be done again.
func (s *stages) arrange(show wire.ShowID, at *standing) bool {
	err := s.follow(s.ctx, show, at)
	if err != nil && s.ctx.Err() == nil {
		s.log.Warn("a stage is not yet as its room wants it", "show", show, "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	again := at.again && s.ctx.Err() == nil
	if at.again = false; !again {
		at.busy = false
	}
	if !at.busy && at.view == nil && len(at.flow)+len(at.wrong)+len(at.pulls)+len(at.seats) == 0 {
		delete(s.shows, show)
	}
	return again
}

// lookAgain looks at all shows that have media on stage: what failed is done again, and what another process decided is seen.
func (s *stages) lookAgain(context.Context) error {
	s.mu.Lock()
	var list []wire.ShowID
	for show, at := range s.shows {
		if at.view != nil || len(at.flow)+len(at.wrong)+len(at.seats)+len(at.pulls) > 0 {
			list = append(list, show)
		}
	}
	s.mu.Unlock()
	for _, show := range list {
		s.look(show)
	}
	return nil
}

// Peer implements api.Stages.
func (s *stages) Peer() wire.StagePeer {
	p := wire.StagePeer{Server: s.url, Key: signer{s.key}.Key(), Peers: []string{}}
	for _, o := range s.peers {
		p.Peers = append(p.Peers, o.URL)
	}
	return p
}

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"

	"vitrine/server/api"
	"vitrine/server/wire"
)

const (
	// postEvery and postBurst bound how often a server may post letters here, postWithin how long a post may take.
	postEvery, postBurst = 10 * time.Millisecond, 500
	postWithin           = 5 * time.Second
	// againAfter is the pause before letters that did not arrive are sent again, which doubles up to againMost.
	againAfter, againMost = 100 * time.Millisecond, 3 * time.Second
	// maxAnswer bounds what another server answers, in bytes.
	maxAnswer = 256 << 10
)

// letterbox is where a stage's letters go: a server, "" for this one.
type letterbox struct {
	from   wire.ShowID
	server string
}

// carrier brings the letters of a stage to a server, in their order, again and again until they have arrived. What waits is guarded by the
// stages' mutex.
type carrier struct {
	waits []wire.StageLetter
	wake  chan struct{}
	sent  map[string]bool // have arrived, and the stage may not know yet; the goroutine's
}

// carry has the letters of a stage brought to where they go; those that it does not have any more are not.
func (s *stages) carry(show wire.ShowID, letters []wire.StageLetter) {
	by := map[letterbox][]wire.StageLetter{}
	for _, l := range letters {
		box := letterbox{show, l.To.Server}
		if l.To.Server == s.url {
			box.server = ""
		}
		by[box] = append(by[box], l)
	}
	select {
	case <-s.running:
	default:
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for box, c := range s.post {
		if box.from == show && by[box] == nil {
			c.waits = nil
		}
	}
	for box, list := range by {
		c := s.post[box]
		if c == nil && !s.ended {
			c = &carrier{wake: make(chan struct{}, 1), sent: map[string]bool{}}
			s.post[box] = c
			s.group.Go(func() error { s.bring(box, c); return nil })
		}
		if c == nil {
			return
		}
		c.waits = list
		select {
		case c.wake <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// bring brings letters until none wait.
func (s *stages) bring(box letterbox, c *carrier) {
	pause := againAfter
	for {
		letters, more := s.next(box, c)
		if !more {
			return
		}
		if len(letters) == 0 { // the stage is about to learn that they have arrived
			s.rest(c, againMost)
			c.sent = map[string]bool{} // if it has not by then, it is told again
			continue
		}
		taken, err := s.deliver(s.ctx, box, letters)
		if len(taken) > 0 && err == nil {
			err = s.hub.Stage(s.ctx, box.from, "", wire.StageInput{Sent: taken})
			for _, id := range taken {
				c.sent[id] = err == nil
			}
		}
		if s.ctx.Err() != nil {
			return
		}
		if err == nil && len(taken) > 0 {
			pause = againAfter
			continue
		}
		s.log.Debug("letters of a stage have not arrived", "show", box.from, "server", box.server, "letters", len(letters), "error", err)
		s.rest(c, pause/2+rand.N(pause))
		pause = min(2*pause, againMost)
	}
}

// rest waits a while, or until there are other letters, but a moment at least.
func (s *stages) rest(c *carrier, d time.Duration) {
	wait := func(d time.Duration, wake <-chan struct{}) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-s.ctx.Done():
		case <-t.C:
		case <-wake:
		}
	}
	wait(min(d, againAfter), nil)
	if d > againAfter {
		wait(d-againAfter, c.wake)
	}
}

// next are the next letters to bring. It says whether any wait; otherwise the carrier is no more.
func (s *stages) next(box letterbox, c *carrier) ([]wire.StageLetter, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(c.waits) == 0 || s.ctx.Err() != nil {
		delete(s.post, box)
		return nil, false
	}
	list := slices.DeleteFunc(slices.Clone(c.waits), func(l wire.StageLetter) bool { return c.sent[l.ID] })
	return list[:min(len(list), wire.MaxPost)], true
}

// deliver brings letters, and names those that have arrived, or never can.
func (s *stages) deliver(ctx context.Context, box letterbox, letters []wire.StageLetter) ([]string, error) {
	if box.server == "" {
		return s.take(ctx, letters)
	}
	if !s.trusts(box.server) { // not any more
		return idsOf(letters), nil
	}
	body, err := json.Marshal(wire.StagePost{Letters: letters})
	if err != nil {
		return nil, fmt.Errorf("write letters: %w", err)
	}
	var taken wire.StageTaken
	if err := s.ask(ctx, http.MethodPost, box.server, api.LettersPath, body, &taken); err != nil {
		return nil, fmt.Errorf("post letters: %w", err)
	}
	return taken.Taken, nil
}

func (s *stages) trusts(server string) bool {
	return slices.ContainsFunc(s.peers, func(p Peer) bool { return p.URL == server })
}

func idsOf(letters []wire.StageLetter) (ids []string) {
	for _, l := range letters {
		ids = append(ids, l.ID)
	}
	return ids
}

// ask asks another server that is trusted, and reads its answer.
func (s *stages) ask(ctx context.Context, method, server, path string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	sign(r, body, s.key, s.url, time.Now())
	a, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusOK {
		var p wire.Problem
		_ = json.Unmarshal(text, &p) // what is no problem has none
		return fmt.Errorf("%s answers %d: %.200s", server, a.StatusCode, p.Detail)
	}
	return json.Unmarshal(text, answer)
}

// From implements api.Stages.
func (s *stages) From(r *http.Request, body []byte) (string, error) {
	server, err := s.signed.verify(r, body)
	if err != nil {
		return "", err
	}
	if wait := s.posts.Take(time.Now(), server); wait > 0 {
		return "", &wire.Error{Code: wire.RateLimited, Text: "these are too many letters: wait a little", RetryAfter: wait}
	}
	return server, nil
}

// Take implements api.Stages. Letters that are not for this server, or not from that one, are refused with all that come with them.
func (s *stages) Take(ctx context.Context, server string, letters []wire.StageLetter) ([]string, error) {
	for i, l := range letters {
		if l.ID == "" || len(l.ID) > 200 || l.From.Show.Validate() != nil || l.From.Server != server || l.To.Server != s.url {
			return nil, wire.Errorf(wire.Invalid, "letter %d is not from a room of that server, or not to one of this: %.60q", i+1, l.To.Server)
		}
	}
	return s.take(ctx, letters)
}

// take tells stages of this database what letters say. It names those that have arrived, and those that no stage will ever take.
func (s *stages) take(ctx context.Context, letters []wire.StageLetter) (taken []string, err error) {
	for _, l := range letters {
		if told := s.takeOne(ctx, l); told != nil {
			if wire.CodeOf(told) == wire.Unavailable || wire.CodeOf(told) == wire.Internal {
				err = told
				continue
			}
			s.log.Info("a letter to a stage is refused", "from", l.From.Show, "server", l.From.Server, "to", l.To.Show, "error", told)
		}
		taken = append(taken, l.ID)
	}
	if len(taken) > 0 {
		return taken, nil
	}
	return nil, err
}

func (s *stages) takeOne(ctx context.Context, l wire.StageLetter) error {
	if l.To.Show.Validate() != nil {
		return wire.Errorf(wire.NotFound, "there is no such show")
	}
	if _, _, err := s.db.Show(ctx, l.To.Show); err != nil {
		return err
	}
	return s.hub.Stage(ctx, l.To.Show, "", wire.StageInput{Letter: &l})
}

// peerQuery is what another server is asked for its hosts.
func peerQuery(show wire.ShowID, friends []wire.ShowID, q string) string {
	v := url.Values{"show": {string(show)}, "q": {q}}
	if len(friends) > 0 {
		v.Set("friend", joined(friends))
	}
	return api.PeerHostsPath + "?" + v.Encode()
}

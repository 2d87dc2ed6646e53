package api

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"slices"
	"strconv"
	"time"

	"vitrine/server/wire"
)

// createShow makes a show (operators only) and answers with its publishing token, which nobody can read again.
func (e *edge) createShow(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	if ok, err := e.isOperator(r.Context(), token); err != nil || !ok {
		if err == nil {
			err = wrongToken()
		}
		return err
	}
	var n wire.NewShow
	if err := readJSON(w, r, &n); err != nil {
		return err
	}
	if err := n.Validate(); err != nil {
		return err
	}
	secret := rand.Text()
	if err := e.Store.CreateShow(r.Context(), n, sha256.Sum256([]byte(secret))); err != nil {
		return err
	}
	e.Log.Info("show created", "show", n.ID)
	w.Header().Set("Location", "/api/shows/"+string(n.ID))
	return answerJSON(w, http.StatusCreated, wire.CreatedShow{
		Show: wire.Show{ID: n.ID, Title: n.Title, State: wire.Open}, Token: secret,
	})
}

// listShows answers an operator with all shows, a publisher with its own.
func (e *edge) listShows(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	operator, err := e.isOperator(r.Context(), token)
	if err != nil {
		return err
	}
	list := []wire.Show{}
	if operator {
		if list, err = e.Store.Shows(r.Context()); err != nil {
			return err
		}
	} else {
		own, err := e.Store.ShowOf(r.Context(), token)
		if wire.CodeOf(err) == wire.NotFound {
			return wrongToken()
		}
		if err != nil {
			return err
		}
		list = append(list, own)
	}
	all := make([]wire.Show, 0, len(list))
	for _, s := range list {
		all = append(all, e.withMedia(s))
	}
	return answerJSON(w, http.StatusOK, all)
}

const (
	// liveFor is how long the list of live shows may be kept, by us and by whoever is between, and liveMost how many it has.
	liveFor  = 2 * time.Second
	liveMost = 100
)

// liveList is what was on air at a time.
type liveList struct {
	at    time.Time
	shows []wire.Show
}

// listLive answers anybody with the shows that are on air, those with the most viewers first, so that one can go from show to show.
func (e *edge) listLive(w http.ResponseWriter, r *http.Request) error {
	list := e.live.Load()
	if list == nil || time.Since(list.at) >= liveFor {
		all, err := e.Store.Shows(r.Context())
		if err != nil {
			return err
		}
		list = &liveList{at: time.Now(), shows: []wire.Show{}}
		for _, s := range all {
			if s = e.withMedia(s); s.State == wire.Open && s.Live {
				list.shows = append(list.shows, s)
			}
		}
		slices.SortFunc(list.shows, func(a, b wire.Show) int { return cmp.Or(cmp.Compare(b.Viewers, a.Viewers), cmp.Compare(a.ID, b.ID)) })
		list.shows = list.shows[:min(len(list.shows), liveMost)]
		e.live.Store(list)
	}
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(liveFor.Seconds())))
	return answerJSON(w, http.StatusOK, list.shows)
}

// readShow answers anybody with what anybody may know.
func (e *edge) readShow(w http.ResponseWriter, r *http.Request) error {
	show, _, err := e.show(r)
	if err != nil {
		return err
	}
	return answerJSON(w, http.StatusOK, e.withMedia(show))
}

// setState opens or closes a show. Closing ends all its sessions.
func (e *edge) setState(state wire.ShowState) action {
	return func(w http.ResponseWriter, r *http.Request) error {
		show, own, err := e.show(r)
		if err != nil {
			return err
		}
		token, err := bearer(r)
		if err != nil {
			return err
		}
		operator, err := e.isOperator(r.Context(), token)
		if err != nil {
			return err
		}
		if !equal(own, token) && !operator {
			return wrongToken()
		}
		if err := e.Store.SetState(r.Context(), show.ID, state); err != nil {
			return err
		}
		e.Log.Info("show "+string(state), "show", show.ID)
		if state == wire.Closed {
			if err := e.Stage.Close(r.Context(), show.ID); err != nil {
				return err
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// withMedia adds to a show what the stage knows of it.
func (e *edge) withMedia(s wire.Show) wire.Show { return e.Stage.Show(s.ID).Describe(s) }

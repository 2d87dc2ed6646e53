package api

import (
	"errors"
	"net/http"

	"vitrine/server/live"
	"vitrine/server/wire"
)

// protocol is WHIP or WHEP: the same exchange, one for those who send and one for those who watch.
type protocol struct {
	*edge
	whip bool
}

func (p protocol) name() string {
	if p.whip {
		return "whip"
	}
	return "whep"
}

// join answers an offer with 201 and the address of the session that it made.
func (p protocol) join(w http.ResponseWriter, r *http.Request) error {
	show, spot, err := p.may(r)
	if err != nil {
		return err
	}
	if spot != "" {
		show.ID += wire.ShowID("~" + spot) // as the stage of media calls it
	}
	offer, err := body(w, r, sdpType, maxSDP)
	if err != nil {
		return err
	}
	return p.answers.once(w, r, offer, func(w http.ResponseWriter) error { return p.admit(w, r, show, string(offer)) })
}

// may reports why who asks may not send or watch what the address names.
func (p protocol) may(r *http.Request) (wire.Show, wire.SpotID, error) {
	show, own, spot, err := p.seen(r)
	if p.whip && (err == nil || wire.CodeOf(err) == wire.ShowClosed) {
		if refused := p.sender(r, show, own, spot); refused != nil {
			return show, spot, refused
		}
	}
	return show, spot, err
}

// admit makes the session that an offer asks for.
func (p protocol) admit(w http.ResponseWriter, r *http.Request, show wire.Show, offer string) error {
	answer, err := p.take(r, show, offer)
	if err != nil {
		return err
	}
	at := live.Resource{Publisher: p.whip, Show: show.ID, Session: answer.Session}
	if _, _, err := p.may(r); err != nil { // it was closed in the meantime, or a pass taken away
		return errors.Join(err, p.Stage.End(r.Context(), at))
	}
	h := w.Header()
	h.Set("Content-Type", sdpType)
	h.Set("Location", "/"+p.name()+"/"+string(show.ID)+"/"+string(answer.Session))
	h.Set("ETag", answer.ETag)
	h.Set("Accept-Patch", fragmentType)
	p.nameRelays(w, r)
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(answer.SDP))
	return nil
}

func (p protocol) take(r *http.Request, show wire.Show, offer string) (*live.Answer, error) {
	if p.whip {
		return p.Stage.Publish(r.Context(), show.ID, offer, p.caller(r))
	}
	return p.Stage.Watch(r.Context(), show, offer, p.caller(r))
}

// resource is the session that the request's address names.
func (p protocol) resource(r *http.Request) live.Resource {
	return live.Resource{
		Publisher: p.whip, Show: wire.ShowID(r.PathValue("show")), Session: live.SessionID(r.PathValue("session")),
	}
}

// patch takes candidates (204) or restarts ICE (200 and the server's new credentials).
func (p protocol) patch(w http.ResponseWriter, r *http.Request) error {
	part, err := body(w, r, fragmentType, maxSDP)
	if err != nil {
		return err
	}
	return p.answers.once(w, r, part, func(w http.ResponseWriter) error { return p.apply(w, r, string(part)) })
}

func (p protocol) apply(w http.ResponseWriter, r *http.Request, part string) error {
	again, err := p.Stage.Patch(r.Context(), p.resource(r), r.Header.Get("If-Match"), part, p.caller(r))
	if err != nil {
		return err
	}
	if again == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	h := w.Header()
	h.Set("Content-Type", fragmentType)
	h.Set("ETag", again.ETag)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(again.Fragment))
	return nil
}

// end ends the session.
func (p protocol) end(w http.ResponseWriter, r *http.Request) error {
	if err := p.Stage.End(r.Context(), p.resource(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

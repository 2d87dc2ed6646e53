package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"

	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// session is one viewer as the stage sees it. The stage's lock guards all but peer and channel.
type session struct {
	show    wire.ShowID
	peer    *webrtc.PeerConnection
	channel *webrtc.DataChannel // nil until the page's is open
	offer   string
	layers  wire.LayersEvent
	senders map[*webrtc.RTPSender]webrtc.TrackLocal
	silent  bool
}

// silence takes the session's media and words away, or gives them back; its transport stays.
func (p *session) silence(on bool) {
	p.silent = on
	for sender, track := range p.senders {
		if on {
			track = nil
		}
		_ = sender.ReplaceTrack(track)
	}
}

// hush silences every session, as a network does that has changed its mind about the way.
func (s *stage) hush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.peers {
		p.silence(true)
	}
}

// tell sends an event if there is a channel.
func (p *session) tell(e wire.Event) {
	if p.channel == nil || p.silent {
		return
	}
	if text, err := json.Marshal(e); err == nil {
		_ = p.channel.SendText(string(text)) // a channel that has closed needs no news
	}
}

// layers are what a simulcast publisher sends.
var layers = []wire.Layer{{ID: "q", Height: 180, Bitrate: 150_000}, {ID: "h", Height: 360, Bitrate: 600_000}, {ID: "f", Height: 720, Bitrate: 2_000_000}}

// greet tells a page whose channel has opened what there is to tell, and hears its wishes.
func (s *stage) greet(p *session, c *webrtc.DataChannel) {
	c.OnOpen(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.channel = c
		p.tell(wire.ShowEvent{Show: s.shows[p.show]})
		p.tell(p.layers)
	})
	c.OnMessage(func(m webrtc.DataChannelMessage) {
		wish, ok, err := wire.ReadWish(m.Data)
		if !ok || err != nil {
			return
		}
		s.mu.Lock()
		p.layers.Pinned = wish.ID
		if wish.ID != "" {
			p.layers.Current = wish.ID
		}
		p.tell(p.layers)
		s.mu.Unlock()
		s.pins <- wish.ID
	})
}

// tellAll sends an event to everybody.
func (s *stage) tellAll(e wire.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.peers {
		p.tell(e)
	}
}

// asExpected reports whether an offer asks for what the page needs under loss.
func asExpected(offer string) bool {
	for _, want := range []string{
		"stereo=1", `rtpmap:\d+ red/48000/2`, `rtcp-fb:111 nack`, `rtcp-fb:111 transport-cc`, `rtpmap:\d+ rtx/90000`, "abs-capture-time", "playout-delay", "transport-wide-cc",
	} {
		if !regexp.MustCompile(want).MatchString(offer) {
			return false
		}
	}
	return true
}

func (s *stage) isOld() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.old
}

// swallows notes a request's key and holds the request back for ever if the test says so.
func (s *stage) swallows(r *http.Request) bool {
	s.mu.Lock()
	s.keys = append(s.keys, r.Header.Get(wire.IdempotencyKey))
	swallow := s.mute > 0
	s.mute = max(0, s.mute-1)
	s.mu.Unlock()
	if swallow {
		<-r.Context().Done()
	}
	return swallow
}

// once has a request answered once, however often the page repeats it because the answer takes long.
func (s *stage) once(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || s.swallows(r) {
			return // it was given up
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		made := sync.OnceValue(func() *httptest.ResponseRecorder {
			recorded := httptest.NewRecorder()
			answer(recorded, r)
			return recorded
		})
		first, _ := s.answers.LoadOrStore(r.URL.Path+r.Header.Get(wire.IdempotencyKey), made)
		given := first.(func() *httptest.ResponseRecorder)()
		maps.Copy(w.Header(), given.Header())
		w.WriteHeader(given.Code)
		_, _ = w.Write(given.Body.Bytes())
	}
}

func (s *stage) negotiate(offer string, id wire.ShowID, k *sink) (name, answer string, err error) {
	peer, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", "", err
	}
	defer func() {
		if err != nil {
			_ = peer.Close()
		}
	}()
	s.mu.Lock()
	s.joins++
	name = fmt.Sprint(s.joins)
	s.mu.Unlock()
	p := &session{show: id, peer: peer, offer: offer, senders: map[*webrtc.RTPSender]webrtc.TrackLocal{}}
	if id == "layers" {
		p.layers = wire.LayersEvent{Layers: layers, Current: "h"}
	}
	peer.OnDataChannel(func(c *webrtc.DataChannel) { s.greet(p, c) })
	if err = peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", "", err
	}
	for _, track := range []*webrtc.TrackLocalStaticSample{k.audio, k.video} {
		if track == nil {
			continue
		}
		sender, err := peer.AddTrack(track)
		if err != nil {
			return "", "", err
		}
		p.senders[sender] = track
	}
	if answer, err = describe(peer); err != nil {
		return "", "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers[name] = p
	return name, answer, nil
}

func describe(peer *webrtc.PeerConnection) (string, error) {
	description, err := peer.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err = peer.SetLocalDescription(description); err != nil {
		return "", err
	}
	<-gathered
	return peer.LocalDescription().SDP, nil
}

var (
	ufrag = regexp.MustCompile(`(?m)^a=ice-ufrag:.*\r$`)
	pwd   = regexp.MustCompile(`(?m)^a=ice-pwd:.*\r$`)
)

// restart restarts a session's ICE (RFC 9725 §4.3.3), which ends its silence.
func (s *stage) restart(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p := s.peers[r.PathValue("session")]
	s.restarts++
	s.mu.Unlock()
	part, err := io.ReadAll(r.Body)
	if p == nil || err != nil || r.Header.Get("If-Match") != "*" || r.Header.Get("Content-Type") != "application/trickle-ice-sdpfrag" {
		problem(w, http.StatusNotFound, wire.NotFound)
		return
	}
	offer := ufrag.ReplaceAllString(p.offer, ufrag.FindString(string(part)))
	offer = pwd.ReplaceAllString(offer, pwd.FindString(string(part)))
	if err := p.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		problem(w, http.StatusBadRequest, wire.Invalid)
		return
	}
	answer, err := describe(p.peer)
	if err != nil {
		problem(w, http.StatusInternalServerError, wire.Internal)
		return
	}
	w.Header().Set("Content-Type", "application/trickle-ice-sdpfrag")
	var b strings.Builder
	b.WriteString("a=ice-lite\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" + ufrag.FindString(answer) + "\n" + pwd.FindString(answer) + "\n")
	for _, c := range regexp.MustCompile(`(?m)^a=candidate:.*\r$`).FindAllString(answer, -1) {
		b.WriteString(c + "\n")
	}
	_, _ = io.WriteString(w, b.String())
	s.mu.Lock()
	defer s.mu.Unlock()
	p.offer = offer
	p.silence(false)
}

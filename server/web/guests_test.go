package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v2/packetio"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// wish does what a stage does with it, as far as the page sees that.
func (h *hall) wish(g *guest, w wire.StageWish) {
	h.wishes = append(h.wishes, w)
	mine := wire.StageMine{}
	switch {
	case w.Apply != nil:
		mine = wire.StageMine{State: wire.GuestApplied, Place: 2}
	case w.Withdraw != nil:
		mine.Why = wire.StageWithdrawn
	case w.Accept != nil:
		mine = wire.StageMine{State: wire.GuestAdmitted, Media: "evening~" + string(g.me.Alias), Until: time.Now().Add(wire.ConnectWithin).UnixMilli()}
	case w.Refuse != nil:
		mine.Why = wire.StageRefused
	case w.Leave != nil:
		mine.Why = wire.StageLeft
	default:
		return
	}
	h.mineIs(g, mine)
}

func (h *hall) mineIs(g *guest, mine wire.StageMine) {
	h.mine[g.me.Alias] = &mine
	g.tell(wire.RoomFrame{Through: int64(len(h.events)), Stage: &mine, Clock: time.Now().UnixMilli()})
}

// tellsOf tells everybody in the hall how far they are on the way to the stage.
func (h *hall) tellsOf(mine wire.StageMine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for g := range h.guests {
		h.mineIs(g, mine)
	}
}

// somebody is the alias of one of those in the hall.
func (h *hall) somebody() wire.Alias {
	h.mu.Lock()
	defer h.mu.Unlock()
	for g := range h.guests {
		return g.me.Alias
	}
	return ""
}

// wished tells whether somebody wished so.
func (h *hall) wished(so func(wire.StageWish) bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.wishes {
		if so(w) {
			return true
		}
	}
	return false
}

// stages changes the stage and tells it.
func (h *hall) stages(what wire.StageWhat, change func(*wire.StageNow)) {
	h.mu.Lock()
	now := wire.StageNow{}
	if h.state.Stage != nil {
		now = *h.state.Stage
	}
	change(&now)
	h.state.Stage = &now
	h.mu.Unlock()
	h.says(mia, wire.RoomEvent{Staged: &wire.Staged{What: what, Now: now}})
}

// fights changes the battle and tells it.
func (h *hall) fights(what wire.BattleWhat, change func(*wire.Battle)) {
	h.mu.Lock()
	now := wire.StageNow{}
	if h.state.Stage != nil {
		now = *h.state.Stage
	}
	b := wire.Battle{}
	if now.Battle != nil {
		b = *now.Battle
	}
	change(&b)
	b.Seq++
	now.Battle = &b
	h.state.Stage = &now
	h.mu.Unlock()
	h.says(mia, wire.RoomEvent{Battled: &wire.Battled{ID: b.ID, Seq: b.Seq, What: what, Now: &b}})
}

// scores tells the points of the corners.
func (h *hall) scores(points ...int64) {
	h.mu.Lock()
	b := h.state.Stage.Battle
	b.Seq++
	for i := range b.Corners {
		b.Corners[i].Score = points[i]
	}
	e := wire.Battled{ID: b.ID, Seq: b.Seq, What: wire.BattleScored, Scores: points}
	h.mu.Unlock()
	h.says(mia, wire.RoomEvent{Battled: &e})
}

// uplinks are the guests who send.
type uplinks struct {
	mu    sync.Mutex
	peers map[string]*webrtc.PeerConnection // by what ends them
	kinds map[string]int                    // of the tracks that came, by kind and rid
	ended int                               // by DELETE
	begun int
	// waiting is where packets wait: pion forgets the reader of a track that was just being started when its connection closed.
	waiting []io.Closer
}

// hear is what a guest asks of a server: a pass, and WHIP for it.
func (s *stage) hear(mux *http.ServeMux) {
	u := &s.guests
	u.mu.Lock()
	if u.peers == nil {
		u.peers, u.kinds = map[string]*webrtc.PeerConnection{}, map[string]int{}
		s.t.Cleanup(u.close)
	}
	u.mu.Unlock()
	mux.HandleFunc("POST /api/shows/{show}/stage/pass", func(w http.ResponseWriter, r *http.Request) {
		alias, err := r.Cookie("guest")
		if err != nil {
			problem(w, http.StatusForbidden, wire.Forbidden)
			return
		}
		media := r.PathValue("show") + "~" + alias.Value
		_ = json.NewEncoder(w).Encode(wire.StagePass{Media: media, Token: "pass of " + media, Until: time.Now().Add(time.Hour).UnixMilli()})
	})
	mux.HandleFunc("POST /whip/{media}", s.once(func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer pass of "+r.PathValue("media") {
			problem(w, http.StatusUnauthorized, wire.Unauthenticated)
			return
		}
		session := r.URL.Path + "/" + r.Header.Get(wire.IdempotencyKey)
		answer, err := u.answer(session, string(offer))
		if err != nil {
			s.t.Errorf("answer a guest: %v", err)
			problem(w, http.StatusBadRequest, wire.Invalid)
			return
		}
		w.Header().Set("Location", session)
		w.Header().Set("Content-Type", "application/sdp")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer)
	}))
	mux.HandleFunc("DELETE /whip/{media}/{session}", func(w http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		p := u.peers[r.URL.Path]
		delete(u.peers, r.URL.Path)
		u.ended++
		u.mu.Unlock()
		if p != nil {
			_ = p.GracefulClose()
		}
		w.WriteHeader(http.StatusOK)
	})
}

func (u *uplinks) answer(session, offer string) (string, error) {
	engine, quiet := &webrtc.MediaEngine{}, &logging.DefaultLoggerFactory{Writer: io.Discard}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return "", err
	}
	for _, uri := range []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI} {
		if err := engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			return "", err
		}
	}
	settings := webrtc.SettingEngine{LoggerFactory: quiet}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.BufferFactory = func(packetio.BufferPacketType, uint32) io.ReadWriteCloser {
		u.mu.Lock()
		defer u.mu.Unlock()
		b := packetio.NewBuffer()
		u.waiting = append(u.waiting, b)
		return b
	}
	p, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{})).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	p.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		u.mu.Lock()
		u.kinds[t.Kind().String()+t.RID()]++
		u.mu.Unlock()
		for err := error(nil); err == nil; {
			_, _, err = t.ReadRTP()
		}
	})
	done := webrtc.GatheringCompletePromise(p)
	err = p.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer})
	if err == nil {
		var answer webrtc.SessionDescription
		if answer, err = p.CreateAnswer(nil); err == nil {
			err = p.SetLocalDescription(answer)
		}
	}
	if err != nil {
		return "", errors.Join(err, p.GracefulClose())
	}
	<-done
	u.mu.Lock()
	defer u.mu.Unlock()
	u.peers[session], u.begun = p, u.begun+1
	return p.LocalDescription().SDP, nil
}

// came counts the tracks of the kind and rid that came.
func (u *uplinks) came(kind string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.kinds[kind]
}

func (u *uplinks) counts() (begun, ended int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.begun, u.ended
}

// cut takes the connections away without a word.
func (u *uplinks) cut() {
	u.mu.Lock()
	all := u.peers
	u.peers = map[string]*webrtc.PeerConnection{}
	u.mu.Unlock()
	for _, p := range all {
		_ = p.GracefulClose()
	}
}

func (u *uplinks) close() {
	u.cut()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, b := range u.waiting {
		_ = b.Close()
	}
}

// until waits for what does not happen in the page.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// sitting is somebody on stage.
func sitting(show wire.ShowID, who wire.Member) wire.StageGuest {
	return wire.StageGuest{Member: who, State: wire.GuestLive, Media: string(show) + "~" + string(who.Alias), Since: time.Now().UnixMilli()}
}

// boxes are those of spots in columns.
func boxes(columns int, spots ...wire.SpotID) (all []wire.StageBox) {
	rows := (len(spots) + columns - 1) / columns
	for i, s := range spots {
		w, h := wire.StageUnits/columns, wire.StageUnits/rows
		all = append(all, wire.StageBox{Spot: s, X: i % columns * w, Y: i / columns * h, W: w, H: h})
	}
	return all
}

// opponent is another show of this server in a battle.
func opponent(id wire.ShowID, name string, team int) wire.BattleCorner {
	return wire.BattleCorner{ID: wire.CornerID(id), Room: wire.BattleRoom{Show: id, Name: name, Title: name}, State: wire.CornerHere, Team: team, Media: string(id)}
}

// hosts are who shows what.
var hosts = map[wire.ShowID]string{"evening": "Mia Lopes", "atelier": "Atelier Ono"}

// duel links two hosts.
func (h *hall) duel(us, them wire.ShowID) {
	h.stages(wire.StageBattle, func(n *wire.StageNow) {
		n.Layout = wire.StageLayout{Kind: wire.LayoutSide, Boxes: boxes(2, wire.HostSpot, wire.SpotID(them)), Fade: 200}
	})
	h.fights(wire.BattleHasLinked, func(b *wire.Battle) {
		*b = wire.Battle{
			ID: "b1", Phase: wire.BattleLinked, Us: wire.CornerID(us), Since: time.Now().UnixMilli(),
			Corners: []wire.BattleCorner{opponent(us, hosts[us], 0), opponent(them, hosts[them], 1)},
		}
	})
}

// phase goes on with a battle.
func (h *hall) phase(what wire.BattleWhat, p wire.BattlePhase, lasts time.Duration, more func(*wire.Battle)) {
	h.fights(what, func(b *wire.Battle) {
		b.Phase, b.Round, b.Since = p, 1, time.Now().UnixMilli()
		b.Until = 0
		if lasts > 0 {
			b.Until = time.Now().Add(lasts).UnixMilli()
		}
		b.Terms = &wire.BattleTerms{Fight: 300, Push: 30, Lap: 180, Rounds: 1, Penalty: "ten push-ups, live"}
		if more != nil {
			more(b)
		}
	})
}

// fakeDevices give pages a camera and a microphone that are not there, without asking.
var fakeDevices = strings.Fields("use-fake-device-for-media-stream use-fake-ui-for-media-stream")

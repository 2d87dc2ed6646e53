package studio_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// theatre fills Receivers and Decoders on synctest's clock: everybody sends 30 pictures and 100 sounds a second, both of one value.
type theatre struct {
	mu      sync.Mutex
	players map[string]*player // by what is watched
	pool    frame.Pool
	open    int // decoders
}

// player is somebody on stage. The zero value sends nothing.
type player struct {
	luma    byte
	loud    float32
	dark    bool
	err     error // what watching gives
	watched int
	refused int // pictures
}

func newTheatre() *theatre { return &theatre{players: map[string]*player{}} }

func (h *theatre) set(media string, change func(*player)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.players[media] == nil {
		h.players[media] = &player{}
	}
	change(h.players[media])
}

func (h *theatre) get(media string) player {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.players[media]; p != nil {
		return *p
	}
	return player{}
}

// over checks that nothing is left.
func (h *theatre) over(t *testing.T) {
	t.Helper()
	for media, p := range h.players {
		if p.watched != 0 {
			t.Errorf("%s is still watched", media)
		}
	}
	if h.open != 0 {
		t.Errorf("%d decoders are open", h.open)
	}
	if n := h.pool.Live(); n != 0 {
		t.Errorf("%d pictures of those on stage were never released", n)
	}
}

func (h *theatre) Receive(ctx context.Context, server, media string, r studio.Reception) error {
	if server != evening.Address && server != elsewhere {
		return errors.New("where is that?")
	}
	h.set(media, func(p *player) { p.watched++ })
	defer h.set(media, func(p *player) { p.watched-- })
	if err := h.get(media).err; err != nil {
		r.Link(frame.Link{Phase: frame.LinkWaiting, Fault: frame.FaultMedia, Detail: err.Error()})
		<-ctx.Done()
		return nil
	}
	r.Link(frame.Link{Phase: frame.LinkLive, RTT: 40 * time.Millisecond})
	tick := time.NewTicker(frame.BlockDuration)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		p := h.get(media)
		if p.loud > 0 {
			r.Sound(&frame.Packet{Data: []byte{byte(p.loud * 100)}}, 0)
		}
		if n%3 == 0 && p.luma > 0 && !p.dark && !r.Picture(frame.VP8, &frame.Packet{Data: []byte{p.luma}, Key: n%30 == 0}) {
			h.set(media, func(p *player) { p.refused++ })
		}
	}
}

func (h *theatre) VideoDecoder(frame.Codec) (studio.VideoDecoder, error) {
	h.count(1)
	return theatrePicture{h}, nil
}

func (h *theatre) AudioDecoder() (studio.AudioDecoder, error) {
	h.count(1)
	return theatreSound{h}, nil
}

func (h *theatre) count(n int) {
	h.mu.Lock()
	h.open += n
	h.mu.Unlock()
}

type theatrePicture struct{ *theatre }

func (d theatrePicture) Decode(p *frame.Packet) (*frame.Video, error) {
	v := d.pool.Get(16, 9)
	v.Fill(p.Data[0], 128, 128)
	return v, nil
}
func (d theatrePicture) Close() error { d.count(-1); return nil }

type theatreSound struct{ *theatre }

func (d theatreSound) Decode(p *frame.Packet, lost int) ([]float32, error) {
	s := make([]float32, len(frame.Block{})*(1+lost))
	for i := range s {
		s[i] = float32(p.Data[0]) / 100
	}
	return s, nil
}
func (d theatreSound) Close() error { d.count(-1); return nil }

func guest(who *wire.Member, state wire.GuestState) wire.StageGuest {
	return wire.StageGuest{Member: *who, State: state, Media: "evening~" + string(who.Alias)}
}

const adasSpot = wire.SpotID("m7")

// onStage is a session in whose room Ada is on stage, and those are playing whom the test named before.
func onStage(t *testing.T, now wire.StageNow, test func(ctx context.Context, s *studio.Session, m *machine)) {
	t.Helper()
	m := newMachine()
	m.stage = newTheatre()
	m.stage.set("evening~m7", func(p *player) { p.luma, p.loud = 200, 0.3 })
	m.stage.set("morning", func(p *player) { p.luma, p.loud = 50, 0.2 })
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		m.hall.joined(wire.RoomJoined{Me: *mia, Moderates: true, Through: 10, State: wire.RoomState{Stage: &now}})
		wait(300 * time.Millisecond)
		test(ctx, s, m)
	})
}

func staged(n int64, now wire.StageNow) wire.RoomFrame {
	return wire.RoomFrame{Through: n, Events: []wire.RoomEvent{{N: n, Staged: &wire.Staged{What: wire.StageChanged, Now: now}}}}
}

func decibels(v float32) float64 { return 20 * math.Log10(float64(v)) }

func TestThoseOnStageComeHereForAsLongAsTheyAreOnIt(t *testing.T) {
	applied := guest(&wire.Member{Alias: "m9", Name: "Ben"}, wire.GuestApplied)
	now := wire.StageNow{Guests: []wire.StageGuest{guest(ada, wire.GuestLive)}, Applied: []wire.StageGuest{applied}}
	onStage(t, now, func(ctx context.Context, s *studio.Session, m *machine) {
		wait(2 * time.Second)
		st := s.Snapshot().Stage
		if len(st.Feeds) != 1 || len(st.Now.Applied) != 1 {
			t.Fatalf("the stage: %+v", st)
		}
		f := st.Feed(adasSpot)
		if f.Status != studio.Running || f.Name != "Ada" || f.Width != 16 || f.FPS < 28 || f.FPS > 36 || math.Abs(f.Level.RMS-decibels(0.3)) > 0.5 {
			t.Errorf("Ada: %+v", f)
		}
		if f.Delay < 40*time.Millisecond || f.Delay > 100*time.Millisecond {
			t.Errorf("she is heard %v late", f.Delay)
		}
		thumb := s.StagePicture(adasSpot)
		if v := thumb.Take(); v == nil || v.Y[0] != 200 {
			t.Errorf("her picture is %v", v)
		} else {
			v.Release()
		}
		must(t, s.SetStageStrip(ctx, adasSpot, studio.StageStrip{Gain: -6}))
		away := guest(ada, wire.GuestAway)
		m.hall.frame(staged(11, wire.StageNow{Guests: []wire.StageGuest{away}}))
		if got := s.Snapshot().Stage.Feed(adasSpot); got == nil || got.Strip.Gain != -6 || s.StagePicture(adasSpot) != thumb {
			t.Errorf("while she is away: %+v", got)
		}
		m.stage.set("evening~m7", func(p *player) { p.luma, p.loud = 0, 0 })
		wait(3 * time.Second)
		if got := s.Snapshot().Stage.Feed(adasSpot); got.Status != studio.Opening || got.Level.Peak > -40 {
			t.Errorf("when nothing comes of her: %+v", got)
		}
		m.hall.frame(staged(12, wire.StageNow{}))
		wait(time.Second)
		if got := s.Snapshot().Stage; len(got.Feeds) != 0 || m.stage.get("evening~m7").watched != 0 || s.StagePicture(adasSpot) != nil {
			t.Errorf("after she left: %+v", got)
		}
		if err := s.SetStageStrip(ctx, adasSpot, studio.StageStrip{}); wire.CodeOf(err) != wire.NotFound {
			t.Errorf("the strip of nobody: %v", err)
		}
		if err := s.SetStageStrip(ctx, adasSpot, studio.StageStrip{Gain: math.NaN()}); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("a gain that is no number: %v", err)
		}
		same := s.Snapshot().Stage
		wait(200 * time.Millisecond)
		if s.Snapshot().Stage != same {
			t.Error("the stage changes although nothing happens on it")
		}
	})
}

func TestSomebodyWhoCannotBeWatchedIsSaidToFail(t *testing.T) {
	now := wire.StageNow{Guests: []wire.StageGuest{guest(&wire.Member{Alias: "m5", Name: "Eve"}, wire.GuestAdmitted)}}
	m := newMachine()
	m.stage = newTheatre()
	m.stage.set("evening~m5", func(p *player) { p.err = errors.New("no path") })
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		m.hall.joined(wire.RoomJoined{Me: *mia, State: wire.RoomState{Stage: &now}})
		wait(time.Second)
		if f := s.Snapshot().Stage.Feeds[0]; f.Status != studio.Failed || f.Problem.Fault != frame.FaultMedia || f.Problem.Detail != "no path" {
			t.Errorf("Eve: %+v", f)
		}
		m.stage.set("evening~m5", func(p *player) { p.err, p.luma = nil, 90 })
		m.hall.frame(staged(11, wire.StageNow{Guests: []wire.StageGuest{guest(&wire.Member{Alias: "m5", Name: "Eve"}, wire.GuestLive)}}))
		wait(200 * time.Millisecond)
		if f := s.Snapshot().Stage.Feeds[0]; f.Status != studio.Running || f.Problem.Detail != "" {
			t.Errorf("Eve, once she sends: %+v", f)
		}
		must(t, s.SetServer(ctx, studio.Server{}))
		wait(time.Second)
		if n := len(s.Snapshot().Stage.Feeds); n != 0 {
			t.Errorf("in no room there are %d on stage", n)
		}
	})
}

// battle is a battle with the host of the morning.
func battle(heard wire.Hearing) *wire.Battle {
	return &wire.Battle{ID: "b1", Us: "evening", Phase: wire.BattleFight, Corners: []wire.BattleCorner{
		{ID: "evening", Room: wire.BattleRoom{Show: "evening", Name: "Mia"}, Media: "evening"},
		{ID: "morning", Room: wire.BattleRoom{Show: "morning", Name: "Tom"}, Media: "morning", Heard: heard, Team: 1},
	}}
}

func TestWhatIsToldOfABattleCountsAtOnce(t *testing.T) {
	onStage(t, wire.StageNow{Battle: battle("")}, func(_ context.Context, s *studio.Session, m *machine) {
		if f := s.Snapshot().Stage.Feeds; len(f) != 1 || f[0].Spot != "morning" || f[0].Name != "Tom" || f[0].Status != studio.Running {
			t.Fatalf("the opponent: %+v", f)
		}
		tell := func(n int64, b wire.Battled) *wire.Battle {
			m.hall.frame(wire.RoomFrame{Through: n, Events: []wire.RoomEvent{{N: n, Battled: &b}}})
			return s.Snapshot().Stage.Now.Battle
		}
		if b := tell(11, wire.Battled{ID: "b1", Seq: 4, What: wire.BattleScored, Scores: []int64{10, 30}}); b.Corners[1].Score != 30 || b.Seq != 4 {
			t.Errorf("scores: %+v", b)
		}
		if b := tell(12, wire.Battled{ID: "b2", What: wire.BattleCalled}); b == nil {
			t.Error("a call ends the battle")
		}
		if b := tell(13, wire.Battled{ID: "b1", What: wire.BattleScored, Scores: []int64{1, 2, 3}}); b.Corners[1].Score != 30 {
			t.Errorf("scores of three: %+v", b)
		}
		after := battle("")
		after.Phase = wire.BattleLap
		if b := tell(14, wire.Battled{ID: "b1", What: wire.BattleResulted, Now: after}); b.Phase != wire.BattleLap {
			t.Errorf("the result: %+v", b)
		}
		if b := tell(15, wire.Battled{ID: "b1", What: wire.BattleUnlinked}); b != nil || len(s.Snapshot().Stage.Feeds) != 0 {
			t.Errorf("after the end: %+v", b)
		}
	})
}

// listens is what the program's encoder and the host's speaker have got, in the next 100 ms.
func listens(m *machine) (program, speaker float64) {
	var b frame.Block
	for range 10 {
		wait(frame.BlockDuration)
		m.mu.Lock()
		program = max(program, float64(m.heard[0]))
		played := m.played
		m.mu.Unlock()
		if played != nil {
			for played.Get(&b) {
				speaker = max(speaker, float64(b[0]))
			}
		}
	}
	return program, speaker
}

func TestGuestsAreHeardByTheHostAndNeverInTheProgramsSound(t *testing.T) {
	one, two := wire.StageGuest{Member: *ada, State: wire.GuestLive, Media: "evening~m7"}, battle("")
	muted, left := one, one
	muted.Muted, left.Pan = true, -100
	for name, c := range map[string]struct {
		now    wire.StageNow
		strips map[wire.SpotID]studio.StageStrip
		want   float64
	}{
		"from their own track":   {wire.StageNow{Guests: []wire.StageGuest{one}}, nil, 0.3},
		"in the program":         {wire.StageNow{Guests: []wire.StageGuest{one}, Layout: wire.StageLayout{Program: true}}, nil, 0.3},
		"muted by the host":      {wire.StageNow{Guests: []wire.StageGuest{one}}, map[wire.SpotID]studio.StageStrip{adasSpot: {Muted: true}}, 0},
		"off":                    {wire.StageNow{Guests: []wire.StageGuest{one}}, map[wire.SpotID]studio.StageStrip{adasSpot: {Gain: -60}}, 0},
		"softer":                 {wire.StageNow{Guests: []wire.StageGuest{one}}, map[wire.SpotID]studio.StageStrip{adasSpot: {Gain: -20}}, 0.03},
		"muted by the staff":     {wire.StageNow{Guests: []wire.StageGuest{muted}}, nil, 0},
		"an opponent":            {wire.StageNow{Battle: two, Layout: wire.StageLayout{Program: true}}, nil, 0.2},
		"an opponent, less":      {wire.StageNow{Battle: battle(wire.HearLess)}, nil, 0.2 * math.Pow(10, -15.0/20)},
		"an opponent, muted":     {wire.StageNow{Battle: battle(wire.HearNone)}, nil, 0},
		"both, one of them solo": {wire.StageNow{Guests: []wire.StageGuest{one}, Battle: two}, map[wire.SpotID]studio.StageStrip{"morning": {Solo: true}}, 0.2},
		"at the left":            {wire.StageNow{Guests: []wire.StageGuest{left}}, nil, 0.3 * math.Sqrt2 * math.Cos(math.Pi/4*0.4)},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, c.now, func(ctx context.Context, s *studio.Session, m *machine) {
				for spot, strip := range c.strips {
					must(t, s.SetStageStrip(ctx, spot, strip))
				}
				must(t, s.GoLive(ctx))
				wait(400 * time.Millisecond)
				listens(m)
				program, speaker := listens(m)
				if math.Abs(program-0.1) > 0.001 || math.Abs(speaker-c.want) > 0.004 { // 0.001 of the softest who is heard as sent is −46 dB
					t.Errorf("the program is %.4f, the host hears %.3f; want the host's own 0.1 and %.3f", program, speaker, c.want)
				}
			})
		})
	}
}

func TestTheHostsSpeakerIsSilentAgainWhenTheStageIsEmpty(t *testing.T) {
	onStage(t, wire.StageNow{Guests: []wire.StageGuest{guest(ada, wire.GuestLive)}}, func(_ context.Context, s *studio.Session, m *machine) {
		if got := s.Snapshot().Music.Monitor; got != studio.Running {
			t.Errorf("with a guest the speaker is %s", got)
		}
		m.hall.frame(staged(11, wire.StageNow{}))
		wait(time.Second)
		if got := s.Snapshot().Music.Monitor; got != studio.Idle {
			t.Errorf("without a guest the speaker is %s", got)
		}
	})
}

func TestTheProgramShowsTheStageWhereViewersWatchItAlone(t *testing.T) {
	full := []wire.StageBox{{Spot: adasSpot, W: wire.StageUnits / 2, H: wire.StageUnits}, {Spot: wire.HostSpot, X: wire.StageUnits / 2, W: wire.StageUnits / 2, H: wire.StageUnits}}
	now := wire.StageNow{Guests: []wire.StageGuest{guest(ada, wire.GuestLive)}, Layout: wire.StageLayout{Kind: wire.LayoutSide, Boxes: full}}
	onStage(t, now, func(ctx context.Context, s *studio.Session, m *machine) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.GoLive(ctx))
		n := int64(11)
		sees := func(want int32, why string) {
			t.Helper()
			wait(time.Second)
			if got := m.encoded.Load(); got != want || m.previewed.Load() != want {
				t.Errorf("%s: viewers see %d, the window %d, want %d", why, got, m.previewed.Load(), want)
			}
		}
		change := func(do func(*wire.StageNow)) {
			now.Guests = slices.Clone(now.Guests)
			do(&now)
			m.hall.frame(staged(n, now))
			n++
		}
		sees(100, "from her own track")
		change(func(now *wire.StageNow) { now.Layout.Program = true })
		sees(200, "in the program")
		m.setFailure("cam", frame.ErrGone)
		m.stage.set("evening~m7", func(p *player) { p.luma = 210 })
		sees(210, "while the camera is away")
		m.setFailure("cam", nil)
		change(func(now *wire.StageNow) { now.Guests[0].Dark = true })
		wait(4 * time.Second)
		if got := m.encoded.Load(); got > 60 {
			t.Errorf("with her camera taken viewers see %d", got)
		}
		change(func(now *wire.StageNow) { now.Guests[0].Dark, now.Layout.Fade = false, 400 })
		sees(210, "with her camera given back")
		change(func(now *wire.StageNow) { now.Layout.Program = false })
		sees(100, "from her own track again")
	})
}

func TestAWishForTheStageGoesToTheRoom(t *testing.T) {
	onStage(t, wire.StageNow{}, func(ctx context.Context, s *studio.Session, m *machine) {
		must(t, s.StageDo(ctx, wire.StageWish{Admit: &wire.StageWho{Who: "m7"}}))
		if q := m.hall.asked[0]; q.Stage == nil || q.Stage.Admit == nil || q.Stage.Admit.Who != "m7" {
			t.Errorf("asked: %+v", q)
		}
		m.hall.answer = func(wire.RoomRequest) (int64, error) { return 0, wire.Errorf(wire.Conflict, "the stage is full") }
		if err := s.StageDo(ctx, wire.StageWish{Open: &wire.StageOpen{Open: true}}); wire.CodeOf(err) != wire.Conflict {
			t.Errorf("refused: %v", err)
		}
		found, err := s.FindHosts(ctx, "Tom")
		if err != nil || len(found) != 1 || found[0].Name != "Tom" {
			t.Errorf("found %+v, %v", found, err)
		}
		must(t, s.SetServer(ctx, studio.Server{}))
		if _, err := s.FindHosts(ctx, ""); !errors.Is(err, studio.ErrNoServer) {
			t.Errorf("without a server: %v", err)
		}
	})
}

func TestADealIsForOneOnceWithin90Seconds(t *testing.T) {
	c := newShopServer(lamp("a", 5))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		c.lose = 1
		if err := s.Deal(ctx, "m7", "a", "a", eur(1500)); err == nil {
			t.Error("the answer was not lost")
		}
		wait(10 * time.Second)
		must(t, s.Deal(ctx, "m7", "a", "a", eur(1500)))
		if len(c.offers) != 1 {
			t.Fatalf("%d offers", len(c.offers))
		}
		o := c.offers[0]
		if o.Kind != wire.Personal || o.Member != "m7" || o.Show != "evening" || o.Units != 1 || o.Cap != 1 || !o.Public || o.Price != eur(1500) || o.Parts[0] != (wire.Part{Variant: "a", Quantity: 1}) {
			t.Errorf("the offer: %+v", o)
		}
		if left := time.Until(o.Until); left < 79*time.Second || left > 90*time.Second {
			t.Errorf("it stands for %v", left)
		}
		for _, bad := range []struct {
			who     wire.Alias
			product wire.ProductID
			variant wire.VariantID
			price   wire.Money
			want    wire.Code
		}{
			{"m7", "none", "a", eur(1), wire.NotFound},
			{"m7", "a", "none", eur(1), wire.NotFound},
			{"", "a", "a", eur(1), wire.Invalid},
			{"m7", "a", "a", eur(-1), wire.Invalid},
		} {
			if err := s.Deal(ctx, bad.who, bad.product, bad.variant, bad.price); wire.CodeOf(err) != bad.want {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestABattlesBarStandsInTheProgramThatViewersWatchAlone(t *testing.T) {
	m := newMachine()
	m.stage, m.fonts = newTheatre(), latinFont(t)
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		now := wire.StageNow{Battle: battle(""), Layout: wire.StageLayout{Boxes: []wire.StageBox{{Spot: wire.HostSpot, W: wire.StageUnits, H: wire.StageUnits}}}}
		now.Battle.Until = time.Now().Add(time.Hour).UnixMilli()
		m.hall.joined(wire.RoomJoined{Me: *mia, Clock: time.Now().UnixMilli(), State: wire.RoomState{Stage: &now}})
		painted := func() (n int, v *frame.Video) {
			wait(time.Second)
			v = m.seen.Load()
			for _, y := range v.Y {
				if y != 100 {
					n++
				}
			}
			return n, v
		}
		if n, _ := painted(); n != 0 {
			t.Errorf("%d pixels are painted where the page has the bar", n)
		}
		now.Layout.Program = true
		m.hall.frame(staged(11, now))
		n, before := painted()
		if n < before.Width*before.Height/50 || n > before.Width*before.Height/3 {
			t.Errorf("the bar has %d pixels", n)
		}
		m.hall.frame(wire.RoomFrame{Through: 12, Events: []wire.RoomEvent{{N: 12, Battled: &wire.Battled{ID: "b1", What: wire.BattleScored, Scores: []int64{900, 10}}}}})
		if _, after := painted(); slices.Equal(before.Y, after.Y) {
			t.Error("new scores change nothing")
		}
		m.hall.frame(wire.RoomFrame{Through: 13, Events: []wire.RoomEvent{{N: 13, Battled: &wire.Battled{ID: "b1", What: wire.BattleUnlinked}}}})
		if n, _ := painted(); n != 0 {
			t.Errorf("%d pixels are painted after the battle", n)
		}
	})
}

package studio

import (
	"slices"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio/mix"
)

// duckedDB is how much less an opponent is heard whom the host wants to hear less.
const duckedDB = 15

// seat is how somebody on stage is mixed.
type seat struct {
	voice *voice
	gain  float64 // dB
	muted bool
	alone bool // muted for the host, who hears others solo
	place mix.Place
}

// stageSound is the sound of those on stage in the mixer, guarded by the sound's mutex.
type stageSound struct {
	voices []*voice
	// near is what the host hears of them in this step.
	near frame.Block
}

// mixStage hands the mixer who is on stage and how they are to be heard.
func (s *Session) mixStage() {
	st := &s.stage
	solo := slices.ContainsFunc(st.feeds, func(f *feed) bool { return f.strip.Solo })
	seats := make([]seat, len(st.feeds))
	for i, f := range st.feeds {
		seats[i] = seat{
			voice: f.voice, gain: f.strip.Gain, muted: f.strip.Muted || f.strip.Gain <= MinStageGain,
			alone: solo && !f.strip.Solo,
		}
		seats[i].told(&st.now, f.spot)
	}
	s.sound.seat(seats)
	if came := len(seats) > 0; came != st.heard {
		st.heard = came
		s.followVoice()
		s.runMonitor()
	}
}

// told is what the room says of how they are heard.
func (t *seat) told(now *wire.StageNow, spot wire.SpotID) {
	if g := find(now.Guests, spot, func(g wire.StageGuest) wire.SpotID { return wire.SpotID(g.Alias) }); g != nil {
		t.muted = t.muted || g.Muted
		t.place = mix.Place{Side: float64(g.Pan) / 100, Distance: float64(g.Distance) / 100}
		return
	}
	if now.Battle == nil {
		return
	}
	if c := find(now.Battle.Corners, spot, func(c wire.BattleCorner) wire.SpotID { return wire.SpotID(c.ID) }); c != nil {
		t.muted = t.muted || c.Heard == wire.HearNone
		if c.Heard == wire.HearLess {
			t.gain -= duckedDB
		}
	}
}

// followVoice has the rack do what the host chose for the voice. While somebody on stage is heard the echo is taken out too: they would hear
// themselves.
func (s *Session) followVoice() {
	v := s.settings.Voice
	v.Echo = v.Echo || s.stage.heard
	s.c.Rack.Sound.Set(v)
}

// seat takes over who is on stage.
func (s *sound) seat(seats []seat) {
	voices := make([]*voice, len(seats))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range seats {
		v := t.voice
		voices[i] = v
		v.strip.GainDB, v.strip.Muted, v.alone.Muted = t.gain, t.muted, t.alone
		v.space.Set(t.place)
	}
	s.stage.voices = voices
}

// take makes the next block of all on stage.
func (s *stageSound) take() {
	s.near = frame.Block{}
	for _, v := range s.voices {
		b := &v.block
		v.elastic.Take(b)
		v.meter.Add(b)
		v.strip.Process(b)
		v.space.Process(b)
		v.alone.Process(b)
		add(&s.near, b)
		v.mu.Lock()
		v.level = v.meter.Level()
		v.mu.Unlock()
	}
}

func add(to, b *frame.Block) {
	for i, v := range b {
		to[i] += v
	}
}

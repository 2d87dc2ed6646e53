package effects

import (
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects/audio"
	"vitrine/effects/plug"
)

// Sound is the rack of the microphone's sound: audio's processors in audio's order. Set may be called from any goroutine, all
// else belongs to the sound loop. A nil Sound changes nothing.
type Sound struct {
	wanted  atomic.Pointer[Voice]
	delay   atomic.Int64 // ns
	outside atomic.Pointer[plug.Audio]
	cleaner atomic.Pointer[audio.Noise] // nil until Rack.Run has made it, or for ever where it cannot

	// Owned by the sound loop:
	now       Voice
	rumble    *audio.HighPass
	echo      *audio.Echo
	noise     *audio.Noise
	level     *audio.Level
	equaliser audio.Equaliser
	press     *audio.Compressor
	gate      *audio.Gate
	changer   *audio.Changer
	reverb    *audio.Reverb
}

func newSound() *Sound {
	s := &Sound{
		rumble: audio.NewHighPass(), echo: audio.NewEcho(), level: audio.NewLevel(), press: audio.NewCompressor(audio.VoiceCompression()),
		gate: audio.NewGate(), changer: audio.NewChanger(), reverb: audio.NewReverb(),
	}
	s.Set(Voice{})
	return s
}

// Set changes what is done to the sound from the next block on.
func (s *Sound) Set(v Voice) {
	if s != nil {
		s.wanted.Store(&v)
	}
}

// Delay is how much later the sound leaves than it came.
func (s *Sound) Delay() time.Duration {
	if s == nil {
		return 0
	}
	delay := time.Duration(s.delay.Load())
	if s.outside.Load() != nil {
		delay += plug.DelayBlocks * frame.BlockDuration
	}
	return delay
}

// Process changes a block of the microphone's in place. far is the very block that the loudspeaker was given at the same time,
// nil if it is silent. A voice has one place: with any effect both channels carry the same, but for reverb.
func (s *Sound) Process(b, far *frame.Block) {
	if s == nil {
		return
	}
	v := *s.wanted.Load()
	if v != s.now {
		s.take(v)
	}
	defer s.leave(b)
	if v == (Voice{}) {
		return
	}
	m := mono(b)
	s.clean(&m, far, v)
	s.shape(&m, v)
	s.reverb.Process(&m, b)
}

func mono(b *frame.Block) (m audio.Mono) {
	for i := range m {
		m[i] = (b[2*i] + b[2*i+1]) / 2
	}
	return m
}

func (s *Sound) clean(m *audio.Mono, far *frame.Block, v Voice) {
	if v.Rumble {
		s.rumble.Process(m)
	}
	if v.Echo {
		var f audio.Mono
		if far != nil {
			f = mono(far)
		}
		s.echo.Process(m, &f)
	}
	if s.noise == nil {
		if s.noise = s.cleaner.Load(); s.noise != nil {
			s.take(v)
		}
	}
	if s.noise != nil {
		s.noise.Process(m)
	}
}

func (s *Sound) shape(m *audio.Mono, v Voice) {
	if v.Level {
		s.level.Process(m)
	}
	s.equaliser.Process(m)
	if v.Press > 0 {
		s.press.Process(m)
	}
	if v.Gate {
		s.gate.Process(m)
	}
	s.changer.Process(m)
}

var reverbModes = map[Reverb]audio.ReverbMode{
	DryRoom: audio.ReverbOff, StudioRoom: audio.ReverbStudio, SmallRoom: audio.ReverbRoom, HallRoom: audio.ReverbHall, PlateRoom: audio.ReverbPlate,
}

// robot is the pitch on which a robot speaks, in Hz.
const robot = 110

// pressed is the compressor for a strength of 0 to 100.
func pressed(strength int) audio.Compression {
	c, share := audio.VoiceCompression(), float64(strength)/100
	c.Ratio, c.ThresholdDB, c.MakeupDB = 1+5*share, -14-12*share, 6*share
	return c
}

var noiseModes = map[Noise]audio.NoiseMode{KeepNoise: audio.NoiseOff, LightNoise: audio.NoiseLight, StrongNoise: audio.NoiseStrong}

// take sets the processors.
func (s *Sound) take(v Voice) {
	s.now = v
	var delay int
	if s.noise != nil {
		s.noise.Set(noiseModes[v.Noise], 100)
		delay += s.noise.Latency()
	}
	if v.Echo {
		delay += s.echo.Latency()
	}
	change := audio.Voice{Pitch: float64(v.Pitch), Formant: float64(v.Formant), Narrow: v.Telephone}
	if v.Robot {
		change.Monotone = robot
	}
	s.changer.Set(change)
	delay += s.changer.Latency()
	s.press.Set(pressed(v.Press))
	s.reverb.Set(reverbModes[v.Reverb], 0, float64(v.Wet)/100)
	var gains [Bands]float64
	for i, g := range v.Equaliser {
		gains[i] = float64(g)
	}
	s.equaliser.Set(gains)
	s.delay.Store(int64(time.Duration(delay) * time.Second / frame.SampleRate))
}

// open reads the networks.
func (s *Sound) open() error {
	noise, err := audio.NewNoise()
	if err == nil {
		s.cleaner.Store(noise)
	}
	return err
}

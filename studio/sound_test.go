package studio

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/studio/mix"
)

// rustle is ten seconds of noise, the same on both sides: a sound that a canceller can learn a room from.
func rustle() mix.Sound {
	r := rand.New(rand.NewPCG(1, 2))
	s := mix.Sound{Name: "rustle", Samples: make([]float32, 2*10*frame.SampleRate)}
	for i := 0; i < len(s.Samples); i += 2 {
		s.Samples[i] = float32(0.05 * r.NormFloat64())
		s.Samples[i+1] = s.Samples[i]
	}
	return s
}

func TestWhatTheHostHearsOfTheMusicDoesNotComeBackThroughTheMicrophone(t *testing.T) {
	back := func(cancel bool) float64 {
		s := newSound(newClock(time.Now()), effects.New().Sound)
		s.rack.Set(effects.Voice{Echo: cancel})
		s.pads.Set(0, rustle())
		speaker := frame.NewQueue(monitorBlocks)
		s.monitor.Store(speaker)
		s.pads.Trigger(0)
		var room [4]frame.Block // on the way through the speaker, the room and the microphone
		for n := range 900 {
			air := &room[n%len(room)]
			b := *air
			for i := range b {
				b[i] *= 0.5
			}
			s.step(&b, 0, true)
			if !speaker.Get(air) {
				t.Fatal("the speaker was given nothing")
			}
		}
		return s.levels().voice.RMS
	}
	with, without := back(true), back(false)
	t.Logf("the microphone hears the speaker at %.1f dB, and at %.1f dB with the canceller", without, with)
	if with > without-20 {
		t.Errorf("the microphone hears the speaker at %.1f dB, and at %.1f dB with the canceller", without, with)
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	s := newSound(newClock(time.Now()), effects.New().Sound)
	s.rack.Set(effects.CleanVoice())
	s.pads.Set(0, rustle())
	s.pads.Trigger(0)
	s.setMusic(Music{GainDB: -6, Duck: true})
	s.monitor.Store(frame.NewQueue(monitorBlocks))
	guests := []seat{{voice: newVoice(), gain: -3, place: mix.Place{Side: 0.5, Distance: 0.3}}, {voice: newVoice(), alone: true}}
	s.seat(guests)
	var b frame.Block
	step := func() {
		for _, g := range guests {
			g.voice.elastic.Put(&b)
		}
		for i := range b {
			b[i] = float32(0.05 * math.Sin(float64(i)))
		}
		s.step(&b, 0, true)
	}
	step()
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%g allocations a block", n)
	}
}

func TestTheLoudnessOfAShowBeginsWithTheShow(t *testing.T) {
	s := newSound(newClock(time.Now()), nil)
	play := func(blocks int, level float32) {
		for range blocks {
			var b frame.Block
			for i := range b {
				b[i] = level * float32(1-2*(i/2%2))
			}
			s.step(&b, 0, true)
		}
	}
	play(500, 0.1)
	loud := s.levels().loudness
	play(500, 0.01)
	if l := s.levels().loudness; math.Abs(l.ShortTerm-(loud.ShortTerm-20)) > 0.5 || l.Integrated < loud.Integrated-4 {
		t.Errorf("loud %+v, then soft %+v", loud, l)
	}
	s.air.Store(&audioOut{failed: func(error) {}})
	play(500, 0.01)
	if l := s.levels().loudness; math.Abs(l.Integrated-l.ShortTerm) > 0.5 {
		t.Errorf("after going live %+v", l)
	}
}

func BenchmarkStep(b *testing.B) {
	s := newSound(newClock(time.Now()), nil)
	s.pads.Set(0, rustle())
	s.setMusic(Music{GainDB: -6, Duck: true})
	s.monitor.Store(frame.NewQueue(monitorBlocks))
	var block frame.Block
	for b.Loop() {
		block = frame.Block{}
		s.step(&block, 0, true)
	}
}

// spoken is a voice that glides and pauses, of so many seconds: what no suppressor takes for noise.
func spoken(seconds float64) []float32 {
	out := make([]float32, int(seconds*frame.SampleRate))
	phase := 0.0
	for i := range out {
		t := float64(i) / frame.SampleRate
		phase += 2 * math.Pi * (130 + 25*math.Sin(2*math.Pi*0.7*t)) / frame.SampleRate
		var v float64
		for k := 1.0; k <= 25; k++ {
			v += math.Sin(k*phase+0.3*k*k) / k
		}
		out[i] = float32(0.08 * v * math.Max(0, math.Sin(2*math.Pi*2.3*t)))
	}
	return out
}

// listener is an encoder that keeps what it is given, and when.
type listener struct {
	heard []float32 // the left side
	at    []time.Time
}

func (l *listener) Encode(b *frame.Block, _ time.Duration) (*frame.Packet, error) {
	for i := range frame.BlockSamples {
		l.heard = append(l.heard, b[2*i])
	}
	l.at = append(l.at, time.Now())
	return nil, nil
}

func (l *listener) SetLoss(int) error { return nil }
func (l *listener) Close() error      { return nil }

// delay is how long after it was said a sample comes to the encoder, of a block's samples the latest.
func (l *listener) delay(said []float32, began time.Time) (longest time.Duration) {
	best, peak := 0, 0.0
	for lag := range 4800 {
		var sum float64
		for i := 2 * frame.SampleRate; i+lag < len(l.heard) && i < len(said); i++ { // steps: they tell one period from the next
			sum += float64((said[i] - said[i-1]) * (l.heard[i+lag] - l.heard[i+lag-1]))
		}
		if sum > peak {
			best, peak = lag, sum
		}
	}
	for i := 2 * frame.SampleRate; i < 2*frame.SampleRate+frame.BlockSamples; i++ {
		spoken := began.Add(time.Duration(i) * time.Second / frame.SampleRate)
		longest = max(longest, l.at[(i+best)/frame.BlockSamples].Sub(spoken))
	}
	return longest
}

// The whole way: a sound card delivers 10 ms when they are over, the loop takes them from the queue, and the encoder is given the
// mix.
func TestAVoiceIsInTheMixWithin40MillisecondsOfTheMicrophonesFirstSample(t *testing.T) {
	if testing.Short() {
		t.Skip("much is computed: not with -short, for the race detector")
	}
	rack := effects.New()
	go rack.Run(t.Context(), func(err error) { t.Error(err) })
	for _, noise := range []effects.Noise{effects.LightNoise, effects.StrongNoise} {
		v := effects.CleanVoice()
		v.Echo, v.Noise, v.Gate, v.Press = true, noise, true, 50
		rack.Sound.Set(v)
		for rack.Sound.Delay() <= frame.BlockDuration { // the echo canceller's; the networks take longer to be there
			rack.Sound.Process(&frame.Block{}, nil)
			time.Sleep(time.Millisecond)
		}
		synctest.Test(t, func(t *testing.T) {
			s, encoder, said := newSound(newClock(time.Now()), rack.Sound), &listener{}, spoken(3)
			out := &audioOut{encoder: encoder, failed: func(err error) { t.Error(err) }}
			out.flowing.Store(true)
			s.air.Store(out)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- s.run(ctx) }()
			began := time.Now()
			for at := 0; at+frame.BlockSamples <= len(said); at += frame.BlockSamples {
				var b frame.Block
				for i := range frame.BlockSamples {
					b[2*i], b[2*i+1] = said[at+i], said[at+i]
				}
				time.Sleep(frame.BlockDuration)
				s.mic.Put(&b)
			}
			synctest.Wait()
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
			took := encoder.delay(said, began)
			t.Logf("%s: %v, of which the rack says %v", noise, took, s.rack.Delay())
			if took > 40*time.Millisecond || s.levels().silence > 0 {
				t.Errorf("with %s noise suppression a voice takes %v, with %d blocks of silence", noise, took, s.levels().silence)
			}
		})
	}
}

package studio

import (
	"math"
	"math/rand/v2"
	"testing"
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
	var b frame.Block
	step := func() {
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

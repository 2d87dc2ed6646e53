package mix_test

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

func TestADeckLoopsAndGoesOnWithoutLosingASample(t *testing.T) {
	for _, loop := range []mix.Loop{mix.LoopOne, mix.LoopAll} {
		inBooth(t, func(t *testing.T, b *booth) {
			lengths := []int64{12345, 700, 3001}
			if loop == mix.LoopOne {
				lengths = lengths[:1]
			}
			for _, n := range lengths {
				b.Add(b.entry(piece{wave: count, total: n}))
			}
			b.SetLoop(loop)
			if loop == mix.LoopOne {
				b.SetCrossfade(time.Second) // which does not apply
			}
			synctest.Wait()
			b.Play(0)
			b.hear(2 * time.Second)
			entry, n := 0, int64(960) // the fade-in is over
			for i := 960; i < len(b.program)/2; i++ {
				if n == lengths[entry] {
					entry, n = (entry+1)%len(lengths), 0
				}
				l, _ := count(n)
				if b.program[2*i] != l || b.program[2*i+1] != -l {
					t.Fatalf("%s: sample %d is %v, want number %d of entry %d", loop, i, b.program[2*i]*(1<<20), n, entry)
				}
				n++
			}
			if s := b.State(); s.Starved != 0 || !s.Playing {
				t.Fatalf("%+v", s)
			}
		})
	}
}

func TestACrossfadeKeepsItsPower(t *testing.T) {
	inBooth(t, func(t *testing.T, b *booth) {
		b.Add(b.entry(piece{wave: left, total: 10*frame.SampleRate + 123}))
		b.Add(b.entry(piece{wave: right, total: 10 * frame.SampleRate}))
		b.SetCrossfade(4 * time.Second)
		synctest.Wait()
		b.Play(0)
		b.hear(12 * time.Second)
		first, last, worst := -1, 0, 0.0
		for i := 960; i < len(b.program)/2; i++ {
			l, r := float64(b.program[2*i]), float64(b.program[2*i+1])
			worst = max(worst, math.Abs(10*math.Log10((l*l+r*r)/0.25)))
			if l > 0 && r > 0 {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		t.Logf("crossfade of %.3f s, level within %.5f dB", float64(last-first)/frame.SampleRate, worst)
		if took := last - first; took < 3.98*frame.SampleRate || took > 4*frame.SampleRate || worst > 0.01 {
			t.Fatalf("%d samples, %.3f dB", took, worst)
		}
		if last > 10*frame.SampleRate+123 || last < 10*frame.SampleRate {
			t.Fatalf("the fade ends at sample %d", last)
		}
	})
}

func TestNothingThatTheHostDoesClicks(t *testing.T) {
	inBooth(t, func(t *testing.T, b *booth) {
		a := b.Add(b.entry(piece{wave: hum, total: 60 * frame.SampleRate}))
		b.Add(b.entry(piece{wave: hum, total: 60*frame.SampleRate + 77}))
		b.Play(0)
		b.hear(time.Second)
		for _, act := range []func(){
			func() { b.Pause(0) },
			func() { b.Play(0) },
			func() { b.Seek(33333 * time.Microsecond) },
			func() { b.Seek(20 * time.Second) },
			b.Next,
			b.Previous,
			func() { b.SetCrossfade(2 * time.Second); b.Next() },
			b.Previous, // within the crossfade
			func() { b.Seek(5 * time.Second) },
			func() { b.Go(a) },
			func() { b.SetVolume(-12) },
			func() { b.SetVolume(0) },
			func() { b.SetCued(true) },
			func() { b.SetCued(false) },
			func() { b.Remove(a) },
			func() { b.Pause(time.Second) },
			func() { b.Play(500 * time.Millisecond) },
			func() { b.Stop(0) },
			func() { b.Play(0) },
		} {
			act()
			b.hear(630 * time.Millisecond)
		}
		// A sine of 0.5 moves 0.0072 a sample; two of them in a crossfade of 20 ms, with the fade's own slope, at most 0.012.
		for _, sound := range [][]float32{b.program, b.cue} {
			for i := 2; i < len(sound); i++ {
				if d := math.Abs(float64(sound[i] - sound[i-2])); d > 0.012 {
					t.Fatalf("a step of %.4f at %.3f s", d, float64(i/2)/frame.SampleRate)
				}
			}
		}
		if s := b.State(); s.Starved > 1 {
			t.Fatalf("%d blocks of silence", s.Starved)
		}
	})
}

func TestSeekAndSkipAreHeardAtOnce(t *testing.T) {
	inBooth(t, func(t *testing.T, b *booth) {
		b.Add(b.entry(piece{wave: count, total: 20 * frame.SampleRate}))
		second := b.Add(b.entry(piece{wave: right, total: 20 * frame.SampleRate}))
		b.Play(0)
		b.hear(time.Second)
		b.Seek(15 * time.Second)
		if got := b.State().Position; got != 15*time.Second {
			t.Fatalf("the deck shows %v just after the seek", got)
		}
		b.hear(100 * time.Millisecond) // 50 ms were under way, 20 ms fade
		n := len(b.program) - 960
		if want, _ := count(15*frame.SampleRate + 4320 - 2400); b.program[n] != want {
			t.Fatalf("hears %v, want %v", b.program[n]*(1<<20), want*(1<<20))
		}
		b.Next()
		b.hear(100 * time.Millisecond)
		if s := b.State(); b.program[len(b.program)-1] != 0.5 || s.Current != second || s.Length != 20*time.Second {
			t.Fatalf("hears %v, shows %+v", b.program[len(b.program)-1], s)
		}
		b.Previous()
		b.hear(100 * time.Millisecond)
		if got := b.State(); got.Current == second {
			t.Fatal("previous did not leave an entry that has just begun")
		}
		b.hear(5 * time.Second)
		b.Previous()
		b.hear(100 * time.Millisecond)
		if got := b.State(); got.Current == second || got.Position > 100*time.Millisecond {
			t.Fatalf("previous went to %v of %d", got.Position, got.Current)
		}
	})
}

func TestWhatIsRemovedIsNotHeardAnyMore(t *testing.T) {
	inBooth(t, func(t *testing.T, b *booth) {
		b.Add(b.entry(piece{wave: count, total: 3*frame.SampleRate + 5}))
		gone := b.Add(b.entry(piece{wave: right, total: frame.SampleRate}))
		next := b.Add(b.entry(piece{wave: left, total: 9 * frame.SampleRate}))
		b.Play(0)
		b.hear(2500 * time.Millisecond)
		b.Remove(gone) // which is read ahead already
		b.hear(1500 * time.Millisecond)
		for i := 3*frame.SampleRate - 9600; i < 3*frame.SampleRate+5; i++ {
			if want, _ := count(int64(i)); b.program[2*i] != want {
				t.Fatalf("sample %d is %v", i, b.program[2*i]*(1<<20))
			}
		}
		for i := 3*frame.SampleRate + 5; i < len(b.program)/2; i++ {
			if b.program[2*i] != 0.5 || b.program[2*i+1] != 0 {
				t.Fatalf("sample %d is not of the third entry", i)
			}
		}
		b.Remove(next)
		b.hear(100 * time.Millisecond)
		if s := b.State(); len(s.Entries) != 1 || s.Current != s.Entries[0].ID || !s.Playing {
			t.Fatalf("%+v", s)
		}
	})
}

func TestWhatIsAddedOrLoopedAtTheLastMomentFollows(t *testing.T) {
	for name, act := range map[string]func(b *booth){
		"added":            func(b *booth) { b.Add(b.entry(piece{wave: right, total: 9 * frame.SampleRate})) },
		"no longer looped": func(b *booth) { b.SetLoop(mix.LoopOff) },
	} {
		inBooth(t, func(t *testing.T, b *booth) {
			b.Add(b.entry(piece{wave: count, total: 3*frame.SampleRate + 5}))
			if name == "no longer looped" {
				b.Add(b.entry(piece{wave: right, total: 9 * frame.SampleRate}))
				b.SetLoop(mix.LoopOne)
			}
			b.Play(0)
			b.hear(2800 * time.Millisecond) // all is read
			act(b)
			b.hear(time.Second)
			for i := 3*frame.SampleRate - 4800; i < len(b.program)/2; i++ {
				if want, _ := count(int64(i)); i < 3*frame.SampleRate+5 && b.program[2*i] != want || i >= 3*frame.SampleRate+5 && b.program[2*i+1] != 0.5 {
					t.Fatalf("%s: sample %d is %v", name, i, b.program[2*i]*(1<<20))
				}
			}
		})
	}
}

func TestACuedDeckIsHeardInTheHeadphonesOnly(t *testing.T) {
	inBooth(t, func(t *testing.T, b *booth) {
		b.Add(b.entry(piece{wave: hum, total: 9 * frame.SampleRate}))
		b.SetVolume(-20)
		b.SetCued(true)
		b.Play(0)
		b.hear(time.Second)
		for i, v := range b.program {
			if v != 0 {
				t.Fatalf("the programme hears %v at %d", v, i)
			}
		}
		if l, _ := hum(int64(len(b.cue)/2 - 1)); b.cue[len(b.cue)-1] != l {
			t.Fatal("the headphones do not hear the music as it is")
		}
		n := len(b.cue)
		b.SetCued(false)
		b.hear(time.Second)
		for _, v := range b.cue[n+960:] {
			if v != 0 {
				t.Fatal("the headphones still hear it")
			}
		}
		if l, _ := hum(int64(len(b.program)/2 - 1)); math.Abs(float64(b.program[len(b.program)-1]-l/10)) > 1e-6 {
			t.Fatal("the programme does not hear it at −20 dB")
		}
	})
}

func TestASlowDiskGivesSilenceAndIsCounted(t *testing.T) {
	inBooth(t, func(t *testing.T, b *booth) {
		sleepy := func(at int64) time.Duration {
			if at == 10*frame.SampleRate {
				return 5 * time.Second
			}
			return time.Millisecond
		}
		b.Add(b.entry(piece{wave: hum, total: 30 * frame.SampleRate, slow: sleepy}))
		b.hear(time.Second)
		b.Play(0)
		began := time.Now()
		b.hear(20 * time.Second)
		if took := time.Since(began); took != 20*time.Second {
			t.Fatalf("20 s of sound took %v", took)
		}
		if got := b.State().Starved; got < 290 || got > 330 {
			t.Fatalf("%d blocks of silence for 5 s of waiting with 2 s read ahead", got)
		}
		for i := 2; i < len(b.program); i++ {
			if d := math.Abs(float64(b.program[i] - b.program[i-2])); d > 0.01 {
				t.Fatalf("a click of %.4f at %.3f s", d, float64(i/2)/frame.SampleRate)
			}
		}
	})
}

func TestWhatDoesNotPlayIsPassedOverAndNoted(t *testing.T) {
	inBooth(t, func(t *testing.T, b *booth) {
		refused := errors.New("foreign")
		broken := mix.Entry{Open: func() (mix.Player, error) { return nil, refused }}
		b.Add(broken)
		b.Add(b.entry(piece{wave: left, total: 0}))
		b.Add(b.entry(piece{wave: left, total: frame.SampleRate, wrong: frame.SampleRate / 2}))
		last := b.Add(b.entry(piece{wave: right, total: frame.SampleRate}))
		b.Play(0)
		b.hear(time.Second)
		s := b.State()
		if s.Current != last || !errors.Is(s.Entries[0].Err, refused) || s.Entries[1].Err == nil || s.Entries[2].Err == nil || s.Entries[3].Err != nil {
			t.Fatalf("%+v", s)
		}
		b.hear(3 * time.Second)
		if s := b.State(); s.Playing || s.Current != s.Entries[0].ID || s.Position != 0 {
			t.Fatalf("after the end: %+v", s)
		}
	})
	inBooth(t, func(t *testing.T, b *booth) {
		for range 3 {
			b.Add(mix.Entry{Open: func() (mix.Player, error) { return nil, errors.New("foreign") }})
		}
		b.SetLoop(mix.LoopAll)
		b.Play(0)
		b.hear(time.Second)
		if b.State().Playing {
			t.Fatal("a list that cannot be played plays")
		}
	})
}

func TestADeckSurvivesWhateverIsDoneToIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		defer func() {
			if t.Failed() {
				rt.FailNow()
			}
		}()
		synctest.Test(t, func(t *testing.T) {
			b := newBooth()
			defer b.close(t)
			var ids []mix.EntryID
			id := func(rt *rapid.T) mix.EntryID {
				return rapid.SampledFrom(append(ids, 99)).Draw(rt, "id")
			}
			span := rapid.Map(rapid.IntRange(0, 3000), func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond })
			for range rapid.IntRange(1, 20).Draw(rt, "commands") {
				switch rapid.IntRange(0, 12).Draw(rt, "command") {
				case 0, 1:
					ids = append(ids, b.Add(b.entry(piece{wave: hum, total: rapid.Int64Range(0, 90000).Draw(rt, "total")})))
				case 2:
					b.Remove(id(rt))
				case 3:
					b.Move(id(rt), rapid.IntRange(-1, 5).Draw(rt, "to"))
				case 4:
					b.Play(span.Draw(rt, "fade"))
				case 5:
					b.Pause(span.Draw(rt, "fade"))
				case 6:
					b.Stop(span.Draw(rt, "fade"))
				case 7:
					b.Seek(span.Draw(rt, "to"))
				case 8:
					b.Next()
				case 9:
					b.Previous()
				case 10:
					b.Go(id(rt))
				case 11:
					b.SetCrossfade(span.Draw(rt, "crossfade"))
				case 12:
					b.SetLoop(rapid.SampledFrom([]mix.Loop{mix.LoopOff, mix.LoopOne, mix.LoopAll}).Draw(rt, "loop"))
				}
				b.hear(rapid.SampledFrom([]time.Duration{0, 10, 30, 400}).Draw(rt, "hear") * time.Millisecond)
				if n := b.most.Load(); n > 2 {
					t.Fatalf("%d players were open at once", n)
				}
			}
			for i, v := range b.program {
				if math.Abs(float64(v)) > 1 { // several fades at once add up
					t.Fatalf("sample %d is %v", i, v)
				}
			}
		})
	})
}

func TestADeckAllocatesNothingAsItPlays(t *testing.T) {
	b := newBooth()
	defer b.close(t)
	b.Add(b.entry(piece{wave: hum, total: 600 * frame.SampleRate}))
	b.Play(0)
	var p, c frame.Block
	if n := testing.AllocsPerRun(500, func() { b.Take(&p, &c) }); n != 0 {
		t.Fatalf("%.1f allocations a block", n)
	}
}

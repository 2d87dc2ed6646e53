package plug_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects/plug"
)

// forgiving is a limit that a program on a busy machine keeps.
const forgiving = 2 * time.Second

// noise is a picture that no other is like.
func noise(w, h int, seed uint64) *frame.Video {
	v, random := frame.New(w, h), rand.NewPCG(seed, 1)
	for _, plane := range [][]byte{v.Y, v.U, v.V} {
		for i := range plane {
			plane[i] = byte(random.Uint64())
		}
	}
	v.PTS = time.Duration(seed) * time.Millisecond
	return v
}

// cropped is the same picture within a larger one.
func cropped(v *frame.Video) *frame.Video {
	big := frame.New(v.Width+64, v.Height+64)
	out := frame.New(v.Width, v.Height)
	out.YStride, out.CStride = big.YStride, big.CStride
	out.Y, out.U, out.V = big.Y[10*big.YStride+10:], big.U[5*big.CStride+5:], big.V[5*big.CStride+5:]
	out.Copy(v)
	return out
}

// each calls f with every pixel of the three planes of v.
func each(v *frame.Video, f func(plane, x, y, width int, pix *byte)) {
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	for i, p := range []struct {
		pix          []byte
		stride, w, h int
	}{{v.Y, v.YStride, v.Width, v.Height}, {v.U, v.CStride, cw, ch}, {v.V, v.CStride, cw, ch}} {
		for y := range p.h {
			for x := range p.w {
				f(i, x, y, p.w, &p.pix[y*p.stride+x])
			}
		}
	}
}

// differ counts the pixels that differ.
func differ(a, b *frame.Video) (n int) {
	var all []byte
	each(a, func(_, _, _, _ int, pix *byte) { all = append(all, *pix) })
	each(b, func(_, _, _, _ int, pix *byte) {
		if *pix != all[0] {
			n++
		}
		all = all[1:]
	})
	return n
}

func mirrored(v *frame.Video) *frame.Video {
	out := frame.New(v.Width, v.Height)
	planes := [3][]byte{out.Y, out.U, out.V}
	strides := [3]int{out.YStride, out.CStride, out.CStride}
	each(v, func(plane, x, y, width int, pix *byte) { planes[plane][y*strides[plane]+width-1-x] = *pix })
	return out
}

func brown(v *frame.Video) *frame.Video {
	out := frame.New(v.Width, v.Height)
	out.Fill(0, 114, 139)
	planes := [3][]byte{out.Y, out.U, out.V}
	each(v, func(plane, x, y, _ int, pix *byte) {
		if plane == 0 {
			planes[0][y*out.YStride+x] = *pix
		}
	})
	return out
}

// settle feeds pictures until the program is trusted.
func settle(t testing.TB, p *plug.Video, w, h int) {
	t.Helper()
	v := noise(w, h, 0)
	until(t, p, "running", func() bool { return p.Apply(v, forgiving) })
}

func TestTheSamplesChangePicturesOfAnySizeInTheirOrder(t *testing.T) {
	for name, c := range map[string]struct {
		argv []string
		want func(*frame.Video) *frame.Video
	}{
		"mirror":   {mirror(), mirrored},
		"sepia.py": {python(t, "sepia.py"), brown},
	} {
		t.Run(name, func(t *testing.T) {
			p := plug.NewVideo(c.argv)
			run(t, p)
			settle(t, p, 64, 48)
			seed := uint64(1)
			for _, size := range [][2]int{{640, 360}, {1280, 720}, {1, 1}, {639, 359}, {2, 7}, {64, 48}} {
				for range 5 {
					seed++
					before := noise(size[0], size[1], seed)
					v := cropped(before)
					if !p.Apply(v, forgiving) {
						t.Fatalf("%v passed untouched: %+v", size, p.State())
					}
					if n := differ(v, c.want(before)); n != 0 || v.PTS != before.PTS {
						t.Fatalf("%v: %d pixels differ, PTS %v", size, n, v.PTS)
					}
				}
			}
			if s := p.State(); s.Status != plug.Running || s.Err != nil || s.Restarts != 0 || s.RoundTrip <= 0 || s.Processed < 30 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// show is a picture loop at 30 pictures a second. It checks that what goes out is whole, of its own moment, and not old.
type show struct {
	*testing.T
	plug            *plug.Video
	number          uint64
	changed, passed int
	worst           time.Duration // age of the oldest picture
}

// tooOld is the age at which no picture may go out any more.
const tooOld = 200 * time.Millisecond

func (s *show) picture() (changed bool) {
	s.Helper()
	s.number++
	before := noise(320, 180, s.number)
	want := mirrored(before)
	v := cropped(before)
	taken := time.Now()
	changed = s.plug.Apply(v, plug.VideoLimit)
	age := time.Since(taken)
	s.worst = max(s.worst, age)
	if age > tooOld {
		s.Fatalf("picture %d went out %v old: %+v", s.number, age, s.plug.State())
	}
	if changed {
		s.changed++
	} else {
		s.passed++
		want = before
	}
	if n := differ(v, want); n != 0 {
		s.Fatalf("picture %d, changed %t: %d pixels differ", s.number, changed, n)
	}
	time.Sleep(time.Until(taken.Add(time.Second / 30)))
	return changed
}

// untouched shows so many pictures and fails if one of them is changed.
func (s *show) untouched(n int) {
	s.Helper()
	for range n {
		if s.picture() {
			s.Fatalf("picture %d is changed: %+v", s.number, s.plug.State())
		}
	}
}

// until shows pictures until the condition holds.
func (s *show) until(what string, holds func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); !holds(); s.picture() {
		if time.Now().After(end) {
			s.Fatalf("never %s: %+v", what, s.plug.State())
		}
	}
}

func (s *show) status(want plug.Status) {
	s.Helper()
	s.until(string(want), func() bool { return s.plug.State().Status == want })
}

func TestASlowPlugInIsNotWaitedForAndAStutteringOneIsForgiven(t *testing.T) {
	slow := plug.NewVideo(bad("is slow"))
	run(t, slow)
	v := noise(320, 180, 1)
	until(t, slow, "bypassed", func() bool {
		if slow.Apply(v, plug.VideoLimit) {
			t.Fatal("an answer after 60 ms was waited for")
		}
		return slow.State().Status == plug.Bypassed
	})
	if s := slow.State(); !errors.Is(s.Err, plug.ErrLate) || s.Processed != 0 {
		t.Errorf("%+v", s)
	}
	until(t, slow, "trusted under a longer limit", func() bool { return slow.Apply(v, forgiving) })

	stutters := plug.NewVideo(bad("stutters"))
	run(t, stutters)
	late := false
	until(t, stutters, "late and running again", func() bool {
		stutters.Apply(v, 40*time.Millisecond)
		s := stutters.State()
		late = late || s.Status == plug.Late && errors.Is(s.Err, plug.ErrLate)
		return late && s.Status == plug.Running && s.Err == nil
	})
}

func TestBadPlugInsAreToldFromGoodOnes(t *testing.T) {
	for manner, c := range map[string]struct {
		argv []string
		want error
		says string
	}{
		"missing":       {[]string{"no-such-plug-in"}, plug.ErrMissing, `"no-such-plug-in"`},
		"no program":    {[]string{"./sample/sepia.py"}, plug.ErrMissing, "permission denied"},
		"exits":         {bad("exits"), plug.ErrEnded, "exit status 3: no model found"},
		"prints":        {bad("prints"), plug.ErrProtocol, "Hello, I am"},
		"is newer":      {bad("is newer"), plug.ErrProtocol, "version 2"},
		"does sound":    {bad("does sound"), plug.ErrProtocol, "it processes"},
		"floods":        {bad("floods"), plug.ErrProtocol, ""},
		"resizes":       {bad("resizes"), plug.ErrProtocol, "64×48 in 4608 bytes with 65×48"},
		"lengthens":     {bad("lengthens"), plug.ErrProtocol, "in 4608 bytes with 64×48 in 2130711040"},
		"miscounts":     {bad("miscounts"), plug.ErrProtocol, "answers message 2 when 1 is due"},
		"answers twice": {bad("answers twice"), plug.ErrProtocol, ""},
	} {
		t.Run(manner, func(t *testing.T) {
			p := plug.NewVideo(c.argv)
			stop := run(t, p)
			before := noise(64, 48, 1)
			v := cropped(before)
			var s plug.State
			until(t, p, "crashed", func() bool {
				p.Apply(v, plug.VideoLimit)
				s = p.State()
				return s.Status == plug.Crashed
			})
			if !errors.Is(s.Err, c.want) || !strings.Contains(s.Err.Error(), c.says) || strings.Contains(s.Err.Error(), "\n") {
				t.Errorf("%v", s.Err)
			}
			if differ(v, before) != 0 {
				t.Error("the picture was touched")
			}
			until(t, p, "restarted", func() bool { return p.State().Restarts > 0 })
			stop()
			if s := p.State(); s.Status != plug.Stopped || s.Err != nil || s.PID != 0 || p.Apply(v, forgiving) {
				t.Errorf("after the end %+v", s)
			}
		})
	}
	if err := plug.NewVideo(nil).Run(t.Context()); !errors.Is(err, plug.ErrMissing) {
		t.Error(err)
	}
}

func TestRestartsBackOff(t *testing.T) {
	p, began := plug.NewVideo(bad("exits")), time.Now()
	run(t, p)
	until(t, p, "restarted three times", func() bool { return p.State().Restarts == 3 })
	if took := time.Since(began); took < 700*time.Millisecond {
		t.Errorf("three restarts in %v", took)
	}
	if s := p.State(); s.Said != "looking for the model\nno model found" {
		t.Errorf("said %q", s.Said)
	}
}

func TestAPlugInMayTalkAsMuchAsItLikes(t *testing.T) {
	p := plug.NewVideo(bad("chatters"))
	run(t, p)
	settle(t, p, 320, 180)
	v := noise(320, 180, 1)
	for range 20 {
		if !p.Apply(v, forgiving) {
			t.Fatalf("%+v", p.State())
		}
	}
}

func TestAPictureCostsNoMemory(t *testing.T) {
	p := plug.NewVideo(mirror())
	run(t, p)
	settle(t, p, 320, 180)
	v := noise(320, 180, 1)
	if n := testing.AllocsPerRun(100, func() { p.Apply(v, forgiving) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkVideo is the time that a picture takes there and back, beside that of a copy of it.
func BenchmarkVideo(b *testing.B) {
	b.Run("copy", func(b *testing.B) {
		v, from := frame.New(1280, 720), noise(1280, 720, 1)
		b.SetBytes(1280 * 720 * 3 / 2)
		for b.Loop() {
			v.Copy(from)
		}
	})
	for name, argv := range map[string][]string{"mirror": mirror(), "sepia.py": python(b, "sepia.py")} {
		b.Run(name, func(b *testing.B) {
			p := plug.NewVideo(argv)
			run(b, p)
			settle(b, p, 1280, 720)
			v := noise(1280, 720, 1)
			b.SetBytes(1280 * 720 * 3 / 2)
			for b.Loop() {
				if !p.Apply(v, forgiving) {
					b.Fatalf("%+v", p.State())
				}
			}
		})
	}
}

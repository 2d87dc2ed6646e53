package plug

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// FuzzOutput reads any bytes as the output of a program that owes two answers.
func FuzzOutput(f *testing.F) {
	heads := []header{
		{kind: kindVideo, length: 6, sequence: 7, pts: 1, width: 2, height: 2},
		{kind: kindAudio, length: 8, sequence: 8, pts: -1, width: 1, height: 2},
	}
	good := videoHello.append(nil)
	for _, h := range heads {
		p := new(parcel)
		p.fill(h)
		good = append(good, p.ask...)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), 0))
	f.Add([]byte("Hello"))
	f.Fuzz(func(t *testing.T, output []byte) {
		l := newLink(videoHello, len(heads))
		for _, h := range heads {
			p := new(parcel)
			p.fill(h)
			l.sent <- p
			l.written <- struct{}{}
		}
		l.read(bytes.NewReader(output))
		if !errors.Is(l.err, ErrProtocol) && !errors.Is(l.err, ErrEnded) {
			t.Fatalf("ended by %v", l.err)
		}
		at := len(videoHello.append(nil))
		for n := len(l.answers); n > 0; n-- {
			p := <-l.answers
			if !bytes.Equal(output[at:at+headerSize], p.ask[:headerSize]) || !bytes.Equal(output[at+headerSize:][:len(p.answer)], p.answer) {
				t.Fatalf("answer %d is not what the program wrote", p.head.sequence)
			}
			at += headerSize + len(p.answer)
		}
	})
}

func TestHeadersSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := header{
			kind: rapid.Uint32().Draw(t, "kind"), length: rapid.Uint32().Draw(t, "length"),
			sequence: rapid.Uint64().Draw(t, "sequence"), width: rapid.Uint32().Draw(t, "width"),
			height: rapid.Uint32().Draw(t, "height"),
		}
		var b [headerSize]byte
		h.put(b[:])
		if got := readHeader(b); got != h || h.check(got) != nil {
			t.Fatalf("%+v became %+v", h, got)
		}
		i := rapid.IntRange(0, headerSize-1).Draw(t, "byte")
		b[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		if err := h.check(readHeader(b)); !errors.Is(err, ErrProtocol) {
			t.Fatalf("a changed byte %d passed: %v", i, err)
		}
	})
}

func TestThreeAnswersInARowTurnTheBreaker(t *testing.T) {
	var b breaker
	for i, step := range []struct {
		timely bool
		want   Status
	}{
		{true, Starting},
		{true, Starting},
		{true, Running},
		{false, Late},
		{false, Late},
		{true, Running},
		{false, Late},
		{false, Late},
		{false, Bypassed},
		{true, Bypassed},
		{true, Bypassed},
		{false, Bypassed},
		{true, Bypassed},
		{true, Bypassed},
		{true, Running},
	} {
		if b.judge(step.timely); b.status() != step.want {
			t.Fatalf("step %d: %s, want %s", i, b.status(), step.want)
		}
	}
}

func TestAProgramThatNeverAnswersIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(videoHello, 1)
		l.spare().fill(header{kind: kindVideo, sequence: 1})
		l.send()
		time.Sleep(hangAfter)
		if !l.due(1) || l.err != nil {
			t.Fatalf("given up at once: %v", l.err)
		}
		time.Sleep(time.Millisecond)
		if !l.due(1) || !errors.Is(l.err, ErrSilent) {
			t.Fatalf("after %v: %v", hangAfter, l.err)
		}
	})
}

func TestAProgramThatNeverSaysHelloIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newProgram(nil, videoHello, 1), newLink(videoHello, 1)
		p.oversee(t.Context(), l)
		if !errors.Is(l.err, ErrSilent) || p.link != nil {
			t.Fatal(l.err)
		}
	})
}

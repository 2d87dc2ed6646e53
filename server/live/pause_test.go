package live

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestPause_messages_are_those_of_the_standard(t *testing.T) {
	raw := appendPause(nil, 0x01020304, pauseMessage{0xa1a2a3a4, pauseResume, 0x0506})
	want := []byte{
		0x89, 205, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0, // header: no media source
		0xa1, 0xa2, 0xa3, 0xa4, 0x10, 0, 5, 6, // entry
	}
	if !bytes.Equal(raw, want) {
		t.Errorf("got % x", raw)
	}
	list, err := rtcp.Unmarshal(raw)
	if err != nil || len(list) != 1 {
		t.Errorf("pion reads %v, %v", list, err)
	}
	report, err := (&rtcp.ReceiverReport{SSRC: 1}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	paused := []byte{ // with the extended highest sequence number as a parameter, and a second entry
		0x89, 205, 0, 7, 1, 2, 3, 4, 0, 0, 0, 0,
		0, 0, 0, 7, 0x20, 1, 0, 1, 0, 0, 1, 0,
		0, 0, 0, 8, 0x30, 0, 0, 2,
	}
	got := readPauses(append(append(report, paused...), raw...))
	if len(got) != 3 || got[0] != (pauseMessage{7, pausePaused, 1}) || got[1] != (pauseMessage{8, pauseRefused, 2}) ||
		got[2] != (pauseMessage{0xa1a2a3a4, pauseResume, 0x0506}) {
		t.Errorf("read %+v", got)
	}
}

// FuzzPauses: nothing that comes makes the reader fail, and what it reads it would write.
func FuzzPauses(f *testing.F) {
	f.Add(appendPause(nil, 1, pauseMessage{2, pausePaused, 3}))
	f.Add([]byte{0x89, 205, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, m := range readPauses(raw) {
			if again := readPauses(appendPause(nil, 1, m)); len(again) != 1 || again[0] != m {
				t.Errorf("%+v is written as %+v", m, again)
			}
		}
	})
}

// pausing drives a pauser in steps of 10 ms. flow tells whether packets come, given what was sent last.
func pausing(p *pauser, from, to int, wanted bool, quiet func(ms int) time.Duration) (sent []pauseKind) {
	for ms := from; ms < to; ms += 10 {
		if kind, ok := p.next(wanted, quiet(ms), dawn.Add(time.Duration(ms)*time.Millisecond)); ok {
			sent = append(sent, kind)
		}
	}
	return sent
}

func TestLayers_are_paused_while_nobody_wants_them(t *testing.T) {
	flowing := func(int) time.Duration { return 0 }
	silent := func(int) time.Duration { return time.Minute }
	kinds := func(t *testing.T, got []pauseKind, want ...pauseKind) {
		t.Helper()
		if !bytes.Equal(bytesOf(got), bytesOf(want)) {
			t.Errorf("sent %v, want %v", got, want)
		}
	}
	t.Run("not for a moment's absence", func(t *testing.T) {
		var p pauser
		kinds(t, pausing(&p, 0, 4900, false, flowing))
		kinds(t, pausing(&p, 4900, 5000, true, flowing))
		kinds(t, pausing(&p, 5000, 9900, false, flowing))
	})
	t.Run("and resumed at once, as often as it takes", func(t *testing.T) {
		var p pauser
		kinds(t, pausing(&p, 0, 5010, false, flowing), pausePause)
		kinds(t, pausing(&p, 5010, 9000, false, silent))
		kinds(t, pausing(&p, 9000, 9010, true, silent), pauseResume)
		kinds(t, pausing(&p, 9010, 9600, true, silent), pauseResume, pauseResume)
		kinds(t, pausing(&p, 9600, 20_000, true, flowing))
		kinds(t, pausing(&p, 20_000, 25_010, false, flowing), pausePause)
		if p.id != 2 {
			t.Errorf("the second pause has number %d", p.id)
		}
	})
	t.Run("and asked again if that was lost, but not for ever", func(t *testing.T) {
		var p pauser
		if got := pausing(&p, 0, 60_000, false, flowing); len(got) != pauseTries {
			t.Errorf("asked %d times", len(got))
		}
	})
	t.Run("and never where the publisher refuses", func(t *testing.T) {
		p := pauser{refused: true}
		kinds(t, pausing(&p, 0, 60_000, false, flowing))
	})
	t.Run("and one that was never paused is not resumed", func(t *testing.T) {
		var p pauser
		kinds(t, pausing(&p, 0, 60_000, true, silent))
	})
}

func bytesOf(list []pauseKind) (b []byte) {
	for _, k := range list {
		b = append(b, byte(k))
	}
	return b
}

package live

import (
	"testing"
	"time"
)

func TestA_beginning_that_had_to_be_tried_often_looks_like_loss(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		checks []time.Duration // when each came
		hello  time.Duration
		sent   time.Duration // our first datagram
		done   time.Duration
		lossy  bool
	}{
		{"next door", []time.Duration{0, 2 * ms}, 5 * ms, 6 * ms, 15 * ms, false},
		{"far away", []time.Duration{0, 48 * ms, 96 * ms}, 201 * ms, 202 * ms, 405 * ms, false},
		{"answers to checks were lost", []time.Duration{0, 48 * ms, 96 * ms, 144 * ms}, 150 * ms, 151 * ms, 160 * ms, true},
		{"our handshake was lost", []time.Duration{0, 2 * ms}, 5 * ms, 6 * ms, 110 * ms, true},
		{"a peer that is slow to begin", []time.Duration{0, 50 * ms}, 400 * ms, 401 * ms, 410 * ms, false},
		{"a peer that begins without a check", nil, 5 * ms, 6 * ms, 300 * ms, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tr tries
			zero := time.Unix(1000, 0)
			for _, at := range c.checks {
				tr.answer(zero.Add(at))
			}
			tr.heard(zero.Add(c.hello))
			tr.shake(zero.Add(c.sent))
			if got := tr.suspicious(zero.Add(c.done)); got != c.lossy {
				t.Errorf("looks like loss: %v", got)
			}
		})
	}
}

func TestOnly_what_was_tried_in_vain_is_sent_several_times(t *testing.T) {
	var tr tries
	zero := time.Unix(1000, 0)
	for i := range checksAlone {
		if n := tr.answer(zero); n != 1 {
			t.Errorf("check %d is answered %d times", i, n)
		}
	}
	if n := tr.answer(zero); n != anewCopies {
		t.Errorf("one more is answered %d times", n)
	}
	tr.heard(zero)
	if n := tr.answer(zero); n != 1 {
		t.Errorf("once its handshake has begun, a check is answered %d times", n)
	}
	if first, late := tr.shake(zero), tr.shake(zero.Add(patientFor+1)); first != 1 || late != anewCopies {
		t.Errorf("a datagram of the handshake is sent %d times at first, %d times later", first, late)
	}
}

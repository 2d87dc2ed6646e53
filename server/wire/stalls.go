package wire

import "time"

const (
	// stallLeast and stallFrames say from when on a viewer would see that no picture comes (W3C webrtc-stats, freezeCount): after three
	// frames, and a frame and stallLeast.
	stallLeast  = 150 * time.Millisecond
	stallFrames = 3
	// stallMost is the longest pause that counts as a stall: beyond it the stream was paused, or is interrupted, which is told otherwise.
	stallMost = 5 * time.Second
	// usualMost bounds what is taken for the usual time between pictures.
	usualMost = 200 * time.Millisecond
)

// Stalls counts pictures as they pass a place, as a screen that shows each at once would count them. Studio and server count alike, the
// one what leaves its encoder and the other what arrives, so that a stall which the one has and the other has not came to be between
// them. It is pure; the zero value is ready.
type Stalls struct {
	Pictures uint64
	// Stalled is the sum of stalls; Skipped that of the same in the pictures' own time, for what was never made cannot come.
	Stalled, Skipped time.Duration

	at    time.Time // when the newest passed
	usual time.Duration
}

// Take takes a picture that passes, by its own time a step after the one before.
func (s *Stalls) Take(step time.Duration, now time.Time) {
	if s.Pictures++; s.Pictures == 1 {
		s.at, s.usual = now, usualMost/2
		return
	}
	gap := now.Sub(s.at)
	s.at = now
	if limit := max(stallFrames*s.usual, s.usual+stallLeast); gap > limit && gap <= stallMost {
		s.Stalled += gap
		if step > limit {
			s.Skipped += min(step, gap)
		}
	}
	s.usual += (min(gap, usualMost) - s.usual) / 16
}

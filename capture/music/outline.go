package music

import "io"

// Peak is the lowest and the highest sample of a stretch of sound, both channels together.
type Peak struct{ Min, Max float32 }

// Outline measures a track for drawing its waveform: so many equal columns over its length. It works in steps, so that the
// caller can show progress and stop at any time, and holds the columns only. It moves the track, which therefore should not
// be one that plays. Not safe for concurrent use.
type Outline struct {
	track *Track
	peaks []Peak
	begun bool
	at    int64
}

// NewOutline prepares to measure; Step does it.
func NewOutline(t *Track, columns int) *Outline {
	return &Outline{track: t, peaks: make([]Peak, columns)}
}

// Step measures the next 40 to 250 ms of sound, depending on the file's rate. It returns io.EOF when all is measured; after
// another error, what was measured so far holds. It waits for the disk.
func (o *Outline) Step() error {
	t := o.track
	if !o.begun {
		t.rest, t.ended, o.begun = nil, false, true
		if err := t.locate(0); err != nil {
			return t.failed(err)
		}
	}
	n, err := t.decode(t.raw)
	if err == io.EOF {
		o.at = t.source.length
		return io.EOF
	}
	if err != nil {
		return t.failed(err)
	}
	for i := range n {
		p := &o.peaks[(o.at+int64(i))*int64(len(o.peaks))/t.source.length]
		l, r := t.raw[2*i], t.raw[2*i+1]
		p.Min, p.Max = min(p.Min, l, r), max(p.Max, l, r)
	}
	o.at += int64(n)
	return nil
}

// Progress is how much is measured, 0 to 1.
func (o *Outline) Progress() float64 { return float64(o.at) / float64(o.track.source.length) }

// Peaks are the columns; those not measured yet are zero. They stay the outline's own.
func (o *Outline) Peaks() []Peak { return o.peaks }

package audio

// echoDoor tells whether somebody near speaks while there is an echo. A band cannot tell for sure, because what is left of the echo
// comes and goes and a voice is soft in most bands; all together can: at the microphone a voice is not much softer than the echo, and
// what the canceller leaves is. Who speaks opens the door and may be softer for a while; while nobody does it is shut, so that what
// is left cannot be raised to a voice's loudness by the automatic gain.
type echoDoor struct {
	echo   float32 // power, falls slowly
	kept   float32 // power, smoothed
	unsure float32 // power that the model's own uncertainty lets expect: when the loudspeaker falls silent, more than the echo's
	wary   float32 // 1 when the model has just changed, and less later
	open   int     // blocks for which it stays open
	gain   float32
}

const (
	doorFall   = .96  // of the echo's power, a block: a voice is compared with syllables, not with the pauses after them
	doorOpens  = .03  // of the echo's power: −15 dB
	doorUnsure = 1    // how far what is left may lie above what the uncertainty lets expect
	doorStays  = .002 // −27 dB
	doorHold   = 20   // blocks
	doorWary   = 4    // how much louder a voice has to be while the model is new
	doorCalms  = .995 // of being wary, a block: half in 1.4 s
	doorShuts  = .5   // of the gain, a block
	doorShut   = .03  // gain
	doorQuiet  = 1e-9 // power of an echo that nobody hears
)

// pass returns the gain of a block, of which so much power was kept after so much echo.
func (d *echoDoor) pass(kept, echo float32) float32 {
	d.echo = max(echo, d.echo*doorFall)
	d.kept += (kept - d.kept) / 2
	d.wary *= doorCalms
	if d.kept >= doorOpens*(1+doorWary*d.wary)*d.echo+doorUnsure*d.unsure {
		d.open = doorHold
	} else if d.open > 0 && d.kept < doorStays*d.echo {
		d.open--
	}
	if d.open > 0 || d.echo < doorQuiet {
		d.gain = 1
	} else {
		d.gain = max(d.gain*doorShuts, doorShut)
	}
	return d.gain
}

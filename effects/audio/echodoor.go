package audio

// echoDoor tells whether somebody near speaks while there is an echo. A band cannot tell for sure, because what is left of the echo
// comes and goes and a voice is soft in most bands; all together can: at the microphone a voice is not much softer than the echo, and
// what the canceller leaves is. Only what the model's own uncertainty cannot explain speaks for a voice: a sound that the loudspeaker plays
// for the first time, as the hiss of an s, is left as loud as a voice for a moment, in the bins of which the model knows little.
// Who speaks opens the door and may be softer for a while; while nobody does it is shut, so that what is left cannot be raised to a voice's
// loudness by the automatic gain.
type echoDoor struct {
	echo float32 // power, falls slowly
	near float32 // power that speaks for a voice, smoothed
	open int     // blocks for which it stays open
	gain float32
}

const (
	doorFall  = .96  // of the echo's power, a block: a voice is compared with syllables, not with the pauses after them
	doorRises = .7   // of the smoothing, a block
	doorOpens = .08  // of the echo's power: −11 dB
	doorStays = .002 // −27 dB
	doorHold  = 6    // blocks: who answers at once must not come back through what the last word left open
	doorShuts = .5   // of the gain, a block
	doorShut  = .003 // gain
	doorQuiet = 1e-9 // power of an echo that nobody hears
)

// pass returns the gain of a block in which so much power speaks for a voice, after so much echo.
func (d *echoDoor) pass(near, echo float32) float32 {
	d.echo = max(echo, d.echo*doorFall)
	d.near += (near - d.near) * doorRises
	if d.near >= doorOpens*d.echo {
		d.open = doorHold
	} else if d.open > 0 && d.near < doorStays*d.echo {
		d.open--
	}
	if d.open > 0 || d.echo < doorQuiet {
		d.gain = 1
	} else {
		d.gain = max(d.gain*doorShuts, doorShut)
	}
	return d.gain
}

package synthetic

import (
	"math"
	"time"

	"vitrine/capture/frame"
)

// The beep that marks each whole second, and the voice below it.
const (
	BeepHz       = 1000
	BeepDuration = 40 * time.Millisecond
	// BeepLevel is the beep's amplitude, −12 dBFS.
	BeepLevel = 0.25119

	beepSamples = int64(BeepDuration) * frame.SampleRate / int64(time.Second)
	fadeSamples = 96
	voiceLevel  = 0.055 // keeps the voice near −30 dBFS RMS
	harmonics   = 20
	phrase      = 60 // seconds after which the voice repeats, so that its phase stays exact
)

// Sound writes the 10 ms of sound that begin at the Unix time at: a quiet hum with the rhythm and formants of speech, and
// a 1 kHz beep of 40 ms that begins with the sample nearest to each whole second. It depends on at only, so blocks made
// anywhere fit together. Both channels are equal.
func Sound(b *frame.Block, at time.Time) {
	first := at.Unix()*frame.SampleRate + (int64(at.Nanosecond())*frame.SampleRate+int64(time.Second)/2)/int64(time.Second)
	for i := range int64(frame.BlockSamples) {
		n := first + i
		s := float32(voice(n%(phrase*frame.SampleRate)) + beep(n%frame.SampleRate))
		b[2*i], b[2*i+1] = s, s
	}
}

// beep is the beep's sample n after the whole second. It starts at once, for an exact onset, and ends softly.
func beep(n int64) float64 {
	if n >= beepSamples {
		return 0
	}
	gain := BeepLevel * min(1, float64(beepSamples-n)/fadeSamples)
	return gain * math.Sin(2*math.Pi*BeepHz*float64(n)/frame.SampleRate)
}

// vowels are the first two formants of a, e, i, o, u in Hz (Peterson and Barney 1952, men, rounded).
var vowels = [5][2]float64{{730, 1090}, {530, 1840}, {270, 2290}, {570, 840}, {300, 870}}

// voice is sample n of the phrase: harmonics of a gliding pitch, weighted by the formants of the syllable's vowel, four
// syllables a second with a breath after every third second.
func voice(n int64) float64 {
	t := float64(n) / frame.SampleRate
	syllable := int(t * 4)
	inside := t*4 - float64(syllable)
	if syllable%12 >= 10 {
		return 0
	}
	envelope := math.Sin(math.Pi * inside)
	// The integral of a pitch of 120 Hz ± 15 Hz that glides with 0.5 Hz; whole periods fit into the phrase.
	phase := 2*math.Pi*120*t - 15/0.5*math.Cos(2*math.Pi*0.5*t)
	sin, cos := math.Sincos(math.Mod(phase, 2*math.Pi))
	weights := &vowelWeights[(syllable*7+syllable/3)%len(vowels)]
	// sin kφ = 2 cos φ · sin (k−1)φ − sin (k−2)φ
	before, now, sum := 0.0, sin, 0.0
	for _, w := range weights {
		sum += w * now
		before, now = now, 2*cos*now-before
	}
	return voiceLevel * envelope * envelope * sum
}

// vowelWeights is the strength of each harmonic of 120 Hz under the vowels' formants.
var vowelWeights = func() (all [5][harmonics]float64) {
	for v, formants := range vowels {
		for k := range harmonics {
			hz := 120 * float64(k+1)
			for i, f := range formants {
				d := (hz - f) / (90 + 60*float64(i))
				all[v][k] += 1 / (1 + d*d) / float64(i+1)
			}
		}
	}
	return all
}()

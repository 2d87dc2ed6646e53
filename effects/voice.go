package effects

import "fmt"

// Bands are the equaliser's: octaves from 31.5 Hz to 16 kHz.
const Bands = 10

// Voice is what the host chose for the microphone's sound. The zero value changes nothing.
type Voice struct {
	// Echo takes out what the host's loudspeaker plays, Rumble what lies below a voice.
	Echo   bool  `json:"echo"`
	Rumble bool  `json:"rumble"`
	Noise  Noise `json:"noise"`
	// Level brings the voice to −16 LUFS.
	Level bool `json:"level"`
	// Gate closes the microphone while nobody speaks; Press evens loud and quiet out, 0 to 100.
	Gate  bool `json:"gate"`
	Press int  `json:"press"`
	// Equaliser is in decibels, −12 to 12, from low to high.
	Equaliser [Bands]int `json:"equaliser"`
	// Pitch and Formant shift the voice and its timbre, −12 to 12 semitones. Robot speaks on one note, Telephone through a
	// telephone's band.
	Pitch     int  `json:"pitch"`
	Formant   int  `json:"formant"`
	Robot     bool `json:"robot"`
	Telephone bool `json:"telephone"`
	// Reverb is the room that is heard, Wet its strength, 0 to 100.
	Reverb Reverb `json:"reverb"`
	Wet    int    `json:"wet"`
}

// Noise is how noise is suppressed.
type Noise string

// Kinds of noise suppression.
const (
	KeepNoise   Noise = ""
	LightNoise  Noise = "light"
	StrongNoise Noise = "strong"
)

// Reverb is a room.
type Reverb string

// Rooms.
const (
	DryRoom    Reverb = ""
	StudioRoom Reverb = "studio"
	SmallRoom  Reverb = "room"
	HallRoom   Reverb = "hall"
	PlateRoom  Reverb = "plate"
)

// Changer is a voice changer's preset under a name that the window translates.
type Changer string

// Changers.
const (
	OwnVoice   Changer = "off"
	Deeper     Changer = "deeper"
	Brighter   Changer = "brighter"
	Child      Changer = "child"
	Robot      Changer = "robot"
	Chipmunk   Changer = "chipmunk"
	InTheHall  Changer = "hall"
	OnThePhone Changer = "telephone"
)

// Changers are all presets in the order in which they are offered.
var Changers = [...]Changer{OwnVoice, Deeper, Brighter, Child, Robot, Chipmunk, InTheHall, OnThePhone}

var changers = map[Changer]Voice{
	OwnVoice:   {},
	Deeper:     {Pitch: -4, Formant: -2},
	Brighter:   {Pitch: 2, Formant: 2},
	Child:      {Pitch: 7, Formant: 4},
	OnThePhone: {Telephone: true},
	Robot:      {Robot: true},
	Chipmunk:   {Pitch: 12, Formant: 9},
	InTheHall:  {Reverb: HallRoom, Wet: 35},
}

// With is the voice with a preset's changer and reverb; all else stays.
func (v Voice) With(c Changer) Voice {
	p := changers[c]
	v.Pitch, v.Formant, v.Robot, v.Telephone, v.Reverb, v.Wet = p.Pitch, p.Formant, p.Robot, p.Telephone, p.Reverb, p.Wet
	return v
}

// Changer is the preset that the voice has, "" if the host made its own.
func (v Voice) Changer() Changer {
	for _, c := range Changers {
		if v.With(c) == v {
			return c
		}
	}
	return ""
}

// CleanVoice is what a first start begins with: clean and level, nothing else.
func CleanVoice() Voice { return Voice{Rumble: true, Noise: LightNoise, Level: true} }

// Validate reports the first thing that is wrong, in a sentence for the host.
func (v Voice) Validate() error {
	for _, n := range []struct {
		name      string
		value     int
		low, high int
	}{
		{"pitch", v.Pitch, -12, 12}, {"timbre", v.Formant, -12, 12}, {"evenness", v.Press, 0, 100}, {"reverb", v.Wet, 0, 100},
	} {
		if n.value < n.low || n.value > n.high {
			return fmt.Errorf("choose %d to %d for %s, not %d", n.low, n.high, n.name, n.value)
		}
	}
	for _, g := range v.Equaliser {
		if g < -12 || g > 12 {
			return fmt.Errorf("the equaliser goes from −12 to 12 dB, not to %d", g)
		}
	}
	switch v.Noise {
	case KeepNoise, LightNoise, StrongNoise:
	default:
		return fmt.Errorf("noise can be kept or suppressed lightly or strongly, not %q", v.Noise)
	}
	switch v.Reverb {
	case DryRoom, StudioRoom, SmallRoom, HallRoom, PlateRoom:
		return nil
	}
	return fmt.Errorf("there is no room named %q", v.Reverb)
}

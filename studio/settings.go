package studio

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/server/wire"
	"vitrine/studio/mix"
)

// SourceID names a source within a session.
type SourceID string

// Source is something a scene can show: an input under the name the host gave it.
type Source struct {
	ID    SourceID    `json:"id"`
	Name  string      `json:"name"`
	Input frame.Input `json:"input"`
}

// Server is where the show goes.
type Server struct {
	// Address is as the host typed it: "shop.example", "http://127.0.0.1:8080".
	Address string      `json:"address"`
	Show    wire.ShowID `json:"show"`
	Token   string      `json:"token"`
}

// Microphone is how the voice comes in.
type Microphone struct {
	// Device is the Device.ID; "" is the system's default.
	Device string `json:"device"`
	// Channels is 1 (mono, heard on both sides) or 2.
	Channels int  `json:"channels"`
	Muted    bool `json:"muted"`
	// GainDB is added before the mix, −40 to +20.
	GainDB float64 `json:"gain_db"`
}

// Limits of the microphone's gain in decibels.
const (
	MinGainDB = -40
	MaxGainDB = 20
)

// Output is how the show is encoded.
type Output struct {
	// Codec is frame.H264, frame.VP8, or "" for a show of sound only.
	Codec  frame.Codec  `json:"codec"`
	Format frame.Format `json:"format"`
	// VideoBitrate is in bits a second; 0 chooses by format.
	VideoBitrate int `json:"video_bitrate"`
	// AudioBitrate is in bits a second, 16,000 to 128,000.
	AudioBitrate int `json:"audio_bitrate"`
	// KeyInterval is the longest time between two key frames.
	KeyInterval time.Duration `json:"key_interval"`
}

// Bitrate is the video bitrate in bits a second that the output asks for: what the host chose, or about a tenth of a bit a
// pixel at 30 frames a second, less for more frames because they differ less.
func (o Output) Bitrate() int {
	if o.VideoBitrate > 0 {
		return o.VideoBitrate
	}
	pixels := float64(o.Format.Width * o.Format.Height)
	rate := pixels * 30 * 0.1
	if o.Format.FPS > 30 {
		rate *= 1.5
	}
	return int(max(rate, 300_000))
}

// Unfinished is a show on air. It is kept as long as the show is, so one that is found at a start was cut off.
type Unfinished struct {
	Address string      `json:"address"`
	Show    wire.ShowID `json:"show"`
	// Until is when media was last known to flow.
	Until time.Time `json:"until"`
}

// Plugins are the command lines of outside programs that keep to effects/plug/PROTOCOL.md; "" is none. A word with spaces
// stands in double quotes; no shell reads them.
type Plugins struct {
	Picture string `json:"picture"`
	Voice   string `json:"voice"`
}

// Person is the look and the voice of somebody who hosts, kept under a name.
type Person struct {
	Name  string        `json:"name"`
	Look  effects.Look  `json:"look"`
	Voice effects.Voice `json:"voice"`
}

// Settings is all that survives a restart. The zero value is not valid; start from Defaults.
type Settings struct {
	Server     Server     `json:"server"`
	Sources    []Source   `json:"sources"`
	Selected   SourceID   `json:"selected"`
	Microphone Microphone `json:"microphone"`
	// Speaker is the Device.ID of the output; "" is the system's default.
	Speaker string `json:"speaker"`
	// Headphones are the Device.ID of the output for what the host alone listens to, "" for none.
	Headphones string `json:"headphones,omitempty"`
	Output     Output `json:"output"`
	// Look and Voice are the effects on picture and microphone; People are those that were kept under a name.
	Look   effects.Look  `json:"look"`
	Voice  effects.Voice `json:"voice"`
	People []Person      `json:"people"`
	// Card is the product shown, in the picture.
	Card Card `json:"card"`
	// Plugins are outside programs that process picture and voice.
	Plugins Plugins `json:"plugins"`
	// Music is how the music plays, Tracks are the paths of its files in order, Pads the volumes of the pads in dB, PadFiles the paths of
	// the host's own sounds, "" for the studio's.
	Music    Music                 `json:"music"`
	Tracks   []string              `json:"tracks"`
	Pads     [mix.PadCount]float64 `json:"pads"`
	PadFiles [mix.PadCount]string  `json:"pad_files"`
	// Language is "en", "zh" or "" for the system's; Theme is "light", "dark" or "" for the system's.
	Language string `json:"language"`
	Theme    string `json:"theme"`
	// QuietOrders has no sound tell of a new order.
	QuietOrders bool `json:"quiet_orders,omitempty"`
	// QuietCues are the cues that are not heard.
	QuietCues []Cue `json:"quiet_cues,omitempty"`
	// Keys are the keys that the host chose for what the window does; what is missing has its usual key.
	Keys Keys `json:"keys,omitempty"`
	// Unfinished is nil while the studio is off air and after a show that was ended.
	Unfinished *Unfinished `json:"unfinished,omitempty"`
}

// Defaults is what a first start begins with: no source yet, 720p30 in H.264, 96 kbit/s of sound, a natural look, a clean voice,
// and music well below it. What is sold as music lies at −8 to −14 LUFS: 14 dB lower it fills a pause, and ducked by 12 dB more it
// leaves a voice at −18 LUFS its 18 dB.
func Defaults() Settings {
	s := Settings{
		Music: Music{GainDB: -14, Crossfade: 2, Loop: mix.LoopAll, Duck: true},
		Look:  effects.Look{}.With(effects.Natural), Voice: effects.CleanVoice(),
		Microphone: Microphone{Channels: 1},
		Card:       Card{Corner: BottomLeft, Stock: true, Timer: true, Language: "en"},
		Output: Output{
			Codec: frame.H264, Format: frame.Format{Width: 1280, Height: 720, FPS: 30},
			AudioBitrate: 96_000, KeyInterval: 2 * time.Second,
		},
	}
	for i := range s.Pads {
		s.Pads[i] = -8
	}
	return s
}

// Limits of what an output may be.
const (
	minVideoBitrate = 100_000
	maxVideoBitrate = 50_000_000
	minAudioBitrate = 16_000
	maxAudioBitrate = 128_000
	minKeyInterval  = 250 * time.Millisecond
	maxKeyInterval  = time.Minute
	maxSources      = 64
	maxPeople       = 32
	maxName         = 80
)

// Validate reports the first thing that is wrong, in a sentence for the host.
func (o Output) Validate() error {
	f := o.Format
	switch {
	case o.Codec != "" && o.Codec != frame.H264 && o.Codec != frame.VP8:
		return fmt.Errorf("the picture can be sent as H264 or VP8, not as %q", o.Codec)
	case f.Width < 320 || f.Height < 180 || f.Width > 3840 || f.Height > 2160 || f.Width%2 != 0 || f.Height%2 != 0:
		return fmt.Errorf("a picture of %d×%d cannot be sent: choose even numbers from 320×180 to 3840×2160", f.Width, f.Height)
	case f.FPS < frame.MinFPS || f.FPS > frame.MaxFPS:
		return fmt.Errorf("choose %d to %d pictures a second, not %d", frame.MinFPS, frame.MaxFPS, f.FPS)
	case o.VideoBitrate != 0 && (o.VideoBitrate < minVideoBitrate || o.VideoBitrate > maxVideoBitrate):
		return fmt.Errorf("choose a video bitrate of %d to %d kbit/s", minVideoBitrate/1000, maxVideoBitrate/1000)
	case o.AudioBitrate < minAudioBitrate || o.AudioBitrate > maxAudioBitrate:
		return fmt.Errorf("choose a sound bitrate of %d to %d kbit/s", minAudioBitrate/1000, maxAudioBitrate/1000)
	case o.KeyInterval < minKeyInterval || o.KeyInterval > maxKeyInterval:
		return fmt.Errorf("choose a key frame interval of %v to %v", minKeyInterval, maxKeyInterval)
	}
	return nil
}

// Validate reports the first thing that is wrong.
func (m Microphone) Validate() error {
	if m.Channels != 1 && m.Channels != 2 {
		return fmt.Errorf("a microphone has 1 or 2 channels, not %d", m.Channels)
	}
	if !(m.GainDB >= MinGainDB && m.GainDB <= MaxGainDB) {
		return fmt.Errorf("choose a gain of %d to %d dB", MinGainDB, MaxGainDB)
	}
	return nil
}

// Validate reports the first thing that is wrong.
func (s Settings) Validate() error {
	if err := s.Output.Validate(); err != nil {
		return err
	}
	if err := s.Microphone.Validate(); err != nil {
		return err
	}
	if err := s.Look.Validate(); err != nil {
		return err
	}
	if err := s.Card.Validate(); err != nil {
		return err
	}
	if err := s.Voice.Validate(); err != nil {
		return err
	}
	if err := s.Music.Validate(); err != nil {
		return err
	}
	if err := s.Keys.Validate(); err != nil {
		return err
	}
	if len(s.Tracks) > maxTracks {
		return fmt.Errorf("the playlist has at most %d tracks", maxTracks)
	}
	for _, db := range s.Pads {
		if !goodVolume(db) {
			return errVolume
		}
	}
	if len(s.Sources) > maxSources {
		return fmt.Errorf("a show has at most %d sources", maxSources)
	}
	seen := map[SourceID]bool{}
	for _, src := range s.Sources {
		if src.ID == "" || seen[src.ID] {
			return fmt.Errorf("two sources share the id %q", src.ID)
		}
		seen[src.ID] = true
	}
	if s.Selected != "" && !seen[s.Selected] {
		return fmt.Errorf("the selected source %q does not exist", s.Selected)
	}
	return nil
}

func (s Settings) clone() Settings {
	s.Sources, s.People = slices.Clone(s.Sources), slices.Clone(s.People)
	s.Tracks, s.QuietCues, s.Keys = slices.Clone(s.Tracks), slices.Clone(s.QuietCues), maps.Clone(s.Keys)
	return s
}

// ErrSettings says that kept settings could not be read; the keeper has set the file aside.
var ErrSettings = errors.New("the settings could not be read")

// ParseSettings reads what Settings.Marshal wrote. Fields that are absent keep their defaults.
func ParseSettings(b []byte) (Settings, error) {
	s := Defaults()
	if err := json.Unmarshal(b, &s); err != nil {
		return Defaults(), fmt.Errorf("%w: %w", ErrSettings, err)
	}
	if err := s.Validate(); err != nil {
		return Defaults(), fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return s, nil
}

// Marshal is the settings as indented JSON.
func (s Settings) Marshal() ([]byte, error) { return json.MarshalIndent(s, "", "  ") }

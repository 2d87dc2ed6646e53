package studio

import (
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/effects/plug"
	"vitrine/server/wire"
	"vitrine/studio/mix"
)

// Snapshot is the whole show at one moment. It is immutable: readers share it, nobody writes to it or to its slices.
type Snapshot struct {
	Settings Settings
	// Devices is what the machine has now.
	Devices []frame.Device
	// Sources runs parallel to Settings.Sources.
	Sources []SourceStatus
	// Program says what the viewers would see.
	Program Program
	Sound   Sound
	Music   MusicStatus
	Air     Air
	// Room is the conversation of the chosen show; never nil, and the same as before where nothing has changed.
	Room *Room
	// Stage is who is on stage beside the host; never nil, and the same as before where nothing has changed.
	Stage *Stage
	// Guest is the studio in somebody else's show; nil while it is in its own.
	Guest *Guest
	// Rules are the shop's rules for what may be said; nil before OpenRules, and the same as before where nothing has changed.
	Rules *Rules
	// Shop is what is sold in the chosen show; never nil, and the same as before where nothing has changed.
	Shop     *Shop
	Audience Audience
	// Notices are what the host should know, newest last, at most maxNotices.
	Notices []Notice
	// Unfinished is the show that a crash of the studio cut off, once the server says that it waits for its host; nil when there
	// is none. GoLive goes on with it.
	Unfinished *Unfinished
	// PicturePlugin and VoicePlugin are how the outside programs do.
	PicturePlugin, VoicePlugin plug.State
	// Undo is what Undo would take back; the zero value when there is nothing.
	Undo Change
}

// Status is where a device or source stands.
type Status string

// Statuses. A source that is not selected is idle: only what is shown runs.
const (
	Idle    Status = "idle"
	Opening Status = "opening"
	Running Status = "running"
	Paused  Status = "paused"
	Failed  Status = "failed" // Problem says why; the session tries again by itself
)

// SourceStatus is how a source does.
type SourceStatus struct {
	Status  Status
	Problem Problem
	// Width, Height and FPS are what it delivers, not what was asked for; zero before the first picture.
	Width, Height int
	FPS           float64
}

// Showing is what kind of picture the program holds.
type Showing string

// Kinds of program picture.
const (
	ShowingSource Showing = "source"
	ShowingLast   Showing = "last"  // the source stopped; its last picture stands
	ShowingSlate  Showing = "slate" // nothing to show
)

// Program is the picture that goes out.
type Program struct {
	Showing Showing
	// Format is what is encoded now: what the host asked for, or less while the encoder is overloaded.
	Format frame.Format
	// Reduced says that the encoder could not keep up and Format was lowered.
	Reduced bool
	// Thrift is what of the look is left out because the computer is too slow.
	Thrift effects.Thrift
	// FPS is what left the encoder over the last second; zero off air.
	FPS float64
	// EncodeTime is the mean time to encode a picture over the last second.
	EncodeTime time.Duration
	// Dropped counts pictures that the encoder had no time for, since going live.
	Dropped uint64
	// Layers are the sizes in which the picture goes out, largest first.
	Layers [frame.Layers]LayerStatus
}

// LayerState says whether a layer is encoded.
type LayerState string

// States of a layer. The zero value is that of every layer off air.
const (
	LayerIdle   LayerState = ""
	LayerOn     LayerState = "on"
	LayerPaused LayerState = "paused" // nobody watches it
	LayerOff    LayerState = "off"    // the path does not carry it
)

// LayerStatus is how one layer does. The figures are those of the last second.
type LayerStatus struct {
	State  LayerState
	Format frame.Format
	FPS    float64
	// Bitrate is in bits a second.
	Bitrate int
	// Skipped counts pictures that the rate control left out, since going live.
	Skipped uint64
}

// Sound is the sound that goes out.
type Sound struct {
	Status  Status
	Problem Problem
	// Voice is the level of the microphone behind its gain, Music that of the music behind gain and ducking, Master the level of
	// the program.
	Voice, Music, Master mix.Level
	// DuckDB is how far the music gives way to the voice now, 0 or less.
	DuckDB   float64
	Loudness Loudness
	// Silence and Dropped count 10 ms blocks that were missing or in excess.
	Silence, Dropped uint64
	// Delay is what the effects add between the microphone and the program.
	Delay time.Duration
	// Speaker is how the output does while something plays.
	Speaker        Status
	SpeakerProblem Problem
}

// Loudness is the program's after EBU R 128, in LUFS, mix.Floor or mix.Silence where there is none.
type Loudness struct {
	// Momentary is over 400 ms, ShortTerm over 3 s, Integrated since the show went on air, or since the start.
	Momentary, ShortTerm, Integrated float64
}

// MusicStatus is the background music now.
type MusicStatus struct {
	// Tracks is the playlist; Reading counts the files that are still to be read into it.
	Tracks  []TrackStatus
	Reading int
	// Current is the track that is heard or would be next, 0 in an empty playlist.
	Current mix.EntryID
	Playing bool
	// Cued says that the host alone hears the music.
	Cued bool
	// Listening is the track that the host alone hears on the headphones, 0 for none.
	Listening mix.EntryID
	// Position and Length are the current track's; Outline draws it.
	Position, Length time.Duration
	Outline          Outline
	Pads             []mix.PadState
	// Monitor is how the speaker does that the host hears the music on.
	Monitor        Status
	MonitorProblem Problem
}

// TrackStatus is a track of the playlist.
type TrackStatus struct {
	ID            mix.EntryID
	Title, Artist string
	Length        time.Duration
	// Problem is why it did not play or not to its end, in English; "" when it did.
	Problem string
}

// Outline is a track's waveform: columns of equal length, of which a share, 0 to 1, is measured so far.
type Outline struct {
	Peaks []Peak
	Share float64
}

// AirPhase is where the show stands between off and on air.
type AirPhase string

// Phases of being on air.
const (
	OffAir   AirPhase = "off"
	Starting AirPhase = "starting" // Go live was pressed, no media has flowed yet
	OnAir    AirPhase = "on"       // media has flowed; Link says whether it does now
	Ending   AirPhase = "ending"
)

// Air is the show's way out.
type Air struct {
	Phase AirPhase
	// Since is when media first flowed; zero before.
	Since time.Time
	Link  frame.Link
	// Viewers is the number of people watching, as the server last said; Title the show's title there.
	Viewers int
	Title   string
	// WatchURL is the page to give to viewers; "" until a server and a show are set.
	WatchURL string
	// Truth is what the viewers see, as the server last said on air; nil while it does not.
	Truth *wire.Truth
}

// Trouble says what went wrong in one word, so that the window can say it in the host's language.
type Trouble string

// Troubles.
const (
	NoTrouble      Trouble = ""
	DeviceBusy     Trouble = "device_busy"
	DeviceGone     Trouble = "device_gone"
	FileGone       Trouble = "file_gone"
	DeviceRefused  Trouble = "device_refused"
	DeviceFormat   Trouble = "device_format"
	DeviceSilent   Trouble = "device_silent"
	InputEnded     Trouble = "input_ended"
	InputFailed    Trouble = "input_failed"
	EncoderFailed  Trouble = "encoder_failed"
	EncoderSlow    Trouble = "encoder_slow" // the format was lowered; Detail holds the new one
	EncoderEased   Trouble = "encoder_eased"
	SettingsAside  Trouble = "settings_aside" // the settings file was damaged and set aside
	SettingsUnsafe Trouble = "settings_unsaved"
	EffectsSpared  Trouble = "effects_spared"  // the look was cut back; Program.Thrift says how far
	PluginFailed   Trouble = "plugin"          // an outside program is bypassed; Name is its command line
	EffectsMissing Trouble = "effects_missing" // the build holds no models, or damaged ones
	GradeFailed    Trouble = "grade"
	MusicFailed    Trouble = "music"
	LinkTrouble    Trouble = "link" // Fault says which
	ShowWasClosed  Trouble = "show_closed"
	EditsUnkept    Trouble = "edits_unkept"    // edits of the shop are not on the disk: a crash of the studio would lose them
	PictureMissing Trouble = "picture_missing" // the server cannot fetch a product's picture; Name is the product's title
)

// Problem is a trouble with its cause. The zero value is no problem.
type Problem struct {
	Trouble Trouble
	// Name is the device, source or file it is about.
	Name string
	// Detail is the cause in English.
	Detail string
	Fault  frame.Fault
}

// Notice is a problem at a time.
type Notice struct {
	// Seq numbers notices from 1 in a session.
	Seq  int
	When time.Time
	Problem
}

const maxNotices = 20

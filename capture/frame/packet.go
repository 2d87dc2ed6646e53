package frame

import (
	"fmt"
	"time"
)

// Codec names an encoding by its name in SDP.
type Codec string

// The codecs the studio can send.
const (
	H264 Codec = "H264"
	VP8  Codec = "VP8"
	Opus Codec = "opus"
)

// Packet is one encoded access unit: a whole picture (H.264 in Annex B, with SPS and PPS before each key frame) or one
// Opus packet. Data belongs to the receiver.
type Packet struct {
	Data []byte
	// PTS is when the picture was taken, or the first sample of the sound, on the show's clock.
	PTS time.Duration
	// Duration is 1/fps for a picture and the packet's length for sound.
	Duration time.Duration
	Key      bool
	// Layer is the size of a picture; sound has none.
	Layer Layer
}

// Format is what a picture should look like.
type Format struct {
	Width, Height int // pixels, even
	FPS           int // frames a second
}

func (f Format) String() string { return fmt.Sprintf("%dx%d %d fps", f.Width, f.Height, f.FPS) }

// Interval is the time between two pictures.
func (f Format) Interval() time.Duration { return time.Second / time.Duration(f.FPS) }

// Formats are the resolutions a host can choose, smallest first, all 16:9.
var Formats = []Format{{640, 360, 30}, {854, 480, 30}, {960, 540, 30}, {1280, 720, 30}, {1920, 1080, 30}}

// Limits of what can be chosen, in frames a second.
const (
	MinFPS = 15
	MaxFPS = 60
)

// VideoSettings is what a video encoder is built for.
type VideoSettings struct {
	Codec  Codec
	Format Format
	// Bitrate is in bits a second. Where all layers are encoded a Plan says it instead.
	Bitrate int
	// KeyInterval is the longest time between two key frames.
	KeyInterval time.Duration
}

// AudioSettings is what an Opus encoder is built for: 48 kHz stereo.
type AudioSettings struct {
	// Bitrate is in bits a second, 6,000 to 128,000.
	Bitrate int
	// LossPercent is the loss the in-band FEC is prepared for, 0 to 100.
	LossPercent int
	// PacketDuration is 10 or 20 ms.
	PacketDuration time.Duration
}

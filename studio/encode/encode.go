// Package encode turns the program into packets, pictures into H.264 or VP8, blocks of sound into Opus, and such packets back. It is the only room
// beside capture and the effects that calls C.
//
// It owns the codecs' state and nothing else: no goroutine, clock or queue. Encoders are pushed, one picture or block a
// call, and the call returns when it is encoded, so a stalled source cannot hold an encoder and the caller measures exactly
// what encoding costs. An encoder belongs to one goroutine at a time.
//
// Why these settings. H.264 is openh264's constrained baseline because every browser receives it; one slice and one thread,
// because a core does 720p at more than 200 frames a second and slices cost bits; its rate control may skip a picture,
// because late pictures are worse than fewer ones. VP8 runs at libvpx's fastest realtime preset, four times what
// mediadevices' wrapper reaches, without look-ahead, so that a picture in is a picture out. Both signal or mean BT.709 in
// limited range, as frame.Video is. Layers encodes the three sizes of simulcast from one scaled chain, one after the other on
// the caller's goroutine: the smaller two together cost a third of the largest. Opus is tuned for full-band audio, not for speech alone: a show has music and jingles,
// and the encoder still changes to its speech layers by itself where rate and signal ask for it.
//
// Decoders turn what those on stage send back into pictures and sound, with the same libraries: so nothing has to be installed or watched, and a
// picture is there as soon as its packet is, which no child process does. They conceal nothing in pictures: a key frame comes soon.
package encode

import (
	"errors"
	"fmt"
	"time"

	"vitrine/capture/frame"
)

// ErrClosed answers every call on an encoder after Close.
var ErrClosed = errors.New("encoder is closed")

// Limits of a picture's bitrate in bits a second.
const (
	MinVideoBitrate = 30_000
	MaxVideoBitrate = 50_000_000
)

// Largest picture, in pixels a side.
const maxSide = 4096

// Video turns pictures into packets. Not safe for concurrent use.
type Video interface {
	// Encode encodes one picture of the format the encoder was built for; another size is an error and changes nothing. With
	// key the picture becomes a key frame. A nil packet means that the rate control skipped the picture; a key frame asked
	// for then is the next picture. The packet's data belongs to the caller, the picture is not kept.
	Encode(v *frame.Video, key bool) (*frame.Packet, error)
	// SetBitrate changes the target in bits a second from the next picture on.
	SetBitrate(bps int) error
	// Close frees the encoder. Closing twice does nothing.
	Close() error
}

// NewVideo builds the encoder that s.Codec names.
func NewVideo(s frame.VideoSettings) (Video, error) {
	if err := checkVideo(s); err != nil {
		return nil, err
	}
	var (
		e   Video
		err error
	)
	switch s.Codec {
	case frame.H264:
		e, err = newH264(s)
	case frame.VP8:
		e, err = newVP8(s)
	default:
		err = fmt.Errorf("no encoder for video codec %q", s.Codec)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

func checkVideo(s frame.VideoSettings) error {
	f := s.Format
	switch {
	case f.Width < 16 || f.Height < 16 || f.Width > maxSide || f.Height > maxSide || f.Width%2 != 0 || f.Height%2 != 0:
		return fmt.Errorf("cannot encode pictures of %dx%d: sides are even and 16 to %d", f.Width, f.Height, maxSide)
	case f.FPS < 1 || f.FPS > frame.MaxFPS:
		return fmt.Errorf("cannot encode %d frames a second: 1 to %d", f.FPS, frame.MaxFPS)
	case s.KeyInterval <= 0:
		return fmt.Errorf("key frame interval of %v: must be positive", s.KeyInterval)
	}
	return checkBitrate(s.Bitrate)
}

func checkBitrate(bps int) error {
	if bps < MinVideoBitrate || bps > MaxVideoBitrate {
		return fmt.Errorf("video bitrate of %d bit/s: must be %d to %d", bps, MinVideoBitrate, MaxVideoBitrate)
	}
	return nil
}

func checkSize(v *frame.Video, f frame.Format) error {
	if v.Width != f.Width || v.Height != f.Height {
		return fmt.Errorf("picture of %dx%d does not fit the encoder built for %v", v.Width, v.Height, f)
	}
	return nil
}

// keyFrames is the key frame interval in pictures, for codecs that count them.
func keyFrames(s frame.VideoSettings) int {
	return max(1, int(s.KeyInterval*time.Duration(s.Format.FPS)/time.Second))
}

// keyWish decides which pictures are asked to be key frames: those somebody wants, and those that come when the interval
// is over. Codecs count the interval in coded pictures, so it would grow with every skipped one.
type keyWish struct {
	interval time.Duration
	wanted   bool
	started  bool
	last     time.Duration
}

// ask reports whether the picture at pts should be a key frame. A wish stands until coded hears of a key frame.
func (k *keyWish) ask(pts time.Duration, key bool) bool {
	k.wanted = k.wanted || key || k.started && pts-k.last >= k.interval
	return k.wanted
}

// coded notes that the picture at pts became a key frame.
func (k *keyWish) coded(pts time.Duration) {
	k.wanted, k.started, k.last = false, true, pts
}

package encode

import (
	"errors"
	"fmt"
	"time"

	"vitrine/capture/frame"
)

// Layers encodes a picture in up to three sizes. The sizes come from one chain, each scaled from the next larger one, down
// to the smallest that is on. A layer that is off has no encoder and costs nothing; one that is switched on begins with a key
// frame. Not safe for concurrent use.
type Layers struct {
	settings frame.VideoSettings
	scale    func(dst, src *frame.Video)
	rungs    [frame.Layers]rung
	closed   bool
}

// rung is one layer of the chain.
type rung struct {
	format  frame.Format
	encoder Video // nil while off
	share   frame.Share
	key     bool          // a key frame is wanted
	due     time.Duration // of the next picture
	skipped uint64
	scaled  *frame.Video // the picture in this size; nil for the largest
}

// NewLayers returns an encoder of pictures of s.Format in which every layer is off; the plan says their bitrates, so that of
// s does not count. Scale resizes all of src into all of dst.
func NewLayers(s frame.VideoSettings, scale func(dst, src *frame.Video)) (*Layers, error) {
	l := &Layers{settings: s, scale: scale}
	for i := range l.rungs {
		s.Format, s.Bitrate = l.settings.Format.At(frame.Layer(i)), MinVideoBitrate
		if err := checkVideo(s); err != nil {
			return nil, err
		}
		if s.Codec != frame.H264 && s.Codec != frame.VP8 {
			return nil, fmt.Errorf("no encoder for video codec %q", s.Codec)
		}
		l.rungs[i].format = s.Format
	}
	return l, nil
}

// Encode encodes one picture in every layer of the plan whose next picture is due, and makes those in keys key frames. It
// returns the packets, the smallest picture first: that is the one to send first. A rate control may skip a picture, which
// then has no packet; a key frame asked for is made up for with the next picture. An error leaves the layers as they are.
func (l *Layers) Encode(v *frame.Video, plan frame.Plan, keys [frame.Layers]bool) ([]*frame.Packet, error) {
	if l.closed {
		return nil, ErrClosed
	}
	if err := checkSize(v, l.settings.Format); err != nil {
		return nil, err
	}
	for i := range l.rungs {
		l.rungs[i].key = l.rungs[i].key || keys[i]
		if err := l.set(i, plan[i]); err != nil {
			return nil, err
		}
	}
	pictures := l.chain(v)
	var packets []*frame.Packet
	for i := len(pictures) - 1; i >= 0; i-- {
		p, err := l.rungs[i].encode(pictures[i])
		if err != nil {
			return nil, err
		}
		if p != nil {
			p.Layer = frame.Layer(i)
			packets = append(packets, p)
		}
	}
	return packets, nil
}

// set takes over what the plan says about a layer.
func (l *Layers) set(i int, share frame.Share) error {
	r := &l.rungs[i]
	switch {
	case share == r.share:
		return nil
	case !share.On():
		return r.stop()
	case share.FPS < 1 || share.FPS > r.format.FPS:
		return fmt.Errorf("cannot encode %d of %d frames a second", share.FPS, r.format.FPS)
	}
	// The rate controls count pictures, so they get what they would spend if none was left out.
	bps := min(share.Bitrate*r.format.FPS/share.FPS, MaxVideoBitrate)
	if r.encoder != nil {
		if err := r.encoder.SetBitrate(bps); err != nil {
			return err
		}
		r.share = share
		return nil
	}
	s := l.settings
	s.Format, s.Bitrate = r.format, bps
	e, err := NewVideo(s)
	if err != nil {
		return err
	}
	r.encoder, r.share, r.due, r.key = e, share, 0, false
	return nil
}

// chain scales v down to the smallest layer that has to encode it.
func (l *Layers) chain(v *frame.Video) []*frame.Video {
	last := -1
	for i := range l.rungs {
		if l.rungs[i].isDue(v.PTS) {
			last = i
		}
	}
	pictures := make([]*frame.Video, 0, frame.Layers)
	for i := range last + 1 {
		r := &l.rungs[i]
		if i == 0 {
			pictures = append(pictures, v)
			continue
		}
		if r.scaled == nil {
			r.scaled = frame.New(r.format.Width, r.format.Height)
		}
		l.scale(r.scaled, pictures[i-1])
		r.scaled.PTS = v.PTS
		pictures = append(pictures, r.scaled)
	}
	return pictures
}

// isDue reports whether the picture at pts is one that the layer's frame rate has room for.
func (r *rung) isDue(pts time.Duration) bool {
	return r.encoder != nil && pts >= r.due-r.interval()/4
}

func (r *rung) interval() time.Duration { return time.Second / time.Duration(r.share.FPS) }

func (r *rung) encode(v *frame.Video) (*frame.Packet, error) {
	if !r.isDue(v.PTS) {
		return nil, nil
	}
	r.due = max(r.due, v.PTS-r.interval()) + r.interval()
	p, err := r.encoder.Encode(v, r.key)
	if err != nil {
		return nil, err
	}
	r.key = false // the encoder remembers a wish that it could not fulfil
	if p == nil {
		r.skipped++
		return nil, nil
	}
	p.Duration = r.interval()
	return p, nil
}

func (r *rung) stop() error {
	if r.encoder == nil {
		return nil
	}
	err := r.encoder.Close()
	r.encoder, r.share, r.scaled = nil, frame.Share{}, nil
	return err
}

// Skipped counts, layer by layer, the pictures that the rate control left out.
func (l *Layers) Skipped() (n [frame.Layers]uint64) {
	for i := range l.rungs {
		n[i] = l.rungs[i].skipped
	}
	return n
}

// Close frees the encoders. Closing twice does nothing.
func (l *Layers) Close() error {
	l.closed = true
	var errs []error
	for i := range l.rungs {
		errs = append(errs, l.rungs[i].stop())
	}
	return errors.Join(errs...)
}

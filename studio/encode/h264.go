package encode

import (
	"errors"
	"fmt"
	"image"

	"github.com/pion/mediadevices/pkg/codec"
	"github.com/pion/mediadevices/pkg/codec/openh264"
	mdframe "github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/prop"

	"vitrine/capture/frame"
)

// h264 is openh264 behind mediadevices' pull interface: Encode leaves the picture in the feed and reads once.
type h264 struct {
	format frame.Format
	feed   feed
	enc    codec.ReadCloser
	keys   codec.KeyFrameController
	rate   codec.BitRateController
	wish   keyWish
	closed bool
}

func newH264(s frame.VideoSettings) (*h264, error) {
	p, err := openh264.NewParams()
	if err != nil {
		return nil, fmt.Errorf("openh264 parameters: %w", err)
	}
	p.BitRate = s.Bitrate
	p.UsageType = openh264.CameraVideoRealTime
	p.RCMode = openh264.RCBitrateMode
	p.EnableFrameSkip = true
	p.IntraPeriod = uint(keyFrames(s))
	p.MultipleThreadIdc = 1
	p.SliceNum = 1
	p.SliceMode = openh264.SMSingleSlice
	e := &h264{format: s.Format, wish: keyWish{interval: s.KeyInterval}}
	e.enc, err = p.BuildVideoEncoder(&e.feed, prop.Media{Video: prop.Video{
		Width: s.Format.Width, Height: s.Format.Height, FrameRate: float32(s.Format.FPS), FrameFormat: mdframe.FormatI420,
	}})
	if err != nil {
		return nil, fmt.Errorf("open openh264 for %v at %d bit/s: %w", s.Format, s.Bitrate, err)
	}
	c := e.enc.Controller()
	var isKeys, isRate bool
	e.keys, isKeys = c.(codec.KeyFrameController)
	e.rate, isRate = c.(codec.BitRateController)
	if !isKeys || !isRate {
		return nil, errors.Join(errors.New("openh264 has no key frame or bitrate control"), e.enc.Close())
	}
	return e, nil
}

func (e *h264) Encode(v *frame.Video, key bool) (*frame.Packet, error) {
	if e.closed {
		return nil, ErrClosed
	}
	if err := checkSize(v, e.format); err != nil {
		return nil, err
	}
	if e.wish.ask(v.PTS, key) {
		if err := e.keys.ForceKeyFrame(); err != nil {
			return nil, fmt.Errorf("ask openh264 for a key frame: %w", err)
		}
	}
	e.feed.set(v)
	data, release, err := e.enc.Read()
	e.feed.clear()
	if err != nil {
		return nil, fmt.Errorf("encode H.264: %w", err)
	}
	defer release()
	if len(data) == 0 {
		return nil, nil
	}
	idr := hasIDR(data)
	if idr {
		e.wish.coded(v.PTS)
		if data, err = signalBT709(data); err != nil {
			return nil, fmt.Errorf("describe colours in H.264: %w", err)
		}
	}
	return &frame.Packet{Data: data, PTS: v.PTS, Duration: e.format.Interval(), Key: idr}, nil
}

func (e *h264) SetBitrate(bps int) error {
	if e.closed {
		return ErrClosed
	}
	if err := checkBitrate(bps); err != nil {
		return err
	}
	if err := e.rate.SetBitRate(bps); err != nil {
		return fmt.Errorf("set H.264 bitrate to %d: %w", bps, err)
	}
	return nil
}

func (e *h264) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	if err := e.enc.Close(); err != nil {
		return fmt.Errorf("close openh264: %w", err)
	}
	return nil
}

// feed is the video.Reader that openh264 pulls from: exactly the picture being encoded, never a wait.
type feed struct {
	img  image.YCbCr
	full bool
}

var errNoPicture = errors.New("no picture to encode")

func (f *feed) set(v *frame.Video) {
	f.img = image.YCbCr{
		Y: v.Y, Cb: v.U, Cr: v.V, YStride: v.YStride, CStride: v.CStride,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, v.Width, v.Height),
	}
	f.full = true
}

func (f *feed) clear() { f.img, f.full = image.YCbCr{}, false }

func (f *feed) Read() (image.Image, func(), error) {
	if !f.full {
		return nil, func() {}, errNoPicture
	}
	f.full = false
	return &f.img, func() {}, nil
}

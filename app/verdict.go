package app

import (
	"fmt"
	"slices"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
)

// From here on viewers notice.
const (
	heavyLoss = 0.08
	slowReply = 400 * time.Millisecond
	unsteady  = 60 * time.Millisecond
)

// pathOf is what the congestion controller knows of the way to the server. Of its estimate, which has all headers in it, ten
// elevenths are the show's.
func pathOf(l frame.Link) frame.Path {
	loss := l.LossPercent / 100
	return frame.Path{Up: int(float64(l.Estimate) * (1 - loss) * 10 / 11), RTT: l.RTT, Loss: loss}
}

// steady is the best that a link was said to carry of late: the controller steps back for a moment now and then, and nobody
// should read of that.
type steady struct {
	since time.Time // when the link began
	said  []estimate
}

type estimate struct {
	at time.Time
	up int
}

const (
	// steadyFor is how long an estimate counts, settleFor how long a new link is left to find out what it carries.
	steadyFor = 5 * time.Second
	settleFor = 4 * time.Second
)

// path is pathOf with the best estimate of late. known says that the controller has had the time to find it.
func (s *steady) path(l frame.Link, now time.Time) (p frame.Path, known bool) {
	if !l.Since.Equal(s.since) {
		*s = steady{since: l.Since}
	}
	p = pathOf(l)
	old := func(e estimate) bool { return now.Sub(e.at) > steadyFor || e.up <= p.Up }
	s.said = append(slices.DeleteFunc(s.said, old), estimate{now, p.Up})
	p.Up = s.said[0].up // each is less than the one before
	return p, now.Sub(l.Since) >= settleFor
}

// verdict says in words what the way to the server carries of what the host asked for: what viewers notice most comes first.
func (t *words) verdict(u frame.Path, ceiling studio.Output) string {
	if u.Loss >= heavyLoss {
		return fmt.Sprintf(t.UploadLoses, u.Loss*100)
	}
	if ceiling.Codec == "" {
		return t.UploadSound
	}
	height, wanted := carried(u.Up, ceiling), ceiling.Format.Height
	switch {
	case height == 0:
		return fmt.Sprintf(t.UploadSoundOnly, wanted)
	case height < wanted:
		return fmt.Sprintf(t.UploadLess, height, wanted)
	case u.RTT >= slowReply:
		return fmt.Sprintf(t.UploadSlow, height)
	case u.Jitter >= unsteady:
		return fmt.Sprintf(t.UploadUnsteady, height)
	}
	return fmt.Sprintf(t.Upload, height)
}

// carried is the height of the largest picture, up to the ceiling's, that goes through with its sound; 0 if none does.
func carried(up int, ceiling studio.Output) int {
	fits := func(o studio.Output) bool { return up == 0 || up >= o.Bitrate()+o.AudioBitrate }
	if fits(ceiling) {
		return ceiling.Format.Height
	}
	height := 0
	for _, f := range frame.Formats {
		if f.Height < ceiling.Format.Height && fits(lowered(ceiling, f.Height)) {
			height = f.Height
		}
	}
	return height
}

// lowered is the output with a picture of one of the usual heights, at no more bits than before.
func lowered(o studio.Output, height int) studio.Output {
	most, fps := o.Bitrate(), o.Format.FPS
	for _, f := range frame.Formats {
		if f.Height == height {
			o.Format = f
		}
	}
	o.Format.FPS, o.VideoBitrate = fps, 0
	if o.Bitrate() > most {
		o.VideoBitrate = most
	}
	return o
}

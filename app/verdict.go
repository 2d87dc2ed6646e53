package app

import (
	"fmt"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
)

// uplink is what is known about the way to the server.
type uplink struct {
	up     int // bits a second that get through, sound included; 0 while not known
	rtt    time.Duration
	loss   float64       // share of packets, 0 to 1
	jitter time.Duration // 0 while not known
}

// From here on viewers notice.
const (
	heavyLoss = 0.08
	someLoss  = 0.02
	slowReply = 400 * time.Millisecond
	unsteady  = 60 * time.Millisecond
)

// uplinkOf reads a link. What is sent says how much was asked for; only where packets are lost it says what gets through.
func uplinkOf(l frame.Link) uplink {
	u := uplink{rtt: l.RTT, loss: l.LossPercent / 100}
	if u.loss >= someLoss {
		u.up = int(float64(l.Bitrate) * (1 - u.loss))
	}
	return u
}

// verdict says in words what the way to the server carries of what the host asked for: what viewers notice most comes first.
func (t *words) verdict(u uplink, ceiling studio.Output) string {
	if u.loss >= heavyLoss {
		return fmt.Sprintf(t.UploadLoses, u.loss*100)
	}
	if ceiling.Codec == "" {
		return t.UploadSound
	}
	height, wanted := carried(u.up, ceiling), ceiling.Format.Height
	switch {
	case height == 0:
		return fmt.Sprintf(t.UploadSoundOnly, wanted)
	case height < wanted:
		return fmt.Sprintf(t.UploadLess, height, wanted)
	case u.rtt >= slowReply:
		return fmt.Sprintf(t.UploadSlow, height)
	case u.jitter >= unsteady:
		return fmt.Sprintf(t.UploadUnsteady, height)
	}
	return fmt.Sprintf(t.Upload, height)
}

// carried is the height of the largest picture, up to the ceiling's, that goes through with its sound; 0 if none does.
func carried(up int, ceiling studio.Output) int {
	most := ceiling.Bitrate()
	if up == 0 || up >= most+ceiling.AudioBitrate {
		return ceiling.Format.Height
	}
	height := 0
	for _, f := range frame.Formats {
		o := studio.Output{Format: f}
		if f.Height < ceiling.Format.Height && up >= min(o.Bitrate(), most)+ceiling.AudioBitrate {
			height = f.Height
		}
	}
	return height
}

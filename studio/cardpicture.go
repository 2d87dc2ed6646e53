package studio

import (
	"image"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio/scene"
)

// fadeCard is how long the card takes to come and to go.
const fadeCard = 200 * time.Millisecond

// laidCard is what the picture loop lays over the program, on its goroutine.
type laidCard struct {
	over   *scene.Overlay
	corner Corner
	// opacity is of scene.Opaque, as of at.
	opacity float64
	at      time.Time
}

// setCard hands the picture loop the card to draw from now on; nil has it go.
func (p *pictures) setCard(over *scene.Overlay, corner Corner) {
	p.mu.Lock()
	p.card, p.corner = over, corner
	p.mu.Unlock()
}

// fade goes on with the card's coming or going and returns how opaque it is now.
func (p *pictures) fade(now time.Time) int {
	p.mu.Lock()
	wish, corner := p.card, p.corner
	p.mu.Unlock()
	step := scene.Opaque * float64(now.Sub(p.laid.at)) / float64(fadeCard)
	if wish == nil {
		step = -step
	} else {
		if p.laid.opacity == 0 { // it begins to come
			step = scene.Opaque * float64(time.Second/30) / float64(fadeCard)
		}
		p.laid.over, p.laid.corner = wish, corner
	}
	p.laid.opacity = min(max(p.laid.opacity+step, 0), scene.Opaque)
	p.laid.at = now
	return int(p.laid.opacity)
}

// carded is v with the card laid over it, as a reference of its own.
func (p *pictures) carded(v *frame.Video, opacity int) *frame.Video {
	if opacity == 0 {
		return v.Retain()
	}
	out := p.pool.Get(v.Width, v.Height) // v is others' as well
	out.Copy(v)
	p.laid.over.Blend(out, p.laid.corner.Place(p.laid.over.Size, image.Pt(v.Width, v.Height)), opacity)
	return out
}

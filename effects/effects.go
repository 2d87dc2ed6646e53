// Package effects is the rack: which effects there are, what the host can set on each, the presets, and their order.
//
// [Picture] is the rack of the picture, [Sound] that of the microphone's sound. Both are driven by the loops that own picture
// and sound, and know no device and no clock. Effects are pure transforms in the rooms below (video, audio, face); the rack
// introduces them to each other: it hands faces and masks, found in face, to what needs them in video.
//
// Looking for faces takes longer than a picture's effects, so it runs beside the picture loop, in Picture.Run, on the newest
// picture: a slot of one, newest wins. Effects use what was last seen.
package effects

import (
	"context"
	"errors"
)

// Rack is both racks. The zero value has none and changes nothing.
type Rack struct {
	Picture *Picture
	Sound   *Sound
}

// New returns a rack that changes nothing yet.
func New() *Rack { return &Rack{Picture: newPicture(), Sound: newSound()} }

// Run makes what takes long to make, tells once what cannot be made because models are missing, and looks at pictures until ctx
// ends. Before, and without models, the rack does what it can.
func (r *Rack) Run(ctx context.Context, missing func(error)) {
	if r.Picture == nil {
		return
	}
	if err := errors.Join(r.Sound.open(), r.Picture.eyes.open()); err != nil && ctx.Err() == nil {
		missing(err)
	}
	r.Picture.eyes.run(ctx)
}

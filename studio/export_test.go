package studio

import "vitrine/capture/frame"

// Sound is a cue as it is heard.
func (c Cue) Sound() []frame.Block { return c.sound() }

// OrderSound is what a new order sounds like.
func OrderSound() []frame.Block { return cash() }

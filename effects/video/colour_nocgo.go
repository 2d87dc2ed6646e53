//go:build !cgo

package video

import "vitrine/capture/frame"

func colourApply(v *frame.Video, t *colourTable) { colourApplyPlain(v, t) }

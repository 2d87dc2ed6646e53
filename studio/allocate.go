package studio

import "vitrine/capture/frame"

// How a bitrate is shared: the middle picture gets more bits a pixel than the large one, because small ones need more, and the
// smallest no more, because it has to pass beside the sound where little else does.
const (
	wholeParts = 100
	// leastVideo is what the encoders can do at all, in bits a second.
	leastVideo = 30_000
	// fewestFPS is where a picture stops being a moving one.
	fewestFPS = 5
)

var parts = [frame.Layers]int{frame.Full: 72, frame.Half: 24, frame.Quarter: 4}

// allocate shares what the path carries among the layers, at most ceiling in all. It is pure; was is the plan that holds
// now.
//
// When bandwidth falls the largest layer goes first: the picture gets smaller before it stutters. A layer is on only if the
// smaller ones that are wanted have all they can use, and only with two fifths of its part or more, because below that a
// smaller picture looks better. Where none that is wanted fits, the next smaller one takes its place, watched or not: a
// small picture is better than none. Of the smallest the bitrate falls, then the frame rate; below leastVideo there is sound
// alone. A layer that is off must fit with a quarter to spare before it comes on, so that layers do not flutter.
func allocate(was frame.Plan, d frame.Demand, ceiling int, f frame.Format) (plan frame.Plan) {
	left := ceiling
	if d.Bitrate > 0 {
		left = min(left, d.Bitrate)
	}
	fits := func(l frame.Layer) bool {
		least := leastOf(l, ceiling)
		if !was[l].On() {
			least += least / 4
		}
		return left >= least
	}
	bottom := frame.Quarter
	for bottom >= frame.Full && !d.Wanted[bottom] {
		bottom--
	}
	if bottom < frame.Full {
		return plan
	}
	for bottom < frame.Quarter && !fits(bottom) {
		bottom++
	}
	for l := bottom; l >= frame.Full; l-- {
		if l != bottom && !d.Wanted[l] {
			continue
		}
		if l != bottom && !fits(l) || left < leastVideo {
			break
		}
		share := frame.Share{Bitrate: left, FPS: f.FPS}
		if l != frame.Full {
			share.Bitrate = min(left, partOf(l, ceiling))
		}
		if l == frame.Quarter {
			share.FPS = calm(f.FPS, share.Bitrate, leastOf(l, ceiling))
		}
		plan[l] = share
		left -= share.Bitrate
	}
	return plan
}

// partOf is what a layer gets of the ceiling while all are on; leastOf what it needs to be worth it.
func partOf(l frame.Layer, ceiling int) int {
	return max(leastVideo, ceiling*parts[l]/wholeParts)
}

func leastOf(l frame.Layer, ceiling int) int {
	return max(leastVideo, partOf(l, ceiling)*2/5)
}

// calm is the frame rate at a bitrate below least: half of it, then a quarter.
func calm(fps, bitrate, least int) int {
	switch {
	case bitrate >= least:
		return fps
	case bitrate >= least/2:
		return max(fps/2, fewestFPS)
	default:
		return max(fps/4, fewestFPS)
	}
}

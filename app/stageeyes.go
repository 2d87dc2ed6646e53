package app

import (
	"image"
	"sync/atomic"
	"time"

	"vitrine/server/wire"
)

// stageEyes are the small pictures of those on stage. The bridge makes them, of those that a panel wants to show, and they come to the
// toolkit with a snapshot.
type stageEyes struct {
	w      *Window
	wanted atomic.Pointer[[]wire.SpotID] // the toolkit's goroutine says who; nil for nobody
	drawn  time.Time                     // the bridge's
	shown  map[wire.SpotID]image.Image   // the toolkit's
	mine   image.Image                   // the host's, copied at mineAt
	mineAt time.Time
}

const (
	eyeWidth = 320 // pixels: sharp on the map of the stage
	eyeEvery = 120 * time.Millisecond
)

func newStageEyes(w *Window) *stageEyes {
	return &stageEyes{w: w, shown: map[wire.SpotID]image.Image{}}
}

// want says whose pictures are looked at now.
func (e *stageEyes) want(spots []wire.SpotID) {
	if len(spots) == 0 {
		e.wanted.Store(nil)
		return
	}
	e.wanted.Store(&spots)
}

// draw makes pictures of what has come since; the bridge calls it.
func (e *stageEyes) draw() map[wire.SpotID]image.Image {
	wanted := e.wanted.Load()
	if wanted == nil || time.Since(e.drawn) < eyeEvery {
		return nil
	}
	e.drawn = time.Now()
	made := map[wire.SpotID]image.Image{}
	for _, spot := range *wanted {
		slot := e.w.desk.StagePicture(spot)
		if slot == nil {
			continue
		}
		v := slot.Take()
		if v == nil {
			continue
		}
		width := min(eyeWidth, v.Width)
		small := image.NewRGBA(image.Rect(0, 0, width, max(1, v.Height*width/v.Width)))
		e.w.convert(small, v)
		v.Release()
		made[spot] = small
	}
	return made
}

// keep takes what draw made, on the toolkit's goroutine.
func (e *stageEyes) keep(made map[wire.SpotID]image.Image) {
	for spot, picture := range made {
		e.shown[spot] = picture
	}
}

// forget drops the pictures of those who are not there any more.
func (e *stageEyes) forget(there map[wire.SpotID]bool) {
	for spot := range e.shown {
		if !there[spot] {
			delete(e.shown, spot)
		}
	}
}

// of is somebody's picture, nil for none.
func (e *stageEyes) of(spot wire.SpotID) image.Image { return e.shown[spot] }

// own is a copy of what the host's viewers see.
func (e *stageEyes) own() image.Image {
	if e.mine == nil || time.Since(e.mineAt) >= eyeEvery {
		e.mine, e.mineAt = e.w.picture.Copy(eyeWidth), time.Now()
	}
	return e.mine
}

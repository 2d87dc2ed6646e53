package effects

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"vitrine/capture/frame"
	"vitrine/effects/face"
)

// eyes look for faces and persons in the newest picture, beside the picture loop. Pictures wait in a slot of one.
type eyes struct {
	newest *frame.Slot
	pool   frame.Pool
	idle   atomic.Bool // a picture would be looked at now
	faces  atomic.Bool // faces are wanted
	masks  atomic.Bool // masks are wanted
	cannot atomic.Bool // the model of masks is missing
	thrift atomic.Int32
	scene  atomic.Int64 // grows when what was seen before counts no more
	shown  atomic.Int64 // the scene of the picture in newest

	mu  sync.Mutex // guards now
	now sight

	// Owned by run:
	tracker *face.Tracker
	person  *face.Person
	looked  int
	found   []frame.Face
	mask    frame.Mask
}

// sight is what was seen last.
type sight struct {
	faces []frame.Face
	mask  *frame.Mask // nil before the first
	room  frame.Mask
}

func (e *eyes) want(l Look) {
	faces, masks := l.shaped(), l.masked()
	facesWere, masksWere := e.faces.Swap(faces), e.masks.Swap(masks)
	if faces != facesWere || masks != masksWere {
		e.forget()
	}
}

// forget makes what was seen before count no more, nor what is being looked at: an old silhouette would show the room.
func (e *eyes) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scene.Add(1)
	e.now.faces, e.now.mask = e.now.faces[:0], nil
}

// see takes in what was seen, unless the scene has changed since the picture came.
func (e *eyes) see(take func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shown.Load() == e.scene.Load() {
		take()
	}
}

// blind says that persons cannot be told from the background: the model is missing.
func (e *eyes) blind() bool { return e.cannot.Load() }

// show hands v to the eyes if they have nothing to look at.
func (e *eyes) show(v *frame.Video, t Thrift) {
	if !e.idle.Load() || !e.faces.Load() && !e.masks.Load() {
		return
	}
	e.idle.Store(false)
	e.thrift.Store(int32(t))
	e.shown.Store(e.scene.Load())
	c := e.pool.Get(v.Width, v.Height)
	c.Copy(v)
	e.newest.Put(c)
}

// last copies what was seen last into s.
func (e *eyes) last(s *sight) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.copy(&e.now)
}

func (s *sight) copy(from *sight) {
	s.faces = append(s.faces[:0], from.faces...)
	s.mask = nil
	if from.mask != nil {
		s.keep(from.mask)
	}
}

// keep copies a mask.
func (s *sight) keep(m *frame.Mask) {
	pix := append(s.room.Pix[:0], m.Pix...)
	s.room = *m
	s.room.Pix = pix
	s.mask = &s.room
}

// open makes the models; what is missing is told by the error and done without.
func (e *eyes) open() error {
	var noFaces, noPersons error
	e.tracker, noFaces = face.NewTracker()
	e.person, noPersons = face.NewPerson()
	e.cannot.Store(noPersons != nil)
	return errors.Join(noFaces, noPersons)
}

func (e *eyes) run(ctx context.Context) {
	defer e.idle.Store(false)
	for {
		e.idle.Store(true)
		select {
		case <-ctx.Done():
			return
		case <-e.newest.Ready():
		}
		if v := e.newest.Take(); v != nil {
			e.look(v)
			v.Release()
		}
	}
}

// look looks at one picture.
func (e *eyes) look(v *frame.Video) {
	e.looked++
	thrift, odd := Thrift(e.thrift.Load()), e.looked%2 == 1
	if e.tracker != nil && e.faces.Load() && (odd || thrift < FewerFaces) {
		e.found = e.tracker.Track(v, e.found[:0])
		e.see(func() { e.now.faces = append(e.now.faces[:0], e.found...) })
	}
	if e.person != nil && e.masks.Load() && (odd || thrift < FewerMasks) {
		faces := e.found
		if !e.faces.Load() {
			faces = nil
		}
		e.person.Mask(v, faces, &e.mask)
		e.see(func() { e.now.keep(&e.mask) })
	}
}

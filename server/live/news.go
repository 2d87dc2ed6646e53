package live

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/pion/datachannel"

	"vitrine/server/wire"
)

const (
	// linkEvery is how often viewers are told about their link, countEvery how often, at most, that others have come or gone.
	linkEvery  = time.Second
	countEvery = time.Second
	// newsBacklog is how many bytes may wait to be sent to a viewer until it is told nothing more.
	newsBacklog = 16 << 10
	// maxWish is the longest message that a viewer may send who is not known to the room (see maxAsk), wishEvery the least time
	// between two that are read: what waits fills the window of SCTP, and its sender waits too.
	maxWish   = 1 << 10
	wishEvery = 250 * time.Millisecond
	// onlyLayer names the layer of a publisher that sends one and gives it no name.
	onlyLayer wire.LayerID = "f"
)

// subject is a kind of event.
type subject int

const (
	ofShow subject = iota
	ofLayers
	ofLink
	ofClock
	subjects
)

// news is what one viewer is to be told: the newest event of each kind, because an older one is worth nothing. It may be used
// from anywhere; a nil news, of a viewer without event channel, takes everything and keeps nothing.
type news struct {
	wake chan struct{}

	mu     sync.Mutex // guards what follows
	newest [subjects]json.Marshaler
	told   [subjects]bool
}

func newNews() *news { return &news{wake: make(chan struct{}, 1)} }

// put takes an event. It never blocks, and leaves the marshalling to whoever tells it.
func (n *news) put(s subject, event json.Marshaler) {
	if n == nil {
		return
	}
	n.mu.Lock()
	n.newest[s], n.told[s] = event, false
	n.mu.Unlock()
	n.awake()
}

// renew has everything told again, to a channel that has just opened.
func (n *news) renew() {
	n.mu.Lock()
	n.told = [subjects]bool{}
	n.mu.Unlock()
	n.awake()
}

func (n *news) awake() {
	select {
	case n.wake <- struct{}{}:
	default: // whoever tells will look anyway
	}
}

// next returns an event that was not told yet, nil if there is none.
func (n *news) next() json.Marshaler {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s, e := range n.newest {
		if e != nil && !n.told[s] {
			n.told[s] = true
			return e
		}
	}
	return nil
}

// mouth is a data channel as events leave by it.
type mouth interface {
	BufferedAmount() uint64
	WriteDataChannel(message []byte, text bool) (int, error)
}

// tell sends what comes until ctx ends or the channel does.
func (n *news) tell(ctx context.Context, c mouth) {
	for {
		select {
		case <-n.wake:
		case <-ctx.Done():
			return
		}
		for c.BufferedAmount() <= newsBacklog { // or the next event, which comes within a second, finds it so
			e := n.next()
			if e == nil {
				break
			}
			text, err := e.MarshalJSON()
			if err != nil {
				continue // no event of ours
			}
			if _, err := c.WriteDataChannel(text, true); err != nil {
				return
			}
		}
	}
}

// printed is an event that was marshalled for many.
type printed []byte

func (p printed) MarshalJSON() ([]byte, error) { return p, nil }

// sight is what a viewer was told about layers, and what it has told of how it sees them; the list is nil before the first time. It may be
// used from anywhere.
type sight struct {
	mu     sync.Mutex
	seen   wire.LayersEvent
	hidden bool // the viewer does not see the picture
	height int  // that it is seen in, pixels; 0 for any
}

// converse tells a viewer the news over its channel and hears its wishes, until the channel or ctx ends.
func (v *Viewer) converse(ctx context.Context, c *datachannel.DataChannel) {
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	v.news.renew()
	telling.Go(func() { v.news.tell(ctx, c) })
	guest := v.enters(newVoice(c).say)
	defer guest.Close()
	v.listen(ctx, c, guest)
	cancel()
	telling.Wait()
}

// listen acts upon a viewer's wishes, and hands on its reports and what is the room's. What is none of these is passed over.
func (v *Viewer) listen(ctx context.Context, c datachannel.Reader, guest Guest) {
	buf := make([]byte, maxWish)
	for {
		n, _, err := c.ReadDataChannel(buf)
		if err != nil {
			return
		}
		if guest.Hear(buf[:n]) {
			buf = append(buf, make([]byte, maxAsk-len(buf))...)
			continue
		}
		if wish, ok, err := wire.ReadWish(buf[:n]); ok && err == nil {
			v.pin(wish.ID)
		} else if p, ok, err := wire.ReadShowPicture(buf[:n]); ok && err == nil {
			v.see(ctx, p)
		} else if r, ok, err := wire.ReadReport(buf[:n]); ok && err == nil {
			v.report(ctx, r)
		}
		select {
		case <-time.After(wishEvery):
		case <-ctx.Done():
			return
		}
	}
}

// pin notes that the viewer wants a layer, "" for our choice. One that the show does not have is not noted.
func (v *Viewer) pin(id wire.LayerID) {
	v.layersEvent(func(e *wire.LayersEvent) {
		if id == "" || slices.ContainsFunc(e.Layers, func(l wire.Layer) bool { return l.ID == id }) {
			e.Pinned = id
		}
	})
}

// see notes how the viewer sees the picture.
func (v *Viewer) see(ctx context.Context, p wire.ShowPicture) {
	v.sight.mu.Lock()
	v.sight.hidden, v.sight.height = !p.Picture, p.Height
	v.sight.mu.Unlock()
	if l := v.lane.Load(); l != nil {
		l.do(ctx, func(now time.Time) { l.see(v.steered(), now) })
	}
}

// ceiling is the most of the picture that the viewer wants.
func (v *Viewer) ceiling() ceiling {
	v.sight.mu.Lock()
	defer v.sight.mu.Unlock()
	return ceiling{v.sight.seen.Pinned, v.sight.height, v.sight.hidden}
}

// layersEvent has change bring what the viewer knows about layers up to date, and tells the viewer if that is new. change
// must not keep the event nor alter the list of layers in place.
func (v *Viewer) layersEvent(change func(*wire.LayersEvent)) {
	v.sight.mu.Lock()
	defer v.sight.mu.Unlock()
	e := v.sight.seen
	change(&e)
	if was := v.sight.seen; was.Layers == nil || e.Current != was.Current || e.Pinned != was.Pinned || !slices.Equal(e.Layers, was.Layers) {
		v.sight.seen = e
		v.news.put(ofLayers, e)
	}
}

// id names the layer to viewers; "" is for none.
func (l *Layer) id() wire.LayerID {
	if l == nil {
		return ""
	}
	if l.rid == "" {
		return onlyLayer
	}
	return wire.LayerID(l.rid)
}

// measureLayers brings the list of the picture's layers up to date and tells the viewers if it has changed. Bitrates move
// all the time: they change the list when one is by a quarter another.
func (s *Show) measureLayers(now time.Time) {
	list := []wire.Layer{}
	if s.video != nil {
		for _, l := range s.video.layers() {
			list = append(list, wire.Layer{ID: l.id(), Height: l.Size().Height, Bitrate: l.Bitrate(now)})
		}
	}
	if s.layerList == nil || !slices.EqualFunc(list, s.layerList, alike) {
		s.layerList = list
	}
	for _, v := range s.viewers {
		v.layersEvent(func(e *wire.LayersEvent) { e.Layers = s.layerList })
	}
}

func alike(a, b wire.Layer) bool {
	return a.ID == b.ID && a.Height == b.Height && 4*max(a.Bitrate-b.Bitrate, b.Bitrate-a.Bitrate) <= max(a.Bitrate, b.Bitrate)
}

// announcement is what viewers are told of a show.
type announcement struct {
	base  wire.Show
	media Status
}

// announce tells the viewers about the show if that is new; if nothing but their number is, not too often. An event is
// marshalled once for all of them.
func (s *Show) announce(o *onAir, now time.Time) {
	a, same := announcement{s.base, o.status()}, s.announced
	same.media.Viewers = a.media.Viewers
	if a == s.announced || a == same && now.Sub(s.announcedAt) < countEvery {
		return
	}
	text, err := wire.ShowEvent{Show: a.media.Describe(a.base)}.MarshalJSON()
	if err != nil {
		s.log.Error("a show cannot be told about", "err", err)
		return
	}
	s.announced, s.announcedAt, s.poster = a, now, printed(text)
	for _, v := range s.viewers {
		v.news.put(ofShow, s.poster)
	}
}

// tellLinks tells the viewers how their links do, once a second.
func (s *Show) tellLinks(now time.Time) {
	if now.Sub(s.linksToldAt) < linkEvery {
		return
	}
	s.linksToldAt = now
	listeners := map[*lane][]*Viewer{}
	for _, v := range s.viewers {
		if l := v.lane.Load(); l != nil && v.news != nil {
			listeners[l] = append(listeners[l], v)
		}
	}
	for l, list := range listeners {
		l.do(s.ctx, func(time.Time) {
			for _, v := range list {
				v.tellLink()
			}
		})
	}
}

// tellLink tells a viewer how its link does. It belongs to the viewer's lane.
func (v *Viewer) tellLink() {
	v.news.put(ofLink, v.linkEvent())
}

// linkEvent is how the viewer's link does. It belongs to the viewer's lane.
func (v *Viewer) linkEvent() wire.LinkEvent {
	return wire.LinkEvent{
		Down: int(v.guard.way.link.carries()), Loss: v.guard.loss,
		RTT: int(v.guard.rtt.Milliseconds()), Redundancy: 1 + v.guard.shield().Copies,
	}
}

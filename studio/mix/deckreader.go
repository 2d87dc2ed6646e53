package mix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"vitrine/capture/frame"
)

var errEmpty = errors.New("it holds no sound")

// Run reads what the deck plays until ctx ends. Only one Run may run at a time.
func (d *Deck) Run(ctx context.Context) error {
	r := reader{deck: d}
	defer func() {
		r.current.close()
		r.leaving.close()
	}()
	for ctx.Err() == nil {
		order, room := d.task()
		switch {
		case order.turn != r.turn:
			r.jump(order)
		case room && !r.ended && r.turn != 0:
			r.next()
		default:
			select {
			case <-ctx.Done():
			case <-d.wake:
			}
		}
	}
	return nil
}

// task is what there is to do: the newest order, and whether the queue has room.
func (d *Deck) task() (jump, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.order, d.n < deckBlocks
}

// push copies a piece into the queue.
func (d *Deck) push(p *piece, ahead EntryID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.n < deckBlocks {
		d.queue[(d.head+d.n)%deckBlocks] = *p
		d.n++
	}
	d.ahead = ahead
}

// takeBack empties the queue for an order, but for the few blocks that are heard while the reader goes on. It returns what
// would have been heard after them; nothing if the deck is silent.
func (d *Deck) takeBack() (blocks []frame.Block) {
	d.mu.Lock()
	defer d.mu.Unlock()
	keep := 0
	if d.playing || d.fade > 0 {
		keep = min(deckLead, d.n)
		for i := keep; i < d.n; i++ {
			blocks = append(blocks, d.queue[(d.head+i)%deckBlocks].block)
		}
	}
	d.n = keep
	return blocks
}

// following is the entry that comes after another, and how long they overlap at most.
func (d *Deck) following(id EntryID) (e Entry, overlap int64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok = d.list.after(id)
	if ok && d.list.loop != LoopOne {
		overlap = inSamples(d.crossfade)
	}
	return e, overlap, ok
}

func (d *Deck) entry(id EntryID) (Entry, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.list.entry(id)
}

func (d *Deck) note(id EntryID, length time.Duration, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list.note(id, length, err)
}

func (d *Deck) entries() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.list.entries)
}

// reader is Run's own state: the voice that plays and, within a crossfade, the one that leaves.
type reader struct {
	deck             *Deck
	turn             uint64
	current, leaving *voice
	ended            bool
	piece            piece
	// The crossfade: cos and sin of an angle that turns from 0 to a right one (equal power), and what is left of it.
	cos, sin     float64
	turnC, turnS float64
	left         int64
}

// jump does an order: the new place is opened and read before the old one is given up. What leaves already is given up first:
// its end is queued, and the rest of it would make three.
func (r *reader) jump(o jump) {
	r.turn, r.ended = o.turn, false
	crossing := r.leaving != nil
	if crossing {
		r.leaving.close()
		r.leaving = nil
	}
	next, old := r.locate(o), r.current
	reused := next != nil && next == old
	if reused {
		old = nil
	}
	head := r.deck.takeBack()
	r.current = next
	if crossing { // head holds both
		old.close()
		old = nil
	}
	fade := int64(o.fade)
	if old == nil {
		fade = min(fade, int64(len(head))*frame.BlockSamples)
	}
	if len(head) == 0 || fade == 0 {
		old.close()
		return
	}
	if old == nil {
		old = &voice{}
	}
	old.head = head
	r.overlap(old, fade)
}

// locate opens an order's place, or, if it cannot be played, what follows it; nil if there is nothing. A voice that plays
// the same entry is moved.
func (r *reader) locate(o jump) *voice {
	if v := r.current; v != nil && v.entry == o.entry && v.player != nil {
		if v.seek(o.at) {
			return v
		}
	}
	e, ok := r.deck.entry(o.entry)
	if !ok {
		return nil
	}
	if v := r.open(e, o.at); v != nil {
		return v
	}
	return r.after(o.entry)
}

// open makes a voice ready to be read; nil if the entry cannot be played, which is noted.
func (r *reader) open(e Entry, at int64) *voice {
	p, err := e.Open()
	if err != nil {
		r.deck.note(e.ID, 0, err)
		return nil
	}
	v := &voice{player: p, entry: e.ID, total: inSamples(p.Length())}
	if v.seek(at) {
		r.deck.note(e.ID, p.Length(), nil)
		return v
	}
	r.deck.note(e.ID, p.Length(), v.failure())
	v.close()
	return nil
}

// after opens what follows an entry and can be played; nil at the end of the list.
func (r *reader) after(id EntryID) *voice {
	for range r.deck.entries() {
		e, _, ok := r.deck.following(id)
		if !ok {
			return nil
		}
		if v := r.open(e, 0); v != nil {
			return v
		}
		id = e.ID
	}
	return nil
}

// next reads one block into the queue.
func (r *reader) next() {
	if r.leaving == nil && r.current != nil {
		r.cross()
	}
	p := &r.piece
	p.turn, p.entry, p.at = r.turn, 0, 0
	n := 0
	if r.current != nil {
		p.entry, p.at = r.current.entry, r.current.at
		n = r.current.read(p.block[:])
		for n < frame.BlockSamples && r.advance() {
			n += r.current.read(p.block[2*n:])
		}
	}
	clear(p.block[2*n:])
	if r.leaving != nil {
		r.blend(&p.block)
	}
	r.ended = r.current == nil && r.leaving == nil
	p.last = r.ended
	ahead := p.entry
	if r.current != nil {
		ahead = r.current.entry
	}
	r.deck.push(p, ahead)
}

// advance goes from the entry that has ended to the next.
func (r *reader) advance() bool {
	done := r.current
	if err := done.failure(); err != nil {
		r.deck.note(done.entry, 0, err)
	}
	done.close()
	r.current = r.after(done.entry)
	return r.current != nil
}

// cross begins the crossfade into the next entry when no more is left of this one.
func (r *reader) cross() {
	v := r.current
	_, most, ok := r.deck.following(v.entry)
	rest := v.total - v.at
	if !ok || v.lonely || rest <= 0 || rest > min(most, v.total/2) {
		return
	}
	next := r.after(v.entry)
	if next == nil {
		v.lonely = true
		return
	}
	r.current = next
	r.overlap(v, min(rest, next.total/2))
}

// overlap lets a voice leave within so many samples.
func (r *reader) overlap(v *voice, over int64) {
	r.leaving, r.left = v, max(1, over)
	r.cos, r.sin = 1, 0
	r.turnS, r.turnC = math.Sincos(math.Pi / 2 / float64(r.left))
}

// blend puts the voice that leaves into a block of the one that comes.
func (r *reader) blend(b *frame.Block) {
	var old frame.Block
	r.leaving.read(old[:])
	for i := 0; i < len(b) && r.left > 0; i += 2 {
		c, s := float32(r.cos), float32(r.sin)
		b[i], b[i+1] = b[i]*s+old[i]*c, b[i+1]*s+old[i+1]*c
		r.cos, r.sin = r.cos*r.turnC-r.sin*r.turnS, r.sin*r.turnC+r.cos*r.turnS
		r.left--
	}
	if r.left == 0 {
		r.leaving.close()
		r.leaving = nil
	}
}

// voice is an entry being read, sample by sample over the players' blocks.
type voice struct {
	player Player // nil when there is only head
	entry  EntryID
	head   []frame.Block // blocks that come first, already mixed
	block  frame.Block   // read, from used to have not given yet; in pairs
	used   int
	have   int
	at     int64 // of the next pair from the player
	total  int64
	err    error // io.EOF at the end
	lonely bool  // nothing that plays follows
}

// seek goes to a sample and reads the first block there; false if there is none.
func (v *voice) seek(at int64) bool {
	v.used, v.have, v.err, v.lonely = 0, 0, nil, false
	v.at = max(0, min(at, v.total-1)) // not the very end: something is heard
	v.err = v.player.Seek(inTime(v.at))
	return v.err == nil && v.fill()
}

// fill reads the next block; of the last one only what the entry's length says is music.
func (v *voice) fill() bool {
	if v.err != nil || v.player == nil {
		return false
	}
	if v.err = v.player.Read(&v.block); v.err != nil {
		return false
	}
	v.used, v.have = 0, frame.BlockSamples
	if rest := v.total - v.at; rest > 0 && rest < frame.BlockSamples {
		v.have = int(rest)
	}
	return true
}

// read fills p with pairs and returns their number, less only at the end.
func (v *voice) read(p []float32) int {
	n := 0
	for len(v.head) > 0 && n+frame.BlockSamples <= len(p)/2 {
		copy(p[2*n:], v.head[0][:])
		v.head, n = v.head[1:], n+frame.BlockSamples
	}
	for n < len(p)/2 && (v.used < v.have || v.fill()) {
		k := copy(p[2*n:], v.block[2*v.used:2*v.have]) / 2
		n, v.used, v.at = n+k, v.used+k, v.at+int64(k)
	}
	return n
}

// failure is why the voice ended before its end.
func (v *voice) failure() error {
	switch {
	case v.err == nil:
		return errEmpty
	case v.err == io.EOF && v.at > 0:
		return nil
	case v.err == io.EOF:
		return errEmpty
	default:
		return fmt.Errorf("at %v: %w", inTime(v.at), v.err)
	}
}

func (v *voice) close() {
	if v != nil && v.player != nil {
		_ = v.player.Close() // it was only read
	}
}

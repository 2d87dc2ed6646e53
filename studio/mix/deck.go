package mix

import (
	"math"
	"slices"
	"sync"
	"time"

	"vitrine/capture/frame"
)

// What a deck reads ahead: 2 s bridge a disk that sleeps. A jump leaves the first blocks of it, while the reader finds the
// other place, and after running dry sound comes back when a few blocks are there.
const (
	deckBlocks  = 200
	deckLead    = 5
	deckRefill  = 20
	deckFade    = 2 * frame.BlockDuration // the shortest: no clicks
	maxFade     = 12 * time.Second
	backToStart = 3 * time.Second // within it, Previous goes to the entry before
)

// Deck plays a playlist: for the programme, or, while cued, for the headphones only. Who wants to hear the next piece while
// one is on air uses a second deck for that. Two sides meet in it. The mixer's loop
// calls Take every 10 ms, which never waits. Run reads files, which may wait, and keeps a queue of blocks filled; it also
// makes the crossfades, so that both sides of one come in one stream. When the queue runs dry, Take gives silence and counts
// it. A jump fades from what was already queued to the new place, so neither seeking nor skipping clicks or leaves a gap.
//
// Its methods may be called from any goroutine; they hold its mutex for a few lines, never over reading.
type Deck struct {
	wake chan struct{} // to the reader: there is room, or an order

	mu        sync.Mutex
	list      playlist
	queue     [deckBlocks]piece
	head, n   int
	order     jump    // the newest
	ahead     EntryID // what the reader reads now
	crossfade time.Duration

	now      EntryID // what is heard, or shall be
	at       int64   // where in it, samples
	heard    bool    // that place has been
	playing  bool
	stopping bool    // to the beginning when faded out
	fade     float64 // 0 silent to 1
	step     float64 // of fade, a block
	volume   float64 // dB
	cued     bool
	program  float64 // gains where the last block ended
	phones   float64
	dry      bool
	starved  uint64
}

// piece is a block in the queue and what it belongs to.
type piece struct {
	block frame.Block
	entry EntryID
	at    int64 // samples
	turn  uint64
	last  bool // nothing follows
}

// jump is an order to the reader to go on elsewhere.
type jump struct {
	turn  uint64
	entry EntryID // 0: nowhere
	at    int64   // samples
	fade  int     // samples
}

// DeckState is what a deck shows.
type DeckState struct {
	Entries []Entry
	// Current is the entry that is heard or would be next, 0 in an empty list.
	Current          EntryID
	Position, Length time.Duration
	Playing, Cued    bool
	VolumeDB         float64
	Crossfade        time.Duration
	Loop             Loop
	// Starved counts the blocks of silence given in place of music that had not been read in time.
	Starved uint64
}

// NewDeck returns a deck with an empty list. It plays when Run runs.
func NewDeck() *Deck {
	return &Deck{wake: make(chan struct{}, 1), list: playlist{loop: LoopOff}, step: 1, dry: true}
}

func (d *Deck) awake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// command runs f with the deck's state and has the reader look at what it changed.
func (d *Deck) command(f func()) {
	d.mu.Lock()
	f()
	d.mu.Unlock()
	d.awake()
}

// jumpTo orders a jump.
func (d *Deck) jumpTo(entry EntryID, at int64, fade time.Duration) {
	d.order = jump{d.order.turn + 1, entry, at, int(inSamples(max(fade, deckFade)))}
	d.now, d.at, d.heard = entry, at, false
	if entry == 0 {
		d.playing = false
	}
}

func inSamples(t time.Duration) int64 {
	return int64(math.Round(t.Seconds() * frame.SampleRate))
}

func inTime(samples int64) time.Duration {
	return time.Duration(math.Round(float64(samples) / frame.SampleRate * float64(time.Second)))
}

// Add appends an entry to the list and returns its number. The first is made ready to play.
func (d *Deck) Add(e Entry) (id EntryID) {
	d.command(func() {
		id = d.list.add(e)
		if d.now == 0 {
			d.jumpTo(id, 0, 0)
		} else {
			d.readAgain()
		}
	})
	return id
}

// Remove takes an entry out of the list. If it plays, the next follows.
func (d *Deck) Remove(id EntryID) {
	d.command(func() {
		next := d.list.remove(id)
		if id == d.now {
			d.jumpTo(next, 0, d.crossfade)
		} else {
			d.readAgain()
		}
	})
}

// readAgain has the reader forget what it has read beyond the present entry, because something else follows now.
func (d *Deck) readAgain() {
	beyond := d.ahead != d.now
	for i := range d.n {
		p := &d.queue[(d.head+i)%deckBlocks]
		beyond = beyond || p.last || p.entry != d.now || p.at < d.at
	}
	if !beyond || d.now == 0 {
		return
	}
	at, fade := d.at, d.order.fade
	if d.heard {
		fade = 0
		at += frame.BlockSamples
		if d.playing || d.fade > 0 {
			at += deckLead * frame.BlockSamples
		}
	}
	d.jumpTo(d.now, at, inTime(int64(fade)))
}

// Move puts an entry at another place of the list, 0 the first.
func (d *Deck) Move(id EntryID, to int) {
	d.command(func() {
		d.list.move(id, to)
		d.readAgain()
	})
}

// Play starts or goes on, fading in.
func (d *Deck) Play(fade time.Duration) {
	d.command(func() {
		d.playing, d.stopping = d.now != 0, false
		d.setFade(fade)
	})
}

// Pause fades out and holds.
func (d *Deck) Pause(fade time.Duration) {
	d.command(func() {
		d.playing = false
		d.setFade(fade)
	})
}

// Stop fades out and goes to the beginning of the entry.
func (d *Deck) Stop(fade time.Duration) {
	d.command(func() {
		d.playing, d.stopping = false, true
		d.setFade(fade)
		d.settle()
	})
}

func (d *Deck) setFade(fade time.Duration) {
	fade = max(deckFade, min(fade, maxFade))
	d.step = float64(frame.BlockDuration) / float64(fade)
}

// settle finishes a stop that is faded out.
func (d *Deck) settle() {
	if d.stopping && d.fade == 0 {
		d.stopping = false
		d.jumpTo(d.now, 0, 0)
	}
}

// Seek goes to a time of the present entry.
func (d *Deck) Seek(to time.Duration) {
	d.command(func() {
		if d.now != 0 {
			d.jumpTo(d.now, max(0, inSamples(to)), 0)
		}
	})
}

// Go goes to the beginning of an entry, crossfading if the deck plays.
func (d *Deck) Go(id EntryID) {
	d.command(func() {
		if _, ok := d.list.entry(id); ok {
			d.jumpTo(id, 0, d.crossfade)
		}
	})
}

// Next goes to the next entry, if there is one.
func (d *Deck) Next() { d.skip(1) }

// Previous goes to the beginning of the entry, or, when it has hardly begun, to the entry before.
func (d *Deck) Previous() { d.skip(-1) }

func (d *Deck) skip(by int) {
	d.command(func() {
		e, ok := d.list.step(d.now, by)
		if by < 0 && (!ok || d.at > inSamples(backToStart)) {
			e, ok = d.list.entry(d.now)
		}
		if ok {
			d.jumpTo(e.ID, 0, d.crossfade)
		}
	})
}

// SetVolume sets the programme's volume in dB; 0 leaves the music as it is. Headphones hear it before that.
func (d *Deck) SetVolume(decibels float64) { d.command(func() { d.volume = decibels }) }

// SetCrossfade sets how long one entry goes over into the next, 0 to 12 s. Within LoopOne nothing is faded.
func (d *Deck) SetCrossfade(t time.Duration) {
	d.command(func() { d.crossfade = max(0, min(t, maxFade)) })
}

// SetLoop sets what follows the end of an entry.
func (d *Deck) SetLoop(l Loop) {
	d.command(func() {
		if d.list.loop != l {
			d.list.loop = l
			d.readAgain()
		}
	})
}

// SetCued gives the deck to the headphones instead of the programme, or back.
func (d *Deck) SetCued(on bool) { d.command(func() { d.cued = on }) }

// State is what the deck shows now.
func (d *Deck) State() DeckState {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, _ := d.list.entry(d.now)
	at := inTime(d.at)
	if e.Length > 0 {
		at = min(at, e.Length)
	}
	return DeckState{
		Entries: slices.Clone(d.list.entries), Current: d.now, Position: at, Length: e.Length,
		Playing: d.playing, Cued: d.cued, VolumeDB: d.volume, Crossfade: d.crossfade, Loop: d.list.loop, Starved: d.starved,
	}
}

// Take writes the next 10 ms: what the programme hears, and what the headphones hear while the deck is cued. It never waits.
func (d *Deck) Take(program, phones *frame.Block) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.playing && d.fade == 0 || d.wait() {
		clear(program[:])
		clear(phones[:])
		d.program, d.phones = 0, 0
		return
	}
	p := &d.queue[d.head]
	d.head, d.n = (d.head+1)%deckBlocks, d.n-1
	if p.turn == d.order.turn {
		d.now, d.at, d.heard = p.entry, p.at, true
	}
	d.move()
	d.mix(p, program, phones)
	if p.last && p.turn == d.order.turn {
		d.end()
	}
	d.settle()
	d.awake()
}

// wait reports whether there is nothing to play, and counts it.
func (d *Deck) wait() bool {
	if d.n == 0 {
		d.dry = true
	} else if d.n >= deckRefill || d.queue[(d.head+d.n-1)%deckBlocks].last {
		d.dry = false
	}
	if d.dry {
		d.starved++
		if !d.playing { // nothing is left to fade out
			d.fade = 0
			d.settle()
			d.awake()
		}
	}
	return d.dry
}

// move moves the fade by one block.
func (d *Deck) move() {
	if d.playing {
		d.fade = min(1, d.fade+d.step)
	} else {
		d.fade = max(0, d.fade-d.step)
	}
	if d.fade < 1e-9 {
		d.fade = 0
	}
}

// mix writes a piece with gains that move linearly within the block; over blocks, a fade follows a squared sine.
func (d *Deck) mix(p *piece, program, phones *frame.Block) {
	s := math.Sin(math.Pi / 2 * d.fade)
	level := s * s
	if d.n == 0 && !p.last { // the queue runs dry: end softly
		level = 0
	}
	toProgram, toPhones := level*math.Pow(10, d.volume/20), 0.0
	if d.cued {
		toProgram, toPhones = 0, level
	}
	ramp(program, &p.block, d.program, toProgram)
	ramp(phones, &p.block, d.phones, toPhones)
	d.program, d.phones = toProgram, toPhones
}

// ramp writes src with a gain that moves linearly.
func ramp(dst, src *frame.Block, from, to float64) {
	step := (to - from) / frame.BlockSamples
	for i := 0; i < len(dst); i += 2 {
		from += step
		dst[i], dst[i+1] = src[i]*float32(from), src[i+1]*float32(from)
	}
}

// end stops after the list's last block, ready to play from its beginning.
func (d *Deck) end() {
	d.playing, d.stopping, d.fade = false, false, 0
	if len(d.list.entries) > 0 {
		d.jumpTo(d.list.entries[0].ID, 0, 0)
	}
}

package mix

import (
	"slices"
	"time"

	"vitrine/capture/frame"
)

// Player is an opened piece of music at frame.SampleRate. Its methods may wait for a disk; one goroutine at a time calls them.
type Player interface {
	// Read writes the next 10 ms. The last block ends in silence; after it comes io.EOF.
	Read(*frame.Block) error
	// Seek continues at that time.
	Seek(time.Duration) error
	// Length is exact to the sample, so that the next piece can follow without a gap.
	Length() time.Duration
	Close() error
}

// EntryID names an entry of a playlist for as long as the deck lives.
type EntryID int64

// Entry is a piece of music in a playlist.
type Entry struct {
	ID            EntryID
	Title, Artist string
	// Length is 0 until it is known.
	Length time.Duration
	// Open makes a new player that begins at the beginning. It may wait, and is called once for each time that it plays.
	Open func() (Player, error)
	// Err is why it did not play or not to its end, when it was last tried.
	Err error
}

// Loop says what follows the end of an entry.
type Loop string

// Loops: through the list once, the same entry again without a gap, or the list from the beginning.
const (
	LoopOff Loop = "off"
	LoopOne Loop = "one"
	LoopAll Loop = "all"
)

// playlist is what a deck plays, in order. The zero value is empty and ends after its last entry.
type playlist struct {
	entries []Entry
	loop    Loop
	last    EntryID
}

func (l *playlist) add(e Entry) EntryID {
	l.last++
	e.ID = l.last
	l.entries = append(l.entries, e)
	return e.ID
}

func (l *playlist) index(id EntryID) int {
	return slices.IndexFunc(l.entries, func(e Entry) bool { return e.ID == id })
}

func (l *playlist) entry(id EntryID) (Entry, bool) {
	if i := l.index(id); i >= 0 {
		return l.entries[i], true
	}
	return Entry{}, false
}

// move puts an entry at a place, the others closing up.
func (l *playlist) move(id EntryID, to int) {
	i := l.index(id)
	if i < 0 {
		return
	}
	e := l.entries[i]
	l.entries = slices.Delete(l.entries, i, i+1)
	l.entries = slices.Insert(l.entries, max(0, min(to, len(l.entries))), e)
}

// remove takes an entry out and returns the one that stands in its place then: the next, or the first after the last.
func (l *playlist) remove(id EntryID) (next EntryID) {
	i := l.index(id)
	if i < 0 {
		return 0
	}
	l.entries = slices.Delete(l.entries, i, i+1)
	if len(l.entries) == 0 {
		return 0
	}
	return l.entries[i%len(l.entries)].ID
}

// step is the entry so many places on, which a loop over all continues around the end.
func (l *playlist) step(id EntryID, by int) (Entry, bool) {
	i, n := l.index(id), len(l.entries)
	if i < 0 {
		return Entry{}, false
	}
	i += by
	if l.loop == LoopAll {
		i = (i%n + n) % n
	}
	if i < 0 || i >= n {
		return Entry{}, false
	}
	return l.entries[i], true
}

// after is the entry that follows the end of another.
func (l *playlist) after(id EntryID) (Entry, bool) {
	if l.loop == LoopOne {
		return l.entry(id)
	}
	return l.step(id, 1)
}

// note keeps what opening and playing an entry showed.
func (l *playlist) note(id EntryID, length time.Duration, err error) {
	if i := l.index(id); i >= 0 {
		l.entries[i].Err = err
		if length > 0 {
			l.entries[i].Length = length
		}
	}
}

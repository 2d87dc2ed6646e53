package plug

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// parcel is the memory of one message and its answer. It has one owner at a time: Apply, the writer with the reader, Apply
// again.
type parcel struct {
	head       header
	ask        []byte // header and payload as they are written
	answer     []byte // payload as it is read
	sent, back time.Time
}

// fill makes the header and room for the payload, which it returns.
func (p *parcel) fill(h header) []byte {
	if need := headerSize + int(h.length); cap(p.ask) < need {
		p.ask, p.answer = make([]byte, need), make([]byte, h.length)
	}
	p.head, p.ask, p.answer = h, p.ask[:headerSize+h.length], p.answer[:h.length]
	h.put(p.ask)
	return p.ask[headerSize:]
}

// hangAfter is how long a message may stay unanswered before the program is taken for hung.
const hangAfter = 10 * time.Second

// link is one run of the program, from its start to its end: the messages on the way to it and back. Its channels are as
// deep as there are parcels, so that nobody waits at them but the reader, for the program.
type link struct {
	hello   hello
	greeted chan struct{} // closed when the program has said hello
	asks    chan *parcel  // Apply → writer
	sent    chan *parcel  // writer → reader, in the order in which answers have to come
	written chan struct{} // writer → reader: a parcel's bytes are out, its memory may be used again
	answers chan *parcel  // reader → Apply

	once sync.Once
	dead chan struct{} // closed with the first fault, err
	err  error

	raw [headerSize]byte // owned by the reader

	// Owned by Apply:
	free, flying []*parcel
	first        uint64 // sequence of the first message
	breaker      breaker
}

func newLink(h hello, depth int) *link {
	l := &link{
		hello:   h,
		greeted: make(chan struct{}),
		asks:    make(chan *parcel, depth),
		sent:    make(chan *parcel, depth),
		written: make(chan struct{}, depth),
		answers: make(chan *parcel, depth),
		dead:    make(chan struct{}),
		flying:  make([]*parcel, 0, depth),
	}
	for range depth {
		l.free = append(l.free, new(parcel))
	}
	return l
}

// fail ends the link. The first error stays.
func (l *link) fail(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.dead)
	})
}

// write sends hello and then what is asked, until the link is dead.
func (l *link) write(w io.Writer) {
	if _, err := w.Write(l.hello.append(nil)); err != nil {
		l.fail(fmt.Errorf("%w: say hello: %w", ErrEnded, err))
		return
	}
	for {
		select {
		case <-l.dead:
			return
		case p := <-l.asks:
			l.sent <- p // before the bytes: the program may answer while it still reads
			if _, err := w.Write(p.ask); err != nil {
				l.fail(fmt.Errorf("%w: write message: %w", ErrEnded, err))
				return
			}
			l.written <- struct{}{}
		}
	}
}

// read takes hello and then answers, until the program breaks the protocol or ends, and kills the link.
func (l *link) read(r io.Reader) {
	var first [helloSize]byte
	n, err := io.ReadFull(r, first[:])
	switch {
	case n > 0 && err != nil:
		err = fmt.Errorf("%w: its output is %q", ErrProtocol, first[:n])
	case err == nil:
		err = l.hello.check(first)
	}
	if err == nil {
		close(l.greeted)
	}
	for err == nil {
		err = l.readAnswer(r)
	}
	if !errors.Is(err, ErrProtocol) {
		err = fmt.Errorf("%w: %w", ErrEnded, err)
	}
	l.fail(err)
}

func (l *link) readAnswer(r io.Reader) error {
	if _, err := io.ReadFull(r, l.raw[:]); err != nil {
		return err
	}
	var p *parcel
	select {
	case p = <-l.sent:
	default:
		return fmt.Errorf("%w: it sends what nobody asked for", ErrProtocol)
	}
	if err := p.head.check(readHeader(l.raw)); err != nil {
		return err
	}
	if _, err := io.ReadFull(r, p.answer); err != nil {
		return err
	}
	if p.head.kind == kindAudio {
		if err := checkBlock(p.answer); err != nil {
			return err
		}
	}
	select {
	case <-l.written:
	case <-l.dead:
		return l.err
	}
	p.back = time.Now()
	l.answers <- p
	return nil
}

// spare is a parcel to fill, or nil if all are on the way.
func (l *link) spare() *parcel {
	if len(l.free) == 0 {
		return nil
	}
	return l.free[len(l.free)-1]
}

// send hands the spare parcel over to the writer.
func (l *link) send() {
	p := l.spare()
	l.free = l.free[:len(l.free)-1]
	l.flying = append(l.flying, p)
	if l.first == 0 {
		l.first = p.head.sequence
	}
	p.sent = time.Now()
	l.asks <- p
}

// receive takes the answer to the message that has been on the way for longest. It waits for it until late, or not at all
// if late is nil; nil means that it has not come. The parcel is good until the next send.
func (l *link) receive(late <-chan time.Time) *parcel {
	var p *parcel
	select {
	case p = <-l.answers:
	default:
		if late == nil {
			return nil
		}
		select {
		case p = <-l.answers:
		case <-late:
			return nil
		case <-l.dead:
			return nil
		}
	}
	l.flying = append(l.flying[:0], l.flying[1:]...)
	l.free = append(l.free, p)
	return p
}

// due reports whether the oldest message on the way is not after the given one. One that has hung there for too long ends
// the program.
func (l *link) due(sequence uint64) bool {
	if len(l.flying) == 0 || l.flying[0].head.sequence > sequence {
		return false
	}
	if waited := time.Since(l.flying[0].sent); waited > hangAfter && len(l.answers) == 0 {
		l.fail(fmt.Errorf("%w for %v", ErrSilent, waited.Round(time.Second)))
	}
	return true
}

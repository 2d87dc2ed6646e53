package music

import (
	"fmt"
	"io"
	"math"

	"github.com/jfreymuth/vorbis"
)

// oggFile reads Vorbis in Ogg (Xiph.Org, Vorbis I specification, appendix A). It decodes page by page, because a page says
// at which sample it ends: so a seek is as exact as the page tells, and lost pages become silence of the right length. Sound
// that hangs together is counted, not placed: some programs, ffmpeg among them, write pages that err by some milliseconds.
type oggFile struct {
	file    file
	serial  uint32
	start   int64  // offset of the first page with sound
	before  uint32 // number of the page before that
	origin  int64  // number of the first sample, mostly 0
	vorbis  vorbis.Decoder
	mix     downmix
	scratch []float32 // what one packet decodes to

	in      *oggPages
	number  uint32 // of the last page
	packet  []byte // beginning of a packet that goes on on the next page
	broken  bool   // what the next page continues is lost
	known   bool   // at is known: not so after a seek, until a page has told
	at      int64  // number of the next sample that a page gives
	pcm     []float32
	rest    []float32 // part of pcm that was not read yet
	silence int64     // pairs before rest
	target  int64     // number of the first sample to give
}

func openOgg(f file, start int64) (source, error) {
	d := &oggFile{file: f}
	comments, err := d.headers(start)
	if err != nil {
		return source{}, err
	}
	d.mix = newDownmix(vorbisOrder[d.vorbis.Channels()])
	d.scratch = make([]float32, d.vorbis.BufferSize())
	s := source{decoder: d, rate: d.vorbis.SampleRate(), tags: parseComments(comments)}
	if err := d.findOrigin(); err != nil {
		return source{}, err
	}
	if s.length, err = d.measure(); err != nil {
		return source{}, err
	}
	return s, d.seek(0)
}

// measure is the number of pairs: where the last page says that it ends, but not more than it holds.
func (d *oggFile) measure() (int64, error) {
	end, err := d.find(math.MaxInt64)
	if err != nil {
		return 0, err
	}
	if err := d.seek(end.granule - 1 - d.origin); err != nil {
		return 0, err
	}
	for d.in.at <= end.offset && err == nil {
		err = d.page()
	}
	if err != nil && err != io.EOF {
		return 0, err
	}
	return d.at - d.origin, nil
}

// headers reads Vorbis' three header packets; sound begins on the page after them.
func (d *oggFile) headers(start int64) (comments []byte, err error) {
	const name = len("\x03vorbis")
	var packets [][]byte
	d.in = d.file.pages(start)
	for size := 0; len(packets) < 3; {
		p, err := d.in.next()
		if err != nil {
			return nil, err
		}
		if len(packets) == 0 {
			d.serial = p.serial
		}
		if p.serial != d.serial {
			continue
		}
		if size += len(p.body); size > 16*maxText {
			return nil, fmt.Errorf("%w: its description is too large", ErrDamaged)
		}
		packets = append(packets, d.packets(p)...)
		d.start, d.before = d.in.at, p.number
	}
	if err := d.setUp(packets[0], packets[2]); err != nil {
		return nil, err
	}
	return packets[1][min(name, len(packets[1])):], nil
}

// setUp hands the library the two headers that it needs.
func (d *oggFile) setUp(identity, setup []byte) error {
	err := d.vorbis.ReadHeader(identity)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	channels := d.vorbis.Channels()
	if channels < 1 || channels > maxChannels {
		return fmt.Errorf("%w: it has %d channels", ErrForeign, channels)
	}
	if err = checkVorbisSetup(setup); err == nil {
		err = d.vorbis.ReadHeader(setup)
	}
	switch {
	case err == nil:
		return nil
	case channels > 2: // the library knows few of the forms that more than two take
		return fmt.Errorf("%w: it is Vorbis with %d channels", ErrForeign, channels)
	default:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
}

// packets are those that end on the page. The beginning of one that does not is kept.
func (d *oggFile) packets(p oggPage) (all [][]byte) {
	if p.flags&oggCont == 0 {
		d.packet, d.broken = nil, false
	}
	body := p.body
	for _, n := range p.lengths {
		d.packet = append(d.packet, body[:n]...)
		body = body[n:]
		if n == 255 {
			continue
		}
		if !d.broken {
			all = append(all, d.packet)
		}
		d.packet, d.broken = nil, false
	}
	return all
}

// findOrigin decodes the first page with sound: the first sample's number is what its end leaves.
func (d *oggFile) findOrigin() error {
	d.restart(d.start)
	p, err := d.sound()
	if err != nil {
		return err
	}
	d.origin = max(0, p.granule-d.decode(p))
	return nil
}

// find is the last page whose sound ends at or before a sample number, by halving the file; the first page with sound if
// none does.
func (d *oggFile) find(sample int64) (oggPage, error) {
	d.restart(d.start)
	low, err := d.sound()
	if err != nil {
		return low, err
	}
	for high := d.file.size; low.granule <= sample && high > low.offset+low.size; {
		next := low.offset + low.size
		mid := next
		if high-next > oggMax {
			mid = next + (high-next)/2
		}
		d.in = d.file.pages(mid)
		p, err := d.sound()
		switch {
		case err != nil && err != io.EOF:
			return low, err
		case err == nil && p.offset < high && p.granule <= sample && p.granule >= low.granule:
			low = p
		case mid == next:
			return low, nil
		default:
			high = mid
		}
	}
	return low, nil
}

// sound is the next page of the stream on which a packet ends.
func (d *oggFile) sound() (oggPage, error) {
	for {
		p, err := d.in.next()
		if err != nil || p.serial == d.serial && p.granule != oggNone && p.offset >= d.start {
			return p, err
		}
	}
}

// restart continues at an offset as if nothing had been read.
func (d *oggFile) restart(offset int64) {
	d.in = d.file.pages(offset)
	d.vorbis.Clear()
	d.packet, d.broken, d.known = nil, true, false
	d.rest, d.silence = nil, 0
}

func (d *oggFile) seek(pair int64) error {
	d.target = pair + d.origin
	p, err := d.find(d.target)
	if err != nil {
		return err
	}
	if p.granule > d.target {
		p.offset = d.start
	}
	d.restart(p.offset)
	if p.offset == d.start {
		d.at, d.known, d.number = d.origin, true, d.before
	}
	return nil
}

func (d *oggFile) read(p []float32) (int, error) {
	for len(d.rest) == 0 && d.silence == 0 {
		if err := d.page(); err != nil {
			return 0, err
		}
	}
	if n := min(d.silence, int64(len(p)/2)); n > 0 {
		clear(p[:2*n])
		d.silence -= n
		return int(n), nil
	}
	n := d.mix.mix(p, d.rest)
	d.rest = d.rest[n*len(d.mix.left):]
	return n, nil
}

// page decodes the next page and places its samples in time.
func (d *oggFile) page() error {
	p, err := d.in.next()
	if err != nil {
		return err
	}
	if p.serial != d.serial {
		if p.flags&oggBegin != 0 {
			return io.EOF // another stream follows in the same file
		}
		return nil
	}
	lost := p.number != d.number+1
	d.number = p.number
	if lost && d.known {
		d.vorbis.Clear()
		d.packet, d.broken = nil, true
	}
	n := d.decode(p)
	if p.granule == oggNone {
		return nil
	}
	first, end := d.at, d.at+n
	if !d.known || lost || d.at == d.origin && p.flags&oggEnd == 0 {
		first, end = p.granule-n, p.granule
	}
	if p.flags&oggEnd != 0 {
		end = min(end, p.granule)
	}
	return d.place(first, end, n)
}

// place makes readable what of the n pairs in pcm, the first of which has that number, lies between the last page and end.
// What is missing before them is silence.
func (d *oggFile) place(first, end, n int64) error {
	const gap = 60 // seconds
	if !d.known {
		d.at, d.known = first, true
	}
	if first-d.at > gap*int64(d.vorbis.SampleRate()) {
		return fmt.Errorf("%w: its times jump", ErrDamaged)
	}
	end = max(end, d.at)
	silence := max(0, first-d.at)
	from := min(n, max(0, d.at-first))
	to := max(from, min(n, end-first))
	drop := max(0, d.target-d.at)
	d.silence = max(0, silence-drop)
	from = min(to, from+max(0, drop-silence))
	channels := int64(len(d.mix.left))
	d.rest = d.pcm[from*channels : to*channels]
	d.at = end
	return nil
}

// decode puts the sound of all packets that end on the page into pcm and returns the number of pairs. A packet that cannot
// be decoded is left out.
func (d *oggFile) decode(p oggPage) int64 {
	d.pcm = d.pcm[:0]
	for _, packet := range d.packets(p) {
		err := safely(func() error {
			out, err := d.vorbis.DecodeInto(packet, d.scratch)
			d.pcm = append(d.pcm, out...)
			return err
		})
		if err != nil {
			d.vorbis.Clear()
		}
	}
	return int64(len(d.pcm) / len(d.mix.left))
}

package music

import (
	"errors"
	"math"
	"math/bits"
)

// Limits of Vorbis codebooks, far above what encoders make. The library takes memory for what a header announces, and a few
// bytes can announce terabytes.
const (
	maxBookEntries = 1 << 16
	maxBookValues  = 1 << 22 // entries times dimensions of all books
)

var errBooks = errors.New("its codebooks are not credible")

// checkVorbisSetup walks through the codebooks of a Vorbis setup header (Vorbis I specification, 3.2.1 and 4.2.4) and
// reports those that the library must not see.
func checkVorbisSetup(packet []byte) error {
	const name = len("\x05vorbis")
	r := bitReader{bytes: packet[min(name, len(packet)):]}
	values := 0
	for range r.take(8) + 1 {
		const sync = 0x564342
		if r.take(24) != sync {
			return errBooks
		}
		dimensions, entries := r.take(16), r.take(24)
		values += dimensions * entries
		if dimensions < 1 || entries < 1 || entries > maxBookEntries || values > maxBookValues {
			return errBooks
		}
		if !r.skipLengths(entries) || !r.skipLookup(entries, dimensions) || r.at > 8*len(r.bytes) {
			return errBooks
		}
	}
	return nil
}

// bitReader takes numbers off packed bytes, lowest bit first. Behind the end are zeros.
type bitReader struct {
	bytes []byte
	at    int // bits
}

func (r *bitReader) take(n int) (v int) {
	for i := range n {
		if at := (r.at + i) / 8; at < len(r.bytes) {
			v |= int(r.bytes[at]>>((r.at+i)%8)&1) << i
		}
	}
	r.at += n
	return v
}

// skipLengths passes over the lengths of a book's code words.
func (r *bitReader) skipLengths(entries int) bool {
	const width = 5
	if ordered := r.take(1) == 1; ordered {
		r.take(width)
		for at, n := 0, 0; at < entries; at += n {
			n = r.take(bits.Len(uint(entries - at)))
			if n > entries-at || r.at > 8*len(r.bytes) {
				return false
			}
		}
		return true
	}
	if sparse := r.take(1) == 1; !sparse {
		r.at += width * entries
		return true
	}
	for range entries {
		if r.take(1) == 1 {
			r.at += width
		}
	}
	return true
}

// skipLookup passes over a book's vectors.
func (r *bitReader) skipLookup(entries, dimensions int) bool {
	kind := r.take(4)
	if kind == 0 {
		return true
	}
	if kind > 2 {
		return false
	}
	r.at += 32 + 32
	width := r.take(4) + 1
	r.take(1)
	count := entries * dimensions
	if kind == 1 {
		count = lattice(entries, dimensions)
	}
	r.at += count * width
	return true
}

// lattice is the largest number that to the power of dimensions is not more than entries.
func lattice(entries, dimensions int) int {
	n := int(math.Pow(float64(entries), 1/float64(dimensions))) + 1
	for n > 1 && math.Pow(float64(n), float64(dimensions)) > float64(entries) {
		n--
	}
	return n
}

package music

import (
	"bufio"
	"encoding/binary"
	"io"
)

const (
	oggHead                   = 27                      // bytes before the table of lengths
	oggMax                    = oggHead + 255 + 255*255 // bytes of the largest page
	oggCRC                    = 0x04c11db7              // the checksum's polynomial, highest bit first
	oggMark                   = "OggS"                  // begins every page
	oggNone                   = -1                      // granule of a page on which no packet ends
	oggCont, oggBegin, oggEnd = 1, 2, 4                 // flags: first packet continued, first page, last page
)

// oggPage is one page of an Ogg file (RFC 3533).
type oggPage struct {
	offset, size int64
	flags        byte
	granule      int64 // number of the sample after the last packet that ends here
	serial       uint32
	number       uint32
	lengths      []byte // of the segments; one of 255 goes on in the next
	body         []byte
}

// oggPages reads pages from an offset of the file on.
type oggPages struct {
	in *bufio.Reader
	at int64
}

func (f file) pages(offset int64) *oggPages {
	return &oggPages{bufio.NewReaderSize(f.section(offset), oggMax), offset}
}

// next is the next page whose checksum is right; what is none is passed over. io.EOF after the last.
func (r *oggPages) next() (p oggPage, err error) {
	for {
		head, err := r.in.Peek(oggHead)
		if err != nil {
			return p, eof(err)
		}
		if string(head[:4]) == oggMark && head[4] == 0 {
			if p, ok := r.parse(); ok {
				_, err = r.in.Discard(int(p.size))
				r.at += p.size
				return p, err
			}
		}
		if _, err := r.in.Discard(1); err != nil {
			return p, eof(err)
		}
		r.at++
	}
}

// eof makes one error of all that a cut file gives.
func eof(err error) error {
	if err == io.ErrUnexpectedEOF {
		return io.EOF
	}
	return err
}

func (r *oggPages) parse() (p oggPage, ok bool) {
	head, err := r.in.Peek(oggHead)
	if err != nil {
		return p, false
	}
	size := oggHead + int(head[26])
	if head, err = r.in.Peek(size); err != nil {
		return p, false
	}
	for _, n := range head[oggHead:] {
		size += int(n)
	}
	all, err := r.in.Peek(size)
	if err != nil {
		return p, false
	}
	le := binary.LittleEndian
	if oggSum(all) != le.Uint32(all[22:]) {
		return p, false
	}
	body := oggHead + int(all[26])
	return oggPage{
		offset: r.at, size: int64(size), flags: all[5], granule: int64(le.Uint64(all[6:])), serial: le.Uint32(all[14:]),
		number: le.Uint32(all[18:]), lengths: append([]byte(nil), all[oggHead:body]...), body: append([]byte(nil), all[body:]...),
	}, true
}

var oggTable = func() (t [256]uint32) {
	for i := range t {
		v := uint32(i) << 24
		for range 8 {
			v = v<<1 ^ v>>31*oggCRC
		}
		t[i] = v
	}
	return t
}()

// oggSum is a page's checksum, computed as if its own four bytes were zero.
func oggSum(page []byte) (sum uint32) {
	for i, b := range page {
		if i >= 22 && i < 26 {
			b = 0
		}
		sum = sum<<8 ^ oggTable[byte(sum>>24)^b]
	}
	return sum
}

package music

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

const (
	id3Head  = 10  // bytes of the header of an ID3v2 tag
	id3v1    = 128 // bytes of an ID3v1 tag
	id3Chain = 8   // tags one after another that are still believed
)

// readID3 reads the ID3v2 tags (id3.org, versions 2.2 to 2.4) at the beginning of the file and the ID3v1 tag at its end.
// start is where the sound begins.
func readID3(f file) (t tags, start int64, err error) {
	for range id3Chain {
		head := make([]byte, id3Head)
		if _, err := f.ReadAt(head, start); err != nil || string(head[:3]) != "ID3" {
			break
		}
		size, ok := synchsafe(head[6:])
		if !ok || start+id3Head+size > f.size {
			return tags{}, 0, fmt.Errorf("%w: its ID3 tag is larger than the file", ErrDamaged)
		}
		body, err := f.bytes(start+id3Head, int(min(size, maxText)))
		if err != nil {
			return tags{}, 0, err
		}
		t = t.or(parseID3(head[3], head[5], body))
		start += id3Head + size
		if head[5]&0x10 != 0 {
			start += id3Head // a footer
		}
	}
	if f.size-start >= id3v1 {
		if b, err := f.bytes(f.size-id3v1, id3v1); err == nil && string(b[:3]) == "TAG" {
			t = t.or(tags{title: plain(b[3:33]), artist: plain(b[33:63])})
		}
	}
	return t, start, nil
}

// synchsafe is a number of four times seven bits.
func synchsafe(b []byte) (n int64, ok bool) {
	for _, c := range b[:4] {
		if c&0x80 != 0 {
			return 0, false
		}
		n = n<<7 | int64(c)
	}
	return n, true
}

// parseID3 reads the frames of an ID3v2 tag of that version and flags. A frame that does not fit ends it.
func parseID3(version, flags byte, b []byte) (t tags) {
	if version < 2 || version > 4 {
		return t
	}
	if flags&0x80 != 0 && version < 4 {
		b = resync(b)
	}
	if flags&0x40 != 0 && version > 2 {
		b = skipExtended(version, b)
	}
	for {
		name, body, rest := nextID3(version, b)
		if name == "" {
			return t
		}
		switch name {
		case "TIT2", "TT2":
			t = t.or(tags{title: id3Text(body)})
		case "TPE1", "TP1":
			t = t.or(tags{artist: id3Text(body)})
		}
		b = rest
	}
}

// resync takes out the zero that follows each 0xff of an unsynchronised tag.
func resync(b []byte) []byte { return bytes.ReplaceAll(b, []byte{0xff, 0}, []byte{0xff}) }

func skipExtended(version byte, b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	n, ok := synchsafe(b)
	if version == 3 {
		n, ok = int64(binary.BigEndian.Uint32(b))+4, true
	}
	if !ok || n > int64(len(b)) {
		return nil
	}
	return b[n:]
}

// nextID3 takes the first frame off b; name is "" after the last.
func nextID3(version byte, b []byte) (name string, body, rest []byte) {
	letters, head := 4, 10
	if version == 2 {
		letters, head = 3, 6
	}
	if len(b) < head || b[0] == 0 {
		return "", nil, nil
	}
	var size int64
	switch version {
	case 2:
		size = int64(b[3])<<16 | int64(b[4])<<8 | int64(b[5])
	case 3:
		size = int64(binary.BigEndian.Uint32(b[4:]))
	default:
		var ok bool
		if size, ok = synchsafe(b[4:]); !ok {
			return "", nil, nil
		}
	}
	if size > int64(len(b)-head) {
		return "", nil, nil
	}
	body, rest = b[head:int64(head)+size], b[int64(head)+size:]
	if version == 4 {
		body = unwrapID3(b[9], body)
	}
	return string(b[:letters]), body, rest
}

// unwrapID3 undoes what the flags of a version 2.4 frame say; compressed and encrypted ones are left empty.
func unwrapID3(flags byte, body []byte) []byte {
	if flags&0x0c != 0 {
		return nil
	}
	if flags&0x01 != 0 {
		body = body[min(4, len(body)):]
	}
	if flags&0x02 != 0 {
		body = resync(body)
	}
	return body
}

// id3Text is a text frame: a byte for the coding, then the text; of several texts the first.
func id3Text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	switch text := b[1:]; b[0] {
	case 1:
		return wideText(text, binary.LittleEndian)
	case 2:
		return wideText(text, binary.BigEndian)
	default: // 0 is Latin-1, where many programs put UTF-8; 3 is UTF-8
		return plain(text)
	}
}

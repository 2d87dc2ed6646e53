package music

import (
	"bytes"
	"fmt"
)

// recognize opens a file by its first bytes; the name's ending says nothing.
func recognize(f file) (source, error) {
	named, start, err := readID3(f)
	if err != nil {
		return source{}, err
	}
	head, _ := f.bytes(start, int(min(64, max(0, f.size-start))))
	s, err := openers(head)(f, start)
	if err != nil {
		return source{}, err
	}
	s.tags = s.tags.or(named)
	return s, nil
}

type opener func(f file, start int64) (source, error)

func openers(head []byte) opener {
	is := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	switch {
	case is(0, "RIFF") && is(8, "WAVE"):
		return openWAV
	case is(0, "fLaC"):
		return openFLAC
	case is(0, "OggS") && bytes.Contains(head, []byte("\x01vorbis")):
		return openOgg
	case is(0, "OggS") && bytes.Contains(head, []byte("OpusHead")):
		return foreign("it is Ogg Opus")
	case is(0, "OggS"):
		return foreign("it is Ogg without Vorbis sound")
	case is(4, "ftyp"):
		return foreign("it is MP4 or M4A")
	case is(0, "FORM"):
		return foreign("it is AIFF")
	case is(0, "\x30\x26\xb2\x75"):
		return foreign("it is WMA or WMV")
	case is(0, "\x1a\x45\xdf\xa3"):
		return foreign("it is Matroska or WebM")
	case len(head) == 0:
		return foreign("it is empty")
	default:
		return openMP3
	}
}

func foreign(what string) opener {
	return func(file, int64) (source, error) { return source{}, fmt.Errorf("%w: %s", ErrForeign, what) }
}

package remote

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// events reads server-sent events (WHATWG HTML §9.2), but for their names, which the events of the wire contract say themselves.
type events struct {
	in    *bufio.Reader
	alive func()
	id    string
}

// sent is an event; text is nil for one without data.
type sent struct {
	id   string
	text []byte
}

// newEvents reads from r; alive is called with every line.
func newEvents(r io.Reader, alive func()) *events {
	return &events{in: bufio.NewReaderSize(r, 64<<10), alive: alive}
}

// next is the next event.
func (e *events) next() (sent, error) {
	var text []byte
	for {
		line, err := e.line(maxEvent - len(text))
		if err != nil {
			return sent{}, err
		}
		if len(line) == 0 {
			return sent{e.id, text}, nil
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "id":
			e.id = string(value)
		case "data":
			if text != nil {
				text = append(text, '\n')
			}
			text = append(text, value...)
		}
	}
}

// line is the next line without its end, of at most so many bytes.
func (e *events) line(most int) ([]byte, error) {
	var line []byte
	for {
		part, err := e.in.ReadSlice('\n')
		e.alive()
		line = append(line, part...)
		if len(line) > most {
			return nil, fmt.Errorf("an event of more than %d MB", maxEvent>>20)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return nil, err
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
}

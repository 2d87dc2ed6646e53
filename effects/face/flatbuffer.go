package face

import "encoding/binary"

// flatbuffer reads the tables of a FlatBuffers file (flatbuffers.dev, "Internals"). Files are not trusted: the first step
// outside the file sets broken, and from then on everything reads as zero or empty, so that whoever reads asks once, at
// the end.
type flatbuffer struct {
	b      []byte
	broken bool
}

// mostElements bounds every vector of tables or numbers that is read into memory: tables may share their vectors, so a
// small damaged file could otherwise ask for the square of its size. Models of this room have some 400.
const mostElements = 4096

// at returns n bytes from position p, nil outside the file.
func (f *flatbuffer) at(p, n int) []byte {
	if f.broken || p < 0 || n < 0 || p > len(f.b)-n {
		f.broken = true
		return nil
	}
	return f.b[p : p+n]
}

func (f *flatbuffer) int8(p int) int {
	if b := f.at(p, 1); b != nil {
		return int(int8(b[0]))
	}
	return 0
}

func (f *flatbuffer) uint16(p int) int {
	if b := f.at(p, 2); b != nil {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (f *flatbuffer) int32(p int) int {
	if b := f.at(p, 4); b != nil {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

// follow returns where the offset stored at p leads to; offsets only lead forward.
func (f *flatbuffer) follow(p int) int {
	offset := f.int32(p)
	if offset <= 0 {
		f.broken = true
	}
	return p + offset
}

func (f *flatbuffer) root() table { return table{f, f.follow(0)} }

// table is one table of a file. A table at position 0 is absent: all its fields have their defaults.
type table struct {
	f  *flatbuffer
	at int
}

// field returns the position of a field, 0 when the table does not have it.
func (t table) field(i int) int {
	if t.at == 0 || t.f.broken {
		return 0
	}
	v := t.at - t.f.int32(t.at)
	entry := 4 + 2*i
	if entry+2 > t.f.uint16(v) {
		return 0
	}
	if offset := t.f.uint16(v + entry); offset != 0 {
		return t.at + offset
	}
	return 0
}

func (t table) int8(i int) int {
	if p := t.field(i); p != 0 {
		return t.f.int8(p)
	}
	return 0
}

func (t table) int32(i, absent int) int {
	if p := t.field(i); p != 0 {
		return t.f.int32(p)
	}
	return absent
}

func (t table) table(i int) table {
	if p := t.field(i); p != 0 {
		return table{t.f, t.f.follow(p)}
	}
	return table{f: t.f}
}

// bytes returns the vector in field i of elements of the given size; it shares the file's memory.
func (t table) bytes(i, size int) []byte {
	p := t.field(i)
	if p == 0 {
		return nil
	}
	p = t.f.follow(p)
	n := t.f.int32(p)
	if n < 0 || n > len(t.f.b)/size {
		t.f.broken = true
		return nil
	}
	return t.f.at(p+4, n*size)
}

func (t table) string(i int) string { return string(t.bytes(i, 1)) }

func (t table) ints(i int) []int {
	b := t.bytes(i, 4)
	if len(b) > 4*mostElements {
		t.f.broken = true
		return nil
	}
	n := make([]int, len(b)/4)
	for k := range n {
		n[k] = int(int32(binary.LittleEndian.Uint32(b[4*k:])))
	}
	return n
}

func (t table) tables(i int) []table {
	n := len(t.bytes(i, 4)) / 4
	if n > mostElements {
		t.f.broken = true
	}
	if n == 0 || t.f.broken {
		return nil
	}
	first := t.f.follow(t.field(i)) + 4
	all := make([]table, n)
	for k := range all {
		all[k] = table{t.f, t.f.follow(first + 4*k)}
	}
	return all
}

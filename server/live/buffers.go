package live

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"

	"github.com/pion/transport/v2/packetio"
)

// buffers are where a connection's packets wait to be read. They are closed with the connection, because pion v3 forgets
// the reader of a track that was just being started when the connection closed, and that reader would wait for ever.
type buffers struct {
	mu     sync.Mutex
	all    []io.Closer
	kept   map[uint32]*keeping // by SSRC
	closed bool

	// hear, if set, is called with what comes by RTCP, which then waits for nobody. It must not block.
	hear atomic.Pointer[func([]byte)]
	// parity takes the packets of its stream, of which pion shall see none: it knows the streams of the offer.
	parity *mender
}

// bufferLimit bounds one stream's waiting bytes, as pion does.
const bufferLimit = 1_000_000

func (b *buffers) open(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	waiting := packetio.NewBuffer()
	waiting.SetLimitSize(bufferLimit)
	var one io.ReadWriteCloser = waiting
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case kind == packetio.RTCPBufferPacket:
		one = &tapped{waiting, &b.hear}
	case b.parity.ssrc != 0 && ssrc == b.parity.ssrc:
		put := b.parity.put
		hear := &atomic.Pointer[func([]byte)]{}
		hear.Store(&put)
		one = &tapped{waiting, hear}
	case len(b.kept) < maxEarly:
		k := &keeping{Buffer: waiting}
		if b.kept == nil {
			b.kept = map[uint32]*keeping{}
		}
		b.kept[ssrc], one = k, k
	}
	if b.closed {
		_ = one.Close() // wakes its reader, and cannot fail
	}
	b.all = append(b.all, one)
	return one
}

// early returns what has been read of a stream, and keeps nothing of it any more.
func (b *buffers) early(ssrc uint32) [][]byte {
	b.mu.Lock()
	k := b.kept[ssrc]
	b.mu.Unlock()
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.list
	k.list, k.over = nil, true
	return list
}

// keeping is a buffer that keeps what is read of it until the stream is known: of streams of a simulcast pion reads the first packets for itself,
// to learn which they are, and those begin the picture.
type keeping struct {
	*packetio.Buffer

	mu   sync.Mutex
	list [][]byte
	over bool
}

// keepMost bounds the packets that are kept of a stream, most of which are padding if they are many.
const keepMost = 16

func (k *keeping) Read(b []byte) (int, error) {
	n, err := k.Buffer.Read(b)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil && !k.over && len(k.list) < keepMost {
		k.list = append(k.list, bytes.Clone(b[:n]))
	}
	return n, err
}

// tapped is a buffer whose packets go to whoever hears.
type tapped struct {
	*packetio.Buffer
	hear *atomic.Pointer[func([]byte)]
}

func (t *tapped) Write(packet []byte) (int, error) {
	if hear := t.hear.Load(); hear != nil {
		(*hear)(packet)
		return len(packet), nil
	}
	return t.Buffer.Write(packet)
}

func (b *buffers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, one := range b.all {
		_ = one.Close()
	}
	b.all = nil
}

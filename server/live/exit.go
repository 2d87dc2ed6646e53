package live

import (
	"encoding/binary"
	"time"
)

// head is what the header of a packet to a viewer says (RFC 3550 §5.1).
type head struct {
	number          int64 // sequence number, with the roll-over count above its 16 bits
	time, ssrc      uint32
	payload         uint8 // type
	marker, padding bool
	// counted gives the packet a transport-wide sequence number. What is ever sent twice under one number must not have it: the
	// two would differ, and GCM must not protect two different packets with one number (RFC 7714 §7.2).
	counted bool
	// original is the sequence number of the packet that this one, of another stream, repeats (RFC 4588 §4); used if repeats.
	original uint16
	repeats  bool
}

// exit is a viewer's way out, as its tracks use it.
type exit interface {
	// rtp sends a packet, at the latest with the lane's next flush, and returns its length before protection. It does not keep
	// payload.
	rtp(h *head, payload []byte) (sent int)
	// last is the protected packet that rtp sent last, until the next call; repeat sends such a packet again as it was.
	last() []byte
	repeat(packet []byte)
	// nextCounted is the transport-wide sequence number that the next counted packet gets.
	nextCounted() uint16
	// rtcp sends RTCP at once. It does not keep compound.
	rtcp(compound []byte)
}

// door is the exit through a connection and its lane's outbox. It belongs to the lane.
type door struct {
	*direct
	out       *outbox
	sealer    *sealer
	extension uint8  // id of the transport-wide sequence number; 0 if not agreed upon
	sent      uint16 // the next transport-wide sequence number
	newest    []byte
	way       *way // learns when counted packets leave
}

// headerBytes is the fixed part of an RTP header, extensionBytes what the one extension that we send takes (RFC 8285 §4.2).
const (
	headerBytes    = 12
	extensionBytes = 8
)

func (d *door) rtp(h *head, payload []byte) int {
	to := d.to.Load()
	if to == nil {
		return 0
	}
	head := headerBytes
	if h.counted {
		head += extensionBytes
	}
	body := head
	if h.repeats {
		body += 2
	}
	clear := body + len(payload)
	b := d.out.next(to, clear+d.sealer.tag)
	d.write(b, h)
	if h.repeats {
		binary.BigEndian.PutUint16(b[head:], h.original)
	}
	copy(b[body:], payload)
	if !d.sealer.seal(b, head, h.number) {
		d.out.drop(len(b))
		b = nil
	}
	d.newest = b
	return clear
}

func (d *door) last() []byte { return d.newest }

func (d *door) repeat(packet []byte) {
	if to := d.to.Load(); to != nil && len(packet) > 0 {
		copy(d.out.next(to, len(packet)), packet)
	}
}

// write writes the header.
func (d *door) write(b []byte, h *head) {
	b[0], b[1] = 2<<6, h.payload
	if h.padding {
		b[0] |= 1 << 5
	}
	if h.marker {
		b[1] |= 1 << 7
	}
	binary.BigEndian.PutUint16(b[2:], uint16(h.number))
	binary.BigEndian.PutUint32(b[4:], h.time)
	binary.BigEndian.PutUint32(b[8:], h.ssrc)
	if !h.counted {
		return
	}
	b[0] |= 1 << 4
	binary.BigEndian.PutUint32(b[12:], 0xbede<<16|1)
	b[16] = d.extension<<4 | 1
	binary.BigEndian.PutUint16(b[17:], d.sent)
	b[19] = 0
	d.way.leaves(d.sent, len(b), time.Now())
	d.sent++
}

func (d *door) nextCounted() uint16 { return d.sent }

func (d *door) rtcp(compound []byte) { d.sendControl(compound) }

package live

import (
	"net"

	"golang.org/x/net/ipv4"
)

const (
	// outboxBytes is how much an outbox collects before it sends: little enough to stay in a processor's cache.
	outboxBytes = 256 << 10
	outboxRuns  = 128
	// cutsMost and runBytes bound a run: the kernel's UDP_MAX_SEGMENTS, and the longest UDP payload with room for headers.
	cutsMost = 64
	runBytes = 65000
)

// outbox collects datagrams and sends many with one system call. Datagrams of one size to one address that follow each
// other, the last of which may be shorter, make a run, which the kernel takes as one and cuts up late (UDP_SEGMENT), where
// it can. An outbox belongs to one goroutine, and nothing is sent before flush unless the outbox is full. Errors of sending
// are those of the network: the datagrams are lost like packets on the way.
type outbox struct {
	conn  *ipv4.PacketConn
	cuts  bool // runs may have more than one datagram
	arena []byte
	used  int
	runs  []ipv4.Message
	marks [outboxRuns]mark
	count int
}

// mark is what is known of a run: the size of its datagrams, how many there are, and whether one was shorter.
type mark struct {
	size, datagrams int
	ended           bool
	control         [controlBytes]byte
}

func newOutbox(sock *net.UDPConn) *outbox {
	o := &outbox{
		conn: ipv4.NewPacketConn(sock), cuts: cutsRuns,
		arena: make([]byte, outboxBytes+receiveMTU), runs: make([]ipv4.Message, outboxRuns),
	}
	for i := range o.runs {
		o.runs[i].Buffers = make([][]byte, 1)
	}
	return o
}

// next returns room for the next datagram, of n bytes, which the caller fills before it calls anything else. Equal addresses
// are told by their pointer.
func (o *outbox) next(to *net.UDPAddr, n int) []byte {
	if !o.fits(to, n) {
		o.begin(to, n)
	}
	run, m := &o.runs[o.count-1].Buffers[0], &o.marks[o.count-1]
	m.datagrams++
	m.ended = n < m.size
	start := o.used
	o.used += n
	*run = o.arena[start-len(*run) : o.used]
	return o.arena[start:o.used]
}

// fits reports whether the datagram can join the newest run.
func (o *outbox) fits(to *net.UDPAddr, n int) bool {
	if o.count == 0 || !o.cuts || o.used+n > outboxBytes {
		return false
	}
	run, m := &o.runs[o.count-1], &o.marks[o.count-1]
	return run.Addr == net.Addr(to) && !m.ended && n <= m.size && m.datagrams < cutsMost && len(run.Buffers[0])+n <= runBytes
}

func (o *outbox) begin(to *net.UDPAddr, n int) {
	if o.count == len(o.runs) || o.used+n > outboxBytes {
		o.flush()
	}
	run := &o.runs[o.count]
	run.Addr, run.OOB, run.Buffers[0] = to, nil, o.arena[o.used:o.used]
	o.marks[o.count] = mark{size: n}
	o.count++
}

// drop takes back the room that next gave last.
func (o *outbox) drop(n int) {
	run, m := &o.runs[o.count-1].Buffers[0], &o.marks[o.count-1]
	*run = (*run)[:len(*run)-n]
	o.used -= n
	if m.datagrams--; m.datagrams == 0 {
		o.count--
	}
}

// flush sends all that was collected.
func (o *outbox) flush() {
	for i := range o.count {
		if m := &o.marks[i]; m.datagrams > 1 {
			o.runs[i].OOB = cutControl(m.control[:], m.size)
		}
	}
	for sent := 0; sent < o.count; {
		n, err := o.conn.WriteBatch(o.runs[sent:o.count], 0)
		sent += max(n, 0)
		if err == nil {
			continue
		}
		if m := &o.marks[sent]; m.datagrams > 1 && refusesCuts(err) {
			o.cuts = false
			o.sendCut(&o.runs[sent], m.size)
		}
		sent++ // a peer whose network is gone does not hold up the others
	}
	o.count, o.used = 0, 0
}

// sendCut sends a run that the kernel does not cut.
func (o *outbox) sendCut(run *ipv4.Message, size int) {
	for rest := run.Buffers[0]; len(rest) > 0; {
		n := min(size, len(rest))
		_, _ = o.conn.WriteTo(rest[:n], nil, run.Addr)
		rest = rest[n:]
	}
}

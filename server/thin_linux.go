package server

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// minRepeat is TCP_RTO_MIN_US of linux/tcp.h, which golang.org/x/sys does not name yet.
	minRepeat = 45
	// repeatAfter is how soon, at the earliest, a segment that nobody acknowledged is sent again: later than receivers hold
	// acknowledgements back (40 to 50 ms, RFC 9293 §3.8.6.3), and sooner than the 200 ms that are usual.
	repeatAfter = 80 * time.Millisecond
)

// thin has the kernel repeat what it sends over the listener's connections soon, and at even intervals as long as little is under
// way (TCP_THIN_LINEAR_TIMEOUTS): answers to viewers are small, and where most packets are lost the usual doubling of intervals
// takes seconds. A kernel that does not know how is no reason to fail.
func thin(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_THIN_LINEAR_TIMEOUTS, 1)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, minRepeat, int(repeatAfter.Microseconds()))
	})
}

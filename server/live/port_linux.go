package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

const portsAreShared = true

// sharePort lets several sockets have one port, between which the kernel spreads what comes in by the sender's address.
func sharePort(_, _ string, c syscall.RawConn) error {
	var failed error
	if err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}); err != nil {
		return fmt.Errorf("share the port: %w", err)
	}
	return failed
}

const cutsRuns = true

// controlBytes is the length of a control message with 2 bytes in it, on any Linux.
const controlBytes = 24

// cutControl returns, written into room, the control message that has the kernel cut a buffer into datagrams of size bytes
// (UDP_SEGMENT, generic segmentation offload, Linux 4.18).
func cutControl(room []byte, size int) []byte {
	room = room[:unix.CmsgSpace(2)]
	head := unix.CmsgLen(0)
	if head == 16 {
		binary.NativeEndian.PutUint64(room, uint64(unix.CmsgLen(2)))
	} else {
		binary.NativeEndian.PutUint32(room, uint32(unix.CmsgLen(2)))
	}
	binary.NativeEndian.PutUint32(room[head-8:], unix.SOL_UDP)
	binary.NativeEndian.PutUint32(room[head-4:], unix.UDP_SEGMENT)
	binary.NativeEndian.PutUint16(room[head:], uint16(size))
	return room
}

// refusesCuts reports errors that say that the kernel or the network card cannot cut runs.
func refusesCuts(err error) bool {
	return errors.Is(err, unix.EIO) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOPROTOOPT)
}

package remote

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// segments is how many TCP segments with data a connection sent, and how many of them again (tcp(7), TCP_INFO).
func segments(c net.Conn) (resent, all uint64, ok bool) {
	s, is := c.(syscall.Conn)
	if !is {
		return 0, 0, false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, 0, false
	}
	err = raw.Control(func(fd uintptr) {
		if i, e := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); e == nil {
			resent, all, ok = uint64(i.Total_retrans), uint64(i.Data_segs_out), true
		}
	})
	return resent, all, ok && err == nil
}

//go:build !linux

package remote

import "net"

// segments is not known on this system.
func segments(net.Conn) (resent, all uint64, ok bool) { return 0, 0, false }

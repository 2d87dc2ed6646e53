package live

import (
	"net"

	"github.com/pion/ice/v2"
	"github.com/pion/logging"
)

// mux hands the datagrams of publishers to the connections they belong to, told apart by ICE's user names and then by
// address.
//
// It names one local address a family, whatever the socket is bound to. For a socket bound to all addresses pion would
// name each of the host's and start a reader a name on the same queue, which reorders what comes in. The addresses that
// peers are told are made by us (see addresses), freshly for each answer.
type mux struct {
	*ice.UDPMuxDefault
	names []net.Addr
}

func newMux(conn *Port, log logging.LeveledLogger) *mux {
	local := conn.LocalAddr().(*net.UDPAddr)
	names := []net.Addr{local}
	if local.IP.IsUnspecified() {
		names = []net.Addr{&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: local.Port}}
		if local.IP.To4() == nil {
			names = append(names, &net.UDPAddr{IP: net.IPv6loopback, Port: local.Port})
		}
	}
	return &mux{ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: log, UDPConn: conn}), names}
}

// GetListenAddresses implements ice.UDPMux.
func (m *mux) GetListenAddresses() []net.Addr { return m.names }

package live

import (
	"context"
	"errors"
	"net"

	"github.com/pion/datachannel"
	"github.com/pion/sctp"

	"vitrine/server/wire"
)

const (
	// channelsMost bounds the data channels that one peer may open in its life; it needs one.
	channelsMost = 16
	// channelBuffer bounds what waits to be read, in bytes.
	channelBuffer = 32 << 10
	// channelRepeat is the longest that SCTP waits until it sends again, in ms: more than a round trip and the 200 ms for which a
	// receiver may keep its acknowledgement back (RFC 9260 §6.2), and far from the minute that is usual, because here a path that
	// loses most packets is not a path to spare.
	channelRepeat = 400
)

// serveChannels speaks SCTP over DTLS (RFC 8261) with a peer that asked for it, as the side that is called, and has d.events
// serve its event channel (RFC 8831, RFC 8832), one at a time; other channels are closed. It returns when the association
// has ended, or an error with which the connection should.
func (d *direct) serveChannels(ctx context.Context, conn net.Conn) error {
	a, err := sctp.Server(sctp.Config{NetConn: conn, LoggerFactory: d.log, MaxReceiveBufferSize: channelBuffer, RTOMax: channelRepeat})
	if err != nil {
		return nil //nolint:nilerr // the connection has ended
	}
	for range channelsMost {
		stream, err := a.AcceptStream()
		if err != nil {
			return nil //nolint:nilerr // the association has ended
		}
		c, err := datachannel.Server(stream, &datachannel.Config{LoggerFactory: d.log})
		if err == nil && c.Label == wire.EventChannel {
			d.events(ctx, c)
		}
		_ = stream.Close() // fails if the association has ended
	}
	return errors.New("the peer opened too many channels")
}

package bus

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// insideWithin bounds how long the server in this process may take to begin.
const insideWithin = 10 * time.Second

// inside starts the server in this process, if no other is named: it has no socket. It returns how it is reached and ended.
func (b *Bus) inside() (reach []nats.Option, end func(), err error) {
	if b.cfg.URL != "" {
		return nil, func() {}, nil
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "inside", DontListen: true, NoSigs: true, NoLog: true, NoSystemAccount: true, MaxPayload: MaxPayload,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("make the bus: %w", err)
	}
	s.Start()
	end = func() {
		s.Shutdown()
		s.WaitForShutdown()
	}
	if !s.ReadyForConnections(insideWithin) {
		end()
		return nil, nil, errors.New("start the bus: it does not begin")
	}
	return []nats.Option{nats.InProcessServer(s)}, end, nil
}

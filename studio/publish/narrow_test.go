package publish

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// narrow is a socket behind a path of so many bits a second; 0 is any number. The path's queue holds 300 ms, what comes then
// is lost.
type narrow struct {
	net.PacketConn
	rate  atomic.Int64
	queue chan queued
	stop  chan struct{}
	once  sync.Once
}

type queued struct {
	data []byte
	from net.Addr
	at   time.Time
	err  error
}

func newNarrow(conn net.PacketConn) *narrow {
	n := &narrow{PacketConn: conn, queue: make(chan queued, 4096), stop: make(chan struct{})}
	go n.carry()
	return n
}

func (n *narrow) carry() {
	const longest = 300 * time.Millisecond
	free, buf := time.Now(), make([]byte, 2048)
	for {
		size, from, err := n.PacketConn.ReadFrom(buf)
		now := time.Now()
		if rate := n.rate.Load(); rate > 0 && err == nil {
			if free.Before(now) {
				free = now
			}
			if free.Sub(now) > longest {
				continue
			}
			free = free.Add(time.Duration(float64(8*(size+28)) / float64(rate) * float64(time.Second)))
			now = free
		}
		select {
		case n.queue <- queued{bytes.Clone(buf[:size]), from, now, err}:
		case <-n.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

func (n *narrow) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case q := <-n.queue:
		time.Sleep(time.Until(q.at))
		return copy(b, q.data), q.from, q.err
	case <-n.stop:
		return 0, nil, net.ErrClosed
	}
}

func (n *narrow) Close() error {
	n.once.Do(func() { close(n.stop) })
	return n.PacketConn.Close()
}

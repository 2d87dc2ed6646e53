package cmd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"
)

const (
	// outage is how long a burst of loss lasts.
	outage = 200 * time.Millisecond
	// backlog is how much a slow link keeps before it drops what comes: its queue, as time. Home routers have this or more.
	backlog = 300 * time.Millisecond
	// tardy is the lateness from which a packet counts as delayed by the machine rather than by the link.
	tardy = 5 * time.Millisecond
)

// weather is what one direction of a link does to packets of all kinds.
type weather struct {
	// Drop is the share of packets lost, each by its own throw.
	Drop float64
	// Bursts is the share of time in which every packet is lost, in stretches of 200 ms with random pauses.
	Bursts float64
	// Delay is one way.
	Delay time.Duration
	// Rate in bit/s of IP packets, before a queue of 300 ms; 0 is as fast as the machine.
	Rate float64
}

// path decides about the packets of one direction. What it says follows from the times and sizes it is told, and its seed.
type path struct {
	weather
	random *rand.Rand
	// idle is when a slow link will have sent all that it took.
	idle time.Time
	// dark and bright are begin and end of the burst that is next or goes on.
	dark, bright time.Time
}

func newPath(seed uint64) *path { return &path{random: rand.New(rand.NewPCG(seed, 0))} }

// fate is what becomes of a packet.
type fate int

const (
	passed fate = iota
	lost        // by chance
	full        // by a full queue
)

// decide takes a packet of so many bytes that comes now, and says when it arrives. Times never go back while the weather
// is the same.
func (p *path) decide(now time.Time, size int) (arrives time.Time, f fate) {
	leaves := now
	if p.Rate > 0 {
		leaves = later(now, p.idle)
		if leaves.Sub(now) > backlog {
			return now, full
		}
		leaves = leaves.Add(time.Duration(float64(8*size) / p.Rate * float64(time.Second)))
		p.idle = leaves
	}
	if p.random.Float64() < p.Drop || p.burst(now) {
		return now, lost
	}
	return leaves.Add(p.Delay), passed
}

// burst tells whether a burst goes on. Pauses between bursts are exponentially distributed.
func (p *path) burst(now time.Time) bool {
	if p.Bursts <= 0 {
		return false
	}
	for !now.Before(p.bright) {
		pause := float64(outage) * (1 - p.Bursts) / p.Bursts * p.random.ExpFloat64()
		p.dark = later(p.bright, now.Add(-time.Minute)).Add(time.Duration(pause))
		p.bright = p.dark.Add(outage)
	}
	return !now.Before(p.dark)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// traffic counts what one direction was given since the link was made.
type traffic struct {
	// Packets and MediaBytes, of UDP with IP headers, are what was sent into the link; Lost and Full what it dropped.
	Packets, Lost, Full, MediaBytes int
	// Late counts packets that came out more than 5 ms after their time: then the machine is too busy for a true measure.
	Late int
}

func (c traffic) minus(d traffic) traffic {
	return traffic{c.Packets - d.Packets, c.Lost - d.Lost, c.Full - d.Full, c.MediaBytes - d.MediaBytes, c.Late - d.Late}
}

// Directions of a link, from its first namespace to its second and back.
const (
	down = iota
	up
)

// link joins two namespaces by one TUN device in each. All IP packets pass through this process, which drops, queues and
// delays them: the kernels of most test machines cannot (netem). Order is kept.
type link struct {
	// near and far are the addresses of the first and the second namespace.
	near, far string
	devices   [2]*os.File
	running   sync.WaitGroup

	mu      sync.Mutex
	paths   [2]*path
	traffic [2]traffic
}

// newLink joins the namespaces until the test ends; n, below 250, tells links apart.
func newLink(t testing.TB, a, b *namespace, n int) *link {
	t.Helper()
	l := &link{near: fmt.Sprintf("10.77.%d.1", n), far: fmt.Sprintf("10.77.%d.2", n)}
	l.paths = [2]*path{newPath(uint64(2 * n)), newPath(uint64(2*n + 1))}
	name := fmt.Sprintf("link%d", n)
	l.devices[0] = a.tun(name, l.near, l.far)
	t.Cleanup(l.close)
	l.devices[1] = b.tun(name, l.far, l.near)
	for direction := range l.devices {
		queue := make(chan parcel, 1<<14)
		l.running.Go(func() { defer close(queue); l.take(direction, queue) })
		l.running.Go(func() { l.give(direction, queue) })
	}
	return l
}

// close ends the link and both devices.
func (l *link) close() {
	for _, d := range l.devices {
		if d != nil {
			d.Close()
		}
	}
	l.running.Wait()
}

// set changes the weather of both directions at once, for packets that come from now on.
func (l *link) set(down, up weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paths[0].weather, l.paths[1].weather = down, up
}

func (l *link) count(direction int) traffic {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.traffic[direction]
}

// parcel is a packet on its way.
type parcel struct {
	packet  []byte
	arrives time.Time
}

// take reads what is sent into a direction and drops what the path says. Ends with its device.
func (l *link) take(direction int, queue chan<- parcel) {
	buf := make([]byte, 1<<16)
	for {
		n, err := l.devices[direction].Read(buf)
		if err != nil {
			return
		}
		if p := (parcel{packet: append([]byte(nil), buf[:n]...)}); l.admit(direction, &p) {
			queue <- p
		}
	}
}

func (l *link) admit(direction int, p *parcel) bool {
	const udp = 17
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &l.traffic[direction]
	c.Packets++
	if len(p.packet) > 9 && p.packet[0]>>4 == 4 && p.packet[9] == udp {
		c.MediaBytes += int(binary.BigEndian.Uint16(p.packet[2:]))
	}
	var f fate
	p.arrives, f = l.paths[direction].decide(time.Now(), len(p.packet))
	switch f {
	case lost:
		c.Lost++
	case full:
		c.Full++
	}
	return f == passed
}

// give writes the packets to the other end, each when its time has come. Ends with its queue.
func (l *link) give(direction int, queue <-chan parcel) {
	for p := range queue {
		if wait := time.Until(p.arrives); wait > 0 {
			time.Sleep(wait)
		}
		late := time.Since(p.arrives) > tardy
		if _, err := l.devices[1-direction].Write(p.packet); errors.Is(err, os.ErrClosed) {
			continue
		}
		if late {
			l.mu.Lock()
			l.traffic[direction].Late++
			l.mu.Unlock()
		}
	}
}

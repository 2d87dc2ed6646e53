package cmd

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// send gives a path packets of a size at a pace on a made-up clock.
func send(p *path, packets, size int, pace time.Duration) (arrivals []time.Time, fates [3]int) {
	now := time.Unix(0, 0)
	for range packets {
		at, f := p.decide(now, size)
		fates[f]++
		if f == passed {
			arrivals = append(arrivals, at)
		}
		now = now.Add(pace)
	}
	return arrivals, fates
}

// binomial tells whether a count of n throws is within five standard deviations of its expectation.
func binomial(count, n int, p float64) bool {
	return math.Abs(float64(count)-float64(n)*p) <= 5*math.Sqrt(float64(n)*p*(1-p))+1e-9
}

func TestAPathDropsTheShareItIsToldAndTheSameOnesWithTheSameSeed(t *testing.T) {
	for _, share := range []float64{0, 0.05, 0.5, 0.8, 1} {
		a, b := newPath(1), newPath(1)
		a.Drop, b.Drop = share, share
		first, fates := send(a, 20_000, 1200, time.Millisecond)
		second, _ := send(b, 20_000, 1200, time.Millisecond)
		if !binomial(fates[lost], 20_000, share) {
			t.Errorf("told to drop %.2f, it dropped %d of 20000", share, fates[lost])
		}
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Errorf("two runs with one seed differ at %.2f", share)
		}
	}
}

func TestBurstsOfLossLast200MsAndFillTheirShareOfTime(t *testing.T) {
	p := newPath(1)
	p.Bursts = 0.2
	const minutes = 60
	now, dark, began := time.Unix(0, 0), 0, time.Time{}
	for range minutes * 60_000 {
		_, f := p.decide(now, 100)
		switch {
		case f == lost && began.IsZero():
			began = now
		case f != lost && !began.IsZero():
			// Two bursts may touch; none is shorter.
			if d := now.Sub(began); d < outage-time.Millisecond {
				t.Fatalf("a burst of %v", d)
			}
			began = time.Time{}
		}
		if f == lost {
			dark++
		}
		now = now.Add(time.Millisecond)
	}
	if share := float64(dark) / (minutes * 60_000); math.Abs(share-0.2) > 0.01 {
		t.Errorf("%.3f of the time is lost", share)
	}
}

func TestASlowPathSendsAtItsRateQueuesAndDropsWhatIsTooMuch(t *testing.T) {
	p := newPath(1)
	p.Rate, p.Delay = 600_000, 40*time.Millisecond
	// 1250 bytes take 16⅔ ms; one every 10 ms is 1 Mbit/s.
	arrivals, fates := send(p, 1000, 1250, 10*time.Millisecond)
	if !binomial(fates[full], 1000, 0.4) {
		t.Errorf("the queue dropped %d of 1000", fates[full])
	}
	took := arrivals[len(arrivals)-1].Sub(arrivals[0])
	if rate := float64(8*1250*(len(arrivals)-1)) / took.Seconds(); math.Abs(rate-600_000) > 1 {
		t.Errorf("packets come out at %.0f bit/s", rate)
	}
	if first := arrivals[0].Sub(time.Unix(0, 0)); first.Round(time.Microsecond) != 56667*time.Microsecond {
		t.Errorf("an idle link of 40 ms takes %v for a packet of 16⅔ ms", first)
	}
	for i := 1; i < len(arrivals); i++ {
		if arrivals[i].Before(arrivals[i-1]) {
			t.Fatal("packets overtake each other")
		}
	}
	p.Rate = 0
	if at, _ := p.decide(time.Unix(100, 0), 1250); at.Sub(time.Unix(100, 0)) != p.Delay {
		t.Error("a fast path does more than delay")
	}
}

// Everything below passes the real kernel: sockets, both TUN devices and the process between them.
func TestALinkLosesAndDelaysRealPacketsInOrder(t *testing.T) {
	a, b := newNamespace(t), newNamespace(t)
	l := newLink(t, a, b, 1)
	from, to := socket(t, a, l.near), socket(t, b, l.far)
	const packets, share, delay = 3000, 0.3, 30 * time.Millisecond
	l.set(weather{Drop: share, Delay: delay}, weather{})
	ended := make(chan struct{})
	go func() {
		b := make([]byte, 1000)
		for i := range packets {
			binary.BigEndian.PutUint64(b, uint64(i))
			binary.BigEndian.PutUint64(b[8:], uint64(time.Now().UnixNano()))
			_, _ = from.WriteTo(b, to.LocalAddr())
		}
		for again := time.NewTicker(10 * time.Millisecond); ; { // the end may be lost, too
			_, _ = from.WriteTo(make([]byte, 1), to.LocalAddr())
			select {
			case <-ended:
				return
			case <-again.C:
			}
		}
	}()
	defer close(ended)
	got, last := 0, uint64(0)
	buf := make([]byte, 2000)
	if err := to.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for {
		n, _, err := to.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			break
		}
		i := binary.BigEndian.Uint64(buf)
		if got > 0 && i <= last {
			t.Fatalf("packet %d after %d", i, last)
		}
		if d := time.Duration(time.Now().UnixNano() - int64(binary.BigEndian.Uint64(buf[8:]))); d < delay {
			t.Fatalf("packet %d took %v", i, d)
		}
		got, last = got+1, i
	}
	c := l.count(down)
	if !binomial(got, packets, 1-share) || c.Lost < packets-got || c.MediaBytes < packets*1028 {
		t.Errorf("%d of %d packets arrived; the link counted %+v", got, packets, c)
	}
}

func socket(t *testing.T, n *namespace, address string) (s net.PacketConn) {
	t.Helper()
	if err := n.do(func() (err error) { s, err = net.ListenPacket("udp4", address+":0"); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.(*net.UDPConn).SetReadBuffer(8 << 20); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNamespacesAndTheirProgramsEndWithTheTest(t *testing.T) {
	for range 2 { // the second finds nothing of the first
		var inode string
		t.Run("a rig", func(t *testing.T) {
			a, b := newNamespace(t), newNamespace(t)
			l := newLink(t, a, b, 1)
			if err := a.do(func() (err error) { inode, err = os.Readlink("/proc/thread-self/ns/net"); return err }); err != nil {
				t.Fatal(err)
			}
			a.run("ip", "route", "get", l.far)
			c := exec.Command("sleep", "infinity")
			a.enter(c)
			program := run(t, "sleep", c)
			if len(users(t, inode)) < 2 {
				t.Error("neither we nor the program are in the namespace")
			}
			program.end()
		})
		if left := users(t, inode); len(left) > 0 {
			t.Errorf("still in the namespace: %v", left)
		}
	}
}

// users are the threads in a network namespace and our own files that keep it.
func users(t *testing.T, inode string) (in []string) {
	for _, pattern := range []string{"/proc/[0-9]*/task/[0-9]*/ns/net", "/proc/self/fd/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if at, err := os.Readlink(f); err == nil && at == inode {
				in = append(in, f)
			}
		}
	}
	return in
}

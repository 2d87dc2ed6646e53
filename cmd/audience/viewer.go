package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
	"github.com/pion/transport/v2/packetio"
)

const (
	leaveWithin = 3 * time.Second
	mtu         = 1500
	// socketBuffer is asked of the kernel for each viewer, in bytes. It gives what its limits allow.
	socketBuffer = 1 << 20
)

// viewer is one member of the crowd: a browser without a decoder. It has a socket, a goroutine that reads it, and those of
// its DTLS connection; the crowd's clock has it report.
type viewer struct {
	*crowd
	resource string // the session's address, "" without one
	began    time.Time
	err      error         // why it did not join
	first    chan struct{} // closed when the first picture, or without one the first sound, is complete
	done     chan struct{} // closed when the reader has ended; nil before it began

	agent *agent
	sock  *net.UDPConn
	shook *packetio.Buffer // DTLS that has come
	conn  *dtls.Conn

	mu       sync.Mutex // guards what follows
	in, out  *srtp.Context
	early    [][]byte // media that came before the keys
	tracks   []*track
	header   rtp.Header // of the packet that is being read
	arrivals *twcc.Recorder
	heard    time.Time // of the newest media
	joinedIn time.Duration
	asked    time.Time // of the newest consent check
	reported time.Time // of the newest receiver report
}

// track is one stream of media and its retransmissions.
type track struct {
	section
	*meter
	ssrc uint32 // 0 before the first packet
}

// join connects and waits for the first picture.
func (v *viewer) join(ctx context.Context) error {
	v.began, v.first = time.Now(), make(chan struct{})
	own := newCredentials()
	text, err := v.ask(ctx, offer(own, fingerprint(v.certificate.Certificate[0])))
	if err != nil {
		return err
	}
	a, err := readAnswer(text)
	if err != nil {
		return err
	}
	for _, s := range a.sections {
		rate := uint32(48000)
		if s.video {
			rate = 90000
		}
		v.tracks = append(v.tracks, &track{section: s, meter: newMeter(rate)})
	}
	v.agent, v.arrivals = newAgent(own, a.credentials), twcc.NewRecorder(v.ssrc)
	if v.sock, err = v.agent.connect(ctx, a.candidates); err != nil {
		return err
	}
	_ = v.sock.SetReadBuffer(socketBuffer) // a small buffer costs packets, not correctness
	v.shook, v.done = packetio.NewBuffer(), make(chan struct{})
	go v.read()
	if err := v.secure(ctx, a.fingerprint); err != nil {
		return err
	}
	select {
	case <-v.first:
		return nil
	case <-ctx.Done():
		return errors.New("no picture in time")
	}
}

// secure agrees on keys, and takes what had come before.
func (v *viewer) secure(ctx context.Context, peer string) error {
	conn, in, out, err := v.shake(ctx, &path{v.sock, v.shook}, peer)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.conn, v.in, v.out = conn, in, out
	for _, p := range v.early {
		v.take(p, time.Now())
	}
	v.early = nil
	return nil
}

// picture is the track that the viewer waits for and that delay and jitter are taken from: without video, the sound.
func (v *viewer) picture() *track {
	for _, t := range v.tracks {
		if t.video {
			return t
		}
	}
	return v.tracks[0]
}

// mark begins the time that is measured.
func (v *viewer) mark() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, t := range v.tracks {
		t.mark()
	}
}

// leave ends the session and the connection.
func (v *viewer) leave() {
	if v.resource != "" {
		ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
		if r, err := v.do(ctx, http.MethodDelete, v.resource, ""); err == nil {
			_ = r.Body.Close()
		}
		cancel()
	}
	if v.conn != nil {
		_ = v.conn.Close() // with a goodbye, which nobody may hear
	}
	if v.done != nil {
		_ = v.shook.Close()
		_ = v.sock.Close()
		<-v.done
	}
}

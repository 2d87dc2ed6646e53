package main

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"golang.org/x/net/ipv4"
)

const (
	// readMost is how many datagrams one system call may bring: the packets of a frame. The kernel could also hand them over
	// as one (UDP_GRO), but browsers do not let it, and then it would not even cut them, which on loopback is the server's work.
	readMost = 16
	// earlyMost bounds the packets that wait for the keys.
	earlyMost = 512
)

// read reads until the socket is closed.
func (v *viewer) read() {
	defer close(v.done)
	batch := make([]ipv4.Message, readMost)
	for i := range batch {
		batch[i].Buffers = [][]byte{make([]byte, mtu)}
	}
	for c := ipv4.NewPacketConn(v.sock); ; {
		n, err := c.ReadBatch(batch, 0)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error: the server does not listen at the moment
		}
		now := time.Now()
		v.mu.Lock()
		for i := range batch[:n] {
			v.take(batch[i].Buffers[0][:batch[i].N], now)
		}
		v.mu.Unlock()
	}
}

// take takes one datagram (RFC 7983), which it may overwrite and does not keep.
func (v *viewer) take(data []byte, now time.Time) {
	if len(data) < 2 {
		return
	}
	switch kind := data[0]; {
	case kind < 4:
		if _, reply := v.agent.take(data, v.sock.RemoteAddr().(*net.UDPAddr).AddrPort()); reply != nil {
			_, _ = v.sock.Write(reply)
		}
	case kind >= 20 && kind <= 63:
		_, _ = v.shook.Write(data) // DTLS repeats what does not fit
	case kind < 128 || kind > 191:
	case v.in == nil:
		if len(v.early) < earlyMost {
			v.early = append(v.early, slices.Clone(data))
		}
	case data[1] >= 192 && data[1] <= 223: // RFC 5761 §4
		v.takeControl(data, now)
	default:
		v.takeMedia(data, now)
	}
}

// takeMedia decrypts a packet in place, and counts it if it is authentic.
func (v *viewer) takeMedia(data []byte, now time.Time) {
	h := &v.header
	plain, err := v.in.DecryptRTP(data, data, h)
	if err != nil {
		return
	}
	v.heard = now
	for _, t := range v.tracks {
		repeated := slices.Contains(t.repeats, h.PayloadType)
		if !repeated && !slices.Contains(t.media, h.PayloadType) {
			continue
		}
		if number := h.GetExtension(t.transportNumber); t.transportNumber != 0 && len(number) == 2 {
			v.arrivals.Record(h.SSRC, binary.BigEndian.Uint16(number), now.Sub(v.began).Microseconds())
		}
		if repeated {
			payload := plain[h.MarshalSize():]
			if len(payload) < 2 {
				return // only padding
			}
			h.SequenceNumber = binary.BigEndian.Uint16(payload) // RFC 4588 §4
		} else {
			t.ssrc = h.SSRC
		}
		if t.take(h, len(plain), repeated, now) && t == v.picture() {
			v.joinedIn = now.Sub(v.began)
			close(v.first)
		}
		return
	}
}

// takeControl takes the server's sender reports.
func (v *viewer) takeControl(data []byte, now time.Time) {
	plain, err := v.in.DecryptRTCP(nil, data, nil)
	if err != nil {
		return
	}
	list, err := rtcp.Unmarshal(plain)
	if err != nil {
		return
	}
	for _, p := range list {
		sr, ok := p.(*rtcp.SenderReport)
		if !ok {
			continue
		}
		for _, t := range v.tracks {
			if t.ssrc == sr.SSRC {
				t.report(sr, now)
			}
		}
	}
}

// attend sends what is due: what has arrived and what is missing, once a second a report, and now and then a check.
func (v *viewer) attend(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.out == nil {
		return
	}
	if now.Sub(v.asked) >= consentEvery {
		v.asked = now
		_, _ = v.sock.Write(v.agent.check())
	}
	list := v.arrivals.BuildFeedbackPacket()
	if now.Sub(v.reported) >= time.Second {
		v.reported = now
		rr := &rtcp.ReceiverReport{SSRC: v.ssrc}
		for _, t := range v.tracks {
			if t.ssrc != 0 {
				rr.Reports = append(rr.Reports, t.receptionReport(t.ssrc, now))
			}
		}
		list = append([]rtcp.Packet{rr}, list...)
	}
	for _, t := range v.tracks {
		if missing := t.wanted(now); len(missing) > 0 {
			list = append(list, &rtcp.TransportLayerNack{SenderSSRC: v.ssrc, MediaSSRC: t.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing)})
		}
	}
	v.send(list)
}

func (v *viewer) send(list []rtcp.Packet) {
	if len(list) == 0 {
		return
	}
	raw, err := rtcp.Marshal(list)
	if err != nil {
		return
	}
	if sealed, err := v.out.EncryptRTCP(nil, raw, nil); err == nil {
		_, _ = v.sock.Write(sealed)
	}
}

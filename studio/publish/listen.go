package publish

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

// maxRTCP is the largest datagram of control packets, in bytes.
const maxRTCP = 1500

// listen reads what the server says about one of our streams until the connection closes. What is about several streams
// comes to each of them, so only what names this one counts.
func (s *session) listen(t *track) {
	select {
	case <-t.ready:
	case <-s.done:
		return
	}
	b := t.bound.Load()
	if b == nil {
		return // over before it began
	}
	buf := make([]byte, maxRTCP)
	for {
		n, _, err := b.control.Read(buf, nil)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err == nil {
			s.heard(b.ssrc, packets)
		}
	}
}

// heard takes what the server said about a stream of ours.
func (s *session) heard(ssrc uint32, packets []rtcp.Packet) {
	var rest []rtcp.Packet
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			if slices.Contains(p.DestinationSSRC(), ssrc) {
				s.out.lost(ssrc)
			}
		case *rtcp.ReceiverReport:
			s.reported(p.Reports)
		case *rtcp.SenderReport:
			s.reported(p.Reports)
		case *rtcp.TransportLayerNack:
			if p.MediaSSRC == ssrc {
				rest = append(rest, p)
			}
		case *rtcp.TransportLayerCC:
			if p.MediaSSRC == ssrc {
				rest = append(rest, p)
			}
		case *rtcp.RawPacket:
			raw := slices.Clone(*p) // it lies in the buffer that is read into next
			rest = append(rest, &raw)
		}
	}
	if len(rest) > 0 {
		s.out.hear(rest)
	}
}

func (s *session) reported(blocks []rtcp.ReceptionReport) {
	now := time.Now()
	for _, b := range blocks {
		s.reports.heard(b, now)
		if st := s.out.stream(b.SSRC); st != nil {
			st.known.Store(true)
		}
	}
}

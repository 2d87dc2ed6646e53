package live

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
)

// FuzzRED: whatever sound a publisher sends, what repeats it (RFC 2198) says of each block when it was and holds nothing that is
// no sound. Of the script, four bytes are a packet: steps of number and time, length, padding.
func FuzzRED(f *testing.F) {
	f.Add(bytes.Repeat([]byte{1, 8, 60, 0}, 20), uint8(17))
	f.Add([]byte{1, 8, 60, 0, 1, 8, 60, 3, 1, 8, 60, 0}, uint8(2))
	f.Add([]byte{1, 8, 0, 0, 2, 8, 1, 0, 255, 248, 250, 0, 1, 127, 255, 0, 1, 127, 2, 0, 1, 127, 2, 0}, uint8(4))
	f.Fuzz(func(t *testing.T, script []byte, blocks uint8) {
		var stats counters
		u := newUpTrack(opus, 1<<20, nil, &stats)
		epoch, h := u.Switch(func() {}), rtp.Header{Version: 2}
		for ; len(script) >= 4; script = script[4:] {
			h.SequenceNumber += uint16(int8(script[0]))
			h.Timestamp += uint32(120 * int(int8(script[1])))
			payload := bytes.Repeat(script[2:3], 5*int(script[2]))
			if n := script[3]; n > 0 {
				h.Padding = true
				payload = append(payload, append(make([]byte, n-1), n)...)
			} else {
				h.Padding = false
			}
			raw, err := h.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := u.Write(epoch, append(raw, payload...), time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			p := u.cache.newest
			if p.Padding {
				continue // goes as it is
			}
			earlier := u.cache.Before(p, int(min(blocks, 17)))
			out := appendRED(nil, 111, p, earlier)
			offsets, list := readRED(out)
			last := len(list) - 1
			if last > len(earlier) || !bytes.Equal(list[last], p.Payload) || last > 0 && len(out) > redMost {
				t.Fatalf("%d blocks of %d in %d bytes", last, len(earlier), len(out))
			}
			for i, b := range list[:last] {
				if e := earlier[last-1-i]; !bytes.Equal(b, e.Payload) || e.Time+offsets[i] != p.Time || e.Padding {
					t.Fatalf("block %d of %d, %d ticks back, repeats one of %d ticks, padding %v", i, last, offsets[i], p.Time-e.Time, e.Padding)
				}
			}
		}
	})
}

// FuzzDoor: whatever is sent, for the first time or again (RFC 4588), a stock peer opens what was meant.
func FuzzDoor(f *testing.F) {
	f.Add(int64(20_000), uint32(3000), uint8(96), uint8(0), []byte{0x65, 1, 2, 3})
	f.Add(int64(1<<16), uint32(1<<31), uint8(97), uint8(0xff), []byte{0x41})
	f.Add(int64(1<<40+65535), uint32(0), uint8(127), uint8(6), []byte{})
	key, salt := make([]byte, 16), make([]byte, 12)
	const profile = srtp.ProtectionProfileAeadAes128Gcm
	s, err := newSealer(profile, key, salt)
	if err != nil {
		f.Fatal(err)
	}
	d := &door{direct: &direct{}, out: newOutbox(&net.UDPConn{}), sealer: s, extension: 3, way: &way{}}
	d.to.Store(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9})
	f.Fuzz(func(t *testing.T, number int64, time uint32, kind, bits uint8, payload []byte) {
		number = max(number, -number, 0) & (1<<48 - 1)
		h := &head{
			number: number, time: time, ssrc: 7, payload: kind & 0x7f, marker: bits&1 != 0, padding: bits&2 != 0, counted: bits&4 != 0,
			repeats: bits&8 != 0, original: uint16(time),
		}
		payload = payload[:min(len(payload), receiveMTU-headerBytes)]
		d.out.count, d.out.used = 0, 0 // as if it were flushed
		counted := d.nextCounted()
		sent := d.rtp(h, payload)
		far, err := srtp.CreateContext(key, salt, profile)
		if err != nil {
			t.Fatal(err)
		}
		far.SetROC(h.ssrc, uint32(number>>16))
		plain, err := far.DecryptRTP(nil, d.last(), nil)
		if err != nil || sent != len(plain) {
			t.Fatalf("%d bytes of %d: %v", len(plain), sent, err)
		}
		var got rtp.Header
		n, err := got.Unmarshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		if got.SequenceNumber != uint16(number) || got.Timestamp != time || got.SSRC != h.ssrc || got.PayloadType != h.payload ||
			got.Marker != h.marker || got.Padding != h.padding || got.Extension != h.counted {
			t.Errorf("%+v came as %v", h, got)
		}
		if id := got.GetExtension(3); h.counted && (len(id) != 2 || binary.BigEndian.Uint16(id) != counted) {
			t.Errorf("number %d came as % x", counted, id)
		}
		body := plain[n:]
		if h.repeats {
			if binary.BigEndian.Uint16(body) != h.original {
				t.Errorf("a repetition of %d came as one of % x", h.original, body[:2])
			}
			body = body[2:]
		}
		if !bytes.Equal(body, payload) {
			t.Errorf("% x came as % x", payload, body)
		}
	})
}

// FuzzHello: a ClientHello in two datagrams, of which neither need be one, is agreed to or waited for, and never costs a panic.
func FuzzHello(f *testing.F) {
	whole := helloOf(700, dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM)
	f.Add(whole[0], whole[1])
	f.Add(whole[1], whole[0])
	f.Add(whole[0], whole[0])
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var h hello
		for _, d := range [][]byte{first, second} {
			agree, done := h.add(d)
			if done != (len(agree) > 0) {
				t.Fatalf("done %v with %v", done, agree)
			}
			if done {
				return
			}
		}
		if h.left <= 0 || h.left > helloMost {
			t.Errorf("waits for %d bytes", h.left)
		}
	})
}

// FuzzReports: no RTCP, of a viewer or of a publisher, makes a show panic, and what a viewer says of its link stays within reason.
func FuzzReports(f *testing.F) {
	const sound, picture = 1, 2
	for _, p := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: picture}, &rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: picture}}},
		&rtcp.TransportLayerNack{MediaSSRC: picture, Nacks: []rtcp.NackPair{{PacketID: 20000, LostPackets: 0xffff}}},
		&rtcp.TransportLayerNack{MediaSSRC: sound, Nacks: []rtcp.NackPair{{PacketID: 20000}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{picture}},
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: picture, FractionLost: 255, LastSequenceNumber: 90000, LastSenderReport: 1}}},
		&rtcp.SenderReport{SSRC: picture, NTPTime: 1 << 40, RTPTime: 7, Reports: []rtcp.ReceptionReport{{SSRC: sound, LastSequenceNumber: 1}}},
	} {
		raw, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 9}, p})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, raw, true)
	}
	f.Add(appendPause(nil, 1, pauseMessage{picture, pauseRefused, 1}), []byte{0x8f, typeFeedback, 0, 5, 19: 1}, false)
	out := newOutbox(&net.UDPConn{})
	f.Fuzz(func(t *testing.T, first, second []byte, sees bool) {
		var stats counters
		l, now := newLane(&stats, out), time.Unix(1000, 0)
		v := &Viewer{highest: map[*DownTrack]uint32{}, direct: &direct{reply: reply{offer: &offer{}}}}
		p := &Publisher{}
		codecs := []Codec{opus}
		if sees {
			codecs = append(codecs, h264)
		}
		for i, c := range codecs {
			feed := newFeed(c, nil, 1<<16, nil, &stats)
			up := feed.up()
			epoch := up.Switch(func() {})
			for n := range uint16(3) {
				raw, err := (&rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 3000, Marker: true}).Marshal()
				if err != nil {
					t.Fatal(err)
				}
				if err := up.Write(epoch, append(raw, 0x65, 1, 2), now); err != nil {
					t.Fatal(err)
				}
			}
			d := newDownTrack(c, &section{}, feed, feed.layer(""))
			d.ssrc, d.guard, d.exit = uint32(i+1), &v.guard, &screen{}
			v.downs = append(v.downs, d)
			p.uplinks = append(p.uplinks, &uplink{ssrc: uint32(i + 1), video: c.Video(), from: &source{feed.layer(""), epoch}})
		}
		for i := range uint16(20) {
			v.guard.way.leaves(i, 1000, now)
		}
		l.attach(now, v.downs)
		v.lane.Store(l)
		for _, compound := range [][]byte{first, second} {
			compound = compound[:min(len(compound), receiveMTU)]
			p.heard(compound)
			v.hear(compound)
			for len(l.feedback) > 0 {
				l.answer(<-l.feedback, now)
			}
			now = now.Add(time.Second)
			l.pump(now)
			for _, d := range l.videos {
				d.probe(now)
				d.steer(now)
			}
			l.report(now)
		}
		if g := &v.guard; !(g.loss >= 0 && g.loss <= 1) || g.rtt < 0 || g.level < 0 || g.level >= len(shields) || !(g.way.link.carries() >= 0) {
			t.Errorf("the link is taken for one with %v lost, a round trip of %v, %v bit/s", g.loss, g.rtt, g.way.link.carries())
		}
	})
}

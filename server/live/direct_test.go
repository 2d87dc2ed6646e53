package live

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
	"github.com/pion/stun"
)

// exitTo is a door to a socket of the test's, with its keys and the far end of them.
func exitTo(t *testing.T, profile srtp.ProtectionProfile) (*door, *net.UDPConn, *srtp.Context) {
	t.Helper()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	keyLen, err := profile.KeyLen()
	if err != nil {
		t.Fatal(err)
	}
	saltLen, err := profile.SaltLen()
	if err != nil {
		t.Fatal(err)
	}
	key, salt := make([]byte, keyLen), make([]byte, saltLen)
	_, _ = rand.Read(key)
	_, _ = rand.Read(salt)
	s, err := newSealer(profile, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	far, err := srtp.CreateContext(key, salt, profile)
	if err != nil {
		t.Fatal(err)
	}
	there := listen()
	d := &door{direct: &direct{}, out: newOutbox(listen()), sealer: s, extension: 3, way: &way{}}
	d.to.Store(there.LocalAddr().(*net.UDPAddr))
	return d, there, far
}

func TestWhat_is_sealed_and_sent_in_runs_is_what_a_stock_peer_opens(t *testing.T) {
	for name, profile := range map[string]srtp.ProtectionProfile{
		"GCM 128": srtp.ProtectionProfileAeadAes128Gcm, "GCM 256": srtp.ProtectionProfileAeadAes256Gcm,
		"CM": srtp.ProtectionProfileAes128CmHmacSha1_80,
	} {
		for _, cuts := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				d, there, far := exitTo(t, profile)
				d.out.cuts = d.out.cuts && cuts
				payload := bytes.Repeat([]byte("vitrine "), 150)
				buf, first := make([]byte, receiveMTU), int64(1<<16-150)
				arrives := func(n int64) {
					_ = there.SetReadDeadline(time.Now().Add(patience))
					k, err := there.Read(buf)
					if err != nil {
						t.Fatalf("packet %d: %v", n, err)
					}
					plain, err := far.DecryptRTP(nil, buf[:k], nil)
					if err != nil {
						t.Fatalf("packet %d: %v", n, err)
					}
					var p rtp.Packet
					if err := p.Unmarshal(plain); err != nil || p.SequenceNumber != uint16(n) || p.Timestamp != uint32(n) || p.Marker != (n%8 == 7) {
						t.Fatalf("packet %d came as %v, %v", n, p.Header, err)
					}
					if x := p.GetExtension(3); len(x) != 2 || binary.BigEndian.Uint16(x) != uint16(n-first) {
						t.Fatalf("packet %d has the transport-wide number % x", n, x)
					}
					if !bytes.HasPrefix(payload, p.Payload) {
						t.Fatalf("packet %d has another payload", n)
					}
				}
				// Around the roll-over of the sequence number, in sizes that make runs and end them.
				for n := first; n < first+300; n += 75 {
					for k := n; k < n+75; k++ {
						size := len(payload)
						if k%8 == 7 {
							size = int(k % 500)
						}
						d.rtp(&head{number: k, time: uint32(k), ssrc: 7, payload: 96, marker: k%8 == 7, counted: true}, payload[:size])
					}
					d.out.flush()
					for k := n; k < n+75; k++ {
						arrives(k)
					}
				}
			})
		}
	}
}

func TestSending_allocates_nothing(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, under which short tests run, makes pools forget")
	}
	out, _, _ := exitTo(t, srtp.ProtectionProfileAeadAes128Gcm)
	pictures := newFeed(h264, nil, 1<<20, nil, &counters{})
	up := pictures.up()
	down := newDownTrack(h264, &section{}, pictures, pictures.layer(""))
	down.exit = out
	packets := []*Packet{}
	for i := range int64(8) {
		packets = append(packets, &Packet{From: up, Index: i, Epoch: 1, KeyStart: i == 0, Arrival: 1, Payload: make([]byte, 1200)})
	}
	send := func() {
		for _, p := range packets {
			down.offer(p, time.Now())
			p.Index += 8
		}
		out.out.flush()
	}
	send()
	if a := testing.AllocsPerRun(100, send); a > 0 {
		t.Errorf("%.1f allocations for 8 packets", a)
	}
}

func TestA_packet_that_could_not_be_sealed_leaves_no_trace(t *testing.T) {
	d, there, _ := exitTo(t, srtp.ProtectionProfileAeadAes128Gcm)
	to := d.to.Load()
	copy(d.out.next(to, 3), "one")
	d.out.next(to, 3)
	d.out.drop(3)
	copy(d.out.next(to, 3), "two")
	d.out.flush()
	buf, got := make([]byte, 16), []string{}
	for range 2 {
		_ = there.SetReadDeadline(time.Now().Add(patience))
		n, err := there.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(buf[:n]))
	}
	if !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("got %q", got)
	}
}

func TestOnly_checks_that_prove_the_peer_are_answered(t *testing.T) {
	us, them := credentials{"ours", "0123456789012345678901"}, credentials{"theirs", "x"}
	from := netip.MustParseAddrPort("192.0.2.7:5000")
	check := func(name, pwd string, more ...stun.Setter) []byte {
		m, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(name)},
			append(more, stun.NewShortTermIntegrity(pwd), stun.Fingerprint)...)...)
		if err != nil {
			t.Fatal(err)
		}
		return m.Raw
	}
	nominating := stun.RawAttribute{Type: stun.AttrUseCandidate}
	good := check("ours:theirs", us.pwd, nominating)
	for name, c := range map[string]struct {
		raw           []byte
		ok, nominated bool
	}{
		"a check":          {check("ours:theirs", us.pwd), true, false},
		"a nomination":     {good, true, true},
		"another password": {check("ours:theirs", "9876543210987654321098"), false, false},
		"another peer":     {check("ours:strange", us.pwd), false, false},
		"no password":      {stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername("ours:theirs")).Raw, false, false},
		"cut short":        {good[:len(good)-9], false, false},
		"something else":   {[]byte("\x00\x01"), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			reply, nominated, err := answerCheck(c.raw, us, them, from)
			if (err == nil) != c.ok || nominated != c.nominated {
				t.Fatalf("nominated %v, %v", nominated, err)
			}
			if !c.ok {
				return
			}
			m := &stun.Message{Raw: reply}
			var seen stun.XORMappedAddress
			if err := m.Decode(); err != nil || m.Type != stun.BindingSuccess || seen.GetFrom(m) != nil ||
				seen.String() != from.String() || stun.NewShortTermIntegrity(us.pwd).Check(m) != nil {
				t.Errorf("the reply is %v", m)
			}
		})
	}
	if ufragOf(good) != "ours" || ufragOf([]byte{0, 1, 2}) != "" {
		t.Error("a check's name is not read")
	}
}

// helloOf is a ClientHello that offers the profiles, in datagrams of at most size bytes of it.
func helloOf(size int, offers ...dtls.SRTPProtectionProfile) (datagrams [][]byte) {
	srtpList := []byte{}
	for _, p := range offers {
		srtpList = binary.BigEndian.AppendUint16(srtpList, uint16(p))
	}
	use := append(binary.BigEndian.AppendUint16(nil, uint16(len(srtpList))), append(srtpList, 0)...)
	extensions := append([]byte{0, 51, 4, 0}, make([]byte, 1024)...)
	extensions = append(extensions, 0, extensionSRTP, 0, byte(len(use)))
	extensions = append(extensions, use...)
	body := append([]byte{254, 253}, make([]byte, 32)...)
	body = append(body, 0, 0, 0, 2, 192, 43, 1, 0)
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(extensions))), extensions...)
	put24 := func(b []byte, n int) []byte { return append(b, byte(n>>16), byte(n>>8), byte(n)) }
	for at := 0; at < len(body); at += size {
		part := body[at:min(at+size, len(body))]
		d := append([]byte{22, 254, 255}, make([]byte, 10)...)
		d = put24(append(d, 1), len(body))
		d = put24(put24(append(d, 0, 0), at), len(part))
		datagrams = append(datagrams, append(d, part...))
	}
	return datagrams
}

func TestThe_best_protection_of_a_hello_is_agreed_to(t *testing.T) {
	const cm, gcm, gcm256 = dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM
	for name, c := range map[string]struct {
		datagrams [][]byte
		want      []dtls.SRTPProtectionProfile
	}{
		"a browser's order":   {helloOf(4000, cm, gcm256, gcm), []dtls.SRTPProtectionProfile{gcm}},
		"in fragments":        {helloOf(500, cm, gcm256, gcm), []dtls.SRTPProtectionProfile{gcm}},
		"with one sent again": {append(helloOf(700, cm, gcm)[:1], helloOf(700, cm, gcm)...), []dtls.SRTPProtectionProfile{gcm}},
		"without GCM":         {helloOf(4000, cm), []dtls.SRTPProtectionProfile{cm}},
		"without any":         {helloOf(4000), preferred},
		"not a hello":         {[][]byte{make([]byte, 40)}, preferred},
		"cut short":           {[][]byte{helloOf(4000, cm)[0][:100]}, preferred},
		"nothing":             {[][]byte{nil}, preferred},
	} {
		t.Run(name, func(t *testing.T) {
			var h hello
			for i, d := range c.datagrams {
				agree, done := h.add(d)
				if last := i == len(c.datagrams)-1; done != last || done && !slices.Equal(agree, c.want) {
					t.Fatalf("after datagram %d: %v, %v", i, agree, done)
				}
			}
		})
	}
}

// FuzzDatagram: nothing that a stranger sends makes us panic.
func FuzzDatagram(f *testing.F) {
	f.Add(helloOf(4000, dtls.SRTP_AEAD_AES_128_GCM)[0])
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername("a:b"), stun.Fingerprint).Raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var h hello
		if agree, done := h.add(raw); done && len(agree) == 0 {
			t.Error("no protection is agreed to")
		}
		_ = ufragOf(raw)
		_, _, _ = answerCheck(raw, credentials{"a", "p"}, credentials{"b", "q"}, netip.MustParseAddrPort("192.0.2.7:5000"))
	})
}

package live

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// path is a way between one client and the stage that loses a share of the datagrams of each direction.
type path struct {
	mu        sync.Mutex
	loss      float64
	chance    *rand.Rand
	near, far *net.UDPConn // towards the client, towards the stage
	client    netip.AddrPort
}

// startPath runs a path to the stage until the test ends.
func startPath(t *testing.T, s *Stage) *path {
	t.Helper()
	near, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	far, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(s.Address()))
	if err != nil {
		t.Fatal(err)
	}
	p := &path{near: near, far: far, chance: rand.New(rand.NewPCG(3, 4))}
	var wg sync.WaitGroup
	wg.Go(func() {
		p.carry(near, func(b []byte, from netip.AddrPort) {
			p.mu.Lock()
			p.client = from
			p.mu.Unlock()
			_, _ = far.Write(b)
		})
	})
	wg.Go(func() {
		p.carry(far, func(b []byte, _ netip.AddrPort) {
			p.mu.Lock()
			to := p.client
			p.mu.Unlock()
			_, _ = near.WriteToUDPAddrPort(b, to)
		})
	})
	t.Cleanup(func() {
		_, _ = near.Close(), far.Close()
		wg.Wait()
	})
	return p
}

func (p *path) carry(from *net.UDPConn, send func([]byte, netip.AddrPort)) {
	b := make([]byte, 2048)
	for {
		n, at, err := from.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		lost := p.chance.Float64() < p.loss
		p.mu.Unlock()
		if !lost {
			send(b[:n], at)
		}
	}
}

func (p *path) lose(share float64) {
	p.mu.Lock()
	p.loss = share
	p.mu.Unlock()
}

// leads is the answer with the path in place of the stage's own address.
func (p *path) leads(s *Stage, answer string) string {
	port := func(a net.Addr) string { return " " + strings.Split(a.String(), ":")[1] + " typ host" }
	return strings.ReplaceAll(answer, port(s.port.LocalAddr()), port(p.near.LocalAddr()))
}

// publishOver puts a show on air over a path and sends a frame every few milliseconds until the test ends, with a key frame
// now and then.
func publishOver(t *testing.T, s *Stage, p *path, id wire.ShowID) *client {
	t.Helper()
	c := newClient(t, h264)
	track, err := webrtc.NewTrackLocalStaticRTP(h264.parameters(nil).RTPCodecCapability, "video", "show")
	if err != nil {
		t.Fatal(err)
	}
	c.video = track
	tr, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		t.Fatal(err)
	}
	go c.readReports(tr.Sender())
	a, err := s.Publish(t.Context(), id, c.offer(false), loopback)
	if err == nil {
		a.SDP = p.leads(s, a.SDP)
	}
	c.accept(a, err)
	c.connect()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := uint32(0); ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			if n%200 == 0 {
				c.keyFrame(450 * n)
			} else {
				c.delta(450 * n)
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return c
}

// restart restarts a publisher's ICE by PATCH.
func (c *client) restart(s *Stage, id wire.ShowID) {
	c.t.Helper()
	offer, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.pc.SetLocalDescription(offer); err != nil {
		c.t.Fatal(err)
	}
	o, err := readOffer(offer.SDP, publishing)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := s.Patch(c.t.Context(), Resource{true, id, c.answer.Session}, "*", "a=ice-ufrag:"+o.ufrag+"\r\na=ice-pwd:"+o.pwd+"\r\n", loopback)
	if err != nil {
		c.t.Fatal(err)
	}
	answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: merged(c.t, c.answer.SDP, r.Fragment)}
	if err := c.pc.SetRemoteDescription(answer); err != nil {
		c.t.Fatal(err)
	}
}

func TestA_publisher_that_falls_silent_is_expected_back(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	way := startPath(t, s)
	p := publishOver(t, s, way, "demo")
	live := func() bool { st := s.Show("demo"); return st.Live && !st.Interrupted && st.Video == "H264" }
	gone := func() bool { st := s.Show("demo"); return !st.Live && st.Interrupted && !st.Since.IsZero() }
	await(t, "the show to be live", live)
	before := s.Show("demo").Since

	way.lose(1)
	await(t, "the interruption", gone)
	v := watch(t, s, "demo", h264) // who comes now waits with the others
	way.lose(0)
	await(t, "media to flow again", live)
	track := v.track(webrtc.RTPCodecTypeVideo)

	way.lose(1)
	await(t, "the interruption", gone)
	await(t, "both ends to notice", func() bool {
		e, err := s.find(Resource{true, "demo", p.answer.Session})
		return err == nil && e.peer.link() == shaky && p.pc.ICEConnectionState() == webrtc.ICEConnectionStateDisconnected
	})
	p.restart(s, "demo")
	way.lose(0)
	await(t, "the show to be live again", live)
	if st := s.Show("demo"); st.Since != before || st.Viewers != 1 {
		t.Errorf("it is another show: %+v", st)
	}
	for newest := v.read(track).Timestamp; ; { // the viewer's stream goes on
		if p := v.read(track); int32(p.Timestamp-newest) > 90000 {
			break
		}
	}
}

func TestA_publishers_losses_are_repaired_and_reported(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	way := startPath(t, s)
	publishOver(t, s, way, "demo")
	await(t, "the show to be live", func() bool { return s.Show("demo").Live })
	up := s.picture("demo").up()
	way.lose(0.3)
	state := func(so func(r *reception) bool) func() bool {
		return func() bool { up.mu.Lock(); defer up.mu.Unlock(); return so(&up.reception) }
	}
	await(t, "losses", state(func(r *reception) bool { return r.lost > 300 && r.told > 200 }))
	way.lose(0)
	await(t, "all to have come", state(func(r *reception) bool { return len(r.missing) == 0 }))
	up.cache.mu.RLock()
	defer up.cache.mu.RUnlock()
	missed := 0
	for i := up.cache.head - 250; i <= up.cache.head; i++ {
		if up.cache.at(i) == nil {
			missed++
		}
	}
	if missed > 10 { // some before a key frame are given up
		t.Errorf("%d of the last 250 packets never came, about 75 were lost", missed)
	}
}

func TestA_packet_that_comes_hundreds_of_packets_late_is_taken(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", h264)
	p.keyFrame(0)
	held := p.sequence[p.video]
	p.sequence[p.video]++
	for i := range uint32(300) {
		p.delta(3000 * (i + 1))
	}
	await(t, "the others", func() bool { return s.Stats().PacketsIn == 302 })
	late := rtp.Header{Version: 2, SequenceNumber: 1000 + held, Timestamp: 3000, Marker: true}
	if err := p.video.WriteRTP(&rtp.Packet{Header: late, Payload: []byte{0x41, 1, 2}}); err != nil {
		t.Fatal(err)
	}
	await(t, "the late one", func() bool { return s.Stats().PacketsIn == 303 })
}

package cmd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// stockAt is the variable that has the test binary be a stock server at an address, instead of running tests.
const stockAt = "VITRINE_STOCK_AT"

// stock is the server that everybody builds first, of what pion v3 brings: a TrackLocalStaticRTP a track, default codecs and
// interceptors, and the same HTTP doors as ours. It knows one show.
type stock struct {
	mu      sync.Mutex
	tracks  []*webrtc.TrackLocalStaticRTP
	viewers atomic.Int64
	packets atomic.Uint64 // to viewers
}

// serveStock runs a stock server until it is told to stop, and returns its exit code.
func serveStock(at string) int {
	s := &stock{}
	prometheus.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vitrine_viewers"}, func() float64 { return float64(s.viewers.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "vitrine_packets_out_total"}, func() float64 { return float64(s.packets.Load()) }),
	)
	doors := http.NewServeMux()
	doors.HandleFunc("POST /whip/{show}", s.door(s.publish))
	doors.HandleFunc("POST /whep/{show}", s.door(s.watch))
	doors.HandleFunc("DELETE /", func(http.ResponseWriter, *http.Request) {}) // DTLS says goodbye
	doors.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	doors.Handle("GET /metrics", promhttp.Handler())
	server := &http.Server{Addr: at, Handler: doors}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { <-stop; _ = server.Close() }()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// newPeer makes a connection as pion makes it, but for candidates that reach it on this machine, with what more is registered.
func newPeer(more ...func(*webrtc.MediaEngine) error) (*webrtc.PeerConnection, error) {
	e := webrtc.SettingEngine{}
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	e.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	media, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := errors.Join(media.RegisterDefaultCodecs(), webrtc.RegisterDefaultInterceptors(media, chain)); err != nil {
		return nil, err
	}
	for _, register := range more {
		if err := register(media); err != nil {
			return nil, err
		}
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(e)).
		NewPeerConnection(webrtc.Configuration{})
}

// door answers an offer on a connection that enter has prepared.
func (s *stock) door(enter func(*webrtc.PeerConnection) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := func() (string, error) {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				return "", err
			}
			pc, err := newPeer()
			if err != nil {
				return "", err
			}
			if err := enter(pc); err != nil {
				return "", err
			}
			if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(text)}); err != nil {
				return "", err
			}
			answer, err := pc.CreateAnswer(nil)
			if err != nil {
				return "", err
			}
			gathered := webrtc.GatheringCompletePromise(pc)
			if err := pc.SetLocalDescription(answer); err != nil {
				return "", err
			}
			<-gathered
			return pc.LocalDescription().SDP, nil
		}()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", r.URL.Path+"/session")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer)
	}
}

// publish forwards what the publisher sends.
func (s *stock) publish(pc *webrtc.PeerConnection) error {
	pc.OnTrack(func(from *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		to, err := webrtc.NewTrackLocalStaticRTP(from.Codec().RTPCodecCapability, from.Kind().String(), "show")
		if err != nil {
			return
		}
		s.mu.Lock()
		s.tracks = append(s.tracks, to)
		s.mu.Unlock()
		for {
			p, _, err := from.ReadRTP()
			if err != nil {
				return
			}
			_ = to.WriteRTP(p) // errors are those of viewers that leave
			s.packets.Add(uint64(s.viewers.Load()))
		}
	})
	return nil
}

// watch sends the tracks, and reads the viewer's reports for the interceptors to see them.
func (s *stock) watch(pc *webrtc.PeerConnection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tracks) < 2 {
		return errors.New("nobody is sending")
	}
	for _, t := range s.tracks {
		sender, err := pc.AddTrack(t)
		if err != nil {
			return err
		}
		go func() {
			buf := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	watching := false
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			watching = true
			s.viewers.Add(1)
		case webrtc.PeerConnectionStateClosed, webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateDisconnected:
			if watching {
				watching = false
				s.viewers.Add(-1)
			}
			if state != webrtc.PeerConnectionStateClosed {
				go pc.Close()
			}
		}
	})
	return nil
}

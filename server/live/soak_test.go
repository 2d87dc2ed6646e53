package live

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// usage is what must not grow.
type usage struct {
	goroutines, files int
	heap              uint64
}

func measure(t *testing.T) usage {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc here")
	}
	runtime.GC()
	runtime.GC() // the first one fills pools' victims
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{runtime.NumGoroutine(), len(list), m.HeapAlloc}
}

// TestNothing_grows_with_joins_and_leaves: hundreds of viewers come and go, some of them without a word, and publishers take
// over from each other all the while.
func TestNothing_grows_with_joins_and_leaves(t *testing.T) {
	cycles := 500
	if testing.Short() {
		cycles = 50
	}
	s := startStage(t, Config{})
	p := publish(t, s, "demo", opus, h264)
	p.keyFrame(0)
	visit := func(i int) {
		c := makeClient(t, func(*webrtc.SettingEngine) {}, opus, h264)
		defer c.close()
		for _, k := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := c.pc.AddTransceiverFromKind(k, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Error(err)
			}
		}
		if i%2 > 0 {
			if _, err := c.pc.CreateDataChannel(wire.EventChannel, nil); err != nil {
				t.Error(err)
			}
		}
		a, err := s.Watch(t.Context(), wire.Show{ID: "demo"}, c.offer(false), loopback)
		if err != nil {
			t.Error(err)
			return
		}
		if i%5 > 0 { // the others leave before they have come
			c.accept(a, nil)
			c.connect()
		}
		if err := s.End(t.Context(), Resource{false, "demo", a.Session}); err != nil {
			t.Error(err)
		}
	}
	rounds := func(n int) {
		var wg sync.WaitGroup
		work := make(chan int)
		for range 16 { // a visitor mostly waits for the ticks of its own ICE
			wg.Go(func() {
				for i := range work {
					visit(i)
				}
			})
		}
		for i := range n {
			work <- i
			if i%50 == 49 {
				next := publish(t, s, "demo", opus, h264)
				next.keyFrame(0)
				await(t, "the take-over", func() bool { _, err := s.find(Resource{true, "demo", p.answer.Session}); return err != nil })
				p.close()
				p = next
			}
		}
		close(work)
		wg.Wait()
	}
	await(t, "the show", func() bool { return s.Show("demo").Live })
	rounds(50) // fills pools and caches
	var before, after usage
	await(t, "sessions to end", func() bool { return s.Stats().Sessions == 1 })
	before = measure(t)
	rounds(cycles)
	fits := func() bool {
		after = measure(t)
		return after.goroutines <= before.goroutines+5 && after.files <= before.files && after.heap < before.heap+4<<20
	}
	for end := time.Now().Add(patience); !fits() && time.Now().Before(end); {
		<-time.After(50 * time.Millisecond)
	}
	t.Logf("before %+v, after %d cycles %+v", before, cycles, after)
	if !fits() {
		t.Errorf("it grew")
	}
}

package cmd

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The server under test has a processor for itself, and the audience another.
const (
	serverOn   = "0"
	audienceOn = "1"
)

// BenchmarkLive measures what a viewer costs our server, what one costs a stock server of pion v3, and how many a core of ours
// carries. Both forward the same packets to the same audience, which decrypts and authenticates each. Run it with
// -benchtime 1x.
func BenchmarkLive(b *testing.B) {
	b.Run("cost", benchCost)
	b.Run("crowd", benchCrowd)
}

// pinned is a program that may use one processor only.
func pinned(on, program string, args ...string) *exec.Cmd {
	cmd := exec.Command("taskset", append([]string{"-c", on, program}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

// onAir runs a server, ours or a stock one, on one processor, and has the source send to it.
func onAir(b *testing.B, ours bool) *evening {
	b.Helper()
	at, token := fmt.Sprintf("127.0.0.1:%d", freePort(b)), rand.Text()
	e := &evening{t: b, http: at, client: http.DefaultClient}
	name, cmd := "server", pinned(serverOn, filepath.Join(bin, "server"), "--listen", at, "--data", b.TempDir(),
		"--media-port", fmt.Sprint(freePort(b)), "--max-per-address", "4000", "--max-viewers", "4000", "--max-sessions", "4000")
	cmd.Env = append(cmd.Env, "VITRINE_SHOW=evening:"+token)
	if !ours {
		self, err := os.Executable()
		if err != nil {
			b.Fatal(err)
		}
		name, cmd = "stock server", pinned(serverOn, self)
		cmd.Env = append(cmd.Env, stockAt+"="+at)
	}
	e.server = run(b, name, cmd)
	e.until("the server answers", func() bool {
		r, err := e.client.Get(e.url("/readyz"))
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	source(b, e.url("/whip/evening"), token)
	return e
}

// heard is what the audience reports.
type heard struct {
	Lost  float64  `json:"lost"`
	Loss  float64  `json:"loss_percent"`
	Cores *float64 `json:"server_cores"`
	Delay struct {
		P95 float64 `json:"p95"`
	} `json:"delay_ms"`
	Holds bool `json:"holds"`

	cores float64 // that the audience itself used, joining included
}

// audience starts a crowd that stays for a while after all have joined, and returns how to wait for what it saw.
func (e *evening) audience(viewers int, stay time.Duration, more ...string) (crowd *program, wait func() heard) {
	cmd := pinned(audienceOn, filepath.Join(bin, "audience"), append([]string{
		"--url", e.url("/watch/evening"), "--viewers", fmt.Sprint(viewers), "--for", stay.String(), "--json",
	}, more...)...)
	crowd, began := run(e.t, "audience", cmd), time.Now()
	return crowd, func() (h heard) {
		<-crowd.done
		took := time.Since(began)
		var text strings.Builder
		for len(crowd.out) > 0 {
			text.Write(<-crowd.out)
		}
		if err := json.Unmarshal([]byte(text.String()), &h); err != nil {
			e.t.Fatalf("%v in %q", err, text.String())
		}
		h.cores = float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / float64(took)
		return h
	}
}

// cost is what viewers cost a server.
type cost struct {
	packet float64 // µs of processor time a packet
	heap   float64 // KiB of heap and stacks in use a viewer, at most
	allocs float64 // allocations a packet, all that the server does included
	lost   float64 // packets
}

// peak looks at the server's memory five times in a while and returns the most, in bytes.
func (e *evening) peak(during time.Duration) (most float64) {
	look := time.NewTicker(during / 5) // looking costs the server milliseconds
	defer look.Stop()
	for range 5 {
		<-look.C
		most = max(most, e.metric("go_memstats_heap_inuse_bytes")+e.metric("go_memstats_stack_inuse_bytes"))
	}
	return most
}

// charge has viewers watch, and returns what they cost.
func (e *evening) charge(viewers int, more ...string) (c cost) {
	const window, spare = 15 * time.Second, 6 * time.Second
	empty := e.peak(3 * time.Second)
	crowd, wait := e.audience(viewers, window+spare, more...)
	all := fmt.Sprintf("%d of %[1]d watch", viewers)
	e.until("all watch", func() bool { return strings.Contains(crowd.log(), all) })
	used, packets, allocs := e.server.cpu(), e.metric("vitrine_packets_out_total"), e.metric("go_memstats_mallocs_total")
	full := e.peak(window)
	spent := e.server.cpu() - used
	sent := e.metric("vitrine_packets_out_total") - packets
	c.packet, c.allocs = float64(spent.Microseconds())/sent, (e.metric("go_memstats_mallocs_total")-allocs)/sent
	c.heap = (full - empty) / 1024 / float64(viewers)
	c.lost = wait().Lost
	return c
}

// benchCost compares. Its viewers offer the ciphers that browsers offer, of which a stock server takes the first; what it
// would cost if they offered only the cheapest is measured as well.
func benchCost(b *testing.B) {
	measure := func(name string, ours bool, viewers int, more ...string) (c cost) {
		b.Run(fmt.Sprintf("%s/%d", name, viewers), func(b *testing.B) { c = onAir(b, ours).charge(viewers, more...) })
		return c
	}
	few, fewStock := measure("ours", true, 50, "--browser-ciphers"), measure("stock", false, 50, "--browser-ciphers")
	line("live_cpu_a_packet_50", few.packet, "us", "-")
	line("live_stock_cpu_a_packet_50", fewStock.packet, "us", "-")
	line("live_stock_to_ours_50", fewStock.packet/few.packet, "ratio", "-")
	ours, stock := measure("ours", true, 200, "--browser-ciphers"), measure("stock", false, 200, "--browser-ciphers")
	line("live_cpu_a_packet", ours.packet, "us", "<=3.5")
	line("live_stock_cpu_a_packet", stock.packet, "us", "-")
	line("live_stock_to_ours", stock.packet/ours.packet, "ratio", ">=3.5")
	line("live_heap_a_viewer", ours.heap, "KiB", "<=160")
	line("live_stock_heap_a_viewer", stock.heap, "KiB", "-")
	line("live_allocs_a_packet", ours.allocs, "count", "<=0")
	line("live_stock_allocs_a_packet", stock.allocs, "count", "-")
	line("live_packets_lost", few.lost+ours.lost, "packets", "<=0")
	line("live_stock_packets_lost", fewStock.lost+stock.lost, "packets", "-")
	gcm := measure("stock_gcm", false, 200)
	line("live_stock_gcm_cpu_a_packet", gcm.packet, "us", "-")
	line("live_stock_gcm_to_ours", gcm.packet/ours.packet, "ratio", "-")
}

// benchCrowd finds how many viewers a core of ours carries, until packets are lost or late.
func benchCrowd(b *testing.B) {
	e := onAir(b, true)
	most := 0
	for _, viewers := range []int{400, 600, 800, 1000} {
		_, wait := e.audience(viewers, 15*time.Second)
		h := wait()
		at := fmt.Sprintf("_at_%d", viewers)
		line("live_delay_p95"+at, h.Delay.P95, "ms", "-")
		line("live_loss"+at, h.Loss, "percent", "-")
		if h.Cores != nil {
			line("live_server"+at, *h.Cores, "cores", "-")
		}
		line("live_audience"+at, h.cores, "cores", "-")
		if !h.Holds {
			break
		}
		most = viewers
		e.until("all have left", func() bool { return e.metric("vitrine_viewers") == 0 })
	}
	line("live_viewers_a_core", float64(most), "count", ">=800")
}

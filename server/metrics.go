package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vitrine/server/bus"
	"vitrine/server/chat"
	"vitrine/server/live"
	"vitrine/server/turn"
)

// measure is one number of a stage in Prometheus' terms.
type measure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(live.Stats) float64
}

// stageMetrics reads a stage whenever it is asked. It implements prometheus.Collector.
type stageMetrics struct {
	stage    *live.Stage
	measures []measure
}

func newStageMetrics(stage *live.Stage) *stageMetrics {
	m := &stageMetrics{stage: stage}
	add := func(kind prometheus.ValueType, name, help string, read func(live.Stats) float64) {
		m.measures = append(m.measures, measure{prometheus.NewDesc("vitrine_"+name, help, nil, nil), kind, read})
	}
	gauge := func(name, help string, read func(live.Stats) int) {
		add(prometheus.GaugeValue, name, help, func(s live.Stats) float64 { return float64(read(s)) })
	}
	counter := func(name, help string, read func(live.Stats) uint64) {
		add(prometheus.CounterValue, name+"_total", help, func(s live.Stats) float64 { return float64(read(s)) })
	}
	gauge("shows_live", "Shows on air.", func(s live.Stats) int { return s.Shows })
	gauge("publishers", "Publishers on air.", func(s live.Stats) int { return s.Publishers })
	gauge("viewers", "Connected viewers.", func(s live.Stats) int { return s.Viewers })
	gauge("sessions", "Sessions, connected or not.", func(s live.Stats) int { return s.Sessions })
	counter("packets_in", "RTP packets from publishers.", func(s live.Stats) uint64 { return s.PacketsIn })
	counter("bytes_in", "RTP bytes from publishers.", func(s live.Stats) uint64 { return s.BytesIn })
	counter("packets_out", "RTP packets to viewers, without those sent again.", func(s live.Stats) uint64 { return s.PacketsOut })
	counter("bytes_out", "RTP bytes to viewers, before encryption.", func(s live.Stats) uint64 { return s.BytesOut })
	counter("video_dropped", "Picture packets that a full queue did not take.", func(s live.Stats) uint64 { return s.VideoDropped })
	counter("audio_dropped", "Sound packets that a full queue did not take.", func(s live.Stats) uint64 { return s.AudioDropped })
	counter("reports_dropped", "Viewers' reports that a full queue did not take.", func(s live.Stats) uint64 { return s.ReportsDropped })
	counter("nacks", "Packets that viewers asked for again.", func(s live.Stats) uint64 { return s.Nacked })
	counter("packets_resent", "Packets sent again.", func(s live.Stats) uint64 { return s.Resent })
	counter("packets_requested", "Packets asked again of publishers.", func(s live.Stats) uint64 { return s.Requested })
	counter("plis", "Key frames asked of publishers.", func(s live.Stats) uint64 { return s.KeyRequests })
	counter("joins", "Viewers whose connection came up.", func(s live.Stats) uint64 { return s.Joins })
	counter("joins_failed", "Sessions whose connection never came up.", func(s live.Stats) uint64 { return s.Failed })
	return m
}

// Describe implements prometheus.Collector.
func (m *stageMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, x := range m.measures {
		ch <- x.desc
	}
}

// Collect implements prometheus.Collector.
func (m *stageMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.stage.Stats()
	for _, x := range m.measures {
		ch <- prometheus.MustNewConstMetric(x.desc, x.kind, x.read(s))
	}
}

// relayMetrics read a relay whenever they are asked.
func relayMetrics(relay *turn.Server) (list []prometheus.Collector) {
	gauge := func(name, help string, read func(turn.Stats) int) {
		list = append(list, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vitrine_turn_" + name, Help: help},
			func() float64 { return float64(read(relay.Stats())) }))
	}
	refused := func(why string, read func(turn.Stats) uint64) {
		list = append(list, prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "vitrine_turn_refused_total", Help: "Requests that the relay refused.", ConstLabels: prometheus.Labels{"why": why},
		}, func() float64 { return float64(read(relay.Stats())) }))
	}
	gauge("allocations", "Allocations of the relay.", func(s turn.Stats) int { return s.Allocations })
	gauge("connections", "TCP and TLS connections to the relay.", func(s turn.Stats) int { return s.Connections })
	refused("credentials", func(s turn.Stats) uint64 { return s.RefusedCredentials })
	refused("quota", func(s turn.Stats) uint64 { return s.RefusedQuota })
	refused("peer", func(s turn.Stats) uint64 { return s.RefusedPeers })
	return list
}

// busMetrics read the bus whenever they are asked.
func busMetrics(b *bus.Bus) (list []prometheus.Collector) {
	counter := func(name, help string, read func(bus.Stats) uint64) {
		list = append(list, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "vitrine_bus_" + name + "_total", Help: help},
			func() float64 { return float64(read(b.Stats())) }))
	}
	counter("messages_in", "Messages that the bus brought.", func(s bus.Stats) uint64 { return s.Received })
	counter("messages_out", "Messages given to the bus.", func(s bus.Stats) uint64 { return s.Sent })
	counter("bytes_in", "Bytes that the bus brought.", func(s bus.Stats) uint64 { return s.BytesIn })
	counter("bytes_out", "Bytes given to the bus.", func(s bus.Stats) uint64 { return s.BytesOut })
	counter("lost", "Messages from the bus that a full queue did not take.", func(s bus.Stats) uint64 { return s.Lost })
	counter("reconnects", "How often the line to the bus was taken up again.", func(s bus.Stats) uint64 { return s.Reconnects })
	return append(list, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vitrine_bus_up", Help: "1 while the line to the bus is up."},
		func() float64 {
			if b.Stats().Up {
				return 1
			}
			return 0
		}))
}

// talkMetrics read the rooms whenever they are asked.
func talkMetrics(t *talk) (list []prometheus.Collector) {
	gauge := func(name, help string, read func() int) {
		list = append(list, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vitrine_room_" + name, Help: help},
			func() float64 { return float64(read()) }))
	}
	counter := func(name, help string, labels prometheus.Labels, read func(chat.Stats) uint64) {
		list = append(list, prometheus.NewCounterFunc(
			prometheus.CounterOpts{Name: "vitrine_room_" + name + "_total", Help: help, ConstLabels: labels},
			func() float64 { return float64(read(t.hub.Stats())) }))
	}
	gauge("sockets", "WebSockets of people in rooms.", t.sockets.Open)
	gauge("homes", "Rooms that are at home in this process.", func() int { return t.hub.Stats().Homes })
	counter("slow", "People who were cut off because they did not read what they were told.", nil, func(s chat.Stats) uint64 { return s.Slow })
	counter("frames", "Frames told, once for each who was told.", nil, func(s chat.Stats) uint64 { return s.Frames })
	counter("frame_bytes", "Bytes of frames told, before compression.", nil, func(s chat.Stats) uint64 { return s.Bytes })
	message := func(outcome string, read func(chat.Stats) uint64) {
		counter("messages", "Messages and questions, by what became of them.", prometheus.Labels{"outcome": outcome}, read)
	}
	message("published", func(s chat.Stats) uint64 { return s.Published })
	message("held", func(s chat.Stats) uint64 { return s.Held })
	message("blocked", func(s chat.Stats) uint64 { return s.Blocked })
	message("shadowed", func(s chat.Stats) uint64 { return s.Shadowed })
	return list
}

// metrics serves the numbers of the stage, the bus, the rooms and the relay, which may be nil, and the process's CPU, memory and files, in
// Prometheus' text form.
func metrics(stage *live.Stage, relay *turn.Server, b *bus.Bus, t *talk) http.Handler {
	r := prometheus.NewRegistry()
	if relay != nil {
		r.MustRegister(relayMetrics(relay)...)
	}
	r.MustRegister(busMetrics(b)...)
	r.MustRegister(talkMetrics(t)...)
	r.MustRegister(
		newStageMetrics(stage),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

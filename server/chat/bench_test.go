package chat_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/chat"
)

// BenchmarkSay is 64 people who say something at once, each as soon as it is durable. A metric is the messages a second.
func BenchmarkSay(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine, func(b *testing.B) {
			w := newTown(b, engine)
			h := w.hub()
			var people atomic.Int64
			h.does(host(), say("welcome"))
			b.SetParallelism(32)
			begun := time.Now()
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				who := chat.Who{Person: host().Person, Name: fmt.Sprint("Host ", people.Add(1)), Role: "host"}
				for p.Next() {
					h.does(who, say("a message of a usual length, as they are in chats"))
				}
			})
			b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "messages/s")
		})
	}
}

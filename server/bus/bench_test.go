package bus

import (
	"context"
	"fmt"
	"testing"
)

func BenchmarkRequest(b *testing.B) {
	bus := run(b, Config{})
	serve(b, bus, asked, func(r []byte) []byte { return r })
	payload := make([]byte, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bus.Request(context.Background(), asked, payload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest64AtOnce(b *testing.B) {
	bus := run(b, Config{})
	serve(b, bus, asked, func(r []byte) []byte { return r })
	payload := make([]byte, 256)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := bus.Request(context.Background(), asked, payload); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkPublish is from a publisher to a follower, never further ahead than half a queue.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{256, 16 << 10} {
		b.Run(fmt.Sprint(size, "B"), func(b *testing.B) {
			bus := run(b, Config{})
			ahead, began := make(chan struct{}, waiting/2), make(chan struct{}, 100)
			begin(b, func(ctx context.Context) error {
				return bus.Follow(ctx, events, func([]byte) { <-ahead }, func() { began <- struct{}{} })
			})
			wait(b, "followed", began)
			payload := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				ahead <- struct{}{}
				if err := bus.Publish(events, payload); err != nil {
					b.Fatal(err)
				}
			}
			await(b, "all heard", func() bool { return len(ahead) == 0 })
			if lost := bus.Stats().Lost; lost > 0 {
				b.Errorf("%d were lost", lost)
			}
		})
	}
}

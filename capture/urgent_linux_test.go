package capture_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"vitrine/capture"
)

func TestAnUrgentLoopHasAThreadThatComesBeforeOthers(t *testing.T) {
	level := func(raise func()) int {
		found := make(chan int)
		go func() {
			raise()
			level, err := unix.Getpriority(unix.PRIO_PROCESS, unix.Gettid()) // 20 less what is called nice
			if err != nil {
				t.Error(err)
			}
			found <- level
		}()
		return <-found
	}
	before, allowed := level(func() {}), true
	level(func() {
		capture.Urgent() // on a thread that ends with this goroutine
		allowed = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -11) == nil
	})
	if !allowed {
		t.Skip("this user may not raise a thread")
	}
	if got := level(capture.Urgent); got != 31 {
		t.Errorf("a level of %d, of others %d", got, before)
	}
	if got := level(func() {}); got != before {
		t.Errorf("others have a level of %d, before %d", got, before)
	}
}

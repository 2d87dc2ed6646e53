package capture

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// urgency is what sound servers take for their own threads.
const urgency = -11

// Urgent keeps the calling goroutine on a thread of its own that comes before others, as a loop needs that others hear wait. Where
// the system does not let this user raise a thread, it is one like the others.
func Urgent() {
	runtime.LockOSThread()
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), urgency)
}

//go:build !linux

package capture

import "runtime"

// Urgent keeps the calling goroutine on a thread of its own.
func Urgent() { runtime.LockOSThread() }

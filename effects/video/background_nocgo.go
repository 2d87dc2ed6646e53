//go:build !cgo

package video

// backdropNative are the plain kernels where there is no C compiler.
type backdropNative = backdropPlain

//go:build !cgo

package video

// native are the plain kernels where there is no C compiler.
type native = plain

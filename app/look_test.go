package app

import (
	"context"
	"errors"
	"testing"

	"vitrine/studio"
)

func TestAFileThatIsNoGradeIsNamed(t *testing.T) {
	b := newBench(t)
	b.d.err = studio.GradeError{Name: "/home/lena/broken.cube", Err: errors.New("line 1: unknown keyword")}
	b.w.command(func(context.Context) error { return b.d.err })
	b.carry()
	b.reads("The grade broken.cube could not be read: line 1: unknown keyword")
}

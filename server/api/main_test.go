package api

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	asServer()
	goleak.VerifyTestMain(m)
}

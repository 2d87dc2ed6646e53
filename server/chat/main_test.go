package chat

import (
	"testing"

	"go.uber.org/goleak"

	"vitrine/server/store/rig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(rig.Main(m)) }

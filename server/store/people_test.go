package store

import (
	"testing"

	"vitrine/server/trust"
	"vitrine/server/trust/trusttest"
)

var _ trust.Storage = (*Store)(nil)

func TestPeople_are_kept_as_trust_wants_it(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) { trusttest.Conformance(t, openAt(t, fresh(t))) })
	}
}

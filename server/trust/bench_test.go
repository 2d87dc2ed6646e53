package trust_test

import (
	"testing"

	"vitrine/server/trust"
	"vitrine/server/trust/trusttest"
)

// BenchmarkVault is what sealing and reading a contact costs, without the storage's look-up of the key.
func BenchmarkVault(b *testing.B) {
	store := trusttest.NewMemory()
	v := trust.NewVault(trust.NewKeyring(), store)
	k, _ := v.NewKey("ada")
	if err := store.AddPerson(b.Context(), trust.Person{ID: "ada"}, k); err != nil {
		b.Fatal(err)
	}
	place, contact := trust.Field{Table: "orders", Row: "1", Name: "contact"}, make([]byte, 300)
	sealed, err := v.Seal(b.Context(), "ada", place, contact)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			_, _ = v.Seal(b.Context(), "ada", place, contact)
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			_, _ = v.Open(b.Context(), "ada", place, sealed)
		}
	})
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			v.Index("ada@shop.example")
		}
	})
}

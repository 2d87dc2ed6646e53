package wire_test

import (
	"testing"

	"vitrine/server/wire"
)

func TestA_page_says_how_it_shows_a_picture(t *testing.T) {
	for _, want := range []wire.ShowPicture{{}, {Picture: true}, {Picture: true, Height: 180}} {
		text, err := want.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok, err := wire.ReadShowPicture(text); got != want || !ok || err != nil {
			t.Errorf("%s reads as %+v, %v, %v", text, got, ok, err)
		}
		if _, ok, err := wire.ReadWish(text); ok || err != nil {
			t.Errorf("%s is taken for the wish for a layer: %v", text, err)
		}
	}
	for _, other := range []string{`{"type":"layer","id":"h"}`, `{"type":"report"}`} {
		if _, ok, err := wire.ReadShowPicture([]byte(other)); ok || err != nil {
			t.Errorf("%s: %v, %v", other, ok, err)
		}
	}
	for _, bad := range []string{"", "{}", `{"type":"show","picture":1}`, `{"type":"show","picture":true,"height":-1}`, `{"type":"show","height":"x"}`} {
		if _, ok, err := wire.ReadShowPicture([]byte(bad)); ok || wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%s: %v, %v", bad, ok, err)
		}
	}
}

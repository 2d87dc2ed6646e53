package live

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vitrine/server/wire"
)

func TestPieces_of_a_message_are_short_and_make_it_whole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(strings.Repeat(rapid.StringN(1, 40, -1).Draw(t, "text"), rapid.IntRange(1, 600).Draw(t, "times")))
		var whole []byte
		list := pieces(text)
		for i, piece := range list {
			if len(list) == 1 && len(text) <= pieceOf {
				whole = piece
				break
			}
			var p wire.Piece
			if err := json.Unmarshal(piece, &p); err != nil || !utf8.ValidString(p.Text) || len(p.Text) > pieceOf {
				t.Fatalf("piece %d has %d bytes: %v", i, len(p.Text), err)
			}
			if p.First != (i == 0) || p.More != (i < len(list)-1) {
				t.Fatalf("piece %d of %d says first %v, more %v", i, len(list), p.First, p.More)
			}
			whole = append(whole, p.Text...)
		}
		if !bytes.Equal(whole, text) {
			t.Fatalf("%d bytes came of %d", len(whole), len(text))
		}
	})
}

// Package stage decides who is on the stage of a show: guests from among its viewers, and the hosts that it is linked with, for battles
// (PK). It is pure: a State steps from input to input, each of which says when it happens, and says itself when it wants the next. Whoever holds a
// State stores it (Doc), carries its letters to the stages of other rooms, and tells the room what comes of a step.
//
// A step that is refused changes nothing. States are not safe for concurrent use.
package stage

import (
	"encoding/json"
	"fmt"

	"vitrine/server/wire"
)

// State is the stage of a show.
type State struct {
	room   wire.BattleRoom
	signer Signer
	doc    doc
}

// doc is what is stored of a stage.
type doc struct {
	Guests guests `json:"guests"`
	Battle corner `json:"battle"`
}

// Signer signs results of battles. Key is the public key, Sign the signature, both base64.
type Signer interface {
	Key() string
	Sign(text []byte) string
}

// New makes the stage of a room; stored is its Doc, nil for a stage on which nothing has happened yet. Without a signer results are not signed.
func New(room wire.BattleRoom, stored []byte, signer Signer) (*State, error) {
	s := &State{room: room, signer: signer}
	if stored != nil {
		if err := json.Unmarshal(stored, &s.doc); err != nil {
			return nil, fmt.Errorf("read the stage of %s: %w", room.Show, err)
		}
	}
	if s.doc.Guests.Layout.Kind == "" {
		s.doc.Guests.Layout = wire.StageLayout{Kind: wire.LayoutGrid, Fade: usualFade}
	}
	s.doc.Guests.Layout = arranged(s.doc.Guests.Layout, s.spots())
	return s, nil
}

// Doc is the state as it is stored.
func (s *State) Doc() ([]byte, error) { return json.Marshal(s.doc) }

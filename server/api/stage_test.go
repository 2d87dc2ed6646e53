package api

import (
	"context"
	"net/http"
	"testing"

	"vitrine/server/wire"
)

// desks are the stages of a server that trusts nobody, and on whose stages nobody is.
type desks struct{}

func (desks) Pass(context.Context, wire.ShowID, wire.Alias) (wire.StagePass, error) {
	return wire.StagePass{}, wire.Errorf(wire.Forbidden, "you are not on the stage: ask to be let on first")
}

func (desks) Admits(context.Context, wire.ShowID, wire.SpotID, string) error {
	return wire.Errorf(wire.Unauthenticated, "the pass is not valid here")
}

func (desks) Peer() wire.StagePeer { return wire.StagePeer{Server: "https://shop.example"} }

func (desks) From(*http.Request, []byte) (string, error) {
	return "", wire.Errorf(wire.Unauthenticated, "this is for other servers, which sign it")
}

func (desks) Take(context.Context, string, []wire.StageLetter) ([]string, error) { return nil, nil }

func (desks) Hosts(_ context.Context, show wire.ShowID, q string) (wire.BattleHosts, error) {
	return wire.BattleHosts{Hosts: []wire.BattleHost{{BattleRoom: wire.BattleRoom{Show: show, Title: q}}}}, nil
}

func (desks) Known(context.Context, wire.BattleRoom, []wire.ShowID, string) (wire.BattleHosts, error) {
	return wire.BattleHosts{Hosts: []wire.BattleHost{}}, nil
}

func TestAStudioFindsHostsForItsOwnShowAlone(t *testing.T) {
	m := opens(t, nil)
	studio := m.studio("evening")
	if found := gets[wire.BattleHosts](studio, "GET", "/api/stage/hosts?q=lamps", nil); len(found.Hosts) != 1 || found.Hosts[0].Show != "evening" || found.Hosts[0].Title != "lamps" {
		t.Errorf("found %+v", found)
	}
	studio.refused(wire.Forbidden, "GET", "/api/stage/hosts?show=another", nil)
	m.browser().refused(wire.Unauthenticated, "GET", "/api/stage/hosts", nil)
}

func TestNobodySendsFromAPlaceOnAStageWithoutAPass(t *testing.T) {
	m := opens(t, nil)
	m.studio("evening")
	for name, want := range map[string]int{
		"evening~m2": http.StatusUnauthorized, "evening~at-0123456789abcdef": http.StatusUnauthorized,
		"evening~": http.StatusNotFound, "evening~~": http.StatusNotFound, "evening~M2": http.StatusNotFound, "~m2": http.StatusNotFound,
	} {
		b := m.browser()
		b.token = "some token"
		if got := b.asks("POST", "/whip/"+name, nil); got.status != want {
			t.Errorf("sending as %s is answered %d", name, got.status)
		}
	}
}

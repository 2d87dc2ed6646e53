package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// opens has the operator make another show, and returns its token.
func (e *evening) opens(operator string, n wire.NewShow) (token string) {
	e.t.Helper()
	body, err := json.Marshal(n)
	if err != nil {
		e.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.url("/api/shows"), bytes.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + operator}, "Content-Type": {"application/json"}}
	a, err := e.client.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer a.Body.Close()
	var made wire.CreatedShow
	if err := json.NewDecoder(a.Body).Decode(&made); err != nil || made.Token == "" {
		e.t.Fatal("the show is answered", a.Status, err)
	}
	return made.Token
}

// theStage is the real window of a host, a guest's and a viewer's page, and a rival on the same server.
type theStage struct {
	*evening
	folder              string
	desk                *desk
	host, rival, ada    *person
	guest, phone, large *viewer
}

func newStage(t *testing.T) *theStage {
	t.Helper()
	mei, ada := trust.NewToken(), trust.NewToken()
	s := &theStage{evening: furnishedEvening(t, ada), folder: picturesFolder(t)}
	s.desk = s.evening.desk(t, 1280, 720, plain(), "--live")
	s.live()
	token := s.opens(s.operates(), wire.NewShow{ID: "morning", Title: "Silver by Ono"})
	s.start("VITRINE_TOKEN="+token, "studio", "--server", s.url(""), "--show", "morning", "--headless", "--live", "--synthetic", "--size", "640x360", "--look=off", "--voice=off")
	s.host = s.enters(http.Header{"Authorization": {"Bearer " + s.token}})
	s.rival = s.joins("morning", http.Header{"Authorization": {"Bearer " + token}})
	s.ada = s.comes("Ada", ada)
	in := browser(t, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	s.phone = s.viewerAs(tab(t, in), trust.NewToken(), [2]int64{390, 844})
	s.large = s.viewerAs(tab(t, in), trust.NewToken(), [2]int64{1280, 800})
	s.guest = s.viewerAs(tab(t, in), mei, [2]int64{390, 844}) // the last, because the tabs have one jar of cookies
	s.guest.eval(camera + fmt.Sprintf("(%d)", aTone))
	return s
}

// phase waits until both rooms have a battle in a phase.
func (s *theStage) phase(phase wire.BattlePhase) {
	s.t.Helper()
	for _, p := range []*person{s.host, s.rival} {
		s.stageIs(p, "the hosts are "+string(phase), func(n wire.StageNow) bool { return n.Battle != nil && n.Battle.Phase == phase })
	}
}

// presses presses a key of the window until the stage is so: the window hears of what it acts upon a little later than the test.
func (s *theStage) presses(key, what string, is func(wire.StageNow) bool) {
	s.t.Helper()
	s.stageIs(s.host, what, func(now wire.StageNow) bool {
		if !is(now) {
			s.desk.press(key)
			pass(s.t, 500*time.Millisecond)
		}
		return is(now)
	})
}

// shoot takes pictures of the window and of both pages, once something is there.
func (s *theStage) shoot(name, there string) {
	s.t.Helper()
	s.phone.shoot(filepath.Join(s.folder, "page-phone-"+name+".png"), there)
	s.large.shoot(filepath.Join(s.folder, "page-desktop-"+name+".png"), there)
	s.desk.shoot(filepath.Join(s.folder, "studio-"+name+".png"))
}

// A host has a guest and fights another host with the keys of the real window, before the eyes of real pages.
func TestAHostHasAGuestAndFightsInTheRealWindow(t *testing.T) {
	s := newStage(t)
	s.desk.press("alt+g")
	s.host.wishes(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	s.guest.click(".way button.ok")
	s.guest.click("dialog.check .ok")
	who := s.stageIs(s.host, "somebody has applied", func(n wire.StageNow) bool { return len(n.Applied) == 1 }).Applied[0]
	s.presses("g", "the first in line is let on", func(n wire.StageNow) bool { return len(n.Guests) == 1 })
	s.guest.goesOn()
	s.stageIs(s.host, "the guest is live", func(n wire.StageNow) bool { return len(n.Guests) == 1 && n.Guests[0].State == wire.GuestLive })
	s.shoot("stage", fmt.Sprintf(`document.querySelector('.tile[data-spot="%s"][data-bare=false]')`, who.Alias))
	s.host.wishes(wire.StageWish{Remove: &wire.StageWho{Who: who.Alias, Reason: "Thank you!"}})

	s.desk.press("alt+b")
	s.rival.wishes(wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{{Show: "evening"}}}})
	s.stageIs(s.host, "the call is there", func(n wire.StageNow) bool { return len(n.Calls) == 1 })
	took := time.Now()
	s.presses("c", "the call is taken", func(n wire.StageNow) bool { return n.Battle != nil })
	s.phase(wire.BattleLinked)
	s.phone.waits(`document.querySelector('.tile[data-kind=corner][data-bare=false]')`)
	t.Logf("from the key that takes the call to the other host's picture on the page: %v", time.Since(took))
	s.rival.wishes(wire.StageWish{Challenge: &wire.BattleTerms{Fight: 120, Push: 10, Lap: 60, Rounds: 1, Penalty: "Ten push-ups, live"}})
	s.phase(wire.BattleChallenged)
	s.presses("c", "the challenge is agreed to", func(n wire.StageNow) bool { return n.Battle != nil && n.Battle.Phase != wire.BattleChallenged })
	s.phase(wire.BattleFight)
	s.ada.does(wire.RoomRequest{Gift: &wire.GiveGift{Gift: "cake", Count: 3}})
	s.ada.does(wire.RoomRequest{Cheer: &struct{}{}})
	s.shoot("battle", `document.body.innerText.includes("620")`)
	now := s.host.stage.Load().Battle
	s.rival.wishes(wire.StageWish{End: &wire.BattleRound{ID: now.ID, Round: now.Round}})
	s.phase(wire.BattleLap)
	for name, p := range map[string]*person{"ours": s.host, "theirs": s.rival} {
		if r := p.stage.Load().Battle.Result; r == nil || r.Outcome != wire.BattleForfeited || r.Signature == "" || r.Scores["evening"] != 620 {
			t.Errorf("the result is %+v in %s", r, name)
		}
	}
	s.shoot("result", `document.body.innerText.includes("620") && document.querySelector('.tile[data-kind=corner][data-bare=false]')`)
}

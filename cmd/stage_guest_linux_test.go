package cmd

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
)

// figures are what a headless studio says of itself each second.
type figures struct {
	Stage []studio.StageFeed
	Guest *studio.Guest
	Air   struct{ Phase studio.AirPhase }
}

func (p *program) figures() (f figures) {
	p.t.Helper()
	if err := json.Unmarshal(last(p.t, p), &f); err != nil {
		p.t.Fatal(err)
	}
	return f
}

// sees reports whether a studio sees and hears so many on stage.
func (f figures) sees(n int) bool {
	for _, one := range f.Stage {
		if one.Status != studio.Running || one.FPS == 0 || one.Level.Peak < -30 {
			return false
		}
	}
	return len(f.Stage) == n
}

func TestAStudioIsAGuestOfAnotherStudiosShow(t *testing.T) {
	e := furnishedEvening(t)
	host := e.studio("--synthetic", "--codec", "VP8", "--figures")
	e.live()
	staff := e.enters(http.Header{"Authorization": {"Bearer " + e.token}})
	staff.wishes(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	guest := e.start("VITRINE_TOKEN=", "studio", "--headless", "--synthetic", "--figures", "--look=off", "--voice=off", "--guest", e.url("/watch/evening"), "--name", "Tom")

	now := e.stageIs(staff, "the studio has applied", func(s wire.StageNow) bool { return len(s.Applied) == 1 })
	who := now.Applied[0]
	if who.Name != "Tom" || who.Role != "" {
		t.Errorf("%q applies, of role %q", who.Name, who.Role)
	}
	admitted := time.Now()
	staff.wishes(wire.StageWish{Admit: &wire.StageWho{Who: who.Alias}})
	live := func(s wire.StageNow) bool { return len(s.Guests) == 1 && s.Guests[0].State == wire.GuestLive }
	e.stageIs(staff, "the studio is live", live)
	t.Logf("from admitted to live: %v", time.Since(admitted))
	e.until("both studios see and hear each other", func() bool { return host.figures().sees(1) && guest.figures().sees(1) })
	if g := guest.figures(); g.Guest.Title != "Glass and light" || g.Stage[0].Spot != wire.HostSpot || g.Air.Phase != studio.OffAir {
		t.Errorf("the guest: %+v", g)
	}
	t.Logf("the host hears the guest %v late, the guest the host %v", host.figures().Stage[0].Delay, guest.figures().Stage[0].Delay)

	// The staff takes its sound.
	staff.wishes(wire.StageWish{Mute: &wire.StageSwitch{Who: who.Alias, Off: true}})
	e.until("the guest is muted, and knows", func() bool {
		f := host.figures()
		return len(f.Stage) == 1 && f.Stage[0].Level.Peak < -60 && guest.figures().Guest.Mine.Muted
	})
	staff.wishes(wire.StageWish{Mute: &wire.StageSwitch{Who: who.Alias}})

	// Without its server it is away, and comes back.
	e.server.kill()
	e.startServer()
	n := staff.n
	staff = e.enters(http.Header{"Authorization": {"Bearer " + e.token}})
	staff.n = n // the same wish again would be none
	e.stageIs(staff, "the studio is back", live)
	e.until("both studios see and hear each other again", func() bool { return host.figures().sees(1) && guest.figures().sees(1) })

	staff.wishes(wire.StageWish{Remove: &wire.StageWho{Who: who.Alias, Reason: "Thank you, Tom."}})
	e.until("the guest is off the stage, and knows why", func() bool {
		g := guest.figures().Guest
		return len(host.figures().Stage) == 0 && g.Mine.State == "" && g.Mine.Reason == "Thank you, Tom." && g.Link.Phase != "live"
	})
}

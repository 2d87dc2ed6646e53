package wire_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"vitrine/server/wire"
)

var opponents = wire.Battle{
	ID: "b7", Seq: 41, Phase: wire.BattleLap, Us: "evening", Round: 2, Since: 1795205700000, Until: 1795205880000, Wins: []int{1, 1}, Apart: 1795205701000,
	Corners: []wire.BattleCorner{
		{
			ID: "evening", Room: wire.BattleRoom{Show: "evening", Name: "Mia", Title: "Linen"}, State: wire.CornerHere, Agreed: true, Score: 1280, Media: "evening",
			Best: []wire.BattleFan{{Name: "Eva", Points: 900}},
		},
		{
			ID: "hats@shop.example", Room: wire.BattleRoom{Show: "hats", Server: "https://shop.example", Name: "Ono"}, State: wire.CornerAway, Until: 1795205715000, Team: 1,
			Score: 930, Media: "evening~at-0123456789abcdef", Heard: wire.HearLess,
		},
	},
	Terms: &wire.BattleTerms{
		Fight: 300, Push: 30, Lap: 180, Rounds: 3, Penalty: "ten push-ups", Teams: []int{0, 1},
		Weights: wire.BattleWeights{Coin: 10, Vote: 20, Like: 1, LikesMost: 5000, Paid: 2},
	},
	Result: &wire.BattleResult{
		Battle: "b7", Round: 2, Outcome: wire.BattleWon, Winner: 0, Scores: map[wire.CornerID]int64{"evening": 1280, "hats@shop.example": 930}, At: 1795205700000,
		Signer: "a2V5", Signature: "c2ln",
	},
}

// stageGolden is one value of each kind that viewers and guests are told of a stage, or send; server/web's tests read the same files.
var stageGolden = map[string]any{
	"stage_staged.json": &wire.Staged{
		What: wire.StageJoined, Who: &wire.Member{Alias: "m9", Name: "Bo"}, Reason: "thank you",
		Now: wire.StageNow{
			Open: true, Waiting: 3,
			Layout: wire.StageLayout{
				Kind: wire.LayoutSpotlight, Main: "m9", Program: true, Late: 120, Fade: 300,
				Boxes: []wire.StageBox{{Spot: "m9", W: 7500, H: 10000}, {Spot: wire.HostSpot, X: 7500, Y: 2500, W: 2500, H: 2500}},
			},
			Guests: []wire.StageGuest{{
				Member: wire.Member{Alias: "m9", Name: "Bo"}, State: wire.GuestAway, Since: 1795205700000, Until: 1795205715000, Media: "evening~m9",
				Muted: true, Dark: true, SelfMuted: true, SelfDark: true, Pan: -40, Distance: 25, Silent: true, Refused: wire.TooLarge, Coming: true,
			}},
			Battle: &opponents,
		},
	},
	"stage_mine.json": &wire.StageMine{
		State: wire.GuestApplied, Place: 2, Until: 1795205715000, Muted: true, Dark: true, Media: "evening~m9", Why: wire.StageRemoved, Reason: "thank you",
		Refused: wire.NoCodec,
	},
	"stage_apply.json":   &wire.StageWish{Apply: &wire.StageNote{Text: "may I show mine?"}},
	"stage_self.json":    &wire.StageWish{Self: &wire.StageSelf{Muted: true}},
	"stage_leave.json":   &wire.StageWish{Leave: &struct{}{}},
	"stage_honour.json":  &wire.StageWish{Honour: &wire.BattleHonour{Named: true}},
	"battle_scored.json": &wire.Battled{ID: "b7", Seq: 40, What: wire.BattleScored, Scores: []int64{1280, 930}},
	"battle_result.json": &wire.Battled{ID: "b7", Seq: 41, What: wire.BattleResulted, Corner: "evening", Reason: "", Now: &opponents},
}

func TestWhatIsToldOfAStageIsWhatTheGoldenFilesSay(t *testing.T) {
	for name, value := range stageGolden {
		got, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(append(got, '\n'), want) {
			t.Errorf("%s: we write\n%s", name, got)
		}
		back := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		if err := json.Unmarshal(want, back); err != nil || !reflect.DeepEqual(back, value) {
			t.Errorf("%s reads as %+v, %v", name, back, err)
		}
	}
}

package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

var since = time.Date(2026, 11, 21, 20, 15, 0, 0, time.UTC)

// golden is one value of each kind that crosses the network; server/web's tests read the same files.
var golden = map[string]any{
	"show_live.json": &wire.Show{
		ID: "evening", Title: "Linen for long evenings · 亚麻", State: wire.Open, Live: true, Video: "H264", Viewers: 1284, Since: &since,
	},
	"show_interrupted.json": &wire.Show{
		ID: "evening", Title: "Linen", State: wire.Open, Interrupted: true, Video: "VP8", Viewers: 7, Since: &since,
	},
	"show_closed.json":  &wire.Show{ID: "evening", Title: "", State: wire.Closed},
	"show_created.json": &wire.CreatedShow{Show: wire.Show{ID: "a-1", Title: "A", State: wire.Open}, Token: "secret"},
	"show_new.json":     &wire.NewShow{ID: "a-1", Title: "A"},
	"problem.json": &wire.Problem{
		Type: "about:blank", Title: "Conflict", Status: 409, Detail: "the show is not on air", Code: wire.NotLive,
	},
}

func TestTheContractIsWhatTheGoldenFilesSay(t *testing.T) {
	for name, value := range golden {
		want, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.MarshalIndent(value, "", "  ")
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

func TestNamesAndTitlesOfShows(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "evening-2": true, strings.Repeat("a", 63): true, "0": true,
		"": false, "-a": false, "A": false, "a_b": false, "a/b": false, "ä": false, strings.Repeat("a", 64): false, "a\n": false,
	} {
		if err := (wire.NewShow{ID: wire.ShowID(name)}).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	for title, ok := range map[string]bool{"": true, strings.Repeat("亚", 120): true, strings.Repeat("a", 121): false, "\xff": false} {
		if err := (wire.NewShow{ID: "a", Title: title}).Validate(); (err == nil) != ok || (err != nil && wire.CodeOf(err) != wire.Invalid) {
			t.Errorf("%q: %v", title, err)
		}
	}
}

func TestAnErrorKeepsItsCodeHoweverDeepItIsWrapped(t *testing.T) {
	deep := fmt.Errorf("place: %w", errors.Join(errors.New("x"), wire.Errorf(wire.Conflict, "no")))
	if wire.CodeOf(deep) != wire.Conflict || wire.CodeOf(errors.New("x")) != wire.Internal || wire.CodeOf(nil) != "" {
		t.Error("codes are lost")
	}
}

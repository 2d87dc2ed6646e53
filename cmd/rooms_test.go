// Package cmd holds the laws of the house as a test; the programs are in the folders below.
package cmd

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "vitrine"

// storeys says how high each room stands. Imports only go down; the list grows with the house.
var storeys = []struct {
	room   string // a folder and all below it; the longest match counts
	storey int
}{
	{"capture/frame", 0},
	{"assets", 0},
	{"server/wire", 0},
	{"capture", 1},
	{"effects/video", 1},
	{"effects/audio", 1},
	{"effects/face", 1},
	{"effects/plug", 1},
	{"effects", 2},
	{"studio/scene", 1},
	{"studio/catalog", 1},
	{"studio/mix", 1},
	{"studio/encode", 1},
	{"studio/publish", 1},
	{"studio/remote", 1},
	{"server/live", 1},
	{"server/bus", 1},
	{"server/pay", 1},
	{"server/turn", 1},
	{"server/shop", 1},
	{"server/chat", 1},
	{"server/reach", 1},
	{"server/moderation", 1},
	{"server/pictures", 1},
	{"server/web", 1},
	{"server/trust", 1},
	{"server/insight", 1},
	{"server/stage", 1},
	{"server/store", 2},
	{"server/api", 2},
	{"studio", 3},
	{"server", 3},
	{"app/theme", 1},
	{"app/widget", 2},
	{"app", 4},
	{"cmd", 5},
}

// within lists the imports between rooms of one storey that a room above does not have to introduce: parts of a room.
var within = map[string][]string{
	"capture":            {"capture/synthetic"},
	"cmd":                {},
	"server/web/bundle":  {"server/web"},
	"server/web/bundler": {"server/web"},
}

type listed struct {
	ImportPath, Dir, Doc, Name            string
	GoFiles, CgoFiles, TestGoFiles        []string
	Imports, TestImports, XTestImports    []string
	Incomplete                            bool
	IgnoredGoFiles, EmbedPatterns, CFiles []string
}

func (p listed) room() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func storey(room string) (int, string) {
	best, at := -1, ""
	for _, s := range storeys {
		if (room == s.room || strings.HasPrefix(room, s.room+"/")) && len(s.room) > len(at) {
			best, at = s.storey, s.room
		}
	}
	return best, at
}

func packages(t *testing.T) []listed {
	t.Helper()
	list := exec.Command("go", "list", "-json", "./...")
	list.Dir = ".."
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal("go list:", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsOnlyGoDown(t *testing.T) {
	for _, p := range packages(t) {
		from, place := storey(p.room())
		if from < 0 {
			t.Errorf("%s stands in no storey of the house", p.room())
			continue
		}
		for _, imp := range p.Imports {
			to, ok := strings.CutPrefix(imp, module+"/")
			if !ok {
				continue
			}
			level, other := storey(to)
			if level >= from && other != place && !slices.Contains(within[p.room()], to) {
				t.Errorf("%s (storey %d) imports %s (storey %d)", p.room(), from, to, level)
			}
			if strings.HasPrefix(to, "cmd/") {
				t.Errorf("%s imports the door %s", p.room(), to)
			}
		}
	}
}

// wing is the side of the house a room is on; wire belongs to both.
func wing(room string) string {
	switch top, _, _ := strings.Cut(room, "/"); {
	case room == "server/wire":
		return ""
	case top == "server":
		return "server"
	case top == "app" || top == "capture" || top == "effects" || top == "studio":
		return "desktop"
	}
	return ""
}

func TestTheWingsMeetOnlyInWire(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			to := strings.TrimPrefix(imp, module+"/")
			if a, b := wing(p.room()), wing(to); a != "" && b != "" && a != b {
				t.Errorf("%s imports %s", p.room(), to)
			}
		}
	}
}

func under(room string, places ...string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return room == p || strings.HasPrefix(room, p+"/") })
}

func TestHardwareAndToolkitsStayInTheirRooms(t *testing.T) {
	laws := []struct {
		imported string
		rooms    []string
	}{
		{"fyne.io/fyne/v2/app", []string{"cmd/studio"}},
		{"fyne.io/fyne/v2", []string{"app", "cmd/studio"}},
		{"github.com/pion/mediadevices", []string{"capture", "studio/encode"}},
		{"github.com/gordonklaus/portaudio", []string{"capture"}},
		{"github.com/pion/webrtc/v3", []string{"studio/publish", "server/live"}},
		{"github.com/pion/turn/v2", nil}, // one datagram ends its server
		{"github.com/pion/turn/v5", []string{"server/turn"}},
		{"modernc.org/sqlite", []string{"server/store"}},
		{"github.com/nats-io", []string{"server/bus"}},
		{"github.com/minio/minio-go", []string{"server/pictures"}},
		{"C", []string{"capture", "effects", "studio/encode"}},
	}
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			for _, l := range laws {
				if (imp == l.imported || strings.HasPrefix(imp, l.imported+"/")) && !under(p.room(), l.rooms...) {
					t.Errorf("%s imports %s, which only %v may", p.room(), imp, l.rooms)
				}
			}
		}
		if p.room() == "server/wire" {
			for _, imp := range p.Imports {
				if strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
					t.Errorf("wire imports %s; it uses the standard library only", imp)
				}
			}
		}
	}
}

func TestDomainRoomsImportOnlyWire(t *testing.T) {
	for _, p := range packages(t) {
		if !under(p.room(), "server/live", "server/turn", "server/stage", "server/chat", "server/bus", "server/shop", "server/pay", "server/trust", "server/reach", "server/moderation", "server/insight", "server/pictures") {
			continue
		}
		_, own := storey(p.room())
		for _, imp := range p.Imports {
			to, ok := strings.CutPrefix(imp, module+"/")
			if ok && to != "server/wire" && !under(to, own) {
				t.Errorf("%s imports %s", p.room(), to)
			}
		}
	}
}

func TestTheSessionHoldsNoDeviceSocketOrCodec(t *testing.T) {
	for _, p := range packages(t) {
		if p.room() != "studio" && p.room() != "app" {
			continue
		}
		for _, imp := range p.Imports {
			if imp == "os" || imp == "net" || imp == "net/http" || imp == "os/exec" {
				t.Errorf("%s imports %s", p.room(), imp)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(strings.TrimSpace(p.Doc)) < 20 && len(p.GoFiles)+len(p.CgoFiles) > 0 {
			t.Errorf("%s has no package comment", p.room())
		}
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range append(slices.Clone(p.GoFiles), p.CgoFiles...) {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(src), "\nfunc init()") {
				t.Errorf("%s/%s has a func init", p.room(), f)
			}
		}
	}
}

func TestTheTopLevelIsThePrescribedOne(t *testing.T) {
	allowed := strings.Fields("app capture effects studio server assets cmd go.mod go.sum README.md FyneApp.toml Makefile LICENSE .ci .github .git .gitignore .gitattributes .run bin")
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

func TestTheServerBuildsWithoutC(t *testing.T) {
	build := exec.Command("go", "build", "-o", os.DevNull, "./cmd/server", "./cmd/audience")
	build.Args = []string{"go", "vet", "./cmd/server", "./cmd/audience"}
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"vitrine/capture/frame"
	"vitrine/studio"
)

var verb = regexp.MustCompile(`%(\[(\d)\])?[-+0-9.]*([a-z%])`)

// verbs are a format's verbs in the order of their arguments.
func verbs(format string) []string {
	var all []string
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		at := len(all)
		if m[2] != "" {
			n, _ := strconv.Atoi(m[2])
			at = n - 1
		}
		for len(all) <= at {
			all = append(all, "")
		}
		all[at] = m[3]
	}
	return all
}

func TestBothLanguagesSayEverythingWithTheSameVerbs(t *testing.T) {
	en, zh := reflect.ValueOf(english), reflect.ValueOf(chinese)
	for _, f := range reflect.VisibleFields(en.Type()) {
		if f.Anonymous {
			continue
		}
		name, e, z := f.Name, en.FieldByIndex(f.Index).String(), zh.FieldByIndex(f.Index).String()
		if e == "" || z == "" {
			t.Errorf("%s is empty: %q, %q", name, e, z)
		}
		if !slices.Equal(verbs(e), verbs(z)) {
			t.Errorf("%s: %q and %q have different verbs", name, e, z)
		}
		if strings.ContainsFunc(e, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && name != "LanguageName" {
			t.Errorf("%s: %q is not English", name, e)
		}
	}
}

func TestNoTextIsLeftOver(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				used[s.Sel.Name] = true
			}
			return true
		})
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[words]()) {
		if !f.Anonymous && !used[f.Name] {
			t.Errorf("no panel says %s", f.Name)
		}
	}
}

func TestEveryTroubleAndFaultHasASentence(t *testing.T) {
	troubles := []studio.Trouble{
		studio.DeviceBusy, studio.DeviceGone, studio.FileGone, studio.DeviceRefused, studio.DeviceFormat, studio.DeviceSilent,
		studio.InputEnded, studio.InputFailed, studio.EncoderFailed, studio.EncoderSlow, studio.EncoderEased,
		studio.SettingsAside, studio.SettingsUnsafe, studio.ShowWasClosed, studio.EditsUnkept, studio.PictureMissing,
	}
	faults := []frame.Fault{
		frame.FaultAddress, frame.FaultUnreachable, frame.FaultCertificate, frame.FaultToken, frame.FaultShow, frame.FaultClosed,
		frame.FaultBusy, frame.FaultServer, frame.FaultMedia, frame.FaultReplaced,
	}
	for _, w := range []*words{&english, &chinese} {
		seen := map[string]bool{}
		problems := make([]studio.Problem, 0, len(troubles)+len(faults))
		for _, x := range troubles {
			problems = append(problems, studio.Problem{Trouble: x, Name: "Webcam", Detail: "cause"})
		}
		for _, f := range faults {
			problems = append(problems, studio.Problem{Trouble: studio.LinkTrouble, Fault: f})
		}
		for _, p := range problems {
			s := w.problem(p)
			if s == "" || seen[s] || strings.Contains(s, "%!") || s == w.plain(studio.Problem{Trouble: "unknown", Detail: p.Detail}) {
				t.Errorf("%s %s is said as %q", p.Trouble, p.Fault, s)
			}
			seen[s] = true
		}
	}
}

// word is a literal that people would read: it holds a letter and is no format, key or file ending.
var word = regexp.MustCompile(`[A-Za-z\p{Han}]{2,}`)

func TestPanelsHoldNoTextOfTheirOwn(t *testing.T) {
	allowed := regexp.MustCompile(`^(%dx%d|%dp · %d×%d|%d:%02d:%02d|15:04|Ctrl.*|F[12]|Delete|Alt .*|Tab|rtsps?(://)?|rtmps?|https?|srt|udp|zh|en|es|system|host|producer|moderator|support|owner|fps|wanted|height|loss|sent|quiet|suffering|viewers|cpu|dropped|stalled|late|1280|720|error|EUR|Page [↑↓]|Alt |Shift |Ctrl\+|Alt\+|Shift\+|[a-z]+/[a-z0-9%-]+|\.(jpe?g|png|webp|gif)|Exif\x00\x00|a [a-z ]+|[a-z ]+ a [a-z ]+)$`)
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "english.go") || strings.HasSuffix(name, "chinese.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if _, ok := n.(*ast.ImportSpec); ok {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			s, err := strconv.Unquote(lit.Value)
			if err == nil && word.MatchString(s) && !allowed.MatchString(s) {
				t.Errorf("%s: %q belongs into the words", name, s)
			}
			return true
		})
	}
}

func TestTheSystemsLanguageIsFollowed(t *testing.T) {
	for system, want := range map[string]*words{"zh-Hans-CN": &chinese, "zh": &chinese, "en-GB": &english, "de": &english, "": &english} {
		if wordsFor("", system) != want {
			t.Errorf("a system in %q gets the wrong language", system)
		}
		if wordsFor("zh", system) != &chinese || wordsFor("en", system) != &english {
			t.Errorf("a choice does not win over the system's %q", system)
		}
	}
}

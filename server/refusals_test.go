package server

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the room's refusals are called in the code, and where the page has words for them.
var (
	becauses = regexp.MustCompile(`\.Because\("(\w+)"\)`)
	judged   = regexp.MustCompile(`(?m)^\t(?:"(\w+)"|string\((\w+)\)): +"`)
	worded   = regexp.MustCompile(`(?m)^  (\w+): "`)
)

func TestThePageHasWordsForEveryRefusalThatIsNamed(t *testing.T) {
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	words := map[string]int{}
	for _, m := range worded.FindAllStringSubmatch(read("web/src/words/refused.ts"), -1) {
		words[m[1]]++
	}
	named := map[string]bool{}
	for _, pattern := range []string{"chat/*.go", "stage/*.go"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			for _, m := range becauses.FindAllStringSubmatch(read(file), -1) {
				named[m[1]] = true
			}
		}
	}
	for _, m := range judged.FindAllStringSubmatch(read("moderation/moderation.go"), -1) {
		named[m[1]+strings.ToLower(m[2])] = true
	}
	if len(named) < 30 {
		t.Fatalf("only %d refusals are named: %v", len(named), named)
	}
	for why := range named {
		if words[why] != 3 {
			t.Errorf("%q is told in %d of 3 languages", why, words[why])
		}
	}
	for why := range words {
		if !named[why] {
			t.Errorf("nothing is refused as %q", why)
		}
	}
}

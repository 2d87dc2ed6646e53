package store

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestThe_generated_queries_are_fresh needs no sqlc: `make sql` leaves the sum of all that it read and wrote.
func TestThe_generated_queries_are_fresh(t *testing.T) {
	all := sha256.New()
	for _, pattern := range []string{"migrations/*.sql", "queries/*.sql", "sqlc.yaml", "sqlc/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	sum, err := os.ReadFile("sqlc/fresh.sum")
	if err != nil {
		t.Fatal(err)
	}
	if want, _, _ := strings.Cut(string(sum), " "); fmt.Sprintf("%x", all.Sum(nil)) != want {
		t.Error("queries, migrations or what sqlc made of them have changed: run make sql and commit what it writes")
	}
}

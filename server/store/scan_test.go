package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scan looks through bytes for what must not stand there: these texts in whatever case, their bare hashes, and numbers of cards; as
// they are, and in what is base64 or hexadecimal.
type scan struct{ needles []string }

// finds names what it found; never the same twice.
func (s scan) finds(b []byte) (found []string) {
	for _, plain := range append([][]byte{b}, decoded(b)...) {
		low := bytes.ToLower(plain)
		for _, n := range s.needles {
			sum := sha256.Sum256([]byte(n))
			if bytes.Contains(low, []byte(strings.ToLower(n))) || bytes.Contains(plain, sum[:]) {
				found = append(found, n)
			}
		}
		found = append(found, cards(plain)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

var (
	base64s = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}`)
	hexes   = regexp.MustCompile(`[0-9a-fA-F]{32,}`)
	digits  = regexp.MustCompile(`\d(?:[ -]?\d){12,}`)
)

func decoded(b []byte) (all [][]byte) {
	for _, run := range base64s.FindAll(b, -1) {
		for _, code := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if plain, err := code.DecodeString(string(run)); err == nil {
				all = append(all, plain)
			}
		}
	}
	for _, run := range hexes.FindAll(b, -1) {
		if plain, err := hex.DecodeString(string(run)); err == nil {
			all = append(all, plain)
		}
	}
	return all
}

// cards finds numbers of 13 to 19 digits, together or in groups, that are right by their check digit (ISO/IEC 7812-1) and stand
// alone. Numbers that begin with 0 or 1 are no cards' that anybody pays with, but all times in milliseconds.
func cards(b []byte) (found []string) {
	for _, at := range digits.FindAllIndex(b, -1) {
		if at[0] > 0 && letter(b[at[0]-1]) || at[1] < len(b) && letter(b[at[1]]) {
			continue
		}
		n := strings.NewReplacer(" ", "", "-", "").Replace(string(b[at[0]:at[1]]))
		if len(n) <= 19 && n[0] >= '2' && luhn(n) {
			found = append(found, "the card "+n)
		}
	}
	return found
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func luhn(n string) bool {
	sum := 0
	for i := range len(n) {
		d := int(n[len(n)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// dump writes down every column of every row, and for SQLite the bytes of its files too.
func dump(t *testing.T, s *Store, cfg Config) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	tables := map[string]bool{}
	for _, c := range columns(t, s) {
		table, _, _ := strings.Cut(c, ".")
		tables[table] = true
	}
	for table := range tables {
		rows, err := s.db.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
		must(t, err)
		names, err := rows.Columns()
		must(t, err)
		for rows.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(any)
			}
			must(t, rows.Scan(values...))
			for i, name := range names {
				at := table + "." + name
				switch v := (*values[i].(*any)).(type) {
				case []byte:
					all[at] = append(append(all[at], v...), '\n')
				default:
					all[at] = fmt.Appendf(all[at], "%v\n", v)
				}
			}
		}
		must(t, rows.Err())
		must(t, rows.Close())
	}
	for _, ending := range []string{"", "-wal"} {
		if cfg.Folder == "" {
			break
		}
		b, err := os.ReadFile(filepath.Join(cfg.Folder, File+ending))
		must(t, err)
		all[File+ending] = b
	}
	return all
}

func TestThe_scan_finds_what_is_planted(t *testing.T) {
	s := scan{[]string{"ada@lovelace.example", "Lovelace"}}
	for text, want := range map[string]int{
		"nothing at all": 0, "to ADA@lovelace.example!": 2, "Frau lovelace": 1, `{"n":"4242424242424242"}`: 1, "4242 4242 4242 4242": 1,
		"378282-246310-005": 1, "4242424242424241": 0, "a4242424242424242": 0, "1795291200123": 0, "30569309025904": 1,
		base64.StdEncoding.EncodeToString([]byte("Miss Lovelace")): 1, hex.EncodeToString([]byte("pay 4242424242424242")): 1,
	} {
		if got := s.finds([]byte(text)); len(got) != want {
			t.Errorf("in %q it found %v, want %d", text, got, want)
		}
	}
	sum := sha256.Sum256([]byte("Lovelace"))
	if got := s.finds([]byte(hex.EncodeToString(sum[:]))); len(got) != 1 {
		t.Errorf("in a hash it found %v", got)
	}
	for engine, fresh := range engines {
		cfg := fresh(t)
		db := openAt(t, cfg)
		if _, err := db.db.ExecContext(t.Context(), "INSERT INTO products (id, doc) VALUES ('x', '{\"to\":\"ada@lovelace.example\"}')"); err != nil {
			t.Fatal(err)
		}
		all := dump(t, db, cfg)
		if len(s.finds(all["products.doc"])) == 0 || cfg.Folder != "" && len(s.finds(all[File+"-wal"])) == 0 {
			t.Errorf("on %s it does not find what is planted", engine)
		}
	}
}

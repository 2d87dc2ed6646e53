package trust

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"vitrine/server/wire"
)

func TestPasswordsThatOthersGuessFirstAreRefused(t *testing.T) {
	for _, c := range []struct {
		password string
		role     Role
		ok       bool
	}{
		{"seven77", Buyer, false},
		{"kö§tlich", Buyer, true}, // eight characters
		{"        ", Buyer, false},
		{"orchid lamp", Producer, false},
		{"orchid lamp x", Producer, true},
		{strings.Repeat("ab c", 50), Buyer, true},
		{strings.Repeat("ab c", 50) + "d", Buyer, false},
		{"Password123", Buyer, false},
		{"QWERTYUIOP", Buyer, false},
		{"12345678", Buyer, false},
		{"34567890", Buyer, false},
		{"98765432", Buyer, false},
		{"abcdefghijkl", Owner, false},
		{"aaaaaaaaaaaaa", Owner, false},
		{"xyxyxyxyxyxyxy", Owner, false},
		{"Ada.Lovelace", Owner, false},
		{"ada.lovelace@shop.example", Owner, false},
		{"tab\there and more", Buyer, false},
		{"ﬁne｡ words", Buyer, true},
		{"a\u0308pfel und birnen", Buyer, true},
	} {
		p, err := prepared(c.password)
		if err == nil {
			err = checkPassword(p, c.role, "ada.lovelace@shop.example")
		}
		if (err == nil) != c.ok || err != nil && wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%q for %s: %v", c.password, c.role, err)
		}
	}
	a, _ := prepared("a\u0308pfel und birnen")
	if b, _ := prepared("äpfel\u3000und birnen"); a != b {
		t.Errorf("%q and %q are typed the same", a, b)
	}
}

func TestAHashSaysItsCosts(t *testing.T) {
	old, now := newHasher(cost{64, 1, 1}), newHasher(cost{128, 2, 2})
	phc, err := old.hash(t.Context(), phraseOf8)
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("the hash is %q (%v)", phc, err)
	}
	for password, want := range map[string]bool{phraseOf8: true, phraseOf8 + " ": false, "": false} {
		if ok, err := now.fits(t.Context(), phc, password); ok != want || err != nil {
			t.Errorf("%q fits: %v (%v)", password, ok, err)
		}
	}
	if ok, err := now.fits(t.Context(), now.decoy, ""); ok || err != nil {
		t.Errorf("the decoy: %v (%v)", ok, err)
	}
}

const phraseOf8 = "linen 88"

func TestAtMostTwoPasswordsAreHashedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(usualCost)
		var running, turned, refused atomic.Int32
		release := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		for range hashesAtOnce + hashesWaiting + 5 {
			wait.Go(func() {
				done, err := h.turn(ctx)
				switch {
				case wire.CodeOf(err) == wire.Unavailable:
					refused.Add(1)
				case err != nil:
					turned.Add(1)
				default:
					running.Add(1)
					<-release
					done()
				}
			})
			synctest.Wait()
		}
		if running.Load() != 2 || refused.Load() != 5 {
			t.Errorf("%d run, %d were refused", running.Load(), refused.Load())
		}
		cancel()
		synctest.Wait()
		if turned.Load() != hashesWaiting {
			t.Errorf("%d of %d gave up", turned.Load(), hashesWaiting)
		}
		close(release)
		wait.Wait()
		if done, err := h.turn(t.Context()); err != nil {
			t.Error(err)
		} else {
			done()
		}
	})
}

func FuzzParsePHC(f *testing.F) {
	f.Add(newHasher(usualCost).decoy)
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=64,t=0,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		c, salt, hash, err := parsePHC(s)
		if err == nil && (c.phc(salt, hash) != s || c.memory > 1<<20 || c.passes == 0 || c.lanes == 0) {
			t.Errorf("%q was read as %v", s, c)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	for name, c := range map[string]cost{"OWASP_19MiB_2_1": usualCost, "RFC9106_64MiB_3_4": {64 << 10, 3, 4}} {
		b.Run(name, func(b *testing.B) {
			salt := random(saltSize)
			for b.Loop() {
				c.key(phraseOf8, salt, hashSize)
			}
		})
	}
}

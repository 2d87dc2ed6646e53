package moderation

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vitrine/server/wire"
)

func TestForgettingLeavesNoTrace(t *testing.T) {
	j, fresh := taught(t), New(Config{})
	if slices.Equal(j.model.counts, fresh.model.counts) {
		t.Fatal("nothing was learned")
	}
	j.Forget(noon.Add(30 * 24 * time.Hour))
	if !slices.Equal(j.model.counts, fresh.model.counts) || j.model.totals != fresh.model.totals || !bytes.Equal(j.Export(), fresh.Export()) {
		t.Error("something is left of what was forgotten")
	}
}

func TestForgettingKeepsWhatIsNewer(t *testing.T) {
	lines := corpus(t, "decisions.txt")
	j, half := taught(t), New(Config{})
	for i, l := range lines[40:] {
		if err := half.Learn(l.text, l.class, noon.Add(time.Duration(i+40)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	j.Forget(noon.Add(40 * time.Minute))
	if !bytes.Equal(j.Export(), half.Export()) || !slices.Equal(j.model.counts, half.model.counts) {
		t.Error("what is left differs from what was learned since")
	}
}

func TestTheOldestDecisionMakesRoom(t *testing.T) {
	j, last := New(Config{Decisions: 2}), New(Config{})
	for i, text := range []string{"one thing", "another thing", "a third thing"} {
		at := noon.Add(time.Duration(i) * time.Minute)
		if err := j.Learn(text, Spam, at); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if err := last.Learn(text, Spam, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(j.Export(), last.Export()) {
		t.Error("it remembers other decisions than the last two")
	}
}

func TestTheOrderOfDecisionsDoesNotMatter(t *testing.T) {
	lines, j, other := corpus(t, "decisions.txt"), taught(t), New(Config{})
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(lines)) {
		if err := other.Learn(lines[i].text, lines[i].class, noon.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(j.model.counts, other.model.counts) || !bytes.Equal(j.Export(), other.Export()) {
		t.Error("two judges that learned the same in another order differ")
	}
}

func TestALaterDecisionGoesInThePlaceOfTheFirst(t *testing.T) {
	j, b := New(Config{}), compiled(t)
	const text = "verdant sprocket carnival"
	learn := func(c Class, at time.Time) {
		t.Helper()
		if err := j.Learn(text, c, at); err != nil {
			t.Fatal(err)
		}
	}
	learn(Spam, noon)
	spam := verdict(t, j, b, text).Score
	learn(Fine, noon.Add(time.Hour))
	fine := verdict(t, j, b, text).Score
	learn(Spam, noon) // comes late, as over a bus, and is older
	late := verdict(t, j, b, text).Score
	if spam <= fine || late != fine || len(j.model.decisions) != 1 {
		t.Errorf("scores %.3f as spam, %.3f as fine, %.3f after an older decision; %d decisions", spam, fine, late, len(j.model.decisions))
	}
}

func TestARefusalWithoutAClassIsLearnedToo(t *testing.T) {
	j, b := New(Config{}), compiled(t)
	const text = "verdant sprocket carnival"
	before := verdict(t, j, b, text).Score
	if err := j.Learn(text, Harmful, noon); err != nil {
		t.Fatal(err)
	}
	after := verdict(t, j, b, text)
	if after.Score < before+0.3 || after.Class == Harmful {
		t.Errorf("score %.3f, then %+v", before, after)
	}
	back := New(Config{})
	if err := back.Import(j.Export()); err != nil || back.model.totals != j.model.totals {
		t.Errorf("imported: %v", err)
	}
	j.Forget(noon.Add(time.Second))
	if j.model.totals != New(Config{}).model.totals {
		t.Error("it is not forgotten")
	}
}

func TestStatesComeBack(t *testing.T) {
	j, back := taught(t), New(Config{})
	if err := back.Learn("something else", Insult, noon); err != nil {
		t.Fatal(err)
	}
	if err := back.Import(j.Export()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(j.model.counts, back.model.counts) || !bytes.Equal(j.Export(), back.Export()) {
		t.Error("the state that came back is another")
	}
	t.Logf("%d bytes a decision", len(j.Export())/len(j.model.decisions))
}

func TestTwoWhoMergeWhatTheOtherHasLearnedKnowTheSame(t *testing.T) {
	one, other := taught(t), New(Config{})
	for text, c := range map[string]Class{"something else": Insult, "free pallet": Fine} {
		if err := other.Learn(text, c, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	learned := one.Export()
	if err := errors.Join(one.Merge(other.Export()), other.Merge(learned), one.Merge(learned)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(one.model.counts, other.model.counts) || !bytes.Equal(one.Export(), other.Export()) || bytes.Equal(learned, one.Export()) {
		t.Error("one knows what the other does not")
	}
}

func TestBadStatesAreRefusedAndChangeNothing(t *testing.T) {
	j := taught(t)
	good := j.Export()
	for _, state := range [][]byte{nil, []byte("vitrine moderation 2"), good[:len(good)-1], append(slices.Clone(good), 1), append(slices.Clone(good), good[len(stateMark):]...)} {
		if err := j.Import(state); wire.CodeOf(err) != wire.Invalid || wire.CodeOf(j.Merge(state)) != wire.Invalid || !bytes.Equal(j.Export(), good) {
			t.Errorf("a bad state of %d bytes: %v", len(state), err)
		}
	}
	if err := j.Learn("text", Link, noon); wire.CodeOf(err) != wire.Invalid {
		t.Errorf("a class that cannot be learned: %v", err)
	}
}

func FuzzImport(f *testing.F) {
	j := New(Config{})
	if err := j.Learn("free pallet", Scam, noon); err != nil {
		f.Fatal(err)
	}
	f.Add(j.Export())
	f.Add([]byte(stateMark))
	f.Fuzz(func(t *testing.T, state []byte) {
		all, err := parseState(state)
		if err != nil {
			return
		}
		j := &Judge{model: &model{counts: make([][cells]uint16, buckets), most: decisionsMost}}
		if err := j.Import(state); err != nil || len(j.model.decisions) != len(all) {
			t.Errorf("%d decisions of %d: %v", len(j.model.decisions), len(all), err)
		}
		j.Forget(time.Unix(1<<41, 0))
		if j.model.totals != [cells]uint16{} {
			t.Error("something is left")
		}
	})
}

package pay

import "testing"

func TestReferencesHaveTheStandardsCheckDigits(t *testing.T) {
	if rest := mod97("539007547034" + "RF18"); rest != 1 { // a published example of ISO 11649
		t.Errorf("RF18 5390 0754 7034 leaves %d", rest)
	}
	if _, err := readReference("RF18 5390 0754 7034"); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for attempt := range 20000 {
		ref := reference("transfer", "order-1", attempt)
		if _, err := readReference(ref); err != nil || seen[ref] {
			t.Fatalf("%s: %v, seen before: %v", ref, err, seen[ref])
		}
		seen[ref] = true
	}
}

package chat

import (
	"strings"
	"unicode/utf8"

	"vitrine/server/wire"
)

// isProtected says whether by this name one would be taken for the staff. It comes folded.
func isProtected(folded string) bool {
	for _, word := range [...]string{
		"admin", "administrator", "host", "moderator", "mod", "owner", "producer", "staff", "support", "system", "vitrine", "official", Erased,
		"anfitrión", "moderador", "soporte", "administrador", "oficial", "主播", "管理员", "客服", "官方", "房管",
	} {
		if folded == fold(word) {
			return true
		}
	}
	return false
}

// nameFor is what somebody is called who has not chosen a name: as the account is, if nobody else is, or a guest.
func (t *tx) nameFor(alias wire.Alias, w Who) string {
	if name, err := clean("the name", w.Name, wire.MaxName); err == nil && (w.Staff() || t.free(name, alias)) {
		return name
	}
	for n := 4; n < len(alias); n++ {
		if name := "Guest " + strings.ToUpper(string(alias[:n])); t.free(name, alias) {
			return name
		}
	}
	return "Guest " + string(alias)
}

// free says whether somebody may be called so.
func (t *tx) free(name string, alias wire.Alias) bool {
	folded := fold(name)
	other, taken := t.folds[folded]
	return folded != "" && (!taken || other == alias) && !isProtected(folded)
}

// rename calls somebody otherwise from now on.
func (t *tx) rename(who actor, r *request) (int64, error) {
	name, err := clean("the name", *r.Request.Name, wire.MaxName)
	if err != nil {
		return 0, err
	}
	folded := fold(name)
	other, taken := t.folds[folded]
	switch {
	case folded == "":
		return 0, wire.Errorf(wire.Invalid, "a name needs a letter, a digit or an emoji").Because("name_empty")
	case taken && other != who.Alias:
		return 0, wire.Errorf(wire.Conflict, "somebody in this room is called so already, or nearly so: take another name").Because("name_taken")
	case isProtected(folded) && !who.who.Staff():
		return 0, wire.Errorf(wire.Forbidden, "this name is the staff's: take another one").Because("name_staff")
	}
	if !who.who.Staff() {
		if err := tooFast(t.h.limits.names.take(string(who.Alias), t.now(), namePace), "the name was changed too often: wait a little"); err != nil {
			return 0, err
		}
		if j := t.judged(who, r, name); j.Outcome != Publish {
			return 0, wire.Errorf(wire.Forbidden, "this name is not possible here: take another one").Because("name_barred")
		}
	}
	t.remember(who)
	if old := fold(who.p.Name); t.folds[old] == who.Alias {
		delete(t.folds, old)
	}
	t.folds[folded] = who.Alias
	who.p.Name, who.p.Chosen = name, true
	t.put(personKind, string(who.Alias), who.p)
	t.renamed(wire.Member{Alias: who.Alias, Name: name, Role: who.Role})
	return 0, nil
}

// mentionsOf is how many people a message may name.
const mentionsOf = 10

// mentions are those whom a text names with @, by the longest name that fits.
func (t *tx) mentions(text string) (list []wire.Alias) {
	seen := map[wire.Alias]bool{}
	for rest := text; len(list) < mentionsOf; {
		_, after, found := strings.Cut(rest, "@")
		if !found {
			break
		}
		rest = after
		if alias, named := t.named(after); named && !seen[alias] {
			seen[alias] = true
			list = append(list, alias)
		}
	}
	return list
}

// named finds whose name a text begins with.
func (t *tx) named(text string) (wire.Alias, bool) {
	end, n := 0, 0
	for end < len(text) && n < wire.MaxName {
		_, size := utf8.DecodeRuneInString(text[end:])
		end, n = end+size, n+1
	}
	for ; end > 0; end-- {
		if end < len(text) && !boundary(text[end:]) || !utf8.RuneStart(at(text, end)) {
			continue
		}
		if alias, known := t.folds[fold(text[:end])]; known && end > 0 {
			return alias, true
		}
	}
	return "", false
}

// at is the byte at a place; 0 behind the end.
func at(text string, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return 0
}

// boundary says whether a name may end before a text.
func boundary(text string) bool {
	return strings.ContainsAny(text[:1], " ,.;:!?)(@'\"/-") || text[0] >= utf8.RuneSelf
}

package stage

import (
	"reflect"
	"slices"
	"testing"
)

// filled gives everything that v is made of two of its kind.
func filled(v reflect.Value, deep int) {
	if deep == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), deep-1)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				filled(v.Field(i), deep)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 4))
		for i := range v.Len() {
			filled(v.Index(i), deep-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		one := reflect.New(v.Type().Elem()).Elem()
		filled(one, deep-1)
		v.SetMapIndex(reflect.New(v.Type().Key()).Elem(), one)
	case reflect.String:
		v.SetString("x")
	}
}

// shares lists what a copy has in common with what it was copied from.
func shares(a, b reflect.Value, at string) (list []string) {
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.Pointer() == b.Pointer() && !a.IsNil() {
			return []string{at}
		}
	}
	switch a.Kind() {
	case reflect.Pointer:
		if !a.IsNil() {
			list = shares(a.Elem(), b.Elem(), at)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			list = append(list, shares(a.Field(i), b.Field(i), at+"."+a.Type().Field(i).Name)...)
		}
	case reflect.Slice:
		if a.Len() > 0 {
			list = shares(a.Index(0), b.Index(0), at)
		}
	case reflect.Map:
		for _, k := range a.MapKeys() {
			list = append(list, shares(a.MapIndex(k), b.MapIndex(k), at)...)
		}
	}
	return list
}

// TestACopyToDecideOnSharesOnlyWhatIsNeverChanged finds every new list or map that is forgotten in a copy. What may be shared is replaced as a
// whole, grows behind a clip, or is changed by points and erasures only, which no copy is made for.
func TestACopyToDecideOnSharesOnlyWhatIsNeverChanged(t *testing.T) {
	var c corner
	filled(reflect.ValueOf(&c).Elem(), 8)
	var g guests
	filled(reflect.ValueOf(&g).Elem(), 8)
	copied := g.clone()
	got := append(shares(reflect.ValueOf(&c), reflect.ValueOf(c.clone()), "corner"), shares(reflect.ValueOf(&g), reflect.ValueOf(&copied), "guests")...)
	want := []string{
		"corner.Desk.Friends", "corner.Desk.Blocked", "corner.Praised.Names", "corner.Praised.Rooms",
		"corner.Link.Seats.Best", "corner.Link.Out.Best", "corner.Link.Terms", "corner.Link.Result",
		"corner.Link.Mine.Keys", "corner.Link.Mine.Before", "corner.Link.Mine.Fans", "corner.Link.Peers.Tally.Best",
		"corner.Link.Log.Rooms", "corner.Link.Log.Terms", "corner.Link.Log.Scores", "corner.Link.Log.Result", "corner.Link.Wishes.Challenge",
		"corner.Posts.Letter.Body", "corner.Posts.Letter.Forget", "guests.Layout.Boxes",
	}
	if !slices.Equal(got, want) {
		t.Errorf("a copy shares\n%q, and should share\n%q", got, want)
	}
}

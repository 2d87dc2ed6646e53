package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// finds are the numbers of the orders that a search finds.
func (b *browser) finds(query string, headers ...string) (all []int64) {
	b.m.t.Helper()
	for _, o := range gets[[]wire.Order](b, "GET", "/api/shop/admin/orders?"+query, nil, headers...) {
		all = append(all, o.Number)
	}
	return all
}

func TestStaffFindsAnOrderByWhatTheBuyerSays(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	m.sells("cup", 5, 100)
	support := m.plays(trust.Support)
	mei := m.browser()
	mei.buys("mei@example.com", "ring", 1, 9900)
	m.browser().buys("Mei@Example.com", "cup", 1, 100) // from another computer, as another guest
	ben := m.signsIn("ben@example.com").buys("ben@example.com", "cup", 2, 200).Order
	gets[wire.Order](support, "POST", "/api/shop/admin/orders/"+string(ben.ID)+"/ship", wire.Ship{Tracking: "TR1"})
	for _, c := range []struct {
		query, header string
		want          string
	}{
		{"", "", "3 2 1"},
		{"limit=2", "", "3 2"},
		{"limit=2&before=2", "", "1"},
		{"search=%233", "", "3"},
		{"search=A+CUP", "", "3 2"},
		{"search=tr1", "", "3"},
		{"search=nothing", "", ""},
		{"search=mei%40example.com", "", "2 1"},
		{"", "mei@example.com", "2 1"},
		{"state=cancelled", "mei@example.com", ""},
		{"", "ben@example.com", "3"},
		{"", "nobody@example.com", ""},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{"Search", url.PathEscape(c.header)}
		}
		var got []string
		for _, n := range support.finds(c.query, headers...) {
			got = append(got, string(rune('0'+n)))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q %q finds %v, want %s", c.query, c.header, got, c.want)
		}
	}
	support.refused(wire.Invalid, "GET", "/api/shop/admin/orders?search=half@", nil)
	support.refused(wire.Invalid, "GET", "/api/shop/admin/orders", nil, "Search", "%zz")
	if o := gets[[]wire.Order](support, "GET", "/api/shop/admin/orders?search=1", nil); o[0].Contact.Email != "mei@example.com" {
		t.Errorf("%+v", o[0].Contact)
	}
}

func TestStaffFindsPeopleByTheirWholeAddress(t *testing.T) {
	m := opens(t, nil)
	m.sells("cup", 5, 100)
	support := m.plays(trust.Support)
	m.browser().buys("mei@example.com", "cup", 1, 100)
	find := func(email string) []wire.Person {
		return gets[[]wire.Person](support, "GET", "/api/people", nil, "Search", url.PathEscape(email))
	}
	guest := find("mei@example.com")
	if len(guest) != 1 || !guest[0].Guest || guest[0].Role != "buyer" || guest[0].Email != "mei@example.com" || guest[0].Made.IsZero() {
		t.Fatalf("%+v", guest)
	}
	m.signsIn("mei@example.com")
	if both := find(" MEI@example.com "); len(both) != 2 || both[0].Guest || !both[1].Guest {
		t.Fatalf("%+v", both)
	}
	if list := find("me@example.com"); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if staff := gets[[]wire.Person](support, "GET", "/api/people", nil); len(staff) != 1 || staff[0].Role != "support" || staff[0].Guest {
		t.Errorf("%+v", staff)
	}
	whom := find("mei@example.com")[0].ID
	if s := support.asks("GET", "/api/people/"+string(whom)+"/export", nil); s.status != 200 || !contains(s.body, "1 Quay") {
		t.Errorf("%d %s", s.status, s.body)
	}
	gets[struct{}](support, "DELETE", "/api/people/"+string(whom), nil)
	if list := find("mei@example.com"); len(list) != 0 {
		t.Errorf("erased, and found: %+v", list)
	}
}

func TestTheLastOrderFillsInTheNext(t *testing.T) {
	m := opens(t, nil)
	m.sells("cup", 5, 100)
	mei := m.browser()
	mei.refused(wire.Unauthenticated, "GET", "/api/shop/again", nil)
	ben := m.signsIn("ben@example.com")
	ben.refused(wire.NotFound, "GET", "/api/shop/again", nil)
	mei.buys("mei@example.com", "cup", 1, 100)
	if a := gets[wire.Again](mei, "GET", "/api/shop/again", nil); a.Contact != contact("mei@example.com") || a.Shipping != "post" || a.Pay != wire.PayTest {
		t.Errorf("%+v", a)
	}
}

func TestAnOrderIsShippedByWhoMayAndReadOnItsReceipt(t *testing.T) {
	m := opens(t, nil, func(c *Config) { c.Public = "https://shop.example" })
	m.sells("cup", 5, 100)
	support, host := m.plays(trust.Support), m.plays(trust.Host)
	mei := m.browser()
	o := mei.buys("mei@example.com", "cup", 1, 100).Order
	at := "/api/shop/admin/orders/" + string(o.ID)
	host.refused(wire.Forbidden, "POST", at+"/ship", wire.Ship{})
	mei.refused(wire.Forbidden, "POST", at+"/ship", wire.Ship{})
	if s := support.asks("GET", "/api/shop/admin/packing", nil); !contains(s.body, "1 Quay") {
		t.Errorf("what is to be packed: %s", s.body)
	}
	shipped := gets[wire.Order](support, "POST", at+"/ship", wire.Ship{Carrier: "DHL", Tracking: "00340434161094021501", Delivered: true})
	if shipped.Shipped.IsZero() || shipped.Delivered.IsZero() || shipped.Withdrawable.Before(m.now().AddDate(0, 0, 14)) {
		t.Errorf("%+v", shipped)
	}
	if s := support.asks("GET", "/api/shop/admin/packing", nil); contains(s.body, "1 Quay") {
		t.Errorf("what has left is to be packed: %s", s.body)
	}
	mei.refused(wire.Conflict, "POST", "/api/shop/orders/"+string(o.ID)+"/cancel", nil)
	if seen := mei.order(o.ID); seen.Tracking != "00340434161094021501" || seen.Carrier != "DHL" {
		t.Errorf("the buyer sees %+v", seen)
	}
	for language, word := range map[string]string{"en": "Receipt for order 1", "es-MX": "Recibo del pedido 1", "zh-CN": "收据"} {
		for who, path := range map[*browser]string{mei: "/api/shop/orders/" + string(o.ID), support: at} {
			s := who.asks("GET", path+"/receipt?language="+language, nil)
			if s.status != 200 || s.header.Get("Content-Type") != htmlType || !contains(s.body, word, "Mei Lin", "https://shop.example/withdraw#") {
				t.Errorf("%s: %d %v %s", language, s.status, s.header, s.body)
			}
		}
	}
	m.signsIn("ben@example.com").refused(wire.NotFound, "GET", "/api/shop/orders/"+string(o.ID)+"/receipt", nil)
	text := string(support.asks("GET", at+"/receipt", nil).body)
	_, token, _ := strings.Cut(text, "/withdraw#")
	token, _, _ = strings.Cut(token, `"`)
	if o := gets[wire.Order](m.browser(), "POST", "/api/shop/withdrawal", nil, "Withdrawal", token); o.State != wire.OrderRefunded {
		t.Errorf("withdrawn by the receipt's link it is %+v", o)
	}
	m.audits()
}

func TestABuyerIsLedFromTheirOrderToThePageThatWithdraws(t *testing.T) {
	m := opens(t, nil)
	m.sells("cup", 5, 100)
	mei := m.browser()
	o := mei.buys("mei@example.com", "cup", 1, 100).Order
	mei.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s := mei.asks("GET", "/api/shop/orders/"+string(o.ID)+"/withdrawal", nil)
	token, ok := strings.CutPrefix(s.header.Get("Location"), "/withdraw#")
	if s.status != http.StatusSeeOther || !ok || s.header.Get("Cache-Control") != "no-store" {
		t.Fatal(s.status, s.header)
	}
	if seen := gets[wire.Order](m.browser(), "GET", "/api/shop/withdrawal", nil, "Withdrawal", token); seen.ID != o.ID {
		t.Errorf("it is about %+v", seen)
	}
	m.signsIn("ben@example.com").refused(wire.NotFound, "GET", "/api/shop/orders/"+string(o.ID)+"/withdrawal", nil)
}

func TestStaffIsToldWhatItsRoleAllowsAndBuyersAreNot(t *testing.T) {
	m := opens(t, nil)
	for role, want := range map[trust.Role]bool{trust.Support: true, trust.Moderator: false, trust.Owner: true} {
		p := gets[wire.Person](m.plays(role), "GET", "/api/me", nil)
		if got := slices.Contains(p.May, string(trust.OrdersShip)); got != want || !slices.Contains(p.May, string(trust.ProductsRead)) {
			t.Errorf("%s may %v", role, p.May)
		}
	}
	if p := gets[wire.Person](m.signsIn("ben@example.com"), "GET", "/api/me", nil); p.May != nil {
		t.Errorf("a buyer may %v", p.May)
	}
}

package wire_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"vitrine/server/wire"
)

func TestOnlyAddressesThatEverybodyCanOpenAreLinks(t *testing.T) {
	for link, says := range map[string]string{
		"https://shop.example/lamp?size=s": "", "http://www.shop.example": "", "https://bücher.example:8443/": "", "https://xn--bcher-kva.example": "",
		"https://localhost.example": "", "https://10.example": "",
		"javascript:alert(1)": "begins with https://", "shop.example": "begins with https://", "ftp://shop.example": "begins with https://", "https://": "begins with https://",
		"https:///lamp": "begins with https://", "//shop.example": "begins with https://", "https://shop.example:x": "begins with https://",
		"http://localhost": "private", "http://localhost:8080/lamp": "private", "http://LOCALHOST./": "private", "http://shop.localhost": "private",
		"http://127.0.0.1": "private", "http://10.0.0.1/": "private", "http://192.168.1.1": "private", "http://169.254.169.254/latest": "private",
		"http://[::1]/": "private", "http://[fd00::1]": "private", "http://[::ffff:10.0.0.1]": "private", "http://2130706433/": "private",
		"http://0x7f.1": "private", "http://127.1": "private", "http://0177.0.0.1": "private", "http://printer": "private", "http://nas.local": "private",
		"http://db.internal": "private", "http://router.home.arpa": "private", "http://fritz.lan": "private", "http://8.8.8.8": "private",
		"https://me:secret@shop.example": "a name or a password", "https://shop.example/" + strings.Repeat("x", 2000): "2000",
	} {
		err := wire.ValidLink(link)
		if (err == nil) != (says == "") || err != nil && (wire.CodeOf(err) != wire.Invalid || !strings.Contains(err.Error(), says)) {
			t.Errorf("%.60q: %v, want %q", link, err, says)
		}
	}
}

// FuzzValidLink: whatever is a link has a name as its host that is no address.
func FuzzValidLink(f *testing.F) {
	for _, s := range []string{"https://shop.example/lamp", "http://127.0.0.1", "http://0x7f.1", "http://[::1]", "https://a@b.example", "http://１２７.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if wire.ValidLink(link) != nil {
			return
		}
		u, err := url.Parse(link)
		if err != nil || u.User != nil || !strings.Contains(u.Hostname(), ".") {
			t.Fatalf("%q is a link: %v", link, err)
		}
		if _, err := netip.ParseAddr(u.Hostname()); err == nil {
			t.Fatalf("%q is a link", link)
		}
	})
}

package server

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestServersToTrustAreNamedByURLAndKey(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize))
	for text, good := range map[string]bool{
		"https://shop.example=" + key: true, "https://shop.example:8443=" + key: true, "http://localhost:8080=" + key: true, "http://127.0.0.1:80=" + key: true,
		"http://shop.example=" + key: false, "https://shop.example/=" + key: false, "https://Shop.example=" + key: false, "https://eva@shop.example=" + key: false,
		"shop.example=" + key: false, "https://=" + key: false, "https://shop.example": false, "https://shop.example=AAAA": false, "https://shop.example=?": false,
		"": false,
	} {
		if _, err := ParsePeer(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
	p, err := ParsePeer("https://shop.example:8443=" + key)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]Config{
		"twice": {Peers: []Peer{p, p}}, "itself": {Peers: []Peer{p}, Origins: []string{p.URL}}, "no key": {Peers: []Peer{{URL: p.URL}}},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), p.URL) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if g := (Config{Peers: []Peer{p}}).outside(); !slices.Contains(g.Ports, 8443) || !slices.Contains(g.Ports, 443) || len(g.Allow) > 0 {
		t.Errorf("the guard of what goes there is %+v", g)
	}
}

func TestAPassIsForOnePlaceAndATime(t *testing.T) {
	p, now := passes{[]byte("secret")}, time.UnixMilli(1795291200000)
	token := p.give("evening~m2", now.UnixMilli()+1000)
	if !p.good("evening~m2", token, now) {
		t.Fatal("the pass is not good")
	}
	for what, bad := range map[string]bool{
		"another place":  p.good("evening~m3", token, now),
		"too late":       p.good("evening~m2", token, now.Add(time.Second)),
		"prolonged":      p.good("evening~m2", "9"+token, now),
		"another server": passes{[]byte("other")}.good("evening~m2", token, now),
		"cut":            p.good("evening~m2", token[:len(token)-1], now),
		"nothing":        p.good("evening~m2", "", now),
	} {
		if bad {
			t.Errorf("a pass is good: %s", what)
		}
	}
}

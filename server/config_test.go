package server

import (
	"net/netip"
	"testing"
)

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		cfg Config
		ok  bool
	}{
		"nothing":                   {Config{}, true},
		"a port without a host":     {Config{Listen: ":80"}, true},
		"no port":                   {Config{Listen: "localhost"}, false},
		"a port that is a word":     {Config{Listen: "localhost:http"}, false},
		"a media port too high":     {Config{MediaPort: 1 << 16}, false},
		"a certificate without key": {Config{TLSCert: "x"}, false},
		"files and a domain":        {Config{TLSCert: "x", TLSKey: "y", Domain: "shop.example"}, false},
		"a domain":                  {Config{Domain: "shop.example", ACMEEmail: "a@b.example"}, true},
		"a domain that is local":    {Config{Domain: "localhost"}, false},
		"a mail without a domain":   {Config{ACMEEmail: "a@b.example"}, false},
		"a TURN port too high":      {Config{TURNPort: 1 << 16}, false},
		"a show twice":              {Config{Shows: []DeclaredShow{{"a", "12345678"}, {"a", "87654321"}}}, false},
		"a token twice":             {Config{Shows: []DeclaredShow{{"a", "12345678"}, {"b", "12345678"}}}, false},
		"a short token":             {Config{Shows: []DeclaredShow{{"a", "1234"}}}, false},
		"a show with a crafted id":  {Config{Shows: []DeclaredShow{{"../a", "12345678"}}}, false},
		"a negative limit":          {Config{MaxViewers: -1}, false},
		"a public address":          {Config{PublicAddresses: []netip.Addr{netip.MustParseAddr("203.0.113.1")}}, true},
		"a database by URL":         {Config{Database: "postgres://me:secret@db.example/shop"}, true},
		"a database of MySQL":       {Config{Database: "mysql://me:secret@db.example/shop"}, false},
		"a cluster by URL":          {Config{NATS: "nats://me:secret@a.example,tls://me:secret@b.example"}, true},
		"a cluster of Kafka":        {Config{NATS: "kafka://me:secret@a.example"}, false},
		"credentials for nobody":    {Config{NATSCredentials: "me.creds"}, false},
		"no public address at all":  {Config{PublicAddresses: []netip.Addr{{}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.cfg.Validate(); (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzParseShow(f *testing.F) {
	f.Add("demo:correct-horse")
	f.Add("demo")
	f.Add(":::")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseShow(s)
		if err == nil && (string(d.ID)+":"+d.Token != s || Config{Shows: []DeclaredShow{d}}.Validate() != nil) {
			t.Errorf("%q became %+v", s, d)
		}
	})
}

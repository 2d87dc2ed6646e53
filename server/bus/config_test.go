package bus

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"pgregory.net/rapid"

	"vitrine/server/wire"
)

// again makes a server listen where another did.
func again(at string) func(*server.Options) {
	return func(o *server.Options) {
		u, err := url.Parse(at)
		if err == nil {
			o.Port, err = strconv.Atoi(u.Port())
		}
		if err != nil {
			panic(err)
		}
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		cfg Config
		ok  bool
	}{
		"the server inside":          {Config{}, true},
		"a server":                   {Config{URL: "nats://127.0.0.1:4222"}, true},
		"three servers":              {Config{URL: "nats://me:hunter2@a.example, tls://me:hunter2@b.example:4222,nats://[::1]:4222"}, true},
		"a token":                    {Config{URL: "tls://hunter2@a.example"}, true},
		"credentials":                {Config{URL: "tls://a.example", Credentials: "x.creds"}, true},
		"credentials for nobody":     {Config{Credentials: "x.creds"}, false},
		"no scheme":                  {Config{URL: "me:hunter2@a.example:4222"}, false},
		"a scheme of the web":        {Config{URL: "https://me:hunter2@a.example"}, false},
		"a second that is wrong":     {Config{URL: "nats://a.example,me:hunter2@b.example"}, false},
		"nobody":                     {Config{URL: "nats://me:hunter2@"}, false},
		"a port that is a word":      {Config{URL: "nats://me:hunter2@a.example:port"}, false},
		"a password with a sign":     {Config{URL: "nats://me:hunter2%@a.example"}, false},
		"a comma at the end":         {Config{URL: "nats://me:hunter2@a.example,"}, false},
		"a path":                     {Config{URL: "nats://me:hunter2@a.example/shop"}, false},
		"a password before a scheme": {Config{URL: "hunter2://a.example"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(c.cfg)
			if (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestSubjectsAreOneAShowWhateverItsNameHolds(t *testing.T) {
	if s := Subject("evening", "events"); s != "vitrine.show.evening.events" {
		t.Errorf("got %q", s)
	}
	word := rapid.StringOf(rapid.SampledFrom([]rune("aA.*>% +~-\t\x00é")))
	rapid.Check(t, func(t *rapid.T) {
		show, what := word.Draw(t, "show"), word.Draw(t, "what")
		other, different := word.Draw(t, "other"), word.Draw(t, "different")
		s := Subject(wire.ShowID(show), what)
		if tokens := strings.Split(s, "."); len(tokens) != 4 || strings.ContainsAny(s, "*> \t\x00") || strings.Contains(s, "..") || tokens[3] == "" {
			t.Fatalf("%q and %q became %q", show, what, s)
		}
		if (show != other || what != different) && s == Subject(wire.ShowID(other), different) {
			t.Fatalf("%q %q and %q %q are both %q", show, what, other, different, s)
		}
	})
}

func TestTheClusterIsJoinedWithWhatItAsksFor(t *testing.T) {
	user := func(o *server.Options) { o.Username, o.Password = "me", "hunter2" }
	trusting, file := chain(t)
	encrypted := certified(t)
	for name, c := range map[string]struct {
		server func(*server.Options)
		cfg    func(host string) Config
		up     bool
	}{
		"a user and password":           {user, func(h string) Config { return Config{URL: "nats://me:hunter2@" + h} }, true},
		"the second of two, by itself":  {user, func(h string) Config { return Config{URL: "nats://me:hunter2@127.0.0.1:1,nats://me:hunter2@" + h} }, true},
		"a wrong password":              {user, func(h string) Config { return Config{URL: "nats://me:hunter22@" + h} }, false},
		"a token":                       {func(o *server.Options) { o.Authorization = "hunter2" }, func(h string) Config { return Config{URL: "nats://hunter2@" + h} }, true},
		"a file of credentials":         {trusting, func(h string) Config { return Config{URL: "nats://" + h, Credentials: file} }, true},
		"an encrypted line":             {encrypted, func(h string) Config { return Config{URL: "tls://me:hunter2@" + h} }, true},
		"encryption that they ask for":  {encrypted, func(h string) Config { return Config{URL: "nats://me:hunter2@" + h} }, true},
		"encryption that is not theirs": {nil, func(h string) Config { return Config{URL: "tls://" + h} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := natsServer(t, c.server)
			var log lines
			cfg := c.cfg(s.Addr().String())
			cfg.Log = log.log()
			b := run(t, cfg)
			if !c.up {
				await(t, "told", func() bool { return strings.Contains(log.String(), "level=WARN") })
			}
			if err := b.Check(within(t)); (err == nil) != c.up {
				t.Errorf("got %v", err)
			}
			text := log.String()
			if strings.Contains(text, "hunter2") || strings.Count(text, "level=WARN") > 1 {
				t.Errorf("the log is %s", text)
			}
		})
	}
}

func TestCredentialsThatAreNotThereEndIt(t *testing.T) {
	b, err := New(Config{URL: "nats://127.0.0.1:1", Credentials: filepath.Join(t.TempDir(), "me.creds")})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(within(t)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// chain makes a server's operator, an account and a user of it, whose credentials are in a file.
func chain(t *testing.T) (trusting func(*server.Options), file string) {
	t.Helper()
	pair := func(make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		k, err := make()
		if err != nil {
			t.Fatal(err)
		}
		public, err := k.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return k, public
	}
	must := func(s string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	operator, root := pair(nkeys.CreateOperator)
	account, shop := pair(nkeys.CreateAccount)
	user, me := pair(nkeys.CreateUser)
	claims := jwt.NewOperatorClaims(root)
	must(claims.Encode(operator))
	resolver := &server.MemAccResolver{}
	if err := resolver.Store(shop, must(jwt.NewAccountClaims(shop).Encode(operator))); err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.FormatUserConfig(must(jwt.NewUserClaims(me).Encode(account)), seed)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "me.creds")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return func(o *server.Options) {
		o.TrustedOperators, o.AccountResolver = []*jwt.OperatorClaims{claims}, resolver
	}, file
}

// certificate is one for loopback, which all of Go's clients in this process trust: they read the system's once.
var certificate = sync.OnceValues(func() (c tls.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return c, err
	}
	f, err := os.CreateTemp("", "trusted")
	if err != nil {
		return c, err
	}
	defer os.Remove(f.Name())
	err = errors.Join(pem.Encode(f, &pem.Block{Type: "CERTIFICATE", Bytes: der}), f.Close(), os.Setenv("SSL_CERT_FILE", f.Name()))
	if _, loaded := x509.SystemCertPool(); loaded != nil {
		err = errors.Join(err, loaded)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

// certified makes a server speak TLS.
func certified(t *testing.T) func(*server.Options) {
	t.Helper()
	c, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	return func(o *server.Options) {
		o.Username, o.Password = "me", "hunter2"
		o.TLSConfig, o.TLSTimeout = &tls.Config{Certificates: []tls.Certificate{c}}, patience.Seconds()
	}
}

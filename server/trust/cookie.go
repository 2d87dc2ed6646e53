package trust

import (
	"fmt"
	"net/http"
	"time"
)

// Cookies makes the cookies of one server.
//
// Over TLS they have the prefix __Host- (RFC 6265bis §4.1.3.2): only this very host can have set them, with Secure and for all
// paths, so that no neighbouring subdomain plants a session. Plain says that the page comes over http, which is meant for loopback
// only: there browsers refuse the prefix, or Secure, so the names are plain and other programs on the same computer share them.
type Cookies struct{ Plain bool }

// Names of cookies.
const (
	SessionCookie = "vitrine"         // the session's token
	BrowserCookie = "vitrine-browser" // what sign-in links are bound to
	PasskeyCookie = "vitrine-passkey" // the ticket of a passkey's ceremony
	VisitorCookie = "vitrine-visitor" // whom units are held for before anybody has signed in (Token.Visitor)
)

func (c Cookies) name(name string) string {
	if c.Plain {
		return name
	}
	return "__Host-" + name
}

// Make makes a cookie that scripts cannot read and that other sites' forms do not send. A lasts of 0 is until the browser ends.
func (c Cookies) Make(name string, t Token, lasts time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: c.name(name), Value: string(t), Path: "/", MaxAge: int(lasts.Seconds()),
		Secure: !c.Plain, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// Session makes the cookie of a session, which lasts as long as the session can.
func (c Cookies) Session(t Token, v Visit) *http.Cookie {
	_, whole := lasts(v.Role)
	return c.Make(SessionCookie, t, whole-v.At.Sub(v.Made))
}

// Clear makes a cookie that removes the one of that name.
func (c Cookies) Clear(name string) *http.Cookie {
	k := c.Make(name, "", 0)
	k.MaxAge = -1
	return k
}

// Read returns the cookie's token, "" if the request has none.
func (c Cookies) Read(r *http.Request, name string) Token {
	k, err := r.Cookie(c.name(name))
	if err != nil {
		return ""
	}
	return Token(k.Value)
}

// CrossOrigin makes what refuses requests that other sites' pages send with our cookies (net/http.CrossOriginProtection, by
// Sec-Fetch-Site and Origin). origins are those that may, as "https://shop.example".
func CrossOrigin(origins []string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	for _, o := range origins {
		if err := p.AddTrustedOrigin(o); err != nil {
			return nil, fmt.Errorf("trust origin %q: %w", o, err)
		}
	}
	return p, nil
}

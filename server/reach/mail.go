package reach

import (
	"context"
	"encoding/json"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"vitrine/server/wire"
)

// Mail is what the opened body of a letter by mail holds, as JSON.
type Mail struct {
	To      string `json:"to"`             // e-mail address
	Name    string `json:"name,omitempty"` // of who gets it
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"` // the same as Text
}

// Post is the need to send mails: an SMTP server or a Folder. The id becomes part of the Message-ID, at the Date. It is used by
// several goroutines.
type Post interface {
	Post(ctx context.Context, id string, at time.Time, m Mail) error
}

// Sender is who mails come from.
type Sender struct {
	Address, Name string
}

// identifier bounds what becomes a file name and a part of headers.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// mail sends a letter once.
func (c *Courier) mail(ctx context.Context, l Letter) error {
	body, err := c.open(ctx, l)
	if err != nil {
		return err
	}
	var m Mail
	if err := json.Unmarshal(body, &m); err != nil {
		return &failure{reason: "what it says is no mail", final: true}
	}
	return c.cfg.Post.Post(ctx, l.ID, c.cfg.Now(), m)
}

// compose makes a message (RFC 5322) of text, and of HTML where there is some.
func compose(from Sender, id string, at time.Time, m Mail) (*mail.Msg, error) {
	sender, err := ascii(from.Address)
	if err != nil {
		return nil, &failure{reason: "the sender's address in the settings is no e-mail address"}
	}
	to, err := ascii(m.To)
	if err != nil || !identifier.MatchString(id) {
		return nil, &failure{reason: "its address or its id is malformed", final: true}
	}
	_, domain, _ := strings.Cut(sender, "@")
	msg := mail.NewMsg()
	msg.FromMailAddress(&netmail.Address{Name: phrase(from.Name), Address: sender})
	msg.ToMailAddress(&netmail.Address{Name: phrase(m.Name), Address: to})
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(at)
	msg.SetMessageIDWithValue(id + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's absence is answered to us (RFC 3834 §5)
	msg.SetUserAgent("vitrine")
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// ascii writes an address with its domain as the DNS knows it (RFC 5890).
func ascii(address string) (string, error) {
	if err := wire.ValidEmail(address); err != nil {
		return "", err
	}
	local, domain, _ := strings.Cut(address, "@")
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", err
	}
	return local + "@" + domain, nil
}

// oneLine takes out of a header's text what could end the line. A name is what a buyer typed: a receipt must not fail by it.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(s), " ")
}

// phrase is a name before an address. A backslash may not stand in an encoded one (RFC 2047 §5), and net/mail does not encode it.
func phrase(s string) string { return oneLine(strings.ReplaceAll(s, `\`, " ")) }

package reach_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"pgregory.net/rapid"

	"vitrine/server/reach"
	"vitrine/server/wire"
)

var (
	shop    = reach.Sender{Address: "shop@example.com", Name: "Vitrine"}
	receipt = reach.Mail{To: "eva@example.org", Name: "Eva Grün", Subject: "Your order 7 – thanks", Text: "Grüße\n", HTML: "<p>Grüße</p>"}
	posted  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
)

func post(t *testing.T, p reach.Post, m reach.Mail) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return p.Post(ctx, "letter-1", posted, m)
}

func TestAMailArrivesByARealServer(t *testing.T) {
	for name, c := range map[string]struct {
		security reach.Security
		change   func(*mailbox)
		user     string
	}{
		"in the clear on loopback":   {reach.Secure, nil, ""},
		"by STARTTLS":                {reach.StartTLS, nil, ""},
		"by STARTTLS, signed in":     {reach.StartTLS, func(m *mailbox) { m.user = "shop" }, "shop"},
		"by TLS from the first byte": {reach.TLS, func(m *mailbox) { m.encrypted = true; m.user = "shop" }, "shop"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailbox(t, c.change)
			s := m.settings(c.security)
			if s.User, s.Password = c.user, "right"; s.Validate() != nil {
				t.Fatal(s.Validate())
			}
			if err := post(t, s, receipt); err != nil {
				t.Fatal(err)
			}
			got := m.got[0]
			if got.from != "shop@example.com" || got.to != "eva@example.org" || got.user != c.user || got.encrypted != (c.security != reach.Secure) {
				t.Errorf("from %q to %q, user %q, encrypted %v", got.from, got.to, got.user, got.encrypted)
			}
			reads(t, got.body)
		})
	}
}

// reads checks that a message says what receipt says.
func reads(t *testing.T, raw []byte) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	words := new(mime.WordDecoder)
	subject, _ := words.DecodeHeader(msg.Header.Get("Subject"))
	to, err := netmail.ParseAddress(msg.Header.Get("To"))
	if err != nil || to.Name != receipt.Name || to.Address != receipt.To || subject != receipt.Subject {
		t.Errorf("to %v (%v), subject %q", to, err, subject)
	}
	if id := msg.Header.Get("Message-ID"); id != "<letter-1@example.com>" {
		t.Errorf("Message-ID %s", id)
	}
	if at, err := msg.Header.Date(); err != nil || !at.Equal(posted) {
		t.Errorf("dated %v, %v", at, err)
	}
	_, params, _ := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	var parts []string
	for r := multipart.NewReader(msg.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			break
		}
		text, _ := io.ReadAll(quotedprintable.NewReader(p))
		parts = append(parts, strings.TrimSpace(string(text)))
	}
	if len(parts) != 2 || parts[0] != "Grüße" || parts[1] != "<p>Grüße</p>" {
		t.Errorf("parts %q", parts)
	}
}

func TestAMailIsNotSentInTheClearToOthers(t *testing.T) {
	m := newMailbox(t, func(m *mailbox) { m.server.TLSConfig = nil })
	if err := post(t, m.settings(reach.StartTLS), receipt); err == nil || len(m.got) > 0 {
		t.Error("it was sent without STARTTLS")
	}
	m = newMailbox(t, nil)
	s := m.settings(reach.StartTLS)
	s.Roots = x509.NewCertPool()
	if err := post(t, s, receipt); err == nil || !strings.Contains(err.Error(), "unknown authority") || len(m.got) > 0 {
		t.Errorf("a certificate of nobody: %v", err)
	}
}

func TestSettingsOfAMailServerAreChecked(t *testing.T) {
	good := reach.SMTP{Host: "mail.example.com", Port: 587, From: shop}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*reach.SMTP){
		"encryption": func(s *reach.SMTP) { s.Security = "ssl" },
		"host":       func(s *reach.SMTP) { s.Host = "" },
		"port":       func(s *reach.SMTP) { s.Port = 70000 },
		"sender":     func(s *reach.SMTP) { s.From.Address = "shop" },
	} {
		s := good
		if change(&s); wire.CodeOf(s.Validate()) != wire.Invalid {
			t.Errorf("a bad %s: %v", name, s.Validate())
		}
	}
}

// TestWhatAMailServerAnswersDecides goes the whole way: courier, SMTP, a real server.
func TestWhatAMailServerAnswersDecides(t *testing.T) {
	refuse := func(code int, class int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, 1, 1}, Message: "eva@example.org at 192.0.2.1 is no good"}
	}
	for name, c := range map[string]struct {
		change func(*mailbox)
		user   string
		dead   bool
		reason string
	}{
		"a receiver for later":     {func(m *mailbox) { m.rcpt = refuse(450, 4) }, "", false, "the mail server answered 450 4.1.1"},
		"a receiver for ever":      {func(m *mailbox) { m.rcpt = refuse(550, 5) }, "", true, "the mail server answered 550 5.1.1"},
		"a message for later":      {func(m *mailbox) { m.data = refuse(451, 4) }, "", false, "the mail server answered 451 4.1.1"},
		"a message for ever":       {func(m *mailbox) { m.data = refuse(554, 5) }, "", true, "the mail server answered 554 5.1.1"},
		"a user that is not known": {func(m *mailbox) { m.user = "other" }, "shop", false, "the mail server answered 535 before it took the mail; are the settings right?"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailbox(t, c.change)
			s := m.settings(reach.StartTLS)
			s.User, s.Password = c.user, "right"
			r := newRig(nil)
			var log bytes.Buffer
			r.courier = reach.New(reach.Config{
				Outbox: r.box, Open: opened, Post: s, Endpoints: r, Client: reach.Guard{}.Client(0),
				Now: time.Now, Spread: func() float64 { return 0 }, Log: loud(&log),
			})
			body, _ := json.Marshal(receipt)
			r.Put(t, reach.Letter{ID: "letter-1", Kind: reach.ByMail, To: "p1", Body: append([]byte("sealed:"), body...)})
			r.run()
			why := ""
			for why == "" {
				time.Sleep(time.Millisecond)
				why, _ = r.Reason(t, "letter-1")
			}
			r.stop()
			if why != c.reason || r.isDead("letter-1") != c.dead {
				t.Errorf("noted %q, dead %v", why, r.isDead("letter-1"))
			}
			if strings.Contains(log.String(), "eva") || strings.Contains(log.String(), "127.0.0.1") {
				t.Errorf("the log shows an address: %s", log.String())
			}
		})
	}
}

func TestAMailServerThatIsNotThereIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := reach.SMTP{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: shop}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := post(t, s, receipt); err == nil || err.Error() != "the mail server refused the connection" {
		t.Errorf("got %v", err)
	}
}

func TestAMailServerThatHangsIsLeft(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // greets and says nothing more
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "220 mail.example.org\r\n")
		_, _ = c.Read(make([]byte, 100))
		cancel()
		_, _ = io.Copy(io.Discard, c) // until it is left
		_ = c.Close()
	}()
	s := reach.SMTP{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: shop}
	if err := s.Post(ctx, "letter-1", posted, receipt); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// fields returns the names of the headers of a message, each once a line.
func fields(raw []byte) (names []string) {
	head, _, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
	for line := range strings.Lines(head) {
		if name, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			names = append(names, name)
		}
	}
	return names
}

func TestNothingThatPeopleTypeAddsAHeader(t *testing.T) {
	folder := reach.Folder{Path: t.TempDir(), From: shop}
	write := func(m reach.Mail) []byte {
		if err := folder.Post(t.Context(), "x", posted, m); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(folder.Path, "x.eml"))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	plain := write(reach.Mail{To: receipt.To, Subject: "x", Text: "x"})
	want := len(fields(plain))
	evil := []string{
		"a\r\nBcc: all@example.com", "a\nBcc: all@example.com", "a\rBcc: x", "a\r\n\r\nbody", "\"\r\nBcc: <x@example.com>\" <", "\x00\x1b\u2028b",
		"=?utf-8?q?a=0D=0ABcc:_x?=", "a\", <all@example.com>, \"", "\\À", "\xff\r\n.\r\n",
	}
	typed := rapid.OneOf(rapid.SampledFrom(evil), rapid.String(), rapid.StringMatching("[a:\r\n <>\"@é]{0,200}"))
	rapid.Check(t, func(r *rapid.T) {
		raw := write(reach.Mail{To: receipt.To, Name: typed.Draw(r, "name"), Subject: typed.Draw(r, "subject"), Text: "x"})
		if got := fields(raw); len(got) != want {
			r.Fatalf("headers %v, want %d\n%s", got, want, raw)
		}
		msg, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			r.Fatal(err)
		}
		if to, err := msg.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != receipt.To || msg.Header.Get("Bcc") != "" {
			r.Fatalf("to %v, %v\n%s", to, err, raw)
		}
	})
}

func TestABadAddressIsNoMail(t *testing.T) {
	folder := reach.Folder{Path: t.TempDir(), From: shop}
	for _, to := range []string{
		"", "eva", "eva@example.org\r\nBcc: x@example.com", "eva@example.org, all@example.com", "<eva@example.org>", "a b@example.org",
		"eva@example.org>\r\nDATA", "eva@[127.0.0.1]",
	} {
		if err := post(t, folder, reach.Mail{To: to, Subject: "x", Text: "x"}); err == nil {
			t.Errorf("%q was taken", to)
		}
	}
	if err := folder.Post(t.Context(), "../escape", posted, receipt); err == nil {
		t.Error("an id leads out of the folder")
	}
}

func TestTheFolderKeepsAMailOnceForItsUserOnly(t *testing.T) {
	folder := reach.Folder{Path: filepath.Join(t.TempDir(), "mail"), From: shop}
	for range 2 {
		if err := post(t, folder, receipt); err != nil {
			t.Fatal(err)
		}
	}
	all, err := os.ReadDir(folder.Path)
	if err != nil || len(all) != 1 || all[0].Name() != "letter-1.eml" {
		t.Fatalf("%v, %v", all, err)
	}
	if about, err := all[0].Info(); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", about.Mode(), err)
	}
	raw, err := os.ReadFile(filepath.Join(folder.Path, "letter-1.eml"))
	if err != nil {
		t.Fatal(err)
	}
	reads(t, raw)
	if err := post(t, folder, reach.Mail{To: "eva@münchen.example", Subject: "x", Text: "x"}); err != nil {
		t.Error("an international domain:", err)
	}
}

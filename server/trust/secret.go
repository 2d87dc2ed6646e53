package trust

import (
	"fmt"
	"io"
	"log/slog"
)

// What holds secrets, addresses or ciphertext prints without them, whichever verb of fmt is used, and in logs. JSON is for files and
// answers, and holds them.

func redact(s fmt.State, v slog.LogValuer) { _, _ = io.WriteString(s, v.LogValue().String()) }

// Format and LogValue print "[token]".
func (t Token) Format(s fmt.State, _ rune) { redact(s, t) }
func (Token) LogValue() slog.Value         { return slog.StringValue("[token]") }

// Format and LogValue print "[sealed]".
func (c Sealed) Format(s fmt.State, _ rune) { redact(s, c) }
func (Sealed) LogValue() slog.Value         { return slog.StringValue("[sealed]") }

// Format and LogValue print "[keyring]".
func (k Keyring) Format(s fmt.State, _ rune) { redact(s, k) }
func (Keyring) LogValue() slog.Value         { return slog.StringValue("[keyring]") }

// Format and LogValue print "[enrolment]".
func (e Enrolment) Format(s fmt.State, _ rune) { redact(s, e) }
func (Enrolment) LogValue() slog.Value         { return slog.StringValue("[enrolment]") }

// Format and LogValue print "[caller]".
func (c Caller) Format(s fmt.State, _ rune) { redact(s, c) }
func (Caller) LogValue() slog.Value         { return slog.StringValue("[caller]") }

// Format and LogValue print the random name.
func (p Person) Format(s fmt.State, _ rune) { redact(s, p) }
func (p Person) LogValue() slog.Value       { return slog.StringValue("person " + string(p.ID)) }

// Format and LogValue print the names of the session and of its person.
func (k Session) Format(s fmt.State, _ rune) { redact(s, k) }

func (k Session) LogValue() slog.Value {
	return slog.StringValue("session " + k.ID + " of " + string(k.Person))
}

// Format and LogValue print whose it is.
func (k Passkey) Format(s fmt.State, _ rune) { redact(s, k) }

func (k Passkey) LogValue() slog.Value { return slog.StringValue("passkey of " + string(k.Person)) }

// Format and LogValue print what it is for.
func (k Ticket) Format(s fmt.State, _ rune) { redact(s, k) }

func (k Ticket) LogValue() slog.Value { return slog.StringValue("ticket for " + string(k.Kind)) }

// Format and LogValue print whose it is, and the name of its master key.
func (k DataKey) Format(s fmt.State, _ rune) { redact(s, k) }

func (k DataKey) LogValue() slog.Value {
	return slog.StringValue("data key of " + string(k.Person) + " under " + k.Master)
}

package wire

import "time"

// Person is who a request comes from, as the server knows them.
type Person struct {
	ID PersonID `json:"id"`
	// Role is buyer, support, moderator, producer, host or owner; "" for somebody who has not signed in.
	Role string `json:"role,omitempty"`
	// Strong says that a second proof was given, without which the staff has the rights of a buyer.
	Strong bool `json:"strong"`
	// Proved is when the newest proof was given; a zero time for a guest.
	Proved time.Time `json:"proved"`
	Email  string    `json:"email,omitempty"`
	// Made is since when they are known, Guest that they bought without an account; said to the staff.
	Made  time.Time `json:"made,omitzero"`
	Guest bool      `json:"guest,omitempty"`
	// May are the actions that their role allows, given the proofs that they need; said to staff of themselves.
	May []string `json:"may,omitempty"`
}

// Session is a browser in which somebody has signed in.
type Session struct {
	ID   string    `json:"id"`
	Made time.Time `json:"made"`
	Seen time.Time `json:"seen" doc:"to a few minutes"`
	This bool      `json:"this" doc:"the one that asks"`
}

// SignIn asks to sign in with a password.
type SignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// AskLink asks for an e-mail with a link that signs in, and makes the account if there is none.
type AskLink struct {
	Email string `json:"email"`
}

// Token is what a link carries.
type Token struct {
	Token string `json:"token"`
}

// OneTimeCode is what an authenticator shows, or a recovery code.
type OneTimeCode struct {
	Code string `json:"code"`
}

// Password is a new one.
type Password struct {
	Password string `json:"password"`
}

// Authenticator is what an authenticator app needs to know, shown this one time.
type Authenticator struct {
	Ticket string `json:"ticket" doc:"to be sent back with the first code"`
	URL    string `json:"url" doc:"otpauth://…"`
	PNG    []byte `json:"png" doc:"QR code of the address, base64"`
	Secret string `json:"secret" doc:"base32, to be typed in"`
}

// FirstCode turns an authenticator on.
type FirstCode struct {
	Ticket string `json:"ticket"`
	Code   string `json:"code"`
}

// Recovery are codes for the day when the authenticator is lost, shown this one time.
type Recovery struct {
	Codes []string `json:"codes"`
}

// Passkey is one that somebody has.
type Passkey struct {
	ID   string    `json:"id" doc:"base64url"`
	Made time.Time `json:"made"`
	Used time.Time `json:"used"`
}

// Appoint gives somebody a role.
type Appoint struct {
	Email string `json:"email"`
	Role  string `json:"role" enum:"buyer,support,moderator,producer,host,owner"`
}

// Appointed answers Appoint.
type Appointed struct {
	ID PersonID `json:"id"`
}

// Webhook is where the server posts what happens to orders, signed as Standard Webhooks says (standardwebhooks.com).
type Webhook struct {
	ID  string `json:"id"`
	URL string `json:"url" doc:"https"`
	// Disabled says why it gets nothing; empty while it does.
	Disabled string `json:"disabled,omitempty"`
	// Secret is what the posts are signed with. It is shown once, when it is made.
	Secret string `json:"secret,omitempty"`
}

// Followers is how many follow the shop.
type Followers struct {
	Count int64 `json:"count"`
}

package api

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// entering is how people sign in. Everybody may try; the gate counts.
func (e *edge) entering() {
	enter := func(method, path, does string) operation {
		return operation{method: method, path: "/api/sign-in/" + path, action: trust.AccountEnter, does: does}
	}
	post := func(path, does string) operation { return enter("POST", path, does) }
	add(e, post("link", "Ask for an e-mail with a link that signs in; the account is made if there is none"), e.askLink)
	add(e, post("link/use", "Sign in with a link, in the browser that asked for it"), e.useLink)
	add(e, post("password", "Sign in with a password"), e.signIn)
	add(e, post("code", "Give an authenticator's code, or a recovery code, as a second proof"), e.proveCode)
	add(e, post("passkey", "Begin to sign in with a passkey"), e.beginPasskey)
	add(e, post("passkey/end", "Sign in with what the passkey said"), e.endPasskey)
}

// being is what people do with their own accounts.
func (e *edge) being() {
	own := func(method, path string, action trust.Action, does string) operation {
		return operation{method: method, path: "/api/me" + path, action: action, does: does}
	}
	whole := own("GET", "/export", trust.AccountExport, "All that is kept of oneself")
	whole.gives, whole.sample = []string{jsonType}, map[string]any{}
	add(e, own("GET", "", trust.AccountOwn, "Who one is here"), e.me)
	add(e, own("POST", "/sign-out", trust.AccountOwn, "Sign out in this browser"), e.signOut)
	add(e, own("GET", "/sessions", trust.AccountOwn, "Where one is signed in"), e.sessions)
	add(e, own("DELETE", "/sessions/{id}", trust.AccountOwn, "Sign out somewhere"), e.endSession)
	add(e, own("PUT", "/password", trust.AccountKeys, "Set a password; other browsers are signed out"), e.setPassword)
	add(e, own("GET", "/passkeys", trust.AccountOwn, "One's passkeys"), e.passkeys)
	add(e, own("POST", "/passkeys", trust.AccountKeys, "Begin to add a passkey"), e.beginAddPasskey)
	add(e, own("POST", "/new-passkey", trust.AccountKeys, "Keep the passkey that was made"), e.endAddPasskey)
	add(e, own("DELETE", "/passkeys/{id}", trust.AccountKeys, "Take a passkey away; other browsers are signed out"), e.dropPasskey)
	add(e, own("POST", "/authenticator", trust.AccountKeys, "Begin to add an authenticator"), e.beginTOTP)
	add(e, own("POST", "/authenticator/end", trust.AccountKeys, "Turn it on with its first code"), e.endTOTP)
	add(e, own("DELETE", "/authenticator", trust.AccountKeys, "Take the authenticator away"), e.dropTOTP)
	add(e, whole, e.exportOwn)
	add(e, own("DELETE", "", trust.AccountErase, "Erase oneself for ever"), e.eraseOwn)
}

// managing is what staff does with people.
func (e *edge) managing() {
	add(e, operation{
		method: "GET", path: "/api/people", action: trust.PeopleRead, does: "All of the staff, or everybody who gave an e-mail address",
	}, e.people)
	add(e, operation{method: "POST", path: "/api/people", action: trust.PeopleManage, does: "Give somebody a role"}, e.appoint)
	add(e, operation{
		method: "GET", path: "/api/people/{id}/export", action: trust.PeopleExport, does: "All that is kept of somebody",
		gives: []string{jsonType}, sample: map[string]any{},
	}, e.export)
	add(e, operation{method: "DELETE", path: "/api/people/{id}", action: trust.PeopleErase, does: "Erase somebody for ever"}, e.erase)
}

func (e *edge) askLink(ctx context.Context, v *visitor, in *asks[wire.AskLink]) (*nothing, error) {
	b := e.cookies.Read(v.r, trust.BrowserCookie)
	if b == "" {
		b = trust.NewToken()
		v.set(e.cookies.Make(trust.BrowserCookie, b, 0))
	}
	return nil, e.Gate.AskLink(ctx, v.caller, in.Body.Email, b)
}

// entered answers who has just signed in, and keeps their session.
func (v *visitor) entered(ctx context.Context, t trust.Token, visit trust.Visit, err error) (*reply[wire.Person], error) {
	if err != nil {
		return nil, err
	}
	v.enter(t, visit)
	return replied(v.person(ctx))
}

// person is what a visitor may know of themselves.
func (v *visitor) person(ctx context.Context) (wire.Person, error) {
	p := wire.Person{ID: v.Person, Role: string(v.Role), Strong: v.Strong(), Proved: v.Proofs.Newest()}
	if v.Role.Staff() {
		for _, a := range trust.Actions() {
			if v.Role.May(a) {
				p.May = append(p.May, string(a))
			}
		}
	}
	if v.Person == operator {
		return p, nil
	}
	var err error
	p.Email, err = v.e.Gate.Address(ctx, v.Person)
	return p, err
}

func (e *edge) useLink(ctx context.Context, v *visitor, in *asks[wire.Token]) (*reply[wire.Person], error) {
	t, visit, err := e.Gate.UseLink(ctx, v.caller, trust.Token(in.Body.Token), e.cookies.Read(v.r, trust.BrowserCookie))
	return v.entered(ctx, t, visit, err)
}

func (e *edge) signIn(ctx context.Context, v *visitor, in *asks[wire.SignIn]) (*reply[wire.Person], error) {
	t, visit, err := e.Gate.SignIn(ctx, v.caller, in.Body.Email, in.Body.Password)
	return v.entered(ctx, t, visit, err)
}

func (e *edge) proveCode(ctx context.Context, v *visitor, in *asks[wire.OneTimeCode]) (*reply[wire.Person], error) {
	t, visit, err := e.Gate.ProveTOTP(ctx, v.caller, v.Visit, in.Body.Code)
	return v.entered(ctx, t, visit, err)
}

// ceremony gives a passkey's ceremony to the page, and its ticket to the browser.
func (v *visitor) ceremony(options []byte, ticket trust.Token, err error) (*reply[json.RawMessage], error) {
	if err != nil {
		return nil, err
	}
	v.set(v.e.cookies.Make(trust.PasskeyCookie, ticket, 0))
	return replied(json.RawMessage(options), nil)
}

// ticket takes the ticket of a ceremony from the browser.
func (v *visitor) ticket() trust.Token {
	v.set(v.e.cookies.Clear(trust.PasskeyCookie))
	return v.e.cookies.Read(v.r, trust.PasskeyCookie)
}

func (e *edge) beginPasskey(ctx context.Context, v *visitor, _ *nothing) (*reply[json.RawMessage], error) {
	return v.ceremony(e.Gate.BeginPasskey(ctx, v.caller))
}

// credential is the JSON of PublicKeyCredential.toJSON.
type credential struct {
	Body    map[string]any
	RawBody []byte
}

func (e *edge) endPasskey(ctx context.Context, v *visitor, in *credential) (*reply[wire.Person], error) {
	t, visit, err := e.Gate.EndPasskey(ctx, v.caller, v.ticket(), in.RawBody)
	return v.entered(ctx, t, visit, err)
}

func (e *edge) me(ctx context.Context, v *visitor, _ *nothing) (*reply[wire.Person], error) {
	return replied(v.person(ctx))
}

// signOut also forgets whom the browser's units are held for: the next to use it is somebody else.
func (e *edge) signOut(ctx context.Context, v *visitor, _ *nothing) (*nothing, error) {
	v.set(e.cookies.Clear(trust.SessionCookie))
	v.set(e.cookies.Clear(trust.VisitorCookie))
	return nil, e.Gate.EndSession(ctx, v.Visit, v.ID)
}

func (e *edge) sessions(ctx context.Context, v *visitor, _ *nothing) (*reply[[]wire.Session], error) {
	all, err := e.Gate.SessionList(ctx, v.Visit)
	list := make([]wire.Session, 0, len(all))
	for _, s := range all {
		list = append(list, wire.Session{ID: s.ID, Made: s.Made, Seen: s.Seen, This: s.ID == v.ID})
	}
	return replied(list, err)
}

type named struct {
	ID string `path:"id"`
}

func (e *edge) endSession(ctx context.Context, v *visitor, in *named) (*nothing, error) {
	return nil, e.Gate.EndSession(ctx, v.Visit, in.ID)
}

func (e *edge) setPassword(ctx context.Context, v *visitor, in *asks[wire.Password]) (*reply[wire.Person], error) {
	t, visit, err := e.Gate.SetPassword(ctx, v.caller, v.Visit, in.Body.Password)
	return v.entered(ctx, t, visit, err)
}

func (e *edge) passkeys(ctx context.Context, v *visitor, _ *nothing) (*reply[[]wire.Passkey], error) {
	all, err := e.Gate.PasskeyList(ctx, v.Visit)
	list := make([]wire.Passkey, 0, len(all))
	for _, k := range all {
		list = append(list, wire.Passkey{ID: base64.RawURLEncoding.EncodeToString(k.ID), Made: k.Made, Used: k.Used})
	}
	return replied(list, err)
}

func (e *edge) beginAddPasskey(ctx context.Context, v *visitor, _ *nothing) (*reply[json.RawMessage], error) {
	return v.ceremony(e.Gate.BeginAddPasskey(ctx, v.Visit))
}

func (e *edge) endAddPasskey(ctx context.Context, v *visitor, in *credential) (*reply[wire.Person], error) {
	t, visit, err := e.Gate.EndAddPasskey(ctx, v.caller, v.Visit, v.ticket(), in.RawBody)
	return v.entered(ctx, t, visit, err)
}

func (e *edge) dropPasskey(ctx context.Context, v *visitor, in *named) (*reply[wire.Person], error) {
	id, err := base64.RawURLEncoding.DecodeString(in.ID)
	if err != nil {
		return nil, wire.Errorf(wire.NotFound, "you have no such passkey")
	}
	t, visit, err := e.Gate.DropPasskey(ctx, v.caller, v.Visit, id)
	return v.entered(ctx, t, visit, err)
}

func (e *edge) beginTOTP(ctx context.Context, v *visitor, _ *nothing) (*reply[wire.Authenticator], error) {
	a, err := e.Gate.BeginTOTP(ctx, v.Visit)
	return replied(wire.Authenticator{Ticket: string(a.Ticket), URL: string(a.URL), PNG: a.PNG, Secret: string(a.Secret)}, err)
}

func (e *edge) endTOTP(ctx context.Context, v *visitor, in *asks[wire.FirstCode]) (*reply[wire.Recovery], error) {
	codes, t, visit, err := e.Gate.EndTOTP(ctx, v.caller, v.Visit, trust.Token(in.Body.Ticket), in.Body.Code)
	if err != nil {
		return nil, err
	}
	v.enter(t, visit)
	r := wire.Recovery{}
	for _, c := range codes {
		r.Codes = append(r.Codes, string(c))
	}
	return replied(r, nil)
}

func (e *edge) dropTOTP(ctx context.Context, v *visitor, _ *nothing) (*nothing, error) {
	return nil, e.Gate.DropTOTP(ctx, v.Visit)
}

// file is an answer to be kept as a file.
type file struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

func fileOf(kind, name string, body []byte, err error) (*file, error) {
	if err != nil {
		return nil, err
	}
	return &file{kind, `attachment; filename="` + name + `"`, "default-src 'none'; style-src 'unsafe-inline'; sandbox", body}, nil
}

func (e *edge) exportOwn(ctx context.Context, v *visitor, _ *nothing) (*file, error) {
	if err := e.Gate.Own(ctx, v.Visit); err != nil {
		return nil, err
	}
	return e.exported(ctx, v.Person, v.persons()...)
}

func (e *edge) exported(ctx context.Context, id wire.PersonID, also ...wire.PersonID) (*file, error) {
	b, err := e.Gate.Export(ctx, id, e.Exports, also...)
	return fileOf(jsonType, "export.json", b, err)
}

func (e *edge) eraseOwn(ctx context.Context, v *visitor, _ *nothing) (*nothing, error) {
	if err := e.Gate.Own(ctx, v.Visit); err != nil {
		return nil, err
	}
	v.set(e.cookies.Clear(trust.SessionCookie))
	v.set(e.cookies.Clear(trust.VisitorCookie))
	return nil, e.Gate.Erase(ctx, v.Person, e.Erasers, v.persons()...)
}

func (e *edge) people(ctx context.Context, _ *visitor, in *sought) (*reply[[]wire.Person], error) {
	email, err := in.text()
	if err != nil {
		return nil, err
	}
	var all []trust.Person
	if email == "" {
		all, err = e.Gate.Storage.Staff(ctx)
	} else {
		all, err = e.Gate.Find(ctx, email)
	}
	if err != nil {
		return nil, err
	}
	list := make([]wire.Person, 0, len(all))
	for _, p := range all {
		mail, err := e.Gate.Address(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, wire.Person{ID: p.ID, Role: string(p.Role), Email: mail, Made: p.Made, Guest: p.Account != p.ID})
	}
	return replied(list, nil)
}

func (e *edge) appoint(ctx context.Context, v *visitor, in *asks[wire.Appoint]) (*reply[wire.Appointed], error) {
	id, err := e.Gate.Appoint(ctx, in.Body.Email, trust.Role(in.Body.Role))
	if err == nil {
		e.Log.Info("role given", "by", v.Person, "person", id, "role", in.Body.Role)
	}
	return replied(wire.Appointed{ID: id}, err)
}

type personAt struct {
	ID wire.PersonID `path:"id"`
}

// mayTo reports why the visitor may not do something to a person: to staff, only owners may.
func (e *edge) mayTo(ctx context.Context, v *visitor, a trust.Action, id wire.PersonID) error {
	p, err := e.Gate.Storage.Person(ctx, id)
	if err != nil {
		return err
	}
	return trust.MayTo(v.Visit, a, p.Role)
}

func (e *edge) export(ctx context.Context, v *visitor, in *personAt) (*file, error) {
	if err := e.mayTo(ctx, v, trust.PeopleExport, in.ID); err != nil {
		return nil, err
	}
	e.Log.Info("person exported", "by", v.Person, "person", in.ID)
	return e.exported(ctx, in.ID)
}

func (e *edge) erase(ctx context.Context, v *visitor, in *personAt) (*nothing, error) {
	if err := e.mayTo(ctx, v, trust.PeopleErase, in.ID); err != nil {
		return nil, err
	}
	err := e.Gate.Erase(ctx, in.ID, e.Erasers)
	if err == nil {
		e.Log.Info("person erased", "by", v.Person, "person", in.ID)
	}
	return nil, err
}

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// operation is something that the shop's part of the edge can do. Its action says who may (trust.May), which is checked for all of
// them in admit.
type operation struct {
	method, path string
	action       trust.Action
	does         string // for the description
	status       int    // of success; 200 if it is 0
	most         int64  // bytes of the body; maxBody if it is 0
	kind         string // media type of the body; JSON if it is ""
	// gives are the media types of the answer, and sample is a value of its type, where the handler's type does not say it.
	gives  []string
	sample any
}

const (
	// maxBody bounds bodies of requests: a product with all its variants is the largest.
	maxBody = 256 << 10
	// bodyWithin is how long a client has to send one.
	bodyWithin = 15 * time.Second

	actionKey  = "x-action"
	kindKey    = "kind"
	sessionKey = "session"
	bearerKey  = "operator"
)

// describe makes what operations are added to. Their descriptions make the OpenAPI document.
func describe(mux *http.ServeMux) huma.API {
	oneErrorEdge()
	return humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Vitrine", Version: "1",
				Description: "The shop of a live stream, and the people in it. Amounts are in minor units, times RFC 3339. " +
					"Errors are problem details (RFC 9457) whose code says what to do. What makes something takes its idempotency key in the body: " +
					"the same again gets the same answer, the key with another body key_reused.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					sessionKey: {Type: "apiKey", In: "cookie", Name: "__Host-" + trust.SessionCookie, Description: "made by signing in, or by the first order"},
					bearerKey:  {Type: "http", Scheme: "bearer", Description: "an operator's token: the rights of an owner; or, in the shop, a show's: those of its host"},
				},
			},
		},
		Formats:       map[string]huma.Format{jsonType: jsonFormat, "json": jsonFormat}, // the other for problem+json
		DefaultFormat: jsonType,
	})
}

// jsonFormat reads JSON as encoding/json does; which fields there may be is in the schemas.
var jsonFormat = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: json.Unmarshal}

// add describes an operation and serves it.
func add[I, O any](e *edge, o operation, do func(context.Context, *visitor, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: operationID(o), Method: o.method, Path: o.path, Summary: o.does, DefaultStatus: o.status, MaxBodyBytes: o.most,
		Metadata: map[string]any{kindKey: o.kind}, Extensions: map[string]any{actionKey: string(o.action)}, BodyReadTimeout: bodyWithin,
		Responses: map[string]*huma.Response{},
	}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = maxBody
	}
	if roles := trust.Permitted(o.action).Roles; !slices.Contains(roles, trust.Nobody) {
		op.Security = []map[string][]string{{sessionKey: {}}, {bearerKey: {}}}
	}
	huma.Register(e.described, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, visitorOf(ctx), in)
		if err != nil {
			return nil, e.problem(o.method+" "+o.path, err)
		}
		return out, nil
	})
	if len(o.gives) > 0 {
		content := map[string]*huma.MediaType{}
		for _, kind := range o.gives {
			content[kind] = &huma.MediaType{Schema: e.described.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(o.sample), true, "")}
		}
		op.Responses["200"].Content = content
	}
}

// operationID is as get-shop-orders-id.
func operationID(o operation) string {
	name := strings.NewReplacer("/api/", "", "{", "", "}", "", ".", "-").Replace(o.path)
	return strings.ToLower(o.method) + "-" + strings.ReplaceAll(name, "/", "-")
}

// publish serves the document, and says of each address which methods it knows.
func (e *edge) publish(mux *http.ServeMux) {
	doc, err := json.Marshal(e.described.OpenAPI())
	if err != nil {
		panic(err) // it holds plain values
	}
	mux.Handle("/api/openapi.json", e.methods(methods{"GET": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(doc) // the client may have gone
		return nil
	}}, ""))
	for path, item := range e.described.OpenAPI().Paths {
		m := methods{}
		for name, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete} {
			if op != nil {
				m[name] = nil // the mux prefers the pattern with the method
			}
		}
		mux.Handle(path, e.methods(m, jsonType))
	}
}

// Problem is wire.Problem as huma writes it.
type Problem struct {
	wire.Problem
	header http.Header
}

// Error, GetStatus, GetHeaders and ContentType implement what huma asks of errors.
func (p *Problem) Error() string             { return p.Detail }
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) GetHeaders() http.Header   { return p.header }
func (p *Problem) ContentType(string) string { return problemType }

// problem is what a client is told of an error.
func (e *edge) problem(pattern string, err error) *Problem {
	p, header := e.explain(pattern, err)
	return &Problem{p, header}
}

// oneErrorEdge has huma say what it refuses by itself in the words of this package.
var oneErrorEdge = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true // "ID" is not "id"
	huma.NewError = func(status int, text string, errs ...error) huma.StatusError {
		var b bytes.Buffer
		for _, err := range errs {
			if b.Len() > 0 {
				b.WriteString("; ")
			}
			var d huma.ErrorDetailer
			if errors.As(err, &d) { // without the value, which may be somebody's
				b.WriteString(strings.TrimPrefix(d.ErrorDetail().Location+": ", ": ") + d.ErrorDetail().Message)
			} else if err != nil {
				b.WriteString("it cannot be read")
			}
		}
		if b.Len() > 0 {
			text = b.String()
		}
		code := codeOf[status]
		if code == "" {
			code = wire.Internal
		}
		return &Problem{problemOf(code, text), nil}
	}
})

// codeOf are the codes of what huma refuses by itself.
var codeOf = map[int]wire.Code{
	http.StatusBadRequest: wire.Invalid, http.StatusUnprocessableEntity: wire.Invalid, http.StatusRequestTimeout: wire.Invalid,
	http.StatusRequestEntityTooLarge: wire.TooLarge, http.StatusUnsupportedMediaType: wire.MediaType,
}

package api

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"vitrine/server/trust"
)

// operations are all that the description says the edge can do, as "GET /api/… action".
func (m *market) operations() (list []string) {
	m.t.Helper()
	doc := gets[struct {
		Paths map[string]map[string]struct {
			Action string `json:"x-action"`
		}
	}](m.browser(), "GET", "/api/openapi.json", nil)
	for path, item := range doc.Paths {
		for method, op := range item {
			list = append(list, fmt.Sprintf("%-6s %s %s", strings.ToUpper(method), path, op.Action))
		}
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(a[7:]+a[:7], b[7:]+b[:7]) })
	return list
}

func TestTheDescriptionIsValidOpenAPI(t *testing.T) {
	m := opens(t, nil)
	doc, err := libopenapi.NewDocument(m.browser().asks(http.MethodGet, "/api/openapi.json", nil).body)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, wrong := v.ValidateDocument(); !ok {
		for _, w := range wrong {
			t.Error(w.Message, w.Reason, w.SchemaValidationErrors)
		}
	}
}

func TestTheOperationsAreTheAgreedOnes(t *testing.T) {
	m := opens(t, nil)
	got := strings.Join(m.operations(), "\n") + "\n"
	want, err := os.ReadFile("testdata/operations.txt")
	if err != nil || got != string(want) {
		t.Errorf("%v; the operations and their actions are now:\n%s", err, got)
	}
	for _, o := range m.operations() {
		action := trust.Action(o[strings.LastIndex(o, " ")+1:])
		if !slices.Contains(trust.Actions(), action) {
			t.Errorf("%s declares no action that is in the table of permissions", o)
		}
	}
}

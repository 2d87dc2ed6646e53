package trust_test

import (
	"bytes"
	"fmt"
	"log/slog"
)

// print is a value in all the ways that end in logs and errors.
func print(v any) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v %+v %#v %s %q %x ", v, v, v, v, v, v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("it", "value", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("it", "value", v)
	return b.String()
}

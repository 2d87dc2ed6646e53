package reach_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"vitrine/server/reach"
)

// A shop's own program receives webhooks: it reads the body as it came, verifies it, and answers 204 before it does what takes
// long. What it answers other than 2xx is sent again, by and by for three days; 410 ends it for good.
func ExampleVerify() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // the server showed it when the endpoint was made
	seen := map[string]bool{}                               // in a database, for a day or so
	now := func() time.Time { return time.Unix(1614265330, 0) }

	hook := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "the body is too long", http.StatusRequestEntityTooLarge)
			return
		}
		if err := reach.Verify(secret, r.Header, body, now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		if id := r.Header.Get(reach.WebhookID); !seen[id] { // the same letter may come twice
			seen[id] = true
			fmt.Println("received", string(body))
		}
		w.WriteHeader(http.StatusNoContent)
	}

	send := func(body string) {
		r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
		r.Header.Set(reach.WebhookID, "msg_p5jXN8AQM9LWM0D4loKWxJek")
		r.Header.Set(reach.WebhookTimestamp, "1614265330")
		r.Header.Set(reach.WebhookSignature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
		w := httptest.NewRecorder()
		hook(w, r)
		fmt.Println(w.Code)
	}
	send(`{"test": 2432232314}`)
	send(`{"test": 2432232314}`)
	send(`{"test": 9999999999}`)
	// Output:
	// received {"test": 2432232314}
	// 204
	// 204
	// 401
}

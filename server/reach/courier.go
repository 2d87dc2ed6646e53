package reach

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

const (
	// look is how often the outbox is asked when nobody nudges, and how long a failing one is left alone.
	look = 2 * time.Second
	// noteLimit bounds one try to note a result.
	noteLimit = 5 * time.Second
	// quick is how long a try may take without a rest of its lane.
	quick = time.Second

	mostWebhooks = 32
	mostMails    = 4
	webhookLimit = 15 * time.Second
	mailLimit    = time.Minute
)

// webhookDelays are the pauses between tries that the Standard Webhooks specification suggests: 75 hours in all.
var webhookDelays = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// mailDelays are the pauses between tries of a mail: nearly the four days of RFC 5321 §4.5.4.1, denser at the beginning, where
// somebody waits for a link to sign in.
var mailDelays = []time.Duration{
	time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour,
}

// Config is what a courier needs. All fields are required.
type Config struct {
	Outbox Outbox
	// Open unseals a letter's body. An error of code NotFound says that it never will be opened, as when the person was erased.
	Open func(context.Context, Letter) ([]byte, error)
	// Post sends mails.
	Post Post
	// Endpoints knows where webhooks go.
	Endpoints Endpoints
	// Client posts webhooks: Guard.Client(0).
	Client *http.Client
	Now    func() time.Time
	// Spread returns random numbers in [0, 1). It keeps letters that failed together from coming back together.
	Spread func() float64
	Log    *slog.Logger
}

// Courier sends what lies in an outbox.
type Courier struct {
	cfg   Config
	lines []*line
}

// New makes a courier. It starts nothing.
func New(cfg Config) *Courier {
	c := &Courier{cfg: cfg}
	c.lines = []*line{
		c.line(ByWebhook, c.deliver, mostWebhooks, webhookLimit, webhookDelays),
		c.line(ByMail, c.mail, mostMails, mailLimit, mailDelays),
	}
	return c
}

// Run sends letters until ctx ends, and returns nil when all that was under way has ended. What is cut off by that is not
// counted as a try and is sent again by the next Run. It may be called once.
func (c *Courier) Run(ctx context.Context) error {
	defer c.cfg.Client.CloseIdleConnections()
	var all errgroup.Group
	for _, l := range c.lines {
		all.Go(func() error {
			l.run(ctx)
			return nil
		})
	}
	return all.Wait()
}

// Nudge says that there may be new letters. It never blocks and is safe for concurrent use.
func (c *Courier) Nudge() {
	for _, l := range c.lines {
		select {
		case l.nudge <- struct{}{}:
		default:
		}
	}
}

// open unseals a letter's body.
func (c *Courier) open(ctx context.Context, m Letter) ([]byte, error) {
	body, err := c.cfg.Open(ctx, m)
	switch {
	case wire.CodeOf(err) == wire.NotFound:
		return nil, &failure{reason: "what it said was erased", final: true}
	case err != nil:
		return nil, fmt.Errorf("open letter: %w", err)
	}
	return body, nil
}

// reason says in words why a try failed.
func reason(err error, limit time.Duration) string {
	var known *failure
	switch {
	case errors.As(err, &known):
		return known.reason
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("it took longer than %s", limit)
	}
	return "the server itself failed; its log says more"
}

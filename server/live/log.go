package live

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog leads pion's messages into ours, all of them at debug level: what pion calls an error is mostly a peer that left,
// and its texts hold addresses.
type pionLog struct{ log *slog.Logger }

func (p pionLog) NewLogger(scope string) logging.LeveledLogger {
	return leveled{p.log.With("pion", scope)}
}

type leveled struct{ log *slog.Logger }

func (l leveled) debug(msg string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(msg, args...))
	}
}

func (leveled) Trace(string)                   {}
func (leveled) Tracef(string, ...any)          {}
func (leveled) Debug(string)                   {}
func (leveled) Debugf(string, ...any)          {}
func (leveled) Info(string)                    {}
func (leveled) Infof(string, ...any)           {}
func (l leveled) Warn(msg string)              { l.debug("%s", msg) }
func (l leveled) Warnf(f string, args ...any)  { l.debug(f, args...) }
func (l leveled) Error(msg string)             { l.debug("%s", msg) }
func (l leveled) Errorf(f string, args ...any) { l.debug(f, args...) }

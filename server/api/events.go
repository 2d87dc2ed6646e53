package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	// beatEvery is how often a quiet stream says that it is there: proxies close what says nothing for a minute.
	beatEvery = 15 * time.Second
	// writeWithin is how long a listener has to take what was written.
	writeWithin = 10 * time.Second
	// listenFor is how long a stream lasts: then the page comes back, and it is looked anew at who it is.
	listenFor = 15 * time.Minute
)

// listening is the stream of events.
func (e *edge) listening() {
	add(e, operation{
		method: "GET", path: "/api/shop/events", action: trust.ShopBrowse,
		does: "What happens in the shop, as server-sent events of the wire contract's types", gives: []string{"text/event-stream"}, sample: "",
	}, e.events)
}

// events is a stream of server-sent events (WHATWG HTML §9.2). Each has an id, with which a browser goes on by itself.
func (e *edge) events(ctx context.Context, v *visitor, in *struct {
	Show wire.ShowID `query:"show"`
	Last string      `header:"Last-Event-ID" maxLength:"64"`
},
) (*huma.StreamResponse, error) {
	l, missed, id, ok, err := e.Feed.listen(in.Show, v.persons(), v.caller.Network(), in.Last)
	if err != nil {
		return nil, err
	}
	if !ok {
		t, err := e.snapshot(ctx, v, in.Show)
		if err != nil {
			e.Feed.leave(l)
			return nil, err
		}
		missed = []told{t}
	}
	return e.streams(ctx, v, l, missed, id), nil
}

// streams writes what a listener hears.
func (e *edge) streams(ctx context.Context, v *visitor, l *ear, missed []told, id string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(huma.Context) {
		defer e.Feed.leave(l)
		s := stream{w: v.w, control: http.NewResponseController(v.w)}
		v.w.Header().Set("Content-Type", "text/event-stream")
		v.w.Header().Set("X-Accel-Buffering", "no")
		if v.r.Method == http.MethodHead {
			return
		}
		_ = s.control.SetReadDeadline(time.Time{}) // the server's is for requests
		s.run(ctx, l, missed, id)
	}}
}

// snapshot is all that a visitor may see.
func (e *edge) snapshot(ctx context.Context, v *visitor, show wire.ShowID) (told, error) {
	s := wire.SnapshotEvent{Products: e.Shop.Products(false), Offers: e.Shop.Offers(v.seenAs(), show, false), Orders: []wire.Order{}}
	if v.Person != "" {
		var err error
		if s.Orders, err = e.ordersOf(ctx, v); err != nil {
			return told{}, err
		}
	}
	text, err := s.MarshalJSON()
	return told{kind: "snapshot", text: text}, err
}

// stream writes events to one listener.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	out     bytes.Buffer
}

// run writes what was missed and then what comes, until the listener leaves, is cut off, or has listened long enough.
func (s *stream) run(ctx context.Context, l *ear, missed []told, id string) {
	for _, t := range missed {
		if t.n > 0 {
			id = l.id(t.n)
		}
		s.add(t, id)
	}
	beat, end := time.NewTicker(beatEvery), time.NewTimer(listenFor)
	defer beat.Stop()
	defer end.Stop()
	for s.flush() == nil {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-beat.C:
			s.out.WriteString(": still here\n\n")
		case t, on := <-l.events:
			if !on {
				return
			}
			s.add(t, l.id(t.n))
			s.drain(l)
		}
	}
}

// drain adds what waits already, to be written at once.
func (s *stream) drain(l *ear) {
	for range len(l.events) {
		if t, on := <-l.events; on {
			s.add(t, l.id(t.n))
		}
	}
}

func (s *stream) add(t told, id string) {
	for _, part := range []string{"id: ", id, "\nevent: ", t.kind, "\ndata: "} {
		s.out.WriteString(part)
	}
	s.out.Write(t.text) // JSON has no line breaks
	s.out.WriteString("\n\n")
}

// flush writes what was added. It fails when the listener does not take it in time.
func (s *stream) flush() error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := s.w.Write(s.out.Bytes()); err != nil {
		return err
	}
	s.out.Reset()
	return s.control.Flush()
}

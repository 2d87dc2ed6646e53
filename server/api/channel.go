package api

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/chat"
	"vitrine/server/live"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	// ticketFor is how long a ticket is good for.
	ticketFor = time.Minute
	// knockEvery is the least time between two things that somebody does who is not in the room.
	knockEvery = 250 * time.Millisecond
)

// ticket says who somebody is in a show's room.
type ticket struct {
	show wire.ShowID
	who  chat.Who
	at   time.Time
}

// issue makes a ticket.
func (s *Sockets) issue(show wire.ShowID, who chat.Who) (trust.Token, error) {
	token, now := trust.NewToken(), time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.aging) > 0 {
		t, unused := s.tickets[s.aging[0]]
		if unused && now.Sub(t.at) < ticketFor {
			break
		}
		delete(s.tickets, s.aging[0])
		s.aging = s.aging[1:]
	}
	if len(s.aging) >= socketsMost {
		return "", &wire.Error{Code: wire.Unavailable, Text: "too many come at once", RetryAfter: ticketFor}
	}
	s.tickets[token.Hash()] = ticket{show, who, now}
	s.aging = append(s.aging, token.Hash())
	return token, nil
}

// redeem takes a ticket, which is good for nothing afterwards.
func (s *Sockets) redeem(show wire.ShowID, token trust.Token) (t ticket, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok = s.tickets[token.Hash()]
	delete(s.tickets, token.Hash())
	return t, ok && t.show == show && time.Since(t.at) < ticketFor
}

// channel is the way into a room that leads through a viewer's event channel, for whom TCP does not reach. It implements live.Guest. What
// is told goes through the queue of its subscription, as over WebSockets, to its writer.
type channel struct {
	*Sockets
	show    wire.ShowID
	say     live.Say
	ticket  *ticket // nil as long as nobody knows who this is
	seat    *seat   // nil while not in the room
	leaving context.CancelFunc
	writing sync.WaitGroup
}

// Channel opens the way into a show's room that leads through a viewer's event channel.
func (s *Sockets) Channel(show wire.ShowID, say live.Say) live.Guest {
	return &channel{Sockets: s, show: show, say: say}
}

// Hear implements live.Guest.
func (c *channel) Hear(message []byte) bool {
	w, ok, err := wire.ReadRoomWish(message)
	switch {
	case !ok && err == nil || !ok && c.seat == nil:
		return false
	case err == nil && w.Ask != nil && c.seat != nil && c.seat.sub.End() == chat.Open:
		c.seat.hear(websocket.TextMessage, bytes.NewReader(w.Ask))
		return true
	case err == nil && w.Ticket != "":
		if t, good := c.redeem(c.show, trust.Token(w.Ticket)); good {
			c.ticket = &t
		}
	case err == nil && w.Enter != nil:
		c.leave()
		c.enter(w.Enter.N)
	case err == nil && w.Leave != nil:
		c.leave()
	}
	time.Sleep(knockEvery)
	return true
}

// Close implements live.Guest.
func (c *channel) Close() { c.leave() }

// enter comes into the room, or is told why not.
func (c *channel) enter(after int64) {
	ctx, cancel := context.WithCancel(context.Background())
	c.leaving = cancel
	if c.ticket == nil || c.ticket.who.Role != "" && time.Since(c.ticket.at) > staffFor {
		c.writing.Go(func() { c.bye(ctx, wire.RoomUnknown, "show a ticket") })
		return
	}
	within, enough := context.WithTimeout(ctx, decideWithin)
	defer enough()
	k, joined, err := c.sit(within, c.show, c.ticket.who, after)
	if err != nil {
		code, reason := closing(err)
		c.writing.Go(func() { c.bye(ctx, code, reason) })
		return
	}
	k.since, c.seat = c.ticket.at, k
	c.writing.Go(func() { c.write(ctx, k, joined) })
	c.begin(k)
}

// leave goes out of the room.
func (c *channel) leave() {
	if c.leaving != nil {
		c.leaving()
	}
	if c.seat != nil {
		c.seat.sub.Close()
	}
	c.writing.Wait()
	c.leaving, c.seat = nil, nil
}

// write greets the client and tells it what comes, until its subscription ends or it leaves.
func (c *channel) write(ctx context.Context, k *seat, joined wire.RoomJoined) {
	defer c.left(k)
	text, err := json.Marshal(joined)
	if err == nil {
		err = c.say(ctx, text)
	}
	for f := range k.sub.Frames() {
		if text := textOf(f); text != nil && err == nil {
			err = c.say(ctx, text)
		}
		if err != nil {
			k.sub.Close() // and what it holds is for nobody
		}
	}
	if err == nil {
		code, reason := k.ended()
		c.bye(ctx, code, reason)
	}
}

// textOf is what a frame says; nil for nothing.
func textOf(f *chat.Frame) []byte {
	if f.JSON != nil {
		return f.JSON
	}
	made, _ := f.Made(nil) // it was made with the frame (frameOf)
	own, _ := made.(alone)
	return own
}

// bye says that the client is not in the room, or no more.
func (c *channel) bye(ctx context.Context, code int, reason string) {
	if text, err := json.Marshal(wire.RoomLeft{Code: code, Reason: reason}); err == nil {
		_ = c.say(ctx, text) // it may have gone
	}
}

// closing is what somebody is told who could not come into a room.
func closing(err error) (code int, reason string) {
	switch wire.CodeOf(err) {
	case wire.Forbidden:
		return wire.RoomBanned, "you may not be here"
	case wire.ShowClosed:
		return wire.RoomOver, "the room is closed"
	}
	return wire.RoomRestart, ""
}

package live

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"github.com/pion/datachannel"

	"vitrine/server/wire"
)

const (
	// maxAsk is the longest message that somebody who is in the room may send: a request, and what is around it.
	maxAsk = wire.MaxRequest + maxWish
	// roomBacklog is how many bytes may wait to be sent until the room waits: less than for the news, which so always find a place.
	roomBacklog = newsBacklog / 2
	// pieceOf is how many bytes of a long message are sent at once, so that news wait for no more than that.
	pieceOf = 4 << 10
)

// Guest is a viewer whose event channel leads into its show's room.
type Guest interface {
	// Hear acts upon a message, which it does not keep, before the next is read; false if it is none of the room's. It holds back who
	// sends too many.
	Hear(message []byte) bool
	// Close has the viewer leave, and returns when Say is called no more.
	Close()
}

// Say sends a message, JSON text, to a viewer, and waits as long as what was said before has not been sent. It fails when ctx ends or
// the channel does. Only one message is said at a time.
type Say func(ctx context.Context, text []byte) error

// outsider is a viewer who comes into no room.
type outsider struct{}

func (outsider) Hear([]byte) bool { return false }
func (outsider) Close()           {}

// voice is how a room speaks over an event channel.
type voice struct {
	channel *datachannel.DataChannel
	sent    chan struct{}
}

func newVoice(c *datachannel.DataChannel) *voice {
	v := &voice{channel: c, sent: make(chan struct{}, 1)}
	c.SetBufferedAmountLowThreshold(roomBacklog)
	c.OnBufferedAmountLow(func() {
		select {
		case v.sent <- struct{}{}:
		default: // whoever waits will look anyway
		}
	})
	return v
}

// say is a Say.
func (v *voice) say(ctx context.Context, text []byte) error {
	for _, piece := range pieces(text) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for v.channel.BufferedAmount() > roomBacklog {
			select {
			case <-v.sent:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if _, err := v.channel.WriteDataChannel(piece, true); err != nil {
			return err
		}
	}
	return nil
}

// pieces are the messages by which a text is sent: itself, or wire.Pieces of it.
func pieces(text []byte) (list [][]byte) {
	if len(text) <= pieceOf {
		return [][]byte{text}
	}
	for p := (wire.Piece{First: true}); len(text) > 0; p.First = false {
		end := min(pieceOf, len(text))
		for end < len(text) && !utf8.RuneStart(text[end]) {
			end--
		}
		p.Text, text = string(text[:end]), text[end:]
		p.More = len(text) > 0
		piece, _ := json.Marshal(p) // text, which JSON can always write
		list = append(list, piece)
	}
	return list
}

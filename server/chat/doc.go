// Package chat is the conversation in a show. A crowd is who of a room is served by this process: it joins committed events into frames
// that are marshalled once for all (see crowd).
package chat

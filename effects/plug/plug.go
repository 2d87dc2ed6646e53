// Package plug lets an outside program process the studio's picture or sound: a filter in any language, run beside the
// studio and spoken to over its standard input and output. PROTOCOL.md tells the author of a plug-in what the bytes are;
// sample/ holds plug-ins in Go and Python.
//
// A [Video] or an [Audio] owns one such program. Run starts it, says hello, restarts it with back-off when it ends or
// breaks the protocol, and leaves nothing running. Apply is what the show's loop calls for each picture or block; State
// is what the host is shown.
//
// The show never waits for longer than the limit that the loop gives, and does not go on waiting for a program that keeps
// it waiting: after three late answers in a row nobody waits any more, the picture passes untouched at once, and the
// program has to be in time three times in a row, unheard, before its answers count again. A fresh program proves itself
// in the same way. One that has left a message unanswered for ten seconds is replaced.
//
// Pipes and not shared memory, because they work alike on Linux, macOS and Windows and in every language's standard
// library; a 720p picture costs a few copies, see BenchmarkVideo. Goroutines and not deadlines on the pipes, because
// Windows has none. Two goroutines a running program, one writes and one reads; what they and Apply share travels in
// parcels over channels as deep as the messages on the way: one for pictures, three for sound. Nothing waits behind: what
// finds no free parcel is passed untouched. A late answer is known by its sequence number and dropped.
//
// Answers repeat the header that they answer, byte for byte. So a program can change no size, nobody allocates what a
// header claims, and rubbish on the pipe is found at once. What a plug-in cannot be trusted with is checked: samples that
// are no numbers would ring in the filters behind for ever, so a block that holds one ends the program.
package plug

import (
	"errors"
	"time"
)

// What the loops may wait for an answer when they have no better figure: most of a picture's 33 ms, half of a block's 10.
const (
	VideoLimit = 25 * time.Millisecond
	AudioLimit = 5 * time.Millisecond
)

// Status says in one word how a plug-in does.
type Status string

// What a plug-in can be up to.
const (
	Stopped  Status = "stopped"  // Run has not begun or has returned
	Starting Status = "starting" // the program has yet to say hello or to prove that it is quick enough
	Running  Status = "running"  // its answers are used
	Late     Status = "late"     // the last answer or two came too late, the next is waited for
	Bypassed Status = "bypassed" // too many came too late: nobody waits until it is quick again
	Crashed  Status = "crashed"  // the program is not there; it is started again after a while
)

// Why a plug-in is not running. State.Err wraps one of these, so that the window can say it in the host's language; the
// wrapped text tells the cause.
var (
	ErrMissing  = errors.New("the plug-in could not be started")
	ErrEnded    = errors.New("the plug-in ended")
	ErrProtocol = errors.New("the plug-in does not keep to the protocol")
	ErrSilent   = errors.New("the plug-in gave no answer")
	ErrLate     = errors.New("the plug-in is too slow")
)

// State is a plug-in at one moment. It is a value.
type State struct {
	Status Status
	// Err says why the program is late, bypassed or crashed, and while it starts again, why it had to. Nil when all is well.
	Err error
	// Said is what the program wrote last on its standard error before it crashed: at most four lines.
	Said string
	// PID is the program's process, 0 while there is none.
	PID int
	// Restarts counts the starts after the first.
	Restarts int
	// RoundTrip is the mean time from handing over to the answer, of about the last 30 answers.
	RoundTrip time.Duration
	// Processed and Passed count pictures or blocks that went out changed by the program and untouched.
	Processed, Passed uint64
}

// turnAfter is how many late answers in a row end the waiting, and how many in time begin it.
const turnAfter = 3

// breaker decides whether answers are waited for: not from the start, only when the program has proven itself.
type breaker struct {
	waits  bool
	row    int  // judgements in a row that speak against what it does now
	missed bool // an answer was late since it stopped waiting
}

// judge takes note that an answer was in time or was not.
func (b *breaker) judge(timely bool) {
	b.missed = b.missed || !timely
	if timely == b.waits {
		b.row = 0
		return
	}
	if b.row++; b.row < turnAfter {
		return
	}
	b.waits, b.row = timely, 0
	b.missed = !timely
}

func (b *breaker) status() Status {
	switch {
	case b.waits && b.row == 0:
		return Running
	case b.waits:
		return Late
	case b.missed:
		return Bypassed
	default:
		return Starting
	}
}

package live

// Packet is an RTP packet of a publisher, as the cache keeps it and all viewers share it. It never changes once stored.
type Packet struct {
	// From is the track that it belongs to.
	From *UpTrack
	// Index is the publisher's sequence number, extended to 64 bits, its low 16 bits unchanged. It is unique in a track over
	// all publishers that a show ever had.
	Index int64
	// Epoch counts the publishers of the track; timestamps of different epochs cannot be compared.
	Epoch uint32
	// Arrival numbers the packets of a track in the order they came, beginning with 1.
	Arrival uint64
	// at is when it came, in ns since 1970.
	at int64
	// Time is the publisher's RTP timestamp, in ticks of the codec's clock.
	Time uint32
	// Marker and Padding are the header's bits (RFC 3550 §5.1); padding, if any, is part of Payload.
	Marker, Padding bool
	// KeyStart says that decoding can begin with this packet.
	KeyStart bool
	// Sets says that the packet holds parameter sets and nothing that is shown.
	Sets bool
	// Parameters, on a KeyStart of a frame that lacks them, is a payload with the stream's parameter sets, which a viewer who
	// begins here must get first.
	Parameters []byte
	Payload    []byte
}

// unwrapper extends 16-bit sequence numbers (RFC 3550 appendix A.1). The zero value is ready.
type unwrapper struct {
	started bool
	highest int64
}

// next returns the extended number nearest to the highest one seen.
func (u *unwrapper) next(seq uint16) int64 {
	if !u.started {
		u.started = true
		u.highest += 1<<16 - u.highest&0xffff + int64(seq)
		return u.highest
	}
	n := u.highest + int64(int16(seq-uint16(u.highest)))
	u.highest = max(u.highest, n)
	return n
}

// restart makes the next number begin a new series that lies above all numbers so far, with room for late ones between.
func (u *unwrapper) restart() {
	if u.started {
		u.started = false
		u.highest += 1 << 16
	}
}

package live

import (
	"sync/atomic"
	"time"
)

// counters are what the rooms of a Stage count together. They only grow.
type counters struct {
	packetsIn, bytesIn, packetsOut, bytesOut   atomic.Uint64
	videoDropped, audioDropped, reportsDropped atomic.Uint64
	nacked, resent, plis, joins, failed        atomic.Uint64
	requested                                  atomic.Uint64
	tracks, waits                              atomic.Uint64
	waited, late                               atomic.Int64 // ns
}

// Stats is what a Stage has done since it was made, and what it does now.
type Stats struct {
	// Shows is the number of shows on air, Seats that of seats on stages; Publishers and Viewers are the connected sessions, Sessions all of
	// them.
	Shows, Seats, Publishers, Viewers, Sessions int
	// PacketsIn and BytesIn came from publishers, PacketsOut and BytesOut went to viewers: RTP, without retransmissions to us
	// and before encryption.
	PacketsIn, BytesIn, PacketsOut, BytesOut uint64
	// VideoDropped and AudioDropped count packets that a lane could not take in time.
	VideoDropped, AudioDropped uint64
	// ReportsDropped counts viewers' RTCP that a lane could not take in time.
	ReportsDropped uint64
	// Nacked counts packets that viewers asked for again, Resent those that the cache still had.
	Nacked, Resent uint64
	// Requested counts the packets that publishers were asked to send again, each time.
	Requested uint64
	// KeyRequests counts the PLIs sent to publishers.
	KeyRequests uint64
	// Joins counts viewers whose connection came up, Failed sessions whose connection never did.
	Joins, Failed uint64
	// Waits counts the batches of packets that waited to be forwarded, Waited for how long together. Late is by how much this process
	// got a processor too late, summed up.
	Waits        uint64
	Waited, Late time.Duration
}

func (c *counters) read() Stats {
	return Stats{
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(),
		PacketsOut: c.packetsOut.Load(), BytesOut: c.bytesOut.Load(),
		VideoDropped: c.videoDropped.Load(), AudioDropped: c.audioDropped.Load(), ReportsDropped: c.reportsDropped.Load(),
		Nacked: c.nacked.Load(), Resent: c.resent.Load(), KeyRequests: c.plis.Load(),
		Requested: c.requested.Load(),
		Joins:     c.joins.Load(), Failed: c.failed.Load(),
		Waits: c.waits.Load(), Waited: time.Duration(c.waited.Load()), Late: time.Duration(c.late.Load()),
	}
}

package live

import "time"

// ntpEpoch is the Unix time of the NTP era's start (RFC 5905 §6), in seconds before 1970.
const ntpEpoch = 2208988800

// toNTP returns t as a 64-bit NTP timestamp: seconds since 1900 and their fraction.
func toNTP(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// ntpDuration is d in units of 2^-32 s. It is exact to the nanosecond for the minutes that it is used for.
func ntpDuration(d time.Duration) uint64 {
	return uint64(d/time.Second)<<32 + uint64(d%time.Second)<<32/1e9
}

// unixMilli returns an NTP timestamp in ms since 1970: of the eras (RFC 5905 §6) in the one that puts it nearest to now.
func unixMilli(ntp uint64, now time.Time) int64 {
	near := now.UnixMilli()
	d := int64(ntp - toNTP(time.UnixMilli(near)))
	return near + (d>>32)*1000 + int64((uint64(uint32(d))*1000+1<<31)>>32)
}

// clock relates a publisher's RTP timestamps to its wall clock, as its last sender report told (RFC 3550 §6.4.1).
type clock struct {
	epoch uint32
	ntp   uint64
	rtp   uint32
	at    time.Time // when the report came
	rate  uint32
	told  bool // by a report; else it relates to our own wall clock
}

// ahead is by how many ticks the clock's timestamps lie before those that another clock of the same publisher gives to the same
// moment.
func (c *clock) ahead(other *clock, now time.Time) uint32 {
	ntp, ticks := c.read(now)
	theirs, otherTicks := other.read(now)
	if c.told && other.told {
		otherTicks += uint32(int64(float64(int64(ntp-theirs)) / (1 << 32) * float64(c.rate)))
	}
	return ticks - otherTicks
}

// captured is when the publisher took what has the timestamp, which comes at about now, in NTP.
func (c *clock) captured(ticks uint32, now time.Time) (ntp uint64) {
	ntp, current := c.read(now)
	return ntp + uint64(int64(int32(ticks-current))<<32/int64(c.rate))
}

// read extrapolates both scales to now, so that a report made from it is as fresh as one of the publisher's.
func (c *clock) read(now time.Time) (ntp uint64, rtp uint32) {
	d := max(now.Sub(c.at), 0)
	return c.ntp + ntpDuration(d), c.rtp + uint32(int64(d.Seconds()*float64(c.rate)))
}

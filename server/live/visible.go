package live

import "time"

// see has the track be sent as the viewer sees it: not at all, or in the size that is needed. Nothing is done for a track that is not the
// lane's. What is hidden costs a packet nothing, because the lane does not have it among its own.
func (l *lane) see(d *DownTrack, now time.Time) {
	if !d.attached || !d.codec.Video() {
		return
	}
	switch most := d.wants(); {
	case most.hidden && d.phase != resting:
		l.videos = remove(l.videos, d)
		d.rest()
	case most.hidden:
	case d.phase == resting:
		l.videos = append(l.videos, d)
		d.choice.height = most.height
		d.resume(now)
	case d.choice.height != most.height:
		d.choice.height, d.choice.changedAt = most.height, time.Time{} // so a higher layer need not wait
		d.steer(now)
	}
}

// rest begins a time in which nothing is sent.
func (d *DownTrack) rest() {
	d.turn(nil)
	d.layer.Want(false)
	d.forwarder.Break()
	d.phase = resting
	d.show(nil)
}

// resume ends that time: with the cached frames, where they are few, or with the next key frame, which is asked for. Whoever does not answer
// that in time has the cached ones sent (steer).
func (d *DownTrack) resume(now time.Time) {
	l := d.feed.first(d.guard, d.wants(), now)
	d.layer, d.up = l, l.up
	l.Want(true)
	d.show(l)
	d.phase, d.seen, d.woken, d.askedAt, d.choice.changedAt = waiting, 0, true, now, time.Time{}
	if key, newest := d.up.cache.Key(); key != nil && int32(newest.Time-key.Time) <= lossyGroup {
		d.burst(key, newest, now)
		return
	}
	d.up.RequestKey(now)
}

// show tells which layer is sent from now on, nil for none.
func (d *DownTrack) show(l *Layer) {
	if d.choice.changed != nil {
		d.choice.changed(l)
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// What a server must do to hold a crowd: all have joined and are still sent to, and at most so much is lost and late.
const (
	lossMost  = 0.1 // percent
	delayMost = 100 // ms, for 95 of 100 pictures
)

// maxMetrics bounds what is read of the server's metrics.
const maxMetrics = 1 << 20

// serverCPU is the processor time that the server says it has used, in seconds; negative if it does not say.
func (c *crowd) serverCPU(ctx context.Context) float64 {
	at, err := url.Parse(c.address)
	if err != nil {
		return -1
	}
	r, err := c.do(ctx, http.MethodGet, at.JoinPath("../../metrics").String(), "")
	if err != nil {
		return -1
	}
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, maxMetrics))
	if err != nil {
		return -1
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, "process_cpu_seconds_total "); ok {
			if v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64); err == nil {
				return v
			}
		}
	}
	return -1
}

// judge makes the verdict, with what the server used by its processor times before and after the measured time.
func (r *Report) judge(before, after float64) {
	if before >= 0 && after >= before && r.Seconds > 0 {
		cores := (after - before) / r.Seconds
		r.ServerCores = &cores
	}
	r.Holds = r.Joined == r.Viewers && r.Silent == 0 && r.LossPercent < lossMost && (r.Delay == nil || r.Delay.P95 < delayMost)
	r.Verdict = r.verdict()
}

func (r *Report) verdict() string {
	var b strings.Builder
	if r.Holds {
		fmt.Fprintf(&b, "holds %s viewers at %.1f Mbit/s: ", thousands(r.Viewers), r.Kbps/1000)
	} else {
		fmt.Fprintf(&b, "does not hold %s viewers: ", thousands(r.Viewers))
	}
	if n := r.Viewers - r.Joined; n > 0 {
		fmt.Fprintf(&b, "%s did not join, ", thousands(n))
	}
	if r.Silent > 0 {
		fmt.Fprintf(&b, "%s were sent nothing any more, ", thousands(r.Silent))
	}
	if r.Lost == 0 {
		b.WriteString("no loss")
	} else {
		fmt.Fprintf(&b, "%.3f %% lost", r.LossPercent)
	}
	if r.Delay != nil {
		fmt.Fprintf(&b, ", %.0f ms delay p95", r.Delay.P95)
	}
	if r.ServerCores != nil {
		fmt.Fprintf(&b, "; the server used %.0f %% of a core", *r.ServerCores*100)
	}
	return b.String()
}

// thousands writes a number as people read it.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

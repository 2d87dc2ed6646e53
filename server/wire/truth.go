package wire

import (
	"encoding/json"
	"time"
)

// Protocol is a way in which viewers are sent a show.
type Protocol string

// Protocols.
const (
	WHEP Protocol = "whep"
	HLS  Protocol = "hls"
)

// Stall is why a player has no moving picture at the moment.
type Stall string

// Stalls. NotStalled is the usual case.
const (
	NotStalled Stall = ""
	StallMedia Stall = "media"   // nothing comes, nobody knows why
	StallHost  Stall = "host"    // the server says that the host is away
	StallNet   Stall = "network" // the viewer's network is gone or the server cannot be reached
	StallPlay  Stall = "play"    // the browser wants a tap before it plays
)

const (
	// ReportEvery is how often players and studios report, at most; LongestReport bounds the time that a report covers.
	ReportEvery   = 2 * time.Second
	LongestReport = time.Minute
)

// PlayerReport is what a player tells about the time since its last report, as what its viewer saw and heard. All times are in ms.
type PlayerReport struct {
	Protocol Protocol `json:"protocol"`
	// Span is the time that the counts below cover.
	Span int `json:"span"`
	// Hidden says that the page was not visible, for which time a browser need not draw: then the picture's figures say nothing.
	Hidden bool  `json:"hidden,omitempty"`
	Stall  Stall `json:"stall,omitempty"`
	// Shown are frames that came on screen, Dropped those that were decoded too late for it or not at all. Freezes are the times
	// without a new frame that are longer than three frames and than a frame and 150 ms (W3C webrtc-stats, freezeCount), but one
	// that goes on counts, too; Frozen is how long they took within Span.
	Shown   int `json:"shown"`
	Dropped int `json:"dropped"`
	Freezes int `json:"freezes"`
	Frozen  int `json:"frozen"`
	// FPS is what came on screen a second.
	FPS float64 `json:"fps"`
	// Samples of sound were played, Concealed of them made up because the true ones were missing, Silent of these as silence.
	Samples   int `json:"samples"`
	Concealed int `json:"concealed"`
	Silent    int `json:"silent"`
	// Buffer is how long media waits for late packets, Decode how long a frame takes to decode, RTT the round trip to the server; 0 if
	// not known.
	Buffer int `json:"buffer"`
	Decode int `json:"decode"`
	RTT    int `json:"rtt"`
	// Loss is the share of packets that did not come, 0 to 1, before repair.
	Loss float64 `json:"loss"`
	// Layer is the size of the picture that is sent, Height what is shown.
	Layer  LayerID `json:"layer,omitempty"`
	Height int     `json:"height"`
	// Playing is when the picture that is on screen as the report is sent left the host, by the host's clock, in ms since 1970; 0 if
	// not known. The server knows both clocks and makes a latency of it.
	Playing int64 `json:"playing,omitempty"`
}

// most bounds counts in reports: what exceeds it was not counted by a player.
const most = 1 << 24

// Validate reports what no player can have seen.
func (r PlayerReport) Validate() error {
	switch {
	case r.Protocol != WHEP && r.Protocol != HLS:
		return Errorf(Invalid, "a report's protocol is whep or hls; got %q", truncate(string(r.Protocol)))
	case r.Span <= 0 || r.Span > int(LongestReport.Milliseconds()):
		return Errorf(Invalid, "a report covers up to a minute; got %d ms", r.Span)
	case r.Frozen > r.Span, r.Concealed > r.Samples, r.Silent > r.Concealed, r.Playing < 0:
		return Errorf(Invalid, "the report's counts contradict each other")
	case !(r.Loss >= 0 && r.Loss <= 1), !(r.FPS >= 0 && r.FPS <= 1000):
		return Errorf(Invalid, "a report's loss is 0 to 1 and its frame rate 0 to 1000")
	case len(r.Layer) > 16 || len(r.Stall) > 16:
		return Errorf(Invalid, "the report names something longer than there is")
	}
	for _, n := range []int{r.Shown, r.Dropped, r.Freezes, r.Frozen, r.Samples, r.Concealed, r.Silent, r.Buffer, r.Decode, r.RTT, r.Height} {
		if n < 0 || n > most {
			return Errorf(Invalid, "a count in the report is negative or too large")
		}
	}
	return nil
}

// MarshalJSON writes the report with its type, as the event channel carries it.
func (r PlayerReport) MarshalJSON() ([]byte, error) {
	type plain PlayerReport
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"report", plain(r)})
}

// ReadReport reads a report that a page sent over the event channel; ok is false for another type. Errors have code Invalid.
func ReadReport(message []byte) (r PlayerReport, ok bool, err error) {
	kind, err := readType(message)
	if err != nil || kind != "report" {
		return PlayerReport{}, false, err
	}
	if err := json.Unmarshal(message, &r); err != nil {
		return PlayerReport{}, false, Errorf(Invalid, "the report is not of its form")
	}
	if err := r.Validate(); err != nil {
		return PlayerReport{}, false, err
	}
	return r, true, nil
}

// PostedReport is a report by HTTP, for players without event channel. Viewer is a random name that the player keeps as long as it
// plays, of 8 to 64 characters.
type PostedReport struct {
	Viewer string       `json:"viewer"`
	Report PlayerReport `json:"report"`
}

// Validate reports what is wrong with the report or its name.
func (p PostedReport) Validate() error {
	if len(p.Viewer) < 8 || len(p.Viewer) > 64 {
		return Errorf(Invalid, "a player's name has 8 to 64 characters")
	}
	return p.Report.Validate()
}

// StudioReport is what a studio tells about the way of its pictures up to the network, now.
type StudioReport struct {
	Capture Capture `json:"capture"`
	Encode  Encode  `json:"encode"`
	Way     Way     `json:"way"`
}

// Capture is how the sources of the program do. Frame rates are a second's.
type Capture struct {
	// Wanted is what the host asked for, FPS what the slowest source on screen gives that should move; 0 if none should.
	Wanted float64 `json:"wanted"`
	FPS    float64 `json:"fps"`
	// Stopped says that the source gives nothing any more, and its last picture stands.
	Stopped bool `json:"stopped"`
	// Dropped counts pictures and blocks of sound that were lost since the show began.
	Dropped int `json:"dropped"`
}

// Encode is how the encoder does, and the computer that it is on. Sums are since the studio began in its report, and of the same time as
// the other hops' figures in a Truth.
type Encode struct {
	// FPS is of the last second in a report.
	FPS float64 `json:"fps"`
	// Time is that for one picture, in ms. Queue is how many pictures wait; Dropped counts those the encoder had no time for, since the
	// show began. Reduced says that the picture was made smaller or slower than the host wants, because of that.
	Time    float64 `json:"time"`
	Queue   int     `json:"queue"`
	Dropped int     `json:"dropped"`
	Reduced bool    `json:"reduced"`
	Height  int     `json:"height"`
	// Pictures have left the encoder, or would have but for the way; 0 from a studio that does not count them. Stalled is for how long they were missing there as a
	// viewer would see it, Late for how long the studio was not given a processor that it waited for: sums in ms in a report, in a
	// Truth ms a minute.
	Pictures int `json:"pictures"`
	Stalled  int `json:"stalled"`
	Late     int `json:"late"`
}

// Way is the way to the server, as the studio sees it: ms, shares and bit/s.
type Way struct {
	RTT       int     `json:"rtt"`
	Loss      float64 `json:"loss"`
	Bandwidth int     `json:"bandwidth"`
	Bitrate   int     `json:"bitrate"`
	Dropped   int     `json:"dropped"`
}

// Validate reports what no studio can have measured.
func (r StudioReport) Validate() error {
	for _, x := range []float64{r.Capture.Wanted, r.Capture.FPS, r.Encode.FPS, r.Encode.Time} {
		if !(x >= 0 && x <= 1e6) {
			return Errorf(Invalid, "a rate or time in the report is negative or too large")
		}
	}
	if !(r.Way.Loss >= 0 && r.Way.Loss <= 1) {
		return Errorf(Invalid, "a report's loss is 0 to 1")
	}
	for _, n := range []int{r.Capture.Dropped, r.Encode.Queue, r.Encode.Dropped, r.Encode.Height, r.Encode.Pictures, r.Encode.Stalled, r.Encode.Late, r.Way.RTT, r.Way.Bandwidth, r.Way.Bitrate, r.Way.Dropped} {
		if n < 0 {
			return Errorf(Invalid, "a count in the report is negative")
		}
	}
	return nil
}

// Hop is a part of the way from the camera to the screen.
type Hop string

// Hops in the order of the way. NoHop is nobody's fault, or nobody knows whose.
const (
	NoHop       Hop = ""
	HopCapture  Hop = "capture"
	HopEncode   Hop = "encode"
	HopUplink   Hop = "uplink"
	HopServer   Hop = "server"
	HopLastMile Hop = "last_mile"
)

// Finding is what is the matter, for a sentence in the host's language. The figures of a Verdict fill it.
type Finding string

// Findings, with their figures.
const (
	AllWell       Finding = "well"           // viewers
	NobodyReports Finding = "nobody"         // -
	CaptureSlow   Finding = "capture_slow"   // fps, wanted
	CaptureGone   Finding = "capture_gone"   // -
	EncodeSlow    Finding = "encode_slow"    // fps, wanted, time
	EncodeReduced Finding = "encode_reduced" // height, time
	EncodeLate    Finding = "encode_late"    // stalled, late (ms a minute): pictures leave the studio with gaps, for it waits for a processor
	UplinkLoss    Finding = "uplink_loss"    // loss (share), stalled (ms a minute)
	UplinkSlow    Finding = "uplink_slow"    // fps, sent, stalled (ms a minute on this way alone): late without loss, as a full queue makes it
	UplinkGone    Finding = "uplink_gone"    // quiet (ms)
	ServerLate    Finding = "server_late"    // late (ms a minute), cpu (share of all processors)
	ServerDrops   Finding = "server_drops"   // dropped (share)
	ServerLink    Finding = "server_link"    // suffering, viewers, loss: all at once, so it is what they share
	LinkLoss      Finding = "link_loss"      // suffering, viewers, loss, rtt
	LinkSlow      Finding = "link_slow"      // suffering, viewers, loss, rtt: no loss but late
	DeviceSlow    Finding = "device_slow"    // suffering, viewers, dropped (share of frames that came and were not shown)
	Unexplained   Finding = "unexplained"    // suffering, viewers: all hops are well as far as they are measured
	Unsettled     Finding = "unsettled"      // suffering, viewers: it is too early to say whose fault it is
)

// Verdict names the guilty hop. Since is when that began.
type Verdict struct {
	Hop     Hop                `json:"hop"`
	Since   time.Time          `json:"since"`
	Finding Finding            `json:"finding"`
	Figures map[string]float64 `json:"figures"`
}

// Truth is what the viewers of a show really see now, and why.
type Truth struct {
	Show ShowID    `json:"show"`
	At   time.Time `json:"at"`
	// Viewers are connected; All is what those of them saw who report.
	Viewers    int               `json:"viewers"`
	All        Seen              `json:"all"`
	ByProtocol map[Protocol]Seen `json:"byProtocol"`
	// Hops are the figures of each hop.
	Hops    Hops    `json:"hops"`
	Verdict Verdict `json:"verdict"`
}

// Seen is what a group of viewers saw and heard.
type Seen struct {
	// Viewers reported within the last six seconds. Suffering, over ten, are those of them with a freeze, made-up sound or a slow picture.
	Viewers   int `json:"viewers"`
	Suffering int `json:"suffering"`
	// Latency from the host to the screen, in ms, of those who know it; 0 if nobody does.
	LatencyP50 int `json:"latencyP50"`
	LatencyP95 int `json:"latencyP95"`
	// FPS is the median of what came on screen. Freezing is the share of viewers who suffer from freezes, over ten seconds, Frozen how long
	// pictures stood, in ms a viewer and minute, over the last minute, Concealed the share of sound that was made up in it.
	FPS       float64 `json:"fps"`
	Freezing  float64 `json:"freezing"`
	Frozen    int     `json:"frozen"`
	Concealed float64 `json:"concealed"`
}

// Hops are the figures of every part of the way, over the last fifteen seconds. Those that nobody has told or measured are nil.
type Hops struct {
	Capture  *Capture  `json:"capture,omitempty"`
	Encode   *Encode   `json:"encode,omitempty"`
	Uplink   *Uplink   `json:"uplink,omitempty"`
	Server   *Serving  `json:"server,omitempty"`
	LastMile *LastMile `json:"lastMile,omitempty"`
}

// Uplink is the way from the studio to the server, as the server measures what arrives.
type Uplink struct {
	// FPS is of complete pictures, Bitrate in bit/s. Stalled is how long pictures were missing as a viewer would see it, in ms a minute,
	// Skipped how much of that the host's own clock has no pictures for: they were not made, or lost as a whole.
	FPS     float64 `json:"fps"`
	Bitrate int     `json:"bitrate"`
	Stalled int     `json:"stalled"`
	Skipped int     `json:"skipped"`
	// Loss is the share of packets lost on the way, Unrepaired of those that never came.
	Loss       float64 `json:"loss"`
	Unrepaired float64 `json:"unrepaired"`
	// Jitter (RFC 3550) and Quiet, how long nothing has come, are in ms.
	Jitter int `json:"jitter"`
	Quiet  int `json:"quiet"`
	// Way is the studio's side of it; nil if it does not tell.
	Way *Way `json:"way,omitempty"`
}

// Serving is the server itself.
type Serving struct {
	// CPU is the share of all processors that the server takes.
	CPU float64 `json:"cpu"`
	// Late is for how long the server was not given a processor that it waited for, in ms a minute; Queued is the longest that a packet
	// waited to be forwarded, in ms; Dropped the share of packets that were not, because a queue was full.
	Late    int     `json:"late"`
	Queued  int     `json:"queued"`
	Dropped float64 `json:"dropped"`
}

// LastMile is the ways from the server to the viewers: medians and, with P95, what the worst twentieth has at least.
type LastMile struct {
	Loss    float64 `json:"loss"`
	LossP95 float64 `json:"lossP95"`
	RTT     int     `json:"rtt"`
	RTTP95  int     `json:"rttP95"`
	// Limited are viewers who are sent a smaller picture because their way carries no more, Silent those connected who do not report.
	Limited int `json:"limited"`
	Silent  int `json:"silent"`
}

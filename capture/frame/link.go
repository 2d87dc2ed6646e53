package frame

import "time"

// Phase is where the link to the server stands.
type Phase string

// Phases of a link.
const (
	// LinkIdle: not asked to publish.
	LinkIdle Phase = "idle"
	// LinkConnecting: an attempt is under way.
	LinkConnecting Phase = "connecting"
	// LinkLive: media flows.
	LinkLive Phase = "live"
	// LinkWaiting: an attempt failed, the next one is planned.
	LinkWaiting Phase = "waiting"
	// LinkRefused: the server said no and trying again would not help (wrong token, unknown show).
	LinkRefused Phase = "refused"
)

// Fault says in one word why an attempt failed, so that the window can say it in the host's language.
type Fault string

// Faults of a link.
const (
	FaultNone        Fault = ""
	FaultAddress     Fault = "address"     // the address is not a web address or its name does not exist
	FaultUnreachable Fault = "unreachable" // nobody answers there
	FaultCertificate Fault = "certificate" // the server's certificate is expired or not trusted
	FaultToken       Fault = "token"       // 401 or 403
	FaultShow        Fault = "show"        // 404: no such show
	FaultClosed      Fault = "closed"      // 409: the show is closed
	FaultBusy        Fault = "busy"        // 429 or 503: too many sessions, or going down
	FaultServer      Fault = "server"      // any other answer
	FaultMedia       Fault = "media"       // signalling worked, but no media path was found or it broke
	FaultReplaced    Fault = "replaced"    // another studio took over this show
)

// Link is what the host should know about the connection to the server. A value.
type Link struct {
	Phase   Phase
	Attempt int       // 1 is the first try after the last success
	RetryAt time.Time // when LinkWaiting ends
	Fault   Fault
	Detail  string // the cause in English, for the log and the curious
	// While live:
	RTT         time.Duration
	LossPercent float64 // of our packets, as the server reports
	Bitrate     int     // bits a second sent, media only
	Estimate    int     // bits a second that the path is believed to carry, all headers included; 0 unknown
	Since       time.Time
}

// Path is what the way to the server carries. A value.
type Path struct {
	Up     int           // bits a second that get through; 0 while not known
	RTT    time.Duration // there and back
	Jitter time.Duration // how much the round trip changes from one to the next; 0 while not known
	Loss   float64       // share of packets on the way up, 0 to 1; negative where it cannot be seen
}

// Target is where a show is published.
type Target struct {
	// Endpoint is the WHIP address, for example https://shop.example/whip/evening.
	Endpoint string
	// Token is the show's bearer token.
	Token string
	// Video is the codec of the picture; "" publishes sound only.
	Video Codec
	// Position is where the show's clock is now, so that viewers can be told by the wall clock when what they see was taken. nil takes
	// what is sent first as taken when it is sent. Safe for any goroutine.
	Position func() time.Duration
}

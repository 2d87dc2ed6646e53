package wire

// StagePost carries letters of one server's stages to another's, StageTaken names those that need not be sent again.
type (
	StagePost struct {
		Letters []StageLetter `json:"letters"`
	}
	StageTaken struct {
		Taken []string `json:"taken"`
	}
)

// MaxPost is how many letters a StagePost has at most.
const MaxPost = 32

// StagePeer is by what a server is known to others that are to trust it: both operators give the other's to their server. Peers are the
// servers that this one trusts.
type StagePeer struct {
	Server string   `json:"server"` // its URL, without a path
	Key    string   `json:"key"`    // Ed25519 (RFC 8032), base64
	Peers  []string `json:"peers"`
}

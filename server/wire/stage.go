package wire

import (
	"encoding/json"
	"time"
)

// The stage of a show is who is seen and heard beside its host: guests, who come from among the viewers, and in a battle (PK) the hosts
// of other shows. It belongs to the show's room: what is wanted of it is a RoomRequest, what happens on it a RoomEvent, and all see it in the
// room's one order. The media of whoever is on it are sent by WHIP and watched by WHEP under a name of their own, Media, which goes
// where a show's ID would.

// Limits of a stage.
const (
	// MaxOnStage is how many are seen at once, the host included; MaxApplied how many may wait to be let on.
	MaxOnStage, MaxApplied = 17, 200
	// AnswerWithin is how long an invitation, to the stage or to a battle, and a challenge wait for their answer; ConnectWithin how long
	// who was let on has until their picture or sound is there; StageGrace how long somebody who has gone away may be away: then a guest
	// is off the stage, and a host has lost the battle.
	AnswerWithin, ConnectWithin, StageGrace = 30 * time.Second, 45 * time.Second, 15 * time.Second
	// MaxNote is the longest note of who applies, MaxPenalty of a battle's penalty, in characters.
	MaxNote, MaxPenalty = 120, 200
	// MaxCorners is how many hosts fight at most; there are two at least.
	MaxCorners = 9
	// BattleCountdown is how long before a battle its countdown begins.
	BattleCountdown = 3 * time.Second
	// StageUnits is the width and the height of a stage's picture in the units of a Box.
	StageUnits = 10000
)

// SpotID names a place on a stage: HostSpot, a guest's alias, or a corner of a battle (CornerID).
type SpotID string

// HostSpot is the host's own place.
const HostSpot SpotID = "host"

// StageNow is a stage as it is. What only the staff is to know is missing for others.
type StageNow struct {
	// Open says that viewers may apply.
	Open   bool        `json:"open,omitempty"`
	Layout StageLayout `json:"layout"`
	// Guests are those on stage or on their way there, in the order in which they were let on.
	Guests []StageGuest `json:"guests,omitempty"`
	// Applied are those who wait to be let on, the first first; for the staff. Waiting is how many they are, for all.
	Applied []StageGuest `json:"applied,omitempty"`
	Waiting int          `json:"waiting,omitempty"`
	// Battle is nil while the host is linked with nobody.
	Battle *Battle `json:"battle,omitempty"`
	// Calls are invitations to a link that wait for the host's answer, and those that the host has sent; for the staff.
	Calls []BattleCall `json:"calls,omitempty"`
	// Seeking says since when, Unix ms, the host looks for a random opponent; for the staff.
	Seeking int64 `json:"seeking,omitempty"`
	// Desk is whom the host's battles are with; for the staff.
	Desk *BattleDesk `json:"desk,omitempty"`
}

// GuestState is how far somebody is on the way to the stage.
type GuestState string

// States of a guest: applied, then admitted by the staff; or invited, then admitted by their own answer. Who was admitted connects, and
// is live once their media flow; away is who was live, and whose media have stopped.
const (
	GuestApplied  GuestState = "applied"
	GuestInvited  GuestState = "invited"
	GuestAdmitted GuestState = "admitted"
	GuestLive     GuestState = "live"
	GuestAway     GuestState = "away"
)

// StageGuest is somebody on stage, or on the way there.
type StageGuest struct {
	Member
	State GuestState `json:"state"`
	// Since is when that began, Until when it ends by itself (0 for never), Unix ms.
	Since int64  `json:"since"`
	Until int64  `json:"until,omitempty"`
	Note  string `json:"note,omitempty"` // of who applies; for the staff
	// Media is where they are watched: /whep/{Media}; "" as long as they are not admitted.
	Media string `json:"media,omitempty"`
	// Muted and Dark are what the staff took from them: sound, picture. SelfMuted and SelfDark are what they switched off themselves.
	Muted     bool `json:"muted,omitempty"`
	Dark      bool `json:"dark,omitempty"`
	SelfMuted bool `json:"selfMuted,omitempty"`
	SelfDark  bool `json:"selfDark,omitempty"`
	// Pan is where they are heard, from -100 (left) to 100 (right); Distance how far away, from 0 (near) to 100.
	Pan      int `json:"pan,omitempty"`
	Distance int `json:"distance,omitempty"`
	// Silent says that no sound has come for long although they are not muted.
	Silent bool `json:"silent,omitempty"`
	// Refused is why the server takes nothing of what they send, NoCodec or TooLarge, until it does; for the staff.
	Refused Code `json:"refused,omitempty"`
	// Coming says that the connection of somebody admitted is being made: they can be watched, and will be seen and heard with what comes first.
	Coming bool `json:"coming,omitempty"`
}

// LayoutKind is how those on stage share the picture.
type LayoutKind string

// Layouts: all equally large; two halves (more in rows of two); one large and the others small over it; one large and the others in a
// column beside it; and as the host dragged them.
const (
	LayoutGrid      LayoutKind = "grid"
	LayoutSide      LayoutKind = "side"
	LayoutPicture   LayoutKind = "pip"
	LayoutSpotlight LayoutKind = "spotlight"
	LayoutFree      LayoutKind = "free"
)

// StageLayout is where each is seen. Boxes are computed by Arrange from the rest, but for LayoutFree.
type StageLayout struct {
	Kind LayoutKind `json:"kind"`
	// Main is who is large; "" for the host.
	Main  SpotID     `json:"main,omitempty"`
	Boxes []StageBox `json:"boxes,omitempty"`
	// Program says that the host's own picture has all in it already, as the boxes say: viewers watch that alone. Sound stays a track a person, so
	// that nobody hears themselves.
	Program bool `json:"program,omitempty"`
	// Late is how much later the others are seen in that picture than they are heard from their own tracks, ms, as the host's studio measures:
	// viewers hear them so much later, that lips and voice stay together.
	Late int `json:"late,omitempty"`
	// Fade is how long the change to this layout takes, ms.
	Fade int `json:"fade,omitempty"`
}

// StageBox is where somebody is seen on the stage's picture, which is 16:9, in units of 1/StageUnits of its width and height. Pictures of other shapes
// are cut so that they fill their box. Later boxes lie over earlier ones.
type StageBox struct {
	Spot SpotID `json:"spot"`
	X    int    `json:"x"`
	Y    int    `json:"y"`
	W    int    `json:"w"`
	H    int    `json:"h"`
}

// StageWish is what somebody wants of a stage: exactly one field.
type StageWish struct {
	Apply    *StageNote `json:"apply,omitempty"`
	Withdraw *struct{}  `json:"withdraw,omitempty"` // one's application
	Accept   *struct{}  `json:"accept,omitempty"`   // the staff's invitation
	Refuse   *struct{}  `json:"refuse,omitempty"`
	Leave    *struct{}  `json:"leave,omitempty"`
	Self     *StageSelf `json:"self,omitempty"`

	// For the staff:
	Open   *StageOpen   `json:"open,omitempty"`
	Invite *StageWho    `json:"invite,omitempty"`
	Admit  *StageWho    `json:"admit,omitempty"` // who applied
	Turn   *StageWho    `json:"turn,omitempty"`  // away, who applied; takes an invitation back too
	Remove *StageWho    `json:"remove,omitempty"`
	Mute   *StageSwitch `json:"mute,omitempty"`
	Dark   *StageSwitch `json:"dark,omitempty"`
	Place  *StagePlace  `json:"place,omitempty"`
	Layout *StageLayout `json:"layout,omitempty"`
	Late   *StageLate   `json:"late,omitempty"`

	// For the host:
	Call      *BattleInvite `json:"call,omitempty"`
	TakeCall  *BattleNamed  `json:"takeCall,omitempty"`
	DropCall  *BattleNamed  `json:"dropCall,omitempty"` // refuses it, or takes one's own back
	Seek      *BattleSeek   `json:"seek,omitempty"`     // a random opponent
	Challenge *BattleTerms  `json:"challenge,omitempty"`
	Agree     *BattleRound  `json:"agree,omitempty"` // to the challenge with that number
	Decline   *BattleRound  `json:"decline,omitempty"`
	End       *BattleRound  `json:"end,omitempty"` // gives the round up before its time; who ends first has lost it
	Unlink    *BattleNamed  `json:"unlink,omitempty"`
	Hear      *BattleHear   `json:"hear,omitempty"`
	Honour    *BattleHonour `json:"honour,omitempty"`
	Desk      *BattleDesk   `json:"desk,omitempty"`
}

// StageNote is what somebody who applies says of it.
type StageNote struct {
	Text string `json:"text,omitempty"`
}

// StageSelf is what a guest sends of themselves.
type StageSelf struct {
	Muted bool `json:"muted,omitempty"`
	Dark  bool `json:"dark,omitempty"`
}

// StageOpen lets viewers apply, or no more.
type StageOpen struct {
	Open bool `json:"open"`
}

// StageWho names somebody.
type StageWho struct {
	Who    Alias  `json:"who"`
	Reason string `json:"reason,omitempty"`
}

// StageSwitch takes somebody's sound or picture away, or gives it back.
type StageSwitch struct {
	Who Alias `json:"who"`
	Off bool  `json:"off"`
}

// StagePlace says where somebody is heard.
type StagePlace struct {
	Who      Alias `json:"who"`
	Pan      int   `json:"pan"`
	Distance int   `json:"distance"`
}

// StageLate says what is new of StageLayout.Late, ms.
type StageLate struct {
	Late int `json:"late"`
}

// StageWhat is what happened on a stage.
type StageWhat string

// What happens on a stage. Applied, Withdrawn, Turned, Invited, Refused and Lapsed are for the staff only; who it is about hears of it as
// StageMine.
const (
	StageOpened    StageWhat = "opened"
	StageShut      StageWhat = "shut"
	StageApplied   StageWhat = "applied"
	StageWithdrawn StageWhat = "withdrawn"
	StageTurned    StageWhat = "turned"
	StageInvited   StageWhat = "invited"
	StageRefused   StageWhat = "refused"
	StageLapsed    StageWhat = "lapsed"   // nobody answered, or nothing came
	StageAdmitted  StageWhat = "admitted" // may send
	StageJoined    StageWhat = "joined"   // is seen or heard
	StageAway      StageWhat = "away"
	StageBack      StageWhat = "back"
	StageLeft      StageWhat = "left"
	StageRemoved   StageWhat = "removed"
	StageChanged   StageWhat = "changed" // switches, places
	StageArranged  StageWhat = "arranged"
	StageBattle    StageWhat = "battle" // see Battle
)

// Staged says what happened on the stage, and how it is since. Who is whom it is about.
type Staged struct {
	What   StageWhat `json:"what"`
	Who    *Member   `json:"who,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Now    StageNow  `json:"now"`
}

// StageMine is how far the hearer is on the way to the stage. State is "" for not at all; Why says what ended it.
type StageMine struct {
	State GuestState `json:"state,omitempty"`
	Place int        `json:"place,omitempty"` // in the line of those who apply, from 1
	Until int64      `json:"until,omitempty"`
	Muted bool       `json:"muted,omitempty"`
	Dark  bool       `json:"dark,omitempty"`
	Media string     `json:"media,omitempty"`
	Why   StageWhat  `json:"why,omitempty"`
	// Reason is the staff's, for removing somebody or turning them away.
	Reason string `json:"reason,omitempty"`
	// Refused is why the server takes nothing of what they send, NoCodec or TooLarge; told each time, until it does.
	Refused Code `json:"refused,omitempty"`
}

// StagePass lets a guest send, as the token of /whip/{Media}, for so long as they are on stage, at most until Until (Unix ms).
type StagePass struct {
	Media string `json:"media"`
	Token string `json:"token"`
	Until int64  `json:"until"`
}

// StageInput is what a show's stage decides about: exactly one of the fields from Wish on. It is what the parts of a server, and
// its processes, tell each other; clients send wishes only.
type StageInput struct {
	// At is the room's time, Unix ms.
	At int64 `json:"at"`
	// By is who wishes; Host says that they are the show's host or a producer, Staff that they are of its staff.
	By    *Member `json:"by,omitempty"`
	Host  bool    `json:"host,omitempty"`
	Staff bool    `json:"staff,omitempty"`

	Wish *StageWish `json:"wish,omitempty"`
	// Subject is whom a wish is about, as the room knows them; nil for nobody in the room.
	Subject *Member `json:"subject,omitempty"`

	Media  *StageMedia  `json:"media,omitempty"`
	Points *StagePoints `json:"points,omitempty"`
	Letter *StageLetter `json:"letter,omitempty"`
	Sent   []string     `json:"sent,omitempty"`  // IDs of letters of ours that have arrived
	Match  *BattleRoom  `json:"match,omitempty"` // a random opponent was found
	Gone   Alias        `json:"gone,omitempty"`  // left the room for good: banned, erased
	Named  *Member      `json:"named,omitempty"` // is called otherwise from now on
	Tick   bool         `json:"tick,omitempty"`
}

// StageOutput is what comes of an input: events for the room's log, without their numbers and times, and what people are told of
// themselves.
type StageOutput struct {
	Events []RoomEvent
	Mine   map[Alias]StageMine
}

// StageLetter is what one room's stage tells another's. It is sent again until it has arrived, so it may come more than once, late, and in any
// order; From is true, because whoever carries it has checked that.
type StageLetter struct {
	ID   string          `json:"id"` // of its own for ever
	From BattleRoom      `json:"from"`
	To   BattleRoom      `json:"to"`
	Body json.RawMessage `json:"body,omitempty"`
	// Forget are names of a viewer of From's, MaxForget at most, who was erased: the room takes them out of its log. There is no Body then.
	Forget []string `json:"forget,omitempty"`
}

// MaxForget is how many names a letter has at most that are to be forgotten.
const MaxForget = 32

// StageMedia says what is known of the media of somebody on stage: whether they flow, or, if Refused is set, why what they sent was not taken,
// NoCodec or TooLarge, and then nothing else.
type StageMedia struct {
	Spot    SpotID `json:"spot"`
	Coming  bool   `json:"coming,omitempty"` // a connection is being made
	Up      bool   `json:"up"`
	Silent  bool   `json:"silent,omitempty"`
	Refused Code   `json:"refused,omitempty"`
}

// PointsKind is what points in a battle are given for.
type PointsKind string

// What gives points: gifts, by their coins; votes for the host; likes; and orders, by what was paid less what was paid back, in minor units.
const (
	PointsGift  PointsKind = "gift"
	PointsVote  PointsKind = "vote"
	PointsLike  PointsKind = "like"
	PointsOrder PointsKind = "order"
)

// StagePoints is something that gives points. Key is its own: the same is counted once; "" for what cannot come twice. Order is of when
// an order was placed, Unix ms: one that is cancelled later takes back only what it gave in that round.
type StagePoints struct {
	Kind  PointsKind `json:"kind"`
	Key   string     `json:"key,omitempty"`
	By    *Member    `json:"by,omitempty"`
	Units int64      `json:"units"`
	Order int64      `json:"order,omitempty"`
}

package pay

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"
)

// Faults is what goes wrong with one payment of the Test provider. The zero Faults is a payment that is authorised at once, with one
// prompt notice of every change.
type Faults struct {
	Slow    time.Duration // until every answer
	Decline bool          // the buyer's bank refuses
	Action  bool          // the buyer must act first (Test.Act), and pays or is declined then
	Late    time.Duration // between that, or the start, and the bank's answer
	Unknown bool          // each request's first answer is lost: it is done, and the caller gets Unavailable

	LoseNotices    bool          // none is ever sent
	RepeatNotices  int           // how many more times each is sent
	ReverseNotices bool          // every other one is sent a second late, so that the next overtakes it
	DelayNotices   time.Duration // before each
}

// Plan decides what goes wrong. It gets the charge of a payment's first Start and must be safe for concurrent use.
type Plan func(Charge) Faults

// ByAmount is a Plan for trying a shop by hand: the last two digits of the amount in minor units choose the fault, as 10.01 € is
// declined: 01 declined, but not when it is tried again, 02 an action, 03 an action and then declined, 04 authorised 5 s late, 05 slow by 3 s, 06 answers lost, 07
// notices lost, 08 notices twice, 09 notices out of order, 10 notices 10 s late, 11 declined 5 s late.
func ByAmount(c Charge) Faults {
	return map[int64]Faults{
		1:  {Decline: c.Attempt == 1},
		2:  {Action: true},
		3:  {Action: true, Decline: true},
		4:  {Late: 5 * time.Second},
		5:  {Slow: 3 * time.Second},
		6:  {Unknown: true},
		7:  {LoseNotices: true},
		8:  {RepeatNotices: 1},
		9:  {ReverseNotices: true},
		10: {DelayNotices: 10 * time.Second},
		11: {Decline: true, Late: 5 * time.Second},
	}[c.Amount.Minor%100]
}

// Random is a Plan for soaks: each fault befalls a share (0 to 1) of the payments, alone or with others, and delays are up to most.
// What befalls a payment follows from the seed, its order and its attempt. Nobody acts for the buyer, so no action is asked.
func Random(seed uint64, share float64, most time.Duration) Plan {
	return func(c Charge) Faults {
		h := fnv.New64a()
		_, _ = h.Write([]byte(string(c.Order) + " " + strconv.Itoa(c.Attempt)))
		dice := rand.New(rand.NewPCG(seed, h.Sum64()))
		hit := func() bool { return dice.Float64() < share }
		delay := func() time.Duration {
			if !hit() {
				return 0
			}
			return time.Duration(dice.Int64N(int64(most) + 1))
		}
		f := Faults{
			Decline: hit(), Unknown: hit(), LoseNotices: hit(), ReverseNotices: hit(),
			Slow: delay(), Late: delay(), DelayNotices: delay(),
		}
		if hit() {
			f.RepeatNotices = 1 + dice.IntN(2)
		}
		return f
	}
}

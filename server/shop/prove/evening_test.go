package prove_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/shop/prove"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

// speed is how much faster the shop's clock runs: its shortest hold, of 15 s, lasts 0.75 s.
const speed = 20

// evening is a server under test with its clients, its bank and its database.
type evening struct {
	*crowd
	entrance
	settings
	bank   *Bank
	pg     *rig.Cluster // nil for SQLite
	disk   *disk        // nil where none can be filled
	cmd    *exec.Cmd
	stdin  io.Closer
	faults map[string]int
	starts int
}

// disk is a small one of its own for SQLite: filling it is no harm to others.
type disk struct{ at string }

// mounted makes a disk, where that is allowed.
func mounted(t testing.TB, megabytes int) *disk {
	unmountLeft()
	at := t.TempDir()
	if exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", megabytes), diskName+strconv.Itoa(os.Getpid()), at).Run() != nil {
		t.Log("no disk is filled: only root may mount one")
		return nil
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", at).CombinedOutput(); err != nil {
			t.Errorf("unmount %s: %v: %s", at, err, out)
		}
	})
	return &disk{at}
}

// diskName is what disks are called, with the number of the process whose they are.
const diskName = "vitrine-prove-"

// unmountLeft removes the disks of proofs that were killed.
func unmountLeft() {
	mounts, _ := os.ReadFile("/proc/mounts")
	for line := range strings.Lines(string(mounts)) {
		words := strings.Fields(line)
		pid, mine := strings.CutPrefix(words[0], diskName)
		if _, err := os.Stat("/proc/" + pid); mine && err != nil {
			_ = exec.Command("umount", words[1]).Run() // the next proof tries again
		}
	}
}

// fill takes all space that is left, until the returned function is called.
func (d *disk) fill() (free func(), err error) {
	balloon := filepath.Join(d.at, "balloon")
	f, err := os.Create(balloon)
	if err != nil {
		return nil, err
	}
	block := make([]byte, 1<<20)
	for size := len(block); size >= 4096; size /= 16 {
		for {
			if _, err := f.Write(block[:size]); err != nil {
				break
			}
		}
	}
	return func() { _ = os.Remove(balloon) }, f.Close()
}

// begin opens a shop with its goods.
func begin(t testing.TB, postgres bool, tag string, purchases int, seed uint64) *evening {
	t.Helper()
	e := &evening{faults: map[string]int{}}
	e.crowd = &crowd{
		t: t, to: &e.entrance, began: time.Now(), tag: tag, people: max(40, purchases/20), patient: 60 * time.Second,
	}
	var at string
	e.bank, at = bank(t, pay.Random(seed, 0.04, 300*time.Millisecond), &e.entrance)
	e.settings = settings{Bank: at, Clock: clock{Base: time.Now(), Speed: speed}, Loud: os.Getenv("VITRINE_PROVE_LOUD") != ""}
	if postgres {
		e.pg = rig.Postgres(t)
		e.Database.URL = e.pg.URL()
	} else if e.disk = mounted(t, 64+purchases/16); e.disk != nil {
		e.Database.Folder = e.disk.at
	} else {
		e.Database.Folder = t.TempDir()
	}
	t.Cleanup(e.end)
	e.start()
	e.opens(e.Clock.now(), purchases)
	return e
}

// start runs the server and connects to it.
func (e *evening) start() {
	e.t.Helper()
	e.starts++
	e.Socket = filepath.Join(e.t.TempDir(), fmt.Sprint(e.starts))
	text, err := json.Marshal(e.settings)
	if err != nil {
		e.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		e.t.Fatal(err)
	}
	e.cmd = exec.Command(self)
	e.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	e.cmd.Stderr = os.Stderr
	if e.stdin, err = e.cmd.StdinPipe(); err != nil {
		e.t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := rpc.Dial("unix", e.Socket)
		if err == nil {
			e.entrance.set(c)
			return
		}
		if time.Now().After(late) {
			e.t.Fatal("the server does not start:", err)
		}
	}
}

// kill ends the server as kill -9 does.
func (e *evening) kill() {
	if e.cmd == nil {
		return
	}
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait() // it was killed
	_ = e.stdin.Close()
	e.cmd = nil
	e.entrance.set(nil)
}

// end ends the server in peace.
func (e *evening) end() {
	if e.cmd == nil {
		return
	}
	_ = e.stdin.Close()
	if err := e.cmd.Wait(); err != nil {
		e.t.Error("the server ended with", err)
	}
	e.cmd = nil
	e.entrance.set(nil)
}

// leaps moves the shop's clock, in servers to come too.
func (e *evening) leaps(by time.Duration) {
	if _, err := e.Do(Ask{What: jump, Jump: by}); err == nil {
		e.Clock.Jump += by
	}
}

// troubles does one of the things that go wrong, in turn.
func (e *evening) troubles(n int, dice *rand.Rand) {
	e.t.Helper()
	var what string
	switch n % 6 {
	case 0, 3:
		what = "server killed"
		e.kill()
		e.start()
	case 1, 4:
		what = e.troublesStore(dice)
	case 2:
		what = "clock ahead"
		e.leaps([]time.Duration{wire.ShortestHold, 16 * time.Minute}[dice.IntN(2)])
	case 5:
		what = "clock back"
		e.leaps(-10 * time.Second)
	}
	e.faults[what]++
}

// troublesStore kills PostgreSQL, or fills the disk under SQLite.
func (e *evening) troublesStore(dice *rand.Rand) string {
	e.t.Helper()
	switch {
	case e.pg != nil:
		e.pg.Kill()
		time.Sleep(time.Duration(dice.IntN(200)) * time.Millisecond)
		e.pg.Start()
		return "PostgreSQL killed"
	case e.disk != nil:
		free, err := e.disk.fill()
		if err != nil {
			e.t.Error("fill the disk:", err)
		}
		time.Sleep(time.Duration(100+dice.IntN(300)) * time.Millisecond)
		free()
		return "disk full"
	default:
		return "none"
	}
}

// runs has buyers buy with something going wrong now and then, waits until all is settled, and judges.
func (e *evening) runs(buyers, purchases int, seed uint64, every time.Duration, most int) *prove.Verdict {
	e.t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	e.crowd.stop = stop
	go func() {
		defer close(done)
		e.shops(buyers, purchases, seed)
	}()
	dice := rand.New(rand.NewPCG(seed, 1))
	tick := time.NewTicker(every)
	defer tick.Stop()
	for shopping, n := true, 0; shopping; {
		select {
		case <-done:
			shopping = false
		case <-tick.C:
			if n < most {
				e.troubles(n, dice)
				n++
			}
		}
	}
	return e.judge(e.settled())
}

// settled lets time pass until nothing is held and no payment is under way.
func (e *evening) settled() Answer {
	e.t.Helper()
	for late := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		e.leaps(30 * time.Second)
		a, err := e.Do(Ask{What: survey})
		if err == nil && a.Code == "" && a.Busy == 0 {
			return a
		}
		if time.Now().After(late) {
			e.t.Errorf("%d reservations, orders and stocks are not settled: %v, %s", a.Busy, err, a.Text)
			return a
		}
	}
}

// judge reads the ledger and judges.
func (e *evening) judge(last Answer) *prove.Verdict {
	e.t.Helper()
	e.end()
	ctx := context.Background()
	db, err := store.Open(ctx, e.Database)
	if err != nil {
		e.t.Fatal(err)
	}
	defer db.Close()
	audit, err := shop.Audit(ctx, db)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, w := range audit.Wrong {
		e.t.Error("the audit says:", w)
	}
	v := prove.Check(prove.Evidence{Calls: e.calls, Entries: ledger(e.t, db), Bank: e.bank.tallies(), Left: last.Left})
	for _, text := range v.Texts {
		e.t.Error(text)
	}
	return v
}

// ledger reads all entries.
func ledger(t testing.TB, from shop.Storage) (all []shop.Entry) {
	t.Helper()
	err := from.Books(context.Background(), func(b shop.Books) error {
		for {
			page, err := b.Entries(context.Background(), int64(len(all)), 1000)
			all = append(all, page...)
			if err != nil || len(page) < 1000 {
				return err
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

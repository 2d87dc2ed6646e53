package plug

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// drainAfter is how long after the program's end its standard error is waited for.
const drainAfter = time.Second

// child is the running process, its own ends of the pipes closed.
type child struct {
	cmd           *exec.Cmd
	stdin, stdout *os.File
	stderr        lastLines
	group         group
}

// start starts the program in a process group of its own.
func start(argv []string) (*child, error) {
	c := &child{cmd: exec.Command(argv[0], argv[1:]...)}
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("%w: make a pipe: %w", ErrMissing, err)
	}
	defer in.Close()
	stdout, out, err := os.Pipe()
	if err != nil {
		stdin.Close()
		return nil, fmt.Errorf("%w: make a pipe: %w", ErrMissing, err)
	}
	defer out.Close()
	c.stdin, c.stdout = stdin, stdout
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = in, out, &c.stderr
	c.cmd.WaitDelay, c.cmd.SysProcAttr = drainAfter, apart()
	if err := c.cmd.Start(); err != nil {
		stdin.Close()
		stdout.Close()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("%w: there is no program %q", ErrMissing, argv[0])
		}
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	c.group = grouped(c.cmd.Process)
	return c, nil
}

// end kills the program and all of its group, closes the pipes and returns how it ended. The group goes before the program
// is waited for, because its number may belong to somebody else afterwards.
func (c *child) end() error {
	c.group.kill()
	err := c.cmd.Wait()
	c.stdin.Close()
	c.stdout.Close()
	return err
}

// obituary says how a program ended that was not asked to.
func (c *child) obituary(exit error) string {
	how := filepath.Base(c.cmd.Path) + " ended"
	if exit != nil {
		how = filepath.Base(c.cmd.Path) + ": " + exit.Error()
	}
	if said := c.stderr.last(); said != "" {
		how += ": " + said
	}
	return how
}

// Bounds on what is kept of a program's standard error.
const (
	keptLines = 4
	maxLine   = 300 // bytes
	// Who writes a page at once is made to wait a little, so that a program which talks without end costs the studio no core.
	page  = 4096
	pause = 2 * time.Millisecond
)

// lastLines keeps the last lines that a program has said. It takes any amount of them.
type lastLines struct {
	mu    sync.Mutex
	lines []string
	part  []byte
}

func (l *lastLines) Write(p []byte) (int, error) {
	if len(p) >= page {
		time.Sleep(pause)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range p {
		if b == '\n' || b == '\r' {
			l.flush()
		} else if len(l.part) < maxLine {
			l.part = append(l.part, b)
		}
	}
	return len(p), nil
}

// flush ends the line.
func (l *lastLines) flush() {
	said := strings.TrimSpace(strings.Map(printable, strings.ToValidUTF8(string(l.part), "�")))
	l.part = l.part[:0]
	if said == "" {
		return
	}
	if len(l.lines) == keptLines {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, said)
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
	return strings.Join(l.lines, "\n")
}

// last is the last line.
func (l *lastLines) last() string {
	all := l.String()
	return all[strings.LastIndexByte(all, '\n')+1:]
}

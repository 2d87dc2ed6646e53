// Package rig makes a real sound system and a real X11 display where a machine has neither: a PulseAudio daemon with null
// sinks whose clock runs as a card's does, and an Xvfb server. Tests and rehearsals drive the true drivers with it.
//
// Each value owns the processes it has started; Close, or the end of the context, ends them, and Close returns when they
// have ended. Nothing reaches the user's own daemon or display: sockets and configuration live in a folder of the caller.
package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// patience bounds the wait for a daemon to come up.
const patience = 20 * time.Second

// child is a running program.
type child struct {
	cmd    *exec.Cmd
	done   chan struct{}
	stderr safeBuffer
}

// safeBuffer collects what a program says.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.TrimSpace(b.buf.String())
}

// launch starts a program with env beside this process's environment. prepare may set what else it needs.
func launch(ctx context.Context, pkg string, env []string, prepare func(*exec.Cmd), name string, args ...string) (*child, error) {
	c := &child{cmd: exec.CommandContext(ctx, name, args...), done: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Stderr, c.cmd.WaitDelay = &c.stderr, time.Second
	dieWithParent(c.cmd)
	if prepare != nil {
		prepare(c.cmd)
	}
	// The kernel takes the end of the thread that started a child for its parent's: Wait keeps that thread.
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait()
			close(c.done)
		}
		runtime.UnlockOSThread()
	}()
	if err := <-started; err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("%s is not installed (package %s)", name, pkg)
		}
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.done
}

// Display is a running Xvfb.
type Display struct {
	// Name is what DISPLAY is set to, like ":7".
	Name  string
	child *child
}

// StartDisplay starts an X11 server without hardware, with one screen of 24-bit colour in the given size in pixels. Its
// number is one that was free.
func StartDisplay(ctx context.Context, width, height int) (*Display, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for Xvfb: %w", err)
	}
	defer read.Close()
	c, err := launch(ctx, "xvfb", nil, func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{write} },
		"Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp", "-noreset")
	write.Close() // the server's end alone is open, so that its death ends our reading
	if err != nil {
		return nil, err
	}
	// The server writes its number and a line end when it accepts clients.
	var number []byte
	buf := make([]byte, 16)
	for !bytes.HasSuffix(number, []byte("\n")) {
		if err := read.SetReadDeadline(time.Now().Add(patience)); err != nil {
			c.kill()
			return nil, fmt.Errorf("wait for Xvfb: %w", err)
		}
		n, err := read.Read(buf)
		if err != nil {
			c.kill()
			return nil, fmt.Errorf("wait for Xvfb: %w: %s", err, c.stderr.String())
		}
		number = append(number, buf[:n]...)
	}
	return &Display{Name: ":" + strings.TrimSpace(string(number)), child: c}, nil
}

// Close ends the server and its clients' connections.
func (d *Display) Close() { d.child.kill() }

// Names of the daemon's two null sinks and what a studio finds as its devices.
const (
	// SpeakerSink is what the default speaker plays into; its monitor lets a test hear it.
	SpeakerSink = "rig_speaker"
	// MicrophoneSink is what a test plays into; its monitor is the default microphone.
	MicrophoneSink = "rig_microphone"
)

// Sound is a running PulseAudio daemon.
type Sound struct {
	// Env makes programs use the daemon: PulseAudio's own, and those of ALSA, whose default device becomes it.
	Env    []string
	daemon *child
	keep   []*child
}

// StartSound starts a daemon whose socket, state and ALSA configuration are in dir. Where one was closed before, the same
// dir brings it back under the same address.
func StartSound(ctx context.Context, dir string) (*Sound, error) {
	socket, alsa := filepath.Join(dir, "native"), filepath.Join(dir, "asound.conf")
	if err := os.WriteFile(alsa, []byte(alsaConfig), 0o600); err != nil {
		return nil, fmt.Errorf("configure ALSA: %w", err)
	}
	_ = os.Remove(socket)
	s := &Sound{Env: []string{
		"XDG_RUNTIME_DIR=" + dir, "HOME=" + dir, "PULSE_RUNTIME_PATH=" + dir, "PULSE_STATE_PATH=" + dir,
		"PULSE_SERVER=unix:" + socket, "ALSA_CONFIG_PATH=" + alsa, "JACK_NO_START_SERVER=1",
	}}
	args := []string{"-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes", "--log-level=error"}
	for _, load := range []string{
		"module-native-protocol-unix auth-anonymous=1 socket=" + socket,
		"module-null-sink sink_name=" + SpeakerSink + " rate=48000",
		"module-null-sink sink_name=" + MicrophoneSink + " rate=48000",
	} {
		args = append(args, "-L", load)
	}
	var err error
	if s.daemon, err = launch(ctx, "pulseaudio", s.Env, nil, "pulseaudio", args...); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// alsaConfig makes the daemon ALSA's default device.
const alsaConfig = `</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "Default" } }
ctl.!default { type pulse }
pcm.pulse { type pulse }
ctl.pulse { type pulse }
`

// prepare waits for the daemon, names the default devices, and starts clients that keep the sinks running: without them
// the first stream gets nothing for two seconds.
func (s *Sound) prepare(ctx context.Context) error {
	if err := s.await(ctx); err != nil {
		return err
	}
	for _, args := range [][]string{{"set-default-sink", SpeakerSink}, {"set-default-source", MicrophoneSink + ".monitor"}} {
		if out, err := s.Command(ctx, "pactl", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("pactl %s: %w: %s", args[0], err, out)
		}
	}
	for _, sink := range []string{SpeakerSink, MicrophoneSink} {
		for _, args := range [][]string{
			{"--playback", "--device=" + sink, "--latency-msec=200", "/dev/zero"},
			{"--record", "--device=" + sink + ".monitor", "--latency-msec=200", "/dev/null"},
		} {
			c, err := launch(ctx, "pulseaudio-utils", s.Env, nil, "pacat", append(args, "--raw")...)
			if err != nil {
				return err
			}
			s.keep = append(s.keep, c)
		}
	}
	return nil
}

func (s *Sound) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.Command(ctx, "pactl", "info").Run()
		if err == nil {
			return nil
		}
		if errors.Is(err, exec.ErrNotFound) {
			return errors.New("pactl is not installed (package pulseaudio-utils)")
		}
		select {
		case <-s.daemon.done:
			return fmt.Errorf("pulseaudio ended: %s", s.daemon.stderr.String())
		case <-ctx.Done():
			return fmt.Errorf("wait for pulseaudio: %w: %s", ctx.Err(), s.daemon.stderr.String())
		case <-tick.C:
		}
	}
}

// Command is a program that uses the daemon.
func (s *Sound) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), s.Env...)
	return cmd
}

// Close ends the daemon at once, as a crash would, and the clients that kept its sinks running.
func (s *Sound) Close() {
	s.daemon.kill()
	for _, c := range s.keep {
		c.kill()
	}
}

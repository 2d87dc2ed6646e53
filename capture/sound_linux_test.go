package capture_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/capture/rig"
)

// sine is raw stereo float32 sound of a few seconds: a tone on the left, half as loud an octave higher on the right.
func sine(hz, amplitude float64, seconds int) []byte {
	p := make([]byte, 0, 8*frame.SampleRate*seconds)
	for i := range frame.SampleRate * seconds {
		t := 2 * math.Pi * hz * float64(i) / frame.SampleRate
		p = binary.LittleEndian.AppendUint32(p, math.Float32bits(float32(amplitude*math.Sin(t))))
		p = binary.LittleEndian.AppendUint32(p, math.Float32bits(float32(amplitude/2*math.Sin(2*t))))
	}
	return p
}

// amplitude is how strong a frequency is in samples.
func amplitude(s []float64, hz float64) float64 {
	var re, im float64
	for i, x := range s {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / frame.SampleRate)
		re, im = re+x*cos, im+x*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(s))
}

// tone is an amplitude at a pitch.
type tone struct {
	right    bool
	hz, want float64
}

// hears listens for tones, again a few times where they are not as they should be: a busy machine interrupts what is played.
func hears(t *testing.T, listen func() (left, right []float64), tones ...tone) (left, right []float64) {
	t.Helper()
	for try := 0; ; try++ {
		left, right = listen()
		var wrong []string
		for _, w := range tones {
			side := map[bool][]float64{false: left, true: right}[w.right]
			if got := amplitude(side, w.hz); math.Abs(got-w.want) > 0.02 {
				wrong = append(wrong, fmt.Sprintf("%.0f Hz has amplitude %.3f, not %.3f", w.hz, got, w.want))
			}
		}
		if len(wrong) == 0 {
			return left, right
		}
		if try == 10 {
			t.Fatal(wrong)
		}
	}
}

// listen reads 24-bit-exact stereo blocks from q until count of them in a row carry sound.
func listen(t *testing.T, q *frame.Queue, count int) (left, right []float64) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case <-q.Ready():
		case <-deadline:
			t.Fatal("no sound arrived")
		}
		for b := new(frame.Block); q.Get(b); {
			if slices.Max(b[:]) < 0.01 {
				left, right = nil, nil
				continue
			}
			for i := 0; i < len(b); i += 2 {
				left, right = append(left, float64(b[i])), append(right, float64(b[i+1]))
			}
			if len(left) == count*frame.BlockSamples {
				return left, right
			}
		}
	}
}

// feed plays raw sound into the microphone until the test ends.
func feed(t *testing.T, raw []byte) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := sound.Command(ctx, "pacat", "--playback", "--device="+rig.MicrophoneSink, "--format=float32le", "--rate=48000", "--channels=2", "--raw", "--latency-msec=50")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, err := in.Write(raw); err == nil; {
			_, err = in.Write(raw)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = cmd.Wait()
	})
}

func record(t *testing.T, device string, channels int) (*frame.Queue, context.CancelFunc, chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	q, ended := frame.NewQueue(50), make(chan error, 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		ended <- devices().CaptureAudio(ctx, device, channels, q)
	}()
	t.Cleanup(func() { cancel(); <-finished })
	return q, cancel, ended
}

func TestThe_microphone_hears_level_and_pitch_in_stereo_and_mono(t *testing.T) {
	feed(t, sine(500, 0.5, 2))
	q, stop, ended := record(t, "", 2)
	listening := func() (left, right []float64) { return listen(t, q, 20) }
	hears(t, listening, tone{false, 500, 0.5}, tone{false, 1000, 0}, tone{true, 1000, 0.25})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	mic := await(t, func(d frame.Device) bool { return d.Kind == frame.Microphone && d.Default })
	if mic.Name != "System default" {
		t.Errorf("the default microphone is %+v", mic)
	}
	q, stop, ended = record(t, mic.ID, 1)
	left, right := hears(t, listening, tone{false, 500, 0.25}, tone{false, 1000, 0.125})
	if !slices.Equal(left, right) {
		t.Error("mono differs between the sides")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestDevices_are_listed_although_a_stream_was_open_before(t *testing.T) {
	feed(t, sine(500, 0.5, 2))
	d := devices()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q, ended := frame.NewQueue(50), make(chan error, 2)
	go func() { ended <- d.CaptureAudio(ctx, "", 2, q) }()
	listen(t, q, 5)
	lists := make(chan []frame.Device, 1)
	go func() { ended <- d.Watch(ctx, func(all []frame.Device) { lists <- all }) }()
	all := <-lists
	for _, kind := range []frame.Kind{frame.Microphone, frame.Speaker} {
		if !slices.ContainsFunc(all, func(d frame.Device) bool { return d.Kind == kind && d.Default }) {
			t.Errorf("no default %s in %v", kind, all)
		}
	}
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestTwo_streams_run_beside_a_watch_and_stop_alone(t *testing.T) {
	feed(t, sine(500, 0.5, 2))
	d := devices()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mic, speaker := frame.NewQueue(50), frame.NewQueue(5)
	ended := make(chan error, 3)
	seen := make(chan struct{}, 16)
	go func() { ended <- d.CaptureAudio(ctx, "", 2, mic) }()
	go func() { ended <- d.Watch(ctx, func([]frame.Device) { seen <- struct{}{} }) }()
	listen(t, mic, 5)
	<-seen
	short, stop := context.WithCancel(ctx)
	played := make(chan error)
	go func() { played <- d.PlayAudio(short, "", speaker) }()
	speaker.Put(new(frame.Block))
	for speaker.Len() > 0 { // the callback takes it
		listen(t, mic, 1)
	}
	stop()
	if err := <-played; err != nil {
		t.Error(err)
	}
	listen(t, mic, 20)
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestThe_speaker_plays_what_it_is_given(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q, ended := frame.NewQueue(5), make(chan error)
	go func() { ended <- devices().PlayAudio(ctx, "", q) }()
	parec := sound.Command(ctx, "parec", "--device="+rig.SpeakerSink+".monitor", "--format=float32le", "--rate=48000", "--channels=2", "--raw", "--latency-msec=20")
	out, err := parec.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parec.Start(); err != nil {
		t.Fatal(err)
	}
	go playTone(ctx, q)
	hears(t, func() (left, right []float64) { return hear(t, out), nil }, tone{false, 500, 0.4})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_ = parec.Wait()
}

// playTone keeps a queue filled with 500 Hz, whose period is a fifth of a block, until ctx ends.
func playTone(ctx context.Context, q *frame.Queue) {
	var b frame.Block
	for i := range frame.BlockSamples {
		s := float32(0.4 * math.Sin(2*math.Pi*500*float64(i)/frame.SampleRate))
		b[2*i], b[2*i+1] = s, s
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		for q.Len() < 4 {
			q.Put(&b)
		}
		<-tick.C
	}
}

// hear reads the left side of a recording until a fifth of a second of it carries sound.
func hear(t *testing.T, in io.Reader) (left []float64) {
	t.Helper()
	var pair [8]byte
	quiet := 0
	for len(left) < frame.SampleRate/5 {
		if _, err := io.ReadFull(in, pair[:]); err != nil {
			t.Fatal("parec (package pulseaudio-utils):", err)
		}
		s := float64(math.Float32frombits(binary.LittleEndian.Uint32(pair[:])))
		if quiet++; math.Abs(s) > 0.1 {
			quiet = 0
		}
		if quiet > 100 {
			left = left[:0]
			continue
		}
		left = append(left, s)
	}
	return left
}

func TestSound_devices_that_are_not_there_say_so(t *testing.T) {
	for _, id := range []string{"ALSA/Nothing (hw:9,9)", "no such thing"} {
		err := devices().CaptureAudio(t.Context(), id, 2, frame.NewQueue(5))
		if !errors.Is(err, frame.ErrGone) || !strings.Contains(err.Error(), id) {
			t.Error(err)
		}
	}
}

func TestA_frozen_sound_daemon_is_noticed_and_works_again_when_it_thaws(t *testing.T) {
	feed(t, sine(500, 0.5, 2))
	d := devices()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q, ended := frame.NewQueue(50), make(chan error, 2)
	go func() { ended <- d.CaptureAudio(ctx, "", 2, q) }()
	go func() { ended <- d.PlayAudio(ctx, "", frame.NewQueue(5)) }()
	listen(t, q, 5)
	if err := sound.Freeze(); err != nil {
		t.Fatal(err)
	}
	thawed := false
	defer func() {
		if !thawed {
			_ = sound.Thaw()
		}
	}()
	for range 2 {
		select {
		case err := <-ended:
			if !errors.Is(err, frame.ErrSilent) {
				t.Error("frozen daemon:", err)
			}
		case <-time.After(patience):
			t.Fatal("a frozen daemon goes unnoticed")
		}
	}
	if err := d.CaptureAudio(ctx, "", 2, q); !errors.Is(err, frame.ErrSilent) || !strings.Contains(err.Error(), "does not answer") {
		t.Error("opened on a frozen daemon:", err)
	}
	thawed = true
	if err := sound.Thaw(); err != nil {
		t.Fatal(err)
	}
	fresh := frame.NewQueue(50)
	go func() {
		err := d.CaptureAudio(ctx, "", 2, fresh)
		for errors.Is(err, frame.ErrSilent) { // the old streams may still be closing
			err = d.CaptureAudio(ctx, "", 2, fresh)
		}
		ended <- err
	}()
	listen(t, fresh, 5)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestA_dead_sound_daemon_is_noticed_and_a_new_one_is_used(t *testing.T) {
	feed(t, sine(500, 0.5, 2))
	q, stop, ended := record(t, "", 2)
	defer stop()
	listen(t, q, 5)
	sound.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, frame.ErrSilent) && !errors.Is(err, frame.ErrGone) {
			t.Error("daemon gone:", err)
		}
	case <-time.After(patience):
		t.Fatal("a dead daemon goes unnoticed")
	}
	if err := devices().CaptureAudio(t.Context(), "", 2, q); !errors.Is(err, frame.ErrGone) {
		t.Error("no daemon:", err)
	}
	var err error
	if sound, err = rig.StartSound(context.Background(), folder); err != nil {
		t.Fatal(err)
	}
	feed(t, sine(500, 0.5, 2))
	q, stop, ended = record(t, "", 2)
	listen(t, q, 5)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Command studio is the host's desktop program: a window to run a show from, or with --headless the same show without one.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/publish"
	"vitrine/studio/remote"
)

// flags are the program's settings. What is given here replaces what was kept from the last start.
type flags struct {
	Server    string `help:"Address of the companion server." env:"VITRINE_SERVER" placeholder:"URL"`
	Show      string `help:"Name of the show." placeholder:"NAME"`
	Token     string `help:"Token of the show; better given by the environment or a file." env:"VITRINE_TOKEN" hidden:""`
	TokenFile string `help:"File that holds the token of the show." type:"existingfile" placeholder:"FILE"`

	Settings string `help:"File that keeps the settings between starts; headless nothing is kept without it." placeholder:"FILE"`
	Headless bool   `help:"Run without a window."`
	Live     bool   `help:"Go live at once."`
	Guest    string `help:"Come on stage of somebody else's show, by the address of its page, as soon as they let you on." placeholder:"URL"`
	Name     string `help:"What a guest is called; else what the studio's own show is called." placeholder:"NAME"`

	Synthetic     bool          `help:"Use the synthetic host as camera and microphone."`
	Source        string        `help:"Show this input: camera:ID, screen:ID, window:ID, file:PATH or stream:URL." placeholder:"KIND:WHAT"`
	Microphone    string        `help:"Microphone by its id (as --devices lists it)." placeholder:"ID"`
	Look          string        `help:"Beauty: off, natural, fresh or radiant." enum:"off,natural,fresh,radiant," default:""`
	Background    string        `help:"What is no person: keep or blur." enum:"keep,blur," default:""`
	Voice         string        `help:"off sends the microphone's sound as it is, clean suppresses noise and evens the level." enum:"off,clean," default:""`
	Music         string        `help:"With --headless: play this file as background music, again and again." type:"existingfile" placeholder:"FILE"`
	PicturePlugin string        `help:"Program that processes the picture (effects/plug/PROTOCOL.md)." placeholder:"COMMAND"`
	VoicePlugin   string        `help:"Program that processes the voice." placeholder:"COMMAND"`
	Codec         string        `help:"H264, VP8, or none for sound only." enum:"H264,VP8,none," default:""`
	Size          string        `help:"Size of the picture, 640x360 to 3840x2160." placeholder:"WxH"`
	FPS           int           `help:"Pictures a second, 15 to 60." placeholder:"N"`
	Bitrate       int           `help:"Bitrate of the picture in kbit/s; 0 chooses by size." placeholder:"N"`
	AudioBitrate  int           `help:"Bitrate of the sound in kbit/s, 16 to 128." placeholder:"N"`
	KeyInterval   time.Duration `help:"Longest time between two key frames." placeholder:"2s"`
	Devices       bool          `help:"List the machine's devices and end."`
	Figures       bool          `help:"With --headless: print what the show does as a line of JSON every second."`
	LogLevel      slog.Level    `help:"debug, info, warn or error." default:"warn"`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Name("vitrine-studio"), kong.Description("The host's studio of Vitrine, live-stream shopping that a shop owns."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f); err != nil {
		fmt.Fprintln(os.Stderr, "vitrine-studio:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: f.LogLevel}))
	devices := capture.New(log)
	if f.Devices {
		return listDevices(ctx, devices)
	}
	kept, err := f.keeper()
	if err != nil {
		return err
	}
	letters, err := newFonts(log)
	if err != nil {
		return err
	}
	server := stage{remote.New()}
	session := studio.New(studio.Config{
		Devices: devices, Encoders: encoders{}, Uplink: uplink(log), Backstage: server, Rooms: server, Rulebook: server, Storefront: server,
		Receivers: receivers{publish.NewWatcher(log)}, Decoders: decoders{},
		Keeper: kept, Outbox: f.outbox(kept), Fonts: letters, Scale: capture.Scale, Rack: effects.New(), Tracks: tracks{}, Urgent: capture.Urgent, Log: log,
		Open:  func(path string) (io.ReadSeekCloser, error) { return os.Open(path) },
		Write: func(path string, b []byte) error { return os.WriteFile(path, b, 0o644) },
	})
	if f.Headless {
		return headless(ctx, session, f)
	}
	before, err := kept.Load()
	return window(ctx, session, f, err == nil && before == nil && !f.Live, log)
}

func (f flags) keeper() (studio.Keeper, error) {
	if f.Settings == "" && f.Headless {
		return &memory{}, nil
	}
	if f.Settings != "" {
		return file(f.Settings), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("find where settings are kept: %w; name a file with --settings", err)
	}
	return file(filepath.Join(dir, "vitrine", "studio.json")), nil
}

// outbox is beside the settings.
func (f flags) outbox(kept studio.Keeper) studio.Outbox {
	if settings, ok := kept.(file); ok {
		return folder(filepath.Join(filepath.Dir(string(settings)), "shops"))
	}
	return &pocket{}
}

// apply hands the flags to the running session, the same way as the window would.
func (f flags) apply(ctx context.Context, s *studio.Session) error {
	set := s.Snapshot().Settings
	if o, changed, err := f.output(set.Output); err != nil {
		return err
	} else if changed {
		if err := s.SetOutput(ctx, o); err != nil {
			return err
		}
	}
	if err := f.applyEffects(ctx, s, set); err != nil {
		return err
	}
	if err := f.applyInputs(ctx, s, set); err != nil {
		return err
	}
	srv := set.Server
	token, err := f.token()
	if err != nil {
		return err
	}
	srv.Address, srv.Show, srv.Token = or(f.Server, srv.Address), wire.ShowID(or(f.Show, string(srv.Show))), or(token, srv.Token)
	if srv != set.Server {
		if err := s.SetServer(ctx, srv); err != nil {
			return err
		}
	}
	if f.Guest != "" {
		return f.visit(ctx, s, srv)
	}
	if f.Live {
		return s.GoLive(ctx)
	}
	return nil
}

// visit goes into somebody else's show and asks to come on its stage.
func (f flags) visit(ctx context.Context, s *studio.Session, own studio.Server) error {
	name := f.Name
	if name == "" && own.Show != "" {
		show, err := s.CheckServer(ctx, own)
		if err != nil {
			return err
		}
		name = show.Title
	}
	if err := s.BeGuest(ctx, f.Guest, name); err != nil {
		return err
	}
	return s.StageDo(ctx, wire.StageWish{Apply: &wire.StageNote{}})
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (f flags) token() (string, error) {
	if f.TokenFile == "" {
		return f.Token, nil
	}
	b, err := os.ReadFile(f.TokenFile)
	if err != nil {
		return "", fmt.Errorf("read the show's token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

func (f flags) output(o studio.Output) (_ studio.Output, changed bool, err error) {
	before := o
	switch f.Codec {
	case "":
	case "none":
		o.Codec = ""
	default:
		o.Codec = frame.Codec(f.Codec)
	}
	if f.Size != "" {
		if _, err := fmt.Sscanf(f.Size, "%dx%d", &o.Format.Width, &o.Format.Height); err != nil {
			return o, false, fmt.Errorf("--size is like 1280x720, not %q", f.Size)
		}
	}
	if f.FPS != 0 {
		o.Format.FPS = f.FPS
	}
	if f.Bitrate != 0 {
		o.VideoBitrate = f.Bitrate * 1000
	}
	if f.AudioBitrate != 0 {
		o.AudioBitrate = f.AudioBitrate * 1000
	}
	if f.KeyInterval != 0 {
		o.KeyInterval = f.KeyInterval
	}
	return o, o != before, nil
}

// applyEffects changes what the flags name.
func (f flags) applyEffects(ctx context.Context, s *studio.Session, set studio.Settings) error {
	look, voice := set.Look, set.Voice
	if f.Look != "" {
		look = look.With(effects.Preset(f.Look))
	}
	switch f.Background {
	case "keep":
		look.Background = effects.KeepBackground
	case "blur":
		look.Background, look.Blur = effects.BlurBackground, 60
	}
	switch f.Voice {
	case "off":
		voice = effects.Voice{}
	case "clean":
		voice = effects.CleanVoice()
	}
	if p := (studio.Plugins{Picture: or(f.PicturePlugin, set.Plugins.Picture), Voice: or(f.VoicePlugin, set.Plugins.Voice)}); p != set.Plugins {
		if err := s.SetPlugins(ctx, p); err != nil {
			return err
		}
	}
	if look != set.Look {
		if err := s.SetLook(ctx, look); err != nil {
			return err
		}
	}
	if voice != set.Voice {
		return s.SetVoice(ctx, voice)
	}
	return nil
}

func (f flags) applyInputs(ctx context.Context, s *studio.Session, set studio.Settings) error {
	mic, in := set.Microphone, frame.Input{}
	if f.Synthetic {
		mic.Device, in.Kind = capture.Synthetic, frame.Synthetic
	}
	if f.Microphone != "" {
		mic.Device = f.Microphone
	}
	if mic != set.Microphone {
		if err := s.SetMicrophone(ctx, mic); err != nil {
			return err
		}
	}
	if f.Source != "" {
		var err error
		if in, err = input(f.Source); err != nil {
			return err
		}
	}
	if in.Kind == "" {
		return nil
	}
	for _, src := range set.Sources {
		if src.Input == in {
			return s.SelectSource(ctx, src.ID)
		}
	}
	name := or(or(in.URL, in.Device), "Synthetic host")
	if in.Kind == frame.File {
		name = filepath.Base(name)
	}
	id, err := s.AddSource(ctx, name, in)
	if err != nil {
		return err
	}
	return s.SelectSource(ctx, id)
}

func input(source string) (frame.Input, error) {
	kind, what, ok := strings.Cut(source, ":")
	in := frame.Input{Kind: frame.Kind(kind)}
	switch in.Kind {
	case frame.Camera, frame.Screen, frame.Window:
		in.Device = what
	case frame.File, frame.Stream:
		in.URL, in.Loop = what, in.Kind == frame.File
	default:
		ok = false
	}
	if !ok {
		return in, fmt.Errorf("--source is like camera:ID, screen:ID, window:ID, file:PATH or stream:URL, not %q", source)
	}
	return in, nil
}

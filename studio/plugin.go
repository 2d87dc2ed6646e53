package studio

import (
	"context"
	"errors"
	"strings"

	"vitrine/effects/plug"
)

// plugin is an outside program that is kept running.
type plugin struct {
	runner
	command string
	told    plug.Status // the host knows that it is bypassed or crashed
}

// SetPlugins changes the outside programs that process picture and voice; "" ends one.
func (s *Session) SetPlugins(ctx context.Context, p Plugins) error {
	for _, command := range []string{p.Picture, p.Voice} {
		if _, err := arguments(command); err != nil {
			return err
		}
	}
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Plugins = p })
		s.runPlugins()
		return nil
	})
}

// runPlugins makes the programs follow the settings.
func (s *Session) runPlugins() {
	rack := s.c.Rack
	if rack.Picture == nil {
		return
	}
	for i, want := range []struct {
		command string
		run     func(context.Context, []string) error
	}{{s.settings.Plugins.Picture, rack.Picture.RunPlugin}, {s.settings.Plugins.Voice, rack.Sound.RunPlugin}} {
		p := &s.plugins[i]
		if p.command == want.command {
			continue
		}
		after := p.end()
		p.command, p.told = want.command, ""
		argv, err := arguments(want.command)
		if err != nil || len(argv) == 0 {
			continue
		}
		s.start(&p.runner, after, want.command, func(ctx context.Context) error { return want.run(ctx, argv) })
	}
}

// watchPlugins tells the host once when a program is bypassed or gone, and takes it back when it works again.
func (s *Session) watchPlugins() {
	for i, state := range []plug.State{s.c.Rack.Picture.Plugin(), s.c.Rack.Sound.Plugin()} {
		p := &s.plugins[i]
		switch state.Status {
		case plug.Running:
			if p.told != "" {
				s.withdraw(PluginFailed, p.command)
				p.told = ""
			}
		case plug.Bypassed, plug.Crashed:
			if p.told == state.Status || state.Err == nil {
				continue
			}
			p.told = state.Status
			detail := state.Err.Error()
			if state.Said != "" {
				detail += ": " + state.Said
			}
			s.notice(Problem{Trouble: PluginFailed, Name: p.command, Detail: detail})
		}
	}
}

// arguments splits a command line at spaces; double quotes keep them.
func arguments(command string) (argv []string, err error) {
	var word strings.Builder
	quoted, begun := false, false
	for _, r := range command {
		switch {
		case r == '"':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				argv = append(argv, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quoted {
		return nil, errors.New("a quotation mark is missing in the plug-in's command")
	}
	if begun {
		argv = append(argv, word.String())
	}
	return argv, nil
}

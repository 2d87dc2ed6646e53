package effects

import (
	"context"

	"vitrine/capture/frame"
	"vitrine/effects/plug"
)

// RunPlugin has an outside program process the picture behind all other effects, until ctx ends. The program is started again
// when it ends; it never holds the show up for longer than plug.VideoLimit a picture. One at a time.
func (p *Picture) RunPlugin(ctx context.Context, argv []string) error {
	v := plug.NewVideo(argv)
	p.outside.Store(v)
	defer p.outside.CompareAndSwap(v, nil)
	return v.Run(ctx)
}

// Plugin is how the program does; its zero value where there is none.
func (p *Picture) Plugin() (s plug.State) {
	if p == nil {
		return s
	}
	if v := p.outside.Load(); v != nil {
		s = v.State()
	}
	return s
}

// RunPlugin has an outside program process the voice behind all other effects, until ctx ends. It makes the voice
// plug.DelayBlocks later. One at a time.
func (s *Sound) RunPlugin(ctx context.Context, argv []string) error {
	a := plug.NewAudio(argv)
	s.outside.Store(a)
	defer s.outside.CompareAndSwap(a, nil)
	return a.Run(ctx)
}

// Plugin is how the program does; its zero value where there is none.
func (s *Sound) Plugin() (state plug.State) {
	if s == nil {
		return state
	}
	if a := s.outside.Load(); a != nil {
		state = a.State()
	}
	return state
}

func (s *Sound) leave(b *frame.Block) {
	if a := s.outside.Load(); a != nil {
		a.Apply(b, plug.AudioLimit)
	}
}

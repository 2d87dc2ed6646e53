package audio

import "vitrine/capture/frame"

type Echo struct{}

func NewEcho() *Echo                   { return &Echo{} }
func (e *Echo) Process(mic, far *Mono) {}

type Changer struct{}

func NewChanger() *Changer         { return &Changer{} }
func (c *Changer) Process(m *Mono) {}

type Reverb struct{}

func NewReverb() *Reverb                            { return &Reverb{} }
func (c *Reverb) Process(m *Mono, out *frame.Block) {}

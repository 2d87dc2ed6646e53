package studio

import "context"

// load takes over what was kept. Damaged settings are set aside and the host is told where they are.
func (s *Session) load() {
	b, err := s.c.Keeper.Load()
	if err != nil {
		s.notice(Problem{Trouble: SettingsUnsafe, Detail: err.Error()})
		return
	}
	if b == nil {
		s.fresh = true
		return
	}
	kept, err := ParseSettings(b)
	if err == nil {
		s.settings, s.cutOff = kept, kept.Unfinished
		return
	}
	where, aside := s.c.Keeper.SetAside()
	if aside != nil {
		err = aside
	}
	s.notice(Problem{Trouble: SettingsAside, Name: where, Detail: err.Error()})
}

// queueSave hands the settings to save; of several that wait the newest is kept.
func (s *Session) queueSave() {
	b, err := s.settings.Marshal()
	if err != nil {
		s.notice(Problem{Trouble: SettingsUnsafe, Detail: err.Error()})
		return
	}
	select {
	case <-s.saves:
	default:
	}
	s.saves <- b
}

// save keeps settings as they come, so that a slow disk never holds up the loop.
func (s *Session) save(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-s.saves:
			if err := s.c.Keeper.Save(b); err != nil {
				s.post(ctx, func() { s.notice(Problem{Trouble: SettingsUnsafe, Detail: err.Error()}) })
			}
		}
	}
}

// flush keeps at the end what has not been kept yet. All loops have ended.
func (s *Session) flush() {
	if s.air.phase != OffAir {
		s.finished()
	}
	s.flushShop()
	if !s.dirty && len(s.saves) == 0 {
		return
	}
	b, err := s.settings.Marshal()
	if err == nil {
		err = s.c.Keeper.Save(b)
	}
	if err != nil {
		s.c.Log.Error("settings not kept", "error", err)
	}
}

package stage_test

import (
	"encoding/json"
	"testing"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

func FuzzAStageTakesAnyInput(f *testing.F) {
	r := newRig(f)
	r.open()
	r.bring(ann, "live")
	r.bring(bob, "invited")
	for name := range actions {
		in, _ := json.Marshal(step(name, ann, r.at))
		f.Add([]byte(r.doc()), in)
	}
	f.Add([]byte(`{"guests":{"on":[{"alias":"host","state":"live"},{"alias":"host","state":"away","until":-1}],"layout":{"kind":"free","boxes":[{"spot":"host","w":-9}]}}}`), []byte(`{"tick":true}`))
	f.Add([]byte(`{}`), []byte(`{"at":-9223372036854775808,"by":{"alias":"a"},"staff":true,"wish":{"layout":{"kind":"pip","main":"host"}}}`))
	f.Add([]byte(`null`), []byte(`{"wish":null,"media":{"spot":""}}`))
	f.Fuzz(func(t *testing.T, doc, input []byte) {
		s, err := stage.New(wire.BattleRoom{Show: "tea"}, doc, nil)
		if err != nil {
			return
		}
		var in wire.StageInput
		if json.Unmarshal(input, &in) != nil {
			return
		}
		if _, err := s.Step(in); err != nil && wire.CodeOf(err) == wire.Internal {
			t.Errorf("%s is answered with %v", input, err)
		}
		s.Now(true)
		s.Due()
		if _, err := s.Doc(); err != nil {
			t.Error(err)
		}
	})
}

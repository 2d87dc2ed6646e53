package moderation

import "testing"

func TestExp(t *testing.T) {
	var lines [][]line
	for _, l := range Languages() {
		b, _ := seeds.ReadFile("seed/" + l + ".txt")
		g, _ := parseExamples(string(b))
		lines = append(lines, g...)
	}
	groups := seed()
	m := newModel(groups, 0)
	var ms [2][]float64
	var ys [2][]bool
	n := [2]int{}
	for i, g := range groups {
		m.add(g, -1)
		for k, e := range g {
			s := 0
			if x := lines[i][k].text; len([]rune(x))*2 < len(x) {
				s = 1
			}
			n[s] += len(e.rows)
			ms[s] = append(ms[s], m.margin(e.rows))
			ys[s] = append(ys[s], e.class != 0)
		}
		m.add(g, 1)
	}
	for s := range 2 {
		a, b := platt(ms[s], ys[s])
		t.Log("own", a, b, n[s]/len(ms[s]))
		for _, th := range []float64{.5, .6, .7, .8} {
			var own, joint tally
			for i := range ms[s] {
				own.add(logistic(a*ms[s][i]+b) >= th, ys[s][i])
				joint.add(logistic(m.slope*ms[s][i]+m.offset) >= th, ys[s][i])
			}
			t.Logf("%d %.1f own %.3f %.3f joint %.3f %.3f", s, th, own.precision(), own.recall(), joint.precision(), joint.recall())
		}
	}
}

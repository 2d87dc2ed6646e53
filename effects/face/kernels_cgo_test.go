//go:build cgo

package face

import (
	"math"
	"math/rand/v2"
	"testing"

	"vitrine/assets"
)

func TestKernelsEqualTheReference(t *testing.T) {
	for _, name := range []string{"face.tflite", "mesh.tflite", "person.tflite"} {
		n, err := NewNetwork(assets.Model(name))
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		in := make([]float32, len(n.Input(0)))
		for i := range in {
			in[i] = r.Float32()
		}
		copy(n.Input(0), in)
		runReference(n.steps, n.weights, n.memory)
		var want [][]float32
		for i := range n.outputs {
			want = append(want, append([]float32(nil), n.Output(i)...))
		}
		for _, only := range []int{plain, best} {
			copy(n.Input(0), in)
			runC(n.steps, n.weights, n.memory, only)
			for i := range want {
				worst, scale := 0.0, 1.0
				for k, v := range n.Output(i) {
					worst = max(worst, math.Abs(float64(v-want[i][k])))
					scale = max(scale, math.Abs(float64(want[i][k])))
				}
				t.Logf("%s output %d only %v: worst %.2g of %.3g", name, i, only, worst, scale)
				if !(worst < 1e-4*scale) {
					t.Error("different")
				}
			}
		}
	}
}

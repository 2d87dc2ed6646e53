package face

import (
	"math/rand/v2"
	"testing"

	"vitrine/assets"
	"vitrine/capture/frame"
)

var modelFiles = []string{"face.tflite", "mesh.tflite", "person.tflite"}

func modelFile(t testing.TB, name string) []byte {
	t.Helper()
	b := assets.Model(name)
	if b == nil {
		t.Fatalf("%s is missing: run .ci/models build", name)
	}
	return b
}

func TestMissingAndDamagedModelsAreErrors(t *testing.T) {
	_, d := newDetector(nil)
	_, m := newMesh(nil)
	_, p := newPerson(nil)
	_, other := newMesh(modelFile(t, "face.tflite"))
	_, half := newTracker(modelFile(t, "face.tflite"), nil)
	for i, err := range []error{d, m, p, other, half} {
		if err == nil {
			t.Errorf("%d: no error", i)
		}
	}
	for _, name := range modelFiles {
		b := modelFile(t, name)
		for n := 0; n < len(b); n += 1 + len(b)/60 {
			if _, err := NewNetwork(b[:n]); err == nil {
				t.Errorf("%s cut to %d bytes is no error", name, n)
			}
		}
	}
}

// Damage that a file can have and still be built must not lead outside of the memory: the reference panics if it does.
func TestDamagedNetworksStayInTheirMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	built := 0
	for _, name := range modelFiles {
		b := modelFile(t, name)
		for i := range 150 {
			damaged := append([]byte(nil), b...)
			for range 1 + r.IntN(3) {
				// What describes the graph lies behind the weights.
				at := r.IntN(len(b))
				if i%5 != 0 {
					at = len(b) - 1 - r.IntN(30000)
				}
				damaged[at] = byte(r.Uint32())
			}
			n, err := NewNetwork(damaged)
			if err != nil {
				continue
			}
			built++
			if built%8 == 0 {
				runReference(n.steps, n.weights, n.memory)
			}
		}
	}
	t.Logf("%d of 450 damaged files were built", built)
}

func FuzzNetworks(f *testing.F) {
	f.Add(modelFile(f, "face.tflite"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if n, err := NewNetwork(b); err == nil && len(n.memory) < 1<<16 {
			runReference(n.steps, n.weights, n.memory)
		}
	})
}

func TestRunningAllocatesNothing(t *testing.T) {
	for _, name := range modelFiles {
		n, err := NewNetwork(modelFile(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if a := testing.AllocsPerRun(3, n.Run); a != 0 {
			t.Errorf("%s: %v allocations", name, a)
		}
	}
}

// The benchmarks include what it takes to read the picture, of 1280 × 720.

func BenchmarkDetect(b *testing.B) {
	d, err := NewDetector()
	if err != nil {
		b.Fatal(err)
	}
	v := window(photo(b, demo+"sample6.jpg"), 300, 200, 1280, 720)
	var out []Box
	for b.Loop() {
		out = d.Find(v, out[:0])
	}
}

func BenchmarkMesh(b *testing.B) {
	d, err := NewDetector()
	if err != nil {
		b.Fatal(err)
	}
	m, err := NewMesh()
	if err != nil {
		b.Fatal(err)
	}
	v := window(photo(b, demo+"sample6.jpg"), 300, 200, 1280, 720)
	var points [frame.FacePoints]frame.Point
	m.Place(v, &d.Search(v, nil)[0], &points)
	for b.Loop() {
		m.Follow(v, &points)
	}
}

func BenchmarkMask(b *testing.B) {
	p, err := NewPerson()
	if err != nil {
		b.Fatal(err)
	}
	v := window(photo(b, demo+"sample6.jpg"), 300, 200, 1280, 720)
	var m frame.Mask
	for b.Loop() {
		v.PTS += thirtieth
		p.Mask(v, nil, &m)
	}
}

func BenchmarkNetwork(b *testing.B) {
	for _, name := range modelFiles {
		n, err := NewNetwork(modelFile(b, name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				n.Run()
			}
		})
		b.Run(name+"/reference", func(b *testing.B) {
			for b.Loop() {
				runReference(n.steps, n.weights, n.memory)
			}
		})
	}
}

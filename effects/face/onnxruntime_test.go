package face

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
)

// onnxRuntime is where `make bench-effects` puts onnxruntime for Node, an oracle and a rival of our executor.
const onnxRuntime = "../../.ci/packages/bench/node_modules/onnxruntime-node"

// rival runs a network in onnxruntime on one core: to every line with a number of runs it answers the time that each took, in ms. It
// writes its first outputs to a file, one after the other.
const rival = `
const [runtime, model, input, output] = process.argv.slice(1);
const ort = require(runtime), fs = require("fs");
const floats = (b) => new Float32Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.length));
(async () => {
	const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" });
	const shape = process.env.SHAPE.split(",").map(Number);
	const feed = { in: new ort.Tensor("float32", floats(fs.readFileSync(input)), shape) };
	const first = await session.run(feed);
	fs.writeFileSync(output, Buffer.concat(session.outputNames.map((n) => Buffer.from(first[n].data.buffer, first[n].data.byteOffset, first[n].data.byteLength))));
	console.log("ready");
	for await (const line of require("readline").createInterface({ input: process.stdin })) {
		const start = process.hrtime.bigint();
		for (let i = 0; i < Number(line); i++) await session.run(feed);
		console.log(Number(process.hrtime.bigint() - start) / 1e6 / Number(line));
	}
})();
`

// oracle is onnxruntime with a network that it has run once.
type oracle struct {
	in  io.Writer
	out *bufio.Reader
}

// newOracle starts onnxruntime with a model and an input of ours, and returns it and its outputs.
func newOracle(b *testing.B, model []byte, input []float32, d dims) (*oracle, []float32) {
	b.Helper()
	file, err := onnxOf(model)
	if err != nil {
		b.Fatal(err)
	}
	planes := make([]byte, 0, 4*len(input))
	for c := range d.channels() {
		for p := range d.pixels() {
			planes = binary.LittleEndian.AppendUint32(planes, math.Float32bits(input[p*d.channels()+c]))
		}
	}
	dir := b.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string][]byte{"model.onnx": file, "input": planes} {
		if err := os.WriteFile(at(name), content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	runtime, err := filepath.Abs(onnxRuntime)
	if err != nil {
		b.Fatal(err)
	}
	run := exec.Command("node", "-e", rival, runtime, at("model.onnx"), at("input"), at("outputs"))
	run.Env = append(os.Environ(), fmt.Sprintf("SHAPE=%d,%d,%d,%d", d[0], d[3], d[1], d[2]))
	var complaints strings.Builder
	run.Stderr = &complaints
	in, err := run.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := run.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := run.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := run.Wait(); err != nil {
			b.Errorf("onnxruntime: %v\n%s", err, &complaints)
		}
	})
	o := &oracle{in, bufio.NewReader(out)}
	if line, err := o.out.ReadString('\n'); line != "ready\n" {
		b.Fatalf("onnxruntime says %q, %v", line, err)
	}
	raw, err := os.ReadFile(at("outputs"))
	if err != nil {
		b.Fatal(err)
	}
	outputs := make([]float32, len(raw)/4)
	for i := range outputs {
		outputs[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return o, outputs
}

// runs has the oracle run so often, and returns how long each took in ms.
func (o *oracle) runs(b *testing.B, n int) (ms float64) {
	b.Helper()
	fmt.Fprintln(o.in, n)
	if _, err := fmt.Fscanln(o.out, &ms); err != nil {
		b.Fatal(err)
	}
	return ms
}

// Ours and onnxruntime run the same network on the same photo in turn, on one core; the best of short rounds counts for
// each, because others use the machine as well.
func BenchmarkBesideONNXRuntime(b *testing.B) {
	if _, err := os.Stat(onnxRuntime); err != nil {
		b.Skip("onnxruntime is not there: run .ci/models bench")
	}
	v := photo(b, plots+"grace_hopper.jpg")
	blacks := map[string]float32{"face.tflite": -1} // what the others see begins at 0
	for _, name := range modelFiles {
		b.Run(strings.TrimSuffix(name, ".tflite"), func(b *testing.B) {
			file := modelFile(b, name)
			m, err := parse(file)
			if err != nil {
				b.Fatal(err)
			}
			n, err := NewNetwork(file)
			if err != nil {
				b.Fatal(err)
			}
			d := m.tensors[m.inputs[0]].dims
			c := square(frame.Point{X: 260, Y: 240}, 300, 0.1, d[2]).ranged(blacks[name], 1)
			c.height = d[1]
			var s sampler
			s.set(v)
			input := make([]float32, d.size())
			s.read(c, input)
			rival, want := newOracle(b, file, input, d)

			copy(n.Input(0), input)
			n.Run()
			apart, size := 0.0, 0
			for i := range n.outputs {
				for _, got := range n.Output(i) {
					apart = max(apart, math.Abs(float64(got-want[size]))/max(1, math.Abs(float64(want[size]))))
					size++
				}
			}
			if size != len(want) {
				b.Fatalf("%d values, onnxruntime has %d", size, len(want))
			}
			const rounds, runs = 100, 2
			ours, theirs := math.Inf(1), math.Inf(1)
			for range rounds {
				start := time.Now()
				for range runs {
					n.Run()
				}
				ours = min(ours, time.Since(start).Seconds()*1000/runs)
				theirs = min(theirs, rival.runs(b, runs))
			}
			for b.Loop() { // a round more, because the tool wants to measure itself
				n.Run()
			}
			b.ReportMetric(apart, "apart")
			b.ReportMetric(ours, "ms")
			b.ReportMetric(theirs, "onnxruntime-ms")
		})
	}
}

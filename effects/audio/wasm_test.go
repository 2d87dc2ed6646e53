package audio

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vitrine/assets"
)

// program is a running WebAssembly program: its own memory and the function that does the work. It is made machine code of first,
// which takes some tenths of a second.
type program struct {
	runtime wazero.Runtime
	module  api.Module
	work    api.Function
	args    []uint64 // of work; the call leaves them as they are but for the first, its result
}

// hostFunction is what a program made by Emscripten imports.
type hostFunction struct {
	name          string
	call          api.GoModuleFunc
	args, results int // 32-bit integers
}

// startProgram starts the program in the model of that name; initialise and work are what its functions are called.
func startProgram(ctx context.Context, name, imports string, host []hostFunction, initialise, work string, args int) (*program, error) {
	wasm := assets.Model(name)
	if wasm == nil {
		return nil, fmt.Errorf("%s is not part of this build", name)
	}
	p := &program{runtime: wazero.NewRuntime(ctx), args: make([]uint64, args)}
	env := p.runtime.NewHostModuleBuilder(imports)
	ints := []api.ValueType{api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32}
	for _, f := range host { // arguments and result on its stack: plain Go functions are called by reflection, which allocates
		env.NewFunctionBuilder().WithGoModuleFunction(f.call, ints[:f.args], ints[:f.results]).Export(f.name)
	}
	_, err := env.Instantiate(ctx)
	if err == nil {
		p.module, err = p.runtime.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStartFunctions(initialise))
	}
	if err != nil {
		_ = p.close(ctx)
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.work = p.module.ExportedFunction(work)
	return p, nil
}

func (p *program) close(ctx context.Context) error { return p.runtime.Close(ctx) }

// wasmFail ends a call whose assertion does not hold; wazero makes an error of it.
func wasmFail(context.Context, api.Module, []uint64) { panic("assertion failed") }

func wasmGrow(_ context.Context, m api.Module, stack []uint64) {
	const page = 65536
	size, ok := uint32(stack[0]), true
	if have := m.Memory().Size(); size > have {
		_, ok = m.Memory().Grow((size - have + page - 1) / page)
	}
	stack[0] = 0
	if ok {
		stack[0] = 1
	}
}

// wasmCopy is memcpy; like it, it returns where it copied to, which is its first argument.
func wasmCopy(_ context.Context, m api.Module, stack []uint64) {
	n := uint32(stack[2])
	to, _ := m.Memory().Read(uint32(stack[0]), n)
	from, _ := m.Memory().Read(uint32(stack[1]), n)
	copy(to, from)
}

// call is for setting up: it allocates.
func (p *program) call(ctx context.Context, function string, args ...uint64) (uint32, error) {
	r, err := p.module.ExportedFunction(function).Call(ctx, args...)
	if err != nil || len(r) == 0 {
		return 0, err
	}
	return uint32(r[0]), nil
}

// floats is a range of the program's memory, good until it next runs.
func (p *program) floats(at uint32, count int) floats {
	b, _ := p.module.Memory().Read(at, uint32(4*count))
	return b
}

// floats are 32-bit numbers in little-endian order.
type floats []byte

func (f floats) at(i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(f[4*i:]))
}

func (f floats) set(i int, v float32) {
	binary.LittleEndian.PutUint32(f[4*i:], math.Float32bits(v))
}

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

// Networks are the compiled suppression networks. Compiling takes some tenths of a second and is done once; every voice gets
// its own instances by NewNoise. Safe for several goroutines.
type Networks struct {
	runtime        wazero.Runtime
	rnnoise, gtcrn wazero.CompiledModule
}

// CompileNetworks makes machine code of the networks that this build carries. An error means that the caller does without noise
// suppression: a model is missing, or damaged.
func CompileNetworks(ctx context.Context) (*Networks, error) {
	n := &Networks{runtime: wazero.NewRuntime(ctx)}
	err := n.compile(ctx)
	if err != nil {
		_ = n.Close(ctx)
		return nil, fmt.Errorf("compile the noise suppression: %w", err)
	}
	return n, nil
}

// Close frees the code and every instance; no Noise may be at work or used afterwards.
func (n *Networks) Close(ctx context.Context) error { return n.runtime.Close(ctx) }

func (n *Networks) compile(ctx context.Context) (err error) {
	// What Emscripten's programs import; the linker has shortened the names of GTCRN's.
	env := n.runtime.NewHostModuleBuilder("env")
	export(env, "__assert_fail", wasmFail, 4, 0)
	export(env, "emscripten_resize_heap", wasmGrow, 1, 1)
	export(env, "emscripten_memcpy_big", wasmCopy, 3, 1)
	if _, err = env.Instantiate(ctx); err != nil {
		return err
	}
	short := n.runtime.NewHostModuleBuilder("a")
	export(short, "a", wasmFail, 4, 0)
	export(short, "b", wasmGrow, 1, 1)
	if _, err = short.Instantiate(ctx); err != nil {
		return err
	}
	if n.rnnoise, err = n.module(ctx, "rnnoise.wasm"); err != nil {
		return err
	}
	n.gtcrn, err = n.module(ctx, "gtcrn.wasm")
	return err
}

func (n *Networks) module(ctx context.Context, name string) (wazero.CompiledModule, error) {
	wasm := assets.Model(name)
	if wasm == nil {
		return nil, fmt.Errorf("%s is not part of this build", name)
	}
	m, err := n.runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// export adds a function of 32-bit integers that programs may call. Arguments and result are on its stack: unlike plain Go
// functions, which wazero calls by reflection, this allocates nothing.
func export(to wazero.HostModuleBuilder, name string, f api.GoModuleFunc, args, results int) {
	ints := []api.ValueType{api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32}
	to.NewFunctionBuilder().WithGoModuleFunction(f, ints[:args], ints[:results]).Export(name)
}

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

// network is one running instance: its own memory and the function that does the work.
type network struct {
	module api.Module
	work   api.Function
	args   []uint64 // of work; the wasm call leaves them as they are but for the first, its result
}

func (n *Networks) start(ctx context.Context, code wazero.CompiledModule, initialise, work string) (*network, error) {
	m, err := n.runtime.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName("").WithStartFunctions(initialise))
	if err != nil {
		return nil, err
	}
	return &network{module: m, work: m.ExportedFunction(work)}, nil
}

// call is for setting up: it allocates.
func (n *network) call(ctx context.Context, function string, args ...uint64) (uint32, error) {
	r, err := n.module.ExportedFunction(function).Call(ctx, args...)
	if err != nil || len(r) == 0 {
		return 0, err
	}
	return uint32(r[0]), nil
}

// floats is a range of the instance's memory, good until it next runs.
func (n *network) floats(at uint32, count int) floats {
	b, _ := n.module.Memory().Read(at, uint32(4*count))
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

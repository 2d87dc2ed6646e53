package face

// step is one call of a kernel. It holds numbers only, so that one call from Go to C runs a whole network: places are
// offsets in floats into the network's memory (in, other, out, scratch) or its weights. kernels.h has the same fields in
// the same order.
//
// A tensor lies in memory as rows of pixels of channels; a pixel takes stride floats, its channels rounded up to a whole
// number of vectors of lanes floats. What lies in between is undefined.
type step struct {
	kind, act, frontAct         int32
	in, other, out, scratch     int32
	weights, bias, alpha        int32
	frontWeights, frontBias     int32
	inH, inW, inC, inS          int32
	outH, outW, outC, outS      int32
	otherPixels, otherC, otherS int32
	kh, kw, sh, sw, top, left   int32
	front, patch, pad           int32
}

const lanes = 8

// Kinds of steps.
const (
	stepConv      int32 = iota // front, then a product with weights [outC/lanes][patch][lanes], bias, other added, act
	stepDepthwise              // weights [kh·kw][inS], bias, act
	stepAdd                    // in + other, act; other has one pixel or as many as in
	stepMul                    // in · other, act; as above
	stepAct                    // act
	stepMaxPool
	stepMean // over all pixels
	stepResize
	stepPad  // top and left zeros around, and more channels
	stepCopy // element by element, to other floats after out
	stepTranspose
)

// Fronts: what a convolution multiplies.
const (
	frontNone      int32 = iota // the pixels of in as they are
	frontPatches                // kh · kw · inC neighbours of each pixel
	frontDepthwise              // the pixels of a depthwise convolution of in
)

// Activations.
const (
	actNone int32 = iota
	actRelu
	actRelu6
	actPrelu
	actHardSwish
	actLogistic
)

func roundUp(n int) int { return (n + lanes - 1) / lanes * lanes }

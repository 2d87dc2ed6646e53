package synthetic

import "vitrine/capture/frame"

// The time code strip says in the picture itself when the picture was taken, so that whoever sees it after encoding,
// network, decoding and scaling can measure how old it is.
//
// It is a row of TimeCodeCells cells over the whole width, StripHeight(h) pixels high, at the very top. Cell i covers the
// columns from floor(i·w/48) to floor((i+1)·w/48). A white cell (luma 235) is 1, a black one (luma 16) is 0, chroma is
// neutral. From the left, most significant bit first:
//
//	cells  0…7   the pattern 1 0 1 1 0 0 1 0
//	cells  8…39  Unix time of the picture in milliseconds, modulo 2³²
//	cells 40…47  CRC-8 of these four bytes, most significant first (polynomial x⁸+x²+x+1 = 0x07, start 0, not reflected)
//
// A reader in a page draws the top twentieth of the video to a canvas and looks at one pixel in the middle of each cell:
//
//	const g = canvas.getContext("2d", {willReadFrequently: true});
//	canvas.width = 480; canvas.height = 10;
//	g.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 20, 0, 0, 480, 10);
//	const px = g.getImageData(0, 5, 480, 1).data; // cell i is at px[4 * (10 * i + 5)], white above 128
//	const byte = n => { let b = 0; for (let i = 0; i < 8; i++) b = b * 2 + (px[4 * (10 * (8 * n + i) + 5)] > 128); return b };
//	let crc = 0;
//	for (let n = 1; n <= 4; n++) { crc ^= byte(n); for (let i = 0; i < 8; i++) crc = (crc << 1 ^ (crc & 128 ? 7 : 0)) & 255 }
//	const ok = byte(0) === 0xb2 && byte(5) === crc;
//	const ms = ((byte(1) * 256 + byte(2)) * 256 + byte(3)) * 256 + byte(4); // age: (Date.now() % 2**32) - ms
const (
	TimeCodeCells = 48

	syncPattern = 0xb2
	white       = 235
	black       = 16
	neutral     = 128
)

// StripHeight is the height of the time code strip in a picture of height h, in pixels: a sixteenth, at least 2, even.
func StripHeight(h int) int { return max(2, (h/16+1)&^1) }

// DrawTimeCode paints the strip for ms into the top of v.
func DrawTimeCode(v *frame.Video, ms uint32) {
	bits := codeword(ms)
	rows := min(StripHeight(v.Height), v.Height)
	for i := range TimeCodeCells {
		luma := byte(black)
		if bits>>(TimeCodeCells-1-i)&1 == 1 {
			luma = white
		}
		row := v.Y[i*v.Width/TimeCodeCells : (i+1)*v.Width/TimeCodeCells]
		for x := range row {
			row[x] = luma
		}
	}
	for y := 1; y < rows; y++ {
		copy(v.Y[y*v.YStride:y*v.YStride+v.Width], v.Y[:v.Width])
	}
	cw := (v.Width + 1) / 2
	for y := range (rows + 1) / 2 {
		paint(v.U[y*v.CStride:y*v.CStride+cw], neutral)
		paint(v.V[y*v.CStride:y*v.CStride+cw], neutral)
	}
}

func paint(p []byte, b byte) {
	for i := range p {
		p[i] = b
	}
}

// codeword is the 48 bits of the strip.
func codeword(ms uint32) uint64 {
	return syncPattern<<40 | uint64(ms)<<8 | uint64(crc8(ms))
}

func crc8(ms uint32) byte {
	var crc byte
	for shift := 24; shift >= 0; shift -= 8 {
		crc ^= byte(ms >> shift)
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x07
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// ReadTimeCode reads the strip from the luma plane of a w × h picture whose rows are stride bytes apart, in limited or
// full range, however it was scaled: the middle half of each cell is averaged and compared with half the way between the
// pattern's black and white. ok is false when there is no strip or a bit was damaged. It needs at least 96 columns.
func ReadTimeCode(luma []byte, stride, w, h int) (ms uint32, ok bool) {
	rows := min(StripHeight(h), h)
	if w < 2*TimeCodeCells || stride < w || h < 2 || len(luma) < w || rows-1 > (len(luma)-w)/stride {
		return 0, false
	}
	var cells [TimeCodeCells]int
	for i := range cells {
		cells[i] = cellMean(luma, stride, i*w/TimeCodeCells, (i+1)*w/TimeCodeCells, rows)
	}
	dark, bright := 0, 0
	for i := range 8 {
		if syncPattern>>(7-i)&1 == 1 {
			bright += cells[i]
		} else {
			dark += cells[i]
		}
	}
	threshold := (dark + bright) / 8
	if bright-dark < 4*48 {
		return 0, false
	}
	var bits uint64
	for _, c := range cells {
		bits <<= 1
		if c > threshold {
			bits |= 1
		}
	}
	ms = uint32(bits >> 8)
	return ms, bits == codeword(ms)
}

// cellMean averages the middle half of a cell, where neighbours and the picture below do not bleed in.
func cellMean(luma []byte, stride, x0, x1, rows int) int {
	mx, my := (x1-x0)/4, rows/4
	sum, n := 0, 0
	for y := my; y < max(rows-my, my+1); y++ {
		for x := x0 + mx; x < max(x1-mx, x0+mx+1); x++ {
			sum += int(luma[y*stride+x])
			n++
		}
	}
	return sum / n
}

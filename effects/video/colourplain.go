package video

import "vitrine/capture/frame"

// colourApplyPlain is the reference of the kernels in colour.c, which equal it bit for bit.
func colourApplyPlain(v *frame.Video, t *colourTable) {
	for row := 0; row < v.Height; row += 2 {
		top := v.Y[row*v.YStride:]
		low := v.Y[min(row+1, v.Height-1)*v.YStride:]
		us, vs := v.U[row/2*v.CStride:], v.V[row/2*v.CStride:]
		for x := 0; x < v.Width; x += 2 {
			right := min(x+1, v.Width-1)
			a, b, c, d := top[x], top[right], low[x], low[right]
			cell := chromaCell(us[x/2], vs[x/2])
			mean := byte((int(a) + int(b) + int(c) + int(d) + 2) >> 2)
			top[x], top[right] = cell.look(&t.y, a), cell.look(&t.y, b)
			low[x], low[right] = cell.look(&t.y, c), cell.look(&t.y, d)
			us[x/2], vs[x/2] = cell.look(&t.u, mean), cell.look(&t.v, mean)
		}
	}
}

// uvCell is where a chroma sample lies in a table: its first entry and the weights of the four corners, of 64.
type uvCell struct {
	first  int
	weight [4]int
}

func chromaCell(u, v byte) uvCell {
	fu, fv := int(u%tableStep), int(v%tableStep)
	return uvCell{
		first:  (int(u/tableStep)*tableCells + int(v/tableStep)) * tableNodes,
		weight: [4]int{(8 - fu) * (8 - fv), fu * (8 - fv), (8 - fu) * fv, fu * fv},
	}
}

// look interpolates linearly in all three directions.
func (c uvCell) look(t *corners, y byte) byte {
	i, f := c.first+int(y/tableStep), int(y%tableStep)
	return byte(((8-f)*c.mix(t[i]) + f*c.mix(t[i+1]) + 256) >> 9)
}

func (c uvCell) mix(entry uint32) int {
	return c.weight[0]*int(entry&255) + c.weight[1]*int(entry>>8&255) + c.weight[2]*int(entry>>16&255) + c.weight[3]*int(entry>>24)
}

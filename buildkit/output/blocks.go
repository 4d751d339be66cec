package output

import (
	"bytes"
	"io"
)

// block is the size of the holes that file systems keep.
const block = 4 << 10

// writeBlocks writes what is not zero of data to its place in a file that is
// full of holes.
func writeBlocks(out io.WriterAt, data []byte, at int64) error {
	for len(data) > 0 {
		n, hole := stretch(data)
		if !hole {
			if _, err := out.WriteAt(data[:n], at); err != nil {
				return err
			}
		}
		data, at = data[n:], at+int64(n)
	}
	return nil
}

// stretch is the length of the blocks that data begins with and that are all
// zero, or all not.
func stretch(data []byte) (n int, zero bool) {
	zero = isZero(data[:min(block, len(data))])
	for n < len(data) {
		next := min(n+block, len(data))
		if isZero(data[n:next]) != zero {
			break
		}
		n = next
	}
	return n, zero
}

// isZero reports whether all bytes are: the first is, and each is what the one
// before it is.
func isZero(data []byte) bool {
	return len(data) > 0 && data[0] == 0 && bytes.Equal(data[:len(data)-1], data[1:])
}

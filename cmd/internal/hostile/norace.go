//go:build !race

package hostile

const factor = 1

//go:build race

package hostile

// factor is what the race detector multiplies time and memory by.
const factor = 8

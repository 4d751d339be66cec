package cache

import (
	"maps"
	"slices"
	"sync"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/cranekit/cranekit/buildkit/events"
)

// failuresInARow is after how many a cache gets nothing more.
const failuresInARow = 3

// state is what a run knows of one of its caches. Its lock is for this file
// alone.
type state struct {
	Cache

	mu    sync.Mutex
	found map[string][]gateway.CacheOptionsEntry // by node
	asked map[string]bool                        // by node
	fact  Fact
	sizes map[string]int64 // of exported layers, by digest
	spans []events.Span
	// unsized is set when the size of something that was exported is unknown.
	unsized bool
	// failures are those exports in a row that failed last.
	failures int
	// down is set when the cache is not there: it is asked nothing more.
	down bool
}

func newState(c Cache) *state {
	return &state{
		Cache: c, found: map[string][]gateway.CacheOptionsEntry{}, asked: map[string]bool{},
		sizes: map[string]int64{}, fact: Fact{Name: c.Name()},
	}
}

// entries are the records that the cache has of a node, under all its names.
// Exports read them while more is asked for.
func (c *state) entries(node string) []gateway.CacheOptionsEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found[node]
}

func (c *state) has(node string) bool { return len(c.entries(node)) > 0 }

// useful reports whether the cache has anything.
func (c *state) useful() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.found) > 0
}

// gone reports whether the cache is not there, see [state.down].
func (c *state) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down
}

// unasked are those of nodes that the cache was not asked for yet.
func (c *state) unasked(nodes []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(nodes), func(node string) bool { return c.asked[node] })
}

// learn takes what the cache answered for nodes, and how long that took. A
// silent one is not there.
func (c *state) learn(nodes []string, found map[string][]gateway.CacheOptionsEntry, silent bool, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// One that answers nonsense may take an export all the same, which mends it.
	c.down = c.down || silent
	c.fact.Import += took
	for _, node := range nodes {
		c.asked[node] = true
	}
	maps.Copy(c.found, found)
}

// exported takes the end of the export of a node: the sizes of its layers, nil
// where they are unknown, or an error.
func (c *state) exported(node string, began time.Time, sizes map[string]int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// A cache that takes nothing is not tried again for every node. One that
	// stumbles is.
	if c.failures++; err == nil {
		c.failures = 0
	}
	c.down = c.down || c.failures >= failuresInARow
	c.spans = append(c.spans, events.Span{From: began, To: time.Now()})
	if err == nil {
		c.fact.Saved = append(c.fact.Saved, node)
		c.unsized = c.unsized || sizes == nil
		maps.Copy(c.sizes, sizes)
	}
}

// wants reports whether the cache is there and lacks what a run had: it is a new
// one that has nothing of all that the run wants, or it has records but none of
// a green check, or none that can be read.
func (c *state) wants(green []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.Export == "" || len(c.asked) == 0 || c.down:
		return false
	case len(c.found) == 0:
		return len(c.fact.Problems) == 0
	}
	return slices.ContainsFunc(green, func(check string) bool { return c.asked[check] && len(c.found[check]) == 0 })
}

// problem keeps a problem once. Messages of different records differ by the
// record's name only.
func (c *state) problem(record string, err error) {
	message := problemText(c.withoutSecrets(err.Error()), record)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.fact.Problems, message) {
		c.fact.Problems = append(c.fact.Problems, message)
	}
}

// facts are those of the cache but for what it had.
func (c *state) facts() Fact {
	c.mu.Lock()
	defer c.mu.Unlock()
	fact := c.fact
	fact.Saved, fact.Problems = slices.Sorted(slices.Values(c.fact.Saved)), slices.Clone(c.fact.Problems)
	for _, size := range c.sizes {
		fact.Exported += size
	}
	if c.unsized {
		fact.Exported = -1
	}
	fact.Export = events.Union(slices.Clone(c.spans))
	return fact
}

package buildkit

import (
	"slices"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// collector folds the events of a build into facts per vertex.
type collector struct {
	mu       sync.Mutex
	vertices map[digest.Digest]*vertex
}

type vertex struct {
	name      string
	cached    bool
	intervals map[time.Time]time.Time
	logs      []byte
	err       string
}

// logTail is how much of a vertex's log is kept for error messages, in bytes.
const logTail = 16 << 10

func newCollector() *collector {
	return &collector{vertices: map[digest.Digest]*vertex{}}
}

func (c *collector) vertex(dgst digest.Digest) *vertex {
	v := c.vertices[dgst]
	if v == nil {
		v = &vertex{intervals: map[time.Time]time.Time{}}
		c.vertices[dgst] = v
	}
	return v
}

func (c *collector) add(status *client.SolveStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range status.Vertexes {
		v := c.vertex(event.Digest)
		v.name = event.Name
		// The last event of a vertex that was pulled from a cache says
		// cached=false: any event that said so counts.
		v.cached = v.cached || event.Cached
		if event.Error != "" {
			v.err = event.Error
		}
		if event.Started != nil {
			end := v.intervals[*event.Started]
			if event.Completed != nil {
				end = *event.Completed
			}
			v.intervals[*event.Started] = end
		}
	}
	for _, log := range status.Logs {
		v := c.vertex(log.Vertex)
		v.logs = append(v.logs, log.Data...)
		if extra := len(v.logs) - logTail; extra > 0 {
			v.logs = slices.Delete(v.logs, 0, extra)
		}
	}
}

// executed says that a vertex ran in this build, and for how long.
func (c *collector) executed(dgst digest.Digest) (bool, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.vertices[dgst]
	if v == nil || v.cached || len(v.intervals) == 0 {
		return false, 0
	}
	return true, v.took()
}

// cached says that the builder had the result of a vertex.
func (c *collector) cached(dgst digest.Digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.vertices[dgst]
	return v != nil && v.cached
}

func (c *collector) tail(dgst digest.Digest) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.vertices[dgst]; v != nil {
		return slices.Clone(v.logs)
	}
	return nil
}

// took is the length of the union of the intervals in which a vertex ran.
func (v *vertex) took() time.Duration {
	starts := make([]time.Time, 0, len(v.intervals))
	for start := range v.intervals {
		starts = append(starts, start)
	}
	slices.SortFunc(starts, time.Time.Compare)
	var sum time.Duration
	var until time.Time
	for _, start := range starts {
		end := v.intervals[start]
		if start.Before(until) {
			start = until
		}
		if end.After(start) {
			sum += end.Sub(start)
			until = end
		}
	}
	return sum
}

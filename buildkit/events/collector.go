// Package events folds what BuildKit tells of a build into facts about its
// vertices, and passes it on in a form that can be shown.
package events

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// Collector folds the events of a build into facts per vertex.
type Collector struct {
	mask     *sanitize.Mask
	mu       sync.Mutex
	vertices map[digest.Digest]*vertex
	clock    clock
}

// source is where an event came from: the channel of one build.
type source = <-chan *client.SolveStatus

type vertex struct {
	cached    map[source]bool
	started   []source
	pulled    time.Time       // when this was last told, zero for never
	pulls     map[string]Pull // by digest
	intervals map[time.Time]time.Time
	// reporter is the build whose logs and progress of the vertex are passed
	// on: builds that share a vertex all report it.
	reporter source
	logs     []byte
	filters  map[int]*filter // by stream
}

// logTail is how much of a vertex's log is kept for error messages, in bytes.
const logTail = 16 << 10

// NewCollector returns a collector that has heard of no vertex, and takes all
// that it hears for the work of its run. The mask covers secrets in what it
// passes on and keeps.
func NewCollector(mask *sanitize.Mask) *Collector {
	return &Collector{mask: mask, vertices: map[digest.Digest]*vertex{}}
}

// NewCollectorSince returns a collector for a run that began at a time by the
// clock of this machine. What was done before that is cached to the run.
func NewCollectorSince(mask *sanitize.Mask, began time.Time) *Collector {
	c := NewCollector(mask)
	c.clock.began = began
	return c
}

func (c *Collector) vertex(dgst digest.Digest) *vertex {
	v := c.vertices[dgst]
	if v == nil {
		v = &vertex{cached: map[source]bool{}, intervals: map[time.Time]time.Time{}, filters: map[int]*filter{}}
		c.vertices[dgst] = v
	}
	return v
}

// Add takes an event of a build and returns what no other build reports, in a
// form that can be shown.
func (c *Collector) Add(status *client.SolveStatus, from source) (fresh *client.SolveStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock.hear(status)
	fresh = &client.SolveStatus{Warnings: c.harmlessWarnings(status.Warnings)}
	for _, event := range status.Vertexes {
		c.addVertex(event, from)
		fresh.Vertexes = append(fresh.Vertexes, c.harmlessVertex(event))
	}
	for _, event := range status.Statuses {
		v := c.vertex(event.Vertex)
		if event.Total > 0 || strings.HasPrefix(event.ID, "extracting ") {
			v.pulled = latest(v.pulled, &event.Timestamp, event.Started, event.Completed)
		}
		v.addPull(event)
		if v.reportedBy(from) {
			fresh.Statuses = append(fresh.Statuses, c.harmlessStatus(event))
		}
	}
	for _, event := range status.Logs {
		if v := c.vertex(event.Vertex); v.reportedBy(from) {
			fresh.Logs = append(fresh.Logs, v.harmlessLog(event, c.mask)...)
		}
	}
	for _, event := range status.Vertexes {
		if v := c.vertex(event.Digest); event.Completed != nil && v.reporter == from {
			fresh.Logs = append(fresh.Logs, v.rest(event)...)
		}
	}
	for _, event := range fresh.Logs {
		c.vertex(event.Vertex).keep(event.Data)
	}
	return fresh
}

func (c *Collector) addVertex(event *client.Vertex, from source) {
	v := c.vertex(event.Digest)
	// The last event of a vertex that was pulled from a cache says
	// cached=false: any event that said so counts, within one build. To a
	// later build of the run, what an earlier one executed is cached.
	v.cached[from] = v.cached[from] || event.Cached
	if event.Started != nil {
		v.started = append(v.started, from)
		end := v.intervals[*event.Started]
		if event.Completed != nil {
			end = *event.Completed
		}
		v.intervals[*event.Started] = end
	}
}

// reportedBy reports whether the build is the one that reports the vertex: the first
// that did.
func (v *vertex) reportedBy(from source) bool {
	if v.reporter == nil {
		v.reporter = from
	}
	return v.reporter == from
}

// Executed reports whether a vertex ran in one of the builds, and for how long.
func (c *Collector) Executed(dgst digest.Digest) (bool, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.vertices[dgst]
	if v == nil || !slices.ContainsFunc(v.started, func(from source) bool { return !v.cached[from] }) {
		return false, 0
	}
	spans := v.spans(c.clock.beginning())
	return len(spans) > 0, Union(spans)
}

// Pulled reports whether layers of an image were transferred or unpacked for a
// vertex. An image that the builder has runs its vertex in no time, uncached.
func (c *Collector) Pulled(dgst digest.Digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.vertices[dgst]
	return v != nil && !v.pulled.IsZero() && !v.pulled.Before(c.clock.beginning())
}

// Cached reports whether the builder had the result of a vertex.
func (c *Collector) Cached(dgst digest.Digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.vertices[dgst]
	return v != nil && slices.Contains(slices.Collect(maps.Values(v.cached)), true)
}

// Tail is the end of the log of a vertex, nil if it has none.
func (c *Collector) Tail(dgst digest.Digest) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.vertices[dgst]; v != nil {
		return slices.Clone(v.logs)
	}
	return nil
}

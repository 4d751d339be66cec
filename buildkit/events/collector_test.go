package events

import (
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

func TestCollector(t *testing.T) {
	t.Parallel()
	at := func(seconds int) *time.Time {
		when := time.Unix(int64(seconds), 0)
		return &when
	}
	const d = digest.Digest("sha256:0")
	for name, c := range map[string]struct {
		events []*client.Vertex
		ran    bool
		took   time.Duration
	}{
		"not heard of": {},
		"ran":          {[]*client.Vertex{{Digest: d}, {Digest: d, Started: at(1)}, {Digest: d, Started: at(1), Completed: at(4)}}, true, 3 * time.Second},
		"cached":       {[]*client.Vertex{{Digest: d, Started: at(1), Completed: at(1), Cached: true}}, false, 0},
		// The last event of what is pulled from a cache says that it is not.
		"pulled":       {[]*client.Vertex{{Digest: d, Cached: true}, {Digest: d, Started: at(1), Completed: at(9)}}, false, 0},
		"in two turns": {[]*client.Vertex{{Digest: d, Started: at(1), Completed: at(3)}, {Digest: d, Started: at(2), Completed: at(5)}, {Digest: d, Started: at(8), Completed: at(9)}}, true, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collected := NewCollector(nil)
			for _, event := range c.events {
				collected.Add(&client.SolveStatus{Vertexes: []*client.Vertex{event}}, nil)
			}
			if ran, took := collected.Executed(d); ran != c.ran || took != c.took {
				t.Errorf("executed: %t in %s, want %t in %s", ran, took, c.ran, c.took)
			}
		})
	}
}

// TestCollectorBuilds folds what several builds say of a vertex that they share.
func TestCollectorBuilds(t *testing.T) {
	t.Parallel()
	one, two := make(chan *client.SolveStatus), make(chan *client.SolveStatus)
	const d = digest.Digest("sha256:0")
	start, end := time.Unix(1, 0), time.Unix(3, 0)
	log := []*client.VertexLog{{Vertex: d, Data: []byte("once\n")}}
	c := NewCollector(nil)
	first := c.Add(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: d, Started: &start, Completed: &end}}, Logs: log}, one)
	second := c.Add(&client.SolveStatus{Logs: log}, two)
	later := time.Unix(5, 0)
	c.Add(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: d, Started: &later, Completed: &later, Cached: true}}}, two)
	if ran, took := c.Executed(d); !ran || took != 2*time.Second {
		t.Errorf("executed: %t in %s, want true in 2s", ran, took)
	}
	if got := string(c.Tail(d)); got != "once\n" {
		t.Errorf("the log is %q", got)
	}
	if len(first.Logs) != 1 || len(second.Logs) != 0 {
		t.Errorf("logs were passed on %d and %d times, want once", len(first.Logs), len(second.Logs))
	}
}

// TestCollectorOthers: of a vertex that another run has in use, a builder tells
// what was done before this run began, on its own clock.
func TestCollectorOthers(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{"same clock": 0, "behind": -time.Hour, "ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now().Add(-5 * time.Second) // the last event is of now
			c := NewCollectorSince(nil, began)
			at := func(seconds int) *time.Time {
				when := began.Add(skew + time.Duration(seconds)*time.Second)
				return &when
			}
			const before, during, own = digest.Digest("sha256:0"), digest.Digest("sha256:1"), digest.Digest("sha256:2")
			c.Add(&client.SolveStatus{
				Vertexes: []*client.Vertex{{Digest: before, Started: at(-50), Completed: at(-10)}},
				Statuses: []*client.VertexStatus{{Vertex: before, Total: 9, Timestamp: *at(-20), Completed: at(-12)}},
			}, nil)
			c.Add(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: during, Started: at(-50)}, {Digest: own, Started: at(3)}}}, nil)
			c.Add(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: during, Started: at(-50), Completed: at(3)}}}, nil)
			c.Add(&client.SolveStatus{
				Vertexes: []*client.Vertex{{Digest: own, Started: at(3), Completed: at(5)}},
				Statuses: []*client.VertexStatus{{Vertex: own, Total: 9, Timestamp: *at(4)}},
			}, nil)
			for d, want := range map[digest.Digest]time.Duration{before: 0, during: 3 * time.Second, own: 2 * time.Second} {
				ran, took := c.Executed(d)
				if ran != (want > 0) || (took-want).Abs() > time.Second {
					t.Errorf("%s: executed: %t in %s, want %s", d, ran, took, want)
				}
			}
			if c.Pulled(before) || !c.Pulled(own) {
				t.Errorf("pulled: %t for what another run pulled, %t for its own", c.Pulled(before), c.Pulled(own))
			}
		})
	}
}

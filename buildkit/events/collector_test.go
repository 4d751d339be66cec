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

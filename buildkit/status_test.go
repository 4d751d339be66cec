package buildkit

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
			collected := newCollector()
			for _, event := range c.events {
				collected.add(&client.SolveStatus{Vertexes: []*client.Vertex{event}})
			}
			if ran, took := collected.executed(d); ran != c.ran || took != c.took {
				t.Errorf("executed: %t in %s, want %t in %s", ran, took, c.ran, c.took)
			}
		})
	}
}

package buildkit

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/llb"
)

// afterwards solves, one after another, the nodes that the request wants once
// all checks are green. The first that fails is the last.
func (r *run) afterwards(ctx context.Context) {
	if r.red.Load() {
		return
	}
	for _, name := range r.req.Afterwards {
		n := r.graph.Node(name)
		result := r.check(ctx, n)
		if result.Status != StatusPassed {
			result.Log = r.collector.tail(r.digests[n.Name])
		}
		r.mu.Lock()
		r.after = append(r.after, result)
		r.mu.Unlock()
		if result.Status != StatusPassed {
			return
		}
	}
}

// outputDir is where the output of a node goes. Names of other nodes than checks
// have a space, which separates directories.
func (r *run) outputDir(n *llb.Node) string {
	return filepath.Join(append([]string{r.req.Output}, strings.Fields(n.Name)...)...)
}

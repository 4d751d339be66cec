package buildkit

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

// TestJobsInOrder runs one check at a time: in the order of the file. The run
// is cancelled, so that the checks need no builder.
func TestJobsInOrder(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	graph := &llb.Graph{}
	r := newRun(nil, Request{Jobs: 1})
	var ended []string
	r.req.Done = func(result Result) bool {
		ended = append(ended, result.Name)
		return false
	}
	for i := range 20 {
		name := fmt.Sprintf("check-%02d", i)
		graph.Nodes = append(graph.Nodes, &llb.Node{Name: name, Role: llb.RoleCheck})
		r.req.Checks = append(r.req.Checks, name)
	}
	r.graph, r.connection = graph, &connection{collector: events.NewCollector(nil)}
	r.useCaches(ctx)
	r.checks(ctx)
	if !slices.Equal(ended, r.req.Checks) {
		t.Errorf("ended in the order %q", ended)
	}
}

// TestEventsWithoutLock has nobody receive events: what is known of vertices
// can be asked all the same.
func TestEventsWithoutLock(t *testing.T) {
	t.Parallel()
	r := small(t, buildkittest.Start(t), nil)
	passed := make(chan *client.SolveStatus)
	r.connection.events = passed
	over, asked := make(chan struct{}), make(chan struct{})
	go func() {
		r.checks(t.Context())
		close(over)
	}()
	time.Sleep(time.Second) // by now, an event waits to be received
	go func() {
		r.collector.Cached(r.digests["one"])
		close(asked)
	}()
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		t.Error("the collector waits for the receiver of events")
	}
	for {
		select {
		case <-passed:
		case <-over:
			return
		}
	}
}

// TestRerun executes a check although the builder has its result, and nothing
// else.
func TestRerun(t *testing.T) {
	t.Parallel()
	address := buildkittest.Start(t)
	first := small(t, address, nil)
	first.checks(t.Context())
	for _, rerun := range [][]string{nil, {"one"}, nil} {
		r := small(t, address, nil)
		r.graph, r.defs, r.digests = first.graph, first.defs, first.digests
		r.req.Rerun = rerun
		r.checks(t.Context())
		for _, name := range r.req.Checks {
			got := r.results[name]
			if got.Status != StatusPassed || got.Cached == slices.Contains(rerun, name) {
				t.Errorf("with %q, %s is %s, cached %t: %v", rerun, name, got.Status, got.Cached, got.Err)
			}
		}
		if ran, _ := r.collector.Executed(r.digests["deps check"]); ran {
			t.Errorf("with %q, the stage ran", rerun)
		}
	}
}

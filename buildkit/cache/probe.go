package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"golang.org/x/sync/semaphore"

	"github.com/cranekit/cranekit/llb"
)

// probesAtOnce bounds the requests to one registry.
const probesAtOnce = 16

// Probe asks every cache which records it has. BuildKit would take each as it
// is and show a red vertex for every one that is not there, and wait for a
// cache that does not answer for as long as that takes. The record of a check
// holds all that is below it too: of that, only what no record of a check holds
// is asked for, and what is below other nodes that are solved.
func (s *Set) Probe(ctx context.Context, others ...string) {
	s.ask(ctx, s.run.Checks)
	for _, check := range s.run.Checks {
		if !slices.ContainsFunc(s.states, func(c *state) bool { return c.has(check) }) {
			others = append(others, check)
		}
	}
	var below []string
	for _, n := range s.run.Graph.Closure(others...) {
		below = append(below, n.Name)
	}
	s.ask(ctx, below)
}

// ask asks every cache for the records of nodes, for each once in a run.
func (s *Set) ask(ctx context.Context, nodes []string) {
	nodes = slices.DeleteFunc(slices.Clone(nodes), func(node string) bool { return s.run.Records[node] == "" })
	var wg sync.WaitGroup
	for _, c := range s.states {
		if fresh := c.unasked(nodes); len(fresh) > 0 && len(c.Import) > 0 && !c.gone() {
			wg.Go(func() { s.askCache(ctx, c, fresh) })
		}
	}
	wg.Wait()
}

// question is what one record of a cache is asked for, and the answer.
type question struct {
	node  string
	entry gateway.CacheOptionsEntry
	found bool
	err   error
}

func (s *Set) askCache(ctx context.Context, c *state, nodes []string) {
	began := time.Now()
	questions := s.questions(c, nodes)
	slots := semaphore.NewWeighted(probesAtOnce)
	var wg sync.WaitGroup
	for _, q := range questions {
		wg.Go(func() {
			if slots.Acquire(ctx, 1) != nil {
				return
			}
			defer slots.Release(1)
			q.found, q.err = s.probeEntry(ctx, &q.entry)
			if q.err != nil && ctx.Err() == nil {
				c.problem(s.run.Records[q.node], fmt.Errorf("import: %w", q.err))
			}
		})
	}
	wg.Wait()
	found, silent := map[string][]gateway.CacheOptionsEntry{}, 0
	for _, q := range questions {
		if errors.As(q.err, &noServiceError{}) {
			silent++
		}
		// The same stage is the same under every name; a check is that of
		// another source.
		if q.found && (len(found[q.node]) == 0 || s.run.Graph.Node(q.node).Role == llb.RoleCheck) {
			found[q.node] = append(found[q.node], q.entry)
		}
	}
	c.learn(nodes, found, silent > 0 && silent == len(questions), time.Since(began))
}

// questions are those for nodes, under each name that a cache has.
func (s *Set) questions(c *state, nodes []string) []*question {
	var questions []*question
	for _, name := range c.Import {
		for _, node := range nodes {
			entry, err := c.entry(name, s.run.Records[node])
			if err != nil {
				c.problem(s.run.Records[node], err)
				continue
			}
			questions = append(questions, &question{node: node, entry: entry})
		}
	}
	return questions
}

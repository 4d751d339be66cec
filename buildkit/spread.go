package buildkit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/events"
)

// Member is one of the builders of a run.
type Member struct {
	builder.Builder
	// Weight is what it can do beside others: one of weight 2 does twice as
	// much in the same time as one of weight 1. Zero stands for 1.
	Weight float64
	// Platforms are those that it runs programs for, as in linux/arm64; empty
	// stands for that of the first builder of the run.
	Platforms []string
}

func (m Member) weight() float64 {
	if m.Weight <= 0 {
		return 1
	}
	return m.Weight
}

// ranked orders builders by weighted rendezvous hashing (Thaler and
// Ravishankar, 1998): the first one is the same in every run of a workspace as
// long as it is there, so that it has its layers, and when it goes only its own
// workspaces move.
func ranked(members []Member, affinity string) []Member {
	score := func(m Member) float64 {
		sum := sha256.Sum256([]byte(affinity + "\x00" + m.Name()))
		// In (0, 1), of the 53 bits that a float64 has.
		h := (float64(binary.BigEndian.Uint64(sum[:])>>11) + 0.5) / (1 << 53)
		return -m.weight() / math.Log(h)
	}
	list := slices.Clone(members)
	slices.SortStableFunc(list, func(a, b Member) int {
		return cmp.Or(cmp.Compare(score(b), score(a)), cmp.Compare(a.Name(), b.Name()))
	})
	return list
}

// spread gives each check a builder, by the index of its weight. Costs are the
// seconds of the checks on a busy builder of weight 1; a check without one
// takes as long as the others on average. All builders but the first begin
// after the transfer, which is what it takes to bring them what the checks
// stand on. The second value is what that saves beside the first builder
// alone; all checks stay there if it is nothing.
func spread(checks []string, costs map[string]time.Duration, weights []float64, transfer time.Duration) (at []int, saved time.Duration) {
	at = make([]int, len(checks))
	known := 0
	var sum float64
	for _, name := range checks {
		if cost, ok := costs[name]; ok {
			known++
			sum += cost.Seconds()
		}
	}
	if known == 0 || len(weights) < 2 {
		return at, 0
	}
	cost := func(name string) float64 {
		if c, ok := costs[name]; ok {
			return c.Seconds()
		}
		return sum / float64(known)
	}
	order := make([]int, len(checks))
	alone := 0.0
	for i, name := range checks {
		order[i] = i
		alone += cost(name) / weights[0]
	}
	// The longest first, each to where it ends first (Graham, 1969).
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(cost(checks[b]), cost(checks[a])), cmp.Compare(checks[a], checks[b]))
	})
	ends := make([]float64, len(weights))
	for i := range ends[1:] {
		ends[i+1] = transfer.Seconds()
	}
	for _, i := range order {
		best := 0
		for k := range ends {
			if ends[k]+cost(checks[i])/weights[k] < ends[best]+cost(checks[i])/weights[best] {
				best = k
			}
		}
		at[i] = best
		ends[best] += cost(checks[i]) / weights[best]
	}
	together := 0.0
	for k, end := range ends {
		if slices.Contains(at, k) {
			together = max(together, end)
		}
	}
	if together >= alone {
		return make([]int, len(checks)), 0
	}
	return at, time.Duration((alone - together) * float64(time.Second))
}

// costs are what the checks of a run cost that were executed: the time in
// which any of them ran, divided among them by the time that each took. Checks
// that run side by side take one another's time: what each took would say that
// two builders are twice as fast even where one had a core to spare.
func (r *run) costs() map[string]time.Duration {
	costs := map[string]time.Duration{}
	var sum time.Duration
	var spans []events.Span
	for _, name := range r.req.Checks {
		result := r.results[name]
		if result.Cached || result.Took == 0 || result.Status != StatusPassed && result.Status != StatusFailed {
			continue
		}
		costs[name] = result.Took
		sum += result.Took
		spans = append(spans, r.collector.Spans(r.digests[name])...)
	}
	wall := events.Union(spans)
	for name, took := range costs {
		costs[name] = time.Duration(float64(took) * wall.Seconds() / sum.Seconds())
	}
	return costs
}

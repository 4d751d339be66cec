package buildkit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/cache"
)

// group is what one builder has to do.
type group struct {
	member Member
	// platform is what the checks are run for, "" for the builder's own.
	platform string
	checks   []string
}

// native gives checks for a platform of a native builder to that one. It
// returns the others.
func (s *several) native(checks []string) (groups []group, rest []string) {
	for _, name := range checks {
		platform := s.req.Platforms[name]
		i := slices.IndexFunc(s.natives, func(m Member) bool { return slices.Contains(m.Platforms, platform) })
		if i < 0 {
			rest = append(rest, name)
			continue
		}
		m := s.natives[i]
		k := slices.IndexFunc(groups, func(g group) bool { return g.member.Name() == m.Name() && g.platform == platform })
		if k < 0 {
			k = len(groups)
			groups = append(groups, group{member: m, platform: platform})
		}
		groups[k].checks = append(groups[k].checks, name)
	}
	return groups, rest
}

// assign decides which of the checks each builder gets, and notes it.
func (s *several) assign(checks []string) []group {
	groups := make([]group, len(s.alive))
	for i, m := range s.alive {
		groups[i].member = m
	}
	alone := func(why string) []group {
		if len(checks) > 0 && len(groups) > 1 {
			s.note("all checks on %s: %s", s.alive[0].Name(), why)
		}
		groups[0].checks = checks
		return groups
	}
	if !slices.ContainsFunc(s.req.Caches, func(c cache.Cache) bool { return c.Shared() }) {
		return alone("to use several builders at once, they need a cache that they all can write and read")
	}
	if len(s.req.Costs) == 0 {
		return alone("how long they take is not known yet")
	}
	weights := make([]float64, len(s.alive))
	for i, m := range s.alive {
		weights[i] = m.weight()
	}
	at, saved := spread(checks, s.req.Costs, weights, s.req.Transfer)
	if saved == 0 {
		return alone("another builder would save no time")
	}
	for i, name := range checks {
		groups[at[i]].checks = append(groups[at[i]].checks, name)
	}
	var parts []string
	for _, g := range groups {
		if len(g.checks) > 0 {
			parts = append(parts, strings.Join(g.checks, ", ")+" on "+g.member.Name())
		}
	}
	s.note("%s: saves about %.0f s, by their last durations", strings.Join(parts, "; "), saved.Seconds())
	return groups
}

// settle takes note of the platform that a builder gets a graph for. All
// but the native ones have to agree: a check's answer must not depend on where
// it was sent.
func (s *several) settle(g group, platform ocispecs.Platform) error {
	name := plain(platform)
	advise := "\nsay in crane.yaml what each is for: builders.NAME.platforms"
	if len(g.member.Platforms) > 0 && !slices.Contains(g.member.Platforms, name) {
		return fmt.Errorf("%w: the builder %s is for %s, not for %s%s", builder.ErrUnfit, g.member.Name(), name, strings.Join(g.member.Platforms, ", "), advise)
	}
	if g.platform != "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.home == "":
		s.home, s.homeOf = name, g.member.Name()
	case s.home != name:
		return fmt.Errorf("%w: the builder %s is for %s, %s for %s%s", builder.ErrUnfit, g.member.Name(), name, s.homeOf, s.home, advise)
	}
	return nil
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

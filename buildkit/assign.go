package buildkit

import (
	"github.com/cranekit/cranekit/buildkit/cache"

	"fmt"
	"slices"
	"strings"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/builder"
)

// group is what one builder has to do.
type group struct {
	member Member
	// platform is what the checks are run for, "" for the builder's own.
	platform string
	checks   []string
}

// divide separates the builders that can do all checks, among them the first,
// from those that are for other platforms.
func divide(members []Member) (alive, natives []Member) {
	home := members[0].Platforms
	for i, m := range members {
		if i == 0 || len(m.Platforms) == 0 || len(home) > 0 && slices.Contains(m.Platforms, home[0]) {
			alive = append(alive, m)
		} else {
			natives = append(natives, m)
		}
	}
	return alive, natives
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

// rate makes costs that were measured on a builder those of one of weight 1.
func (m Member) rate(costs map[string]time.Duration) {
	for name, cost := range costs {
		costs[name] = time.Duration(float64(cost) * m.weight())
	}
}

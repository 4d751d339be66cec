package buildkit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit/builder"
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

// rate makes costs that were measured on a builder those of one of weight 1.
func (m Member) rate(costs map[string]time.Duration) {
	for name, cost := range costs {
		costs[name] = time.Duration(float64(cost) * m.weight())
	}
}

package buildkit

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit/builder"
)

// namedBuilder is a builder that is only looked at.
type namedBuilder struct {
	builder.Builder
	name string
}

func (b namedBuilder) Name() string { return b.name }

func membersOf(weights ...float64) []Member {
	var members []Member
	for i, weight := range weights {
		members = append(members, Member{Builder: namedBuilder{name: "b" + strconv.Itoa(i)}, Weight: weight})
	}
	return members
}

// TestRanked is about what rendezvous hashing promises: the share of each
// builder is that of its weight, the order in which they are given does not
// matter, and when one goes only what was on it moves.
func TestRanked(t *testing.T) {
	t.Parallel()
	const workspaces = 4000
	members := membersOf(1, 0, 2) // 0 is 1
	share := map[string]int{}
	for i := range workspaces {
		affinity := "workspace " + strconv.Itoa(i)
		first := ranked(members, affinity)[0].Name()
		share[first]++
		turned := slices.Clone(members)
		slices.Reverse(turned)
		if again := ranked(turned, affinity)[0].Name(); again != first {
			t.Fatalf("%s: %s, then %s", affinity, first, again)
		}
		if without := ranked(members[:2], affinity)[0].Name(); first != "b2" && without != first {
			t.Fatalf("%s moved from %s to %s when b2 went", affinity, first, without)
		}
	}
	for name, want := range map[string]float64{"b0": 0.25, "b1": 0.25, "b2": 0.5} {
		if got := float64(share[name]) / workspaces; got < want-0.03 || got > want+0.03 {
			t.Errorf("%s gets %.3f of all workspaces, want %.2f", name, got, want)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	minutes := func(costs ...float64) map[string]time.Duration {
		m := map[string]time.Duration{}
		for i, cost := range costs {
			m[string(rune('a'+i))] = time.Duration(cost * float64(time.Minute))
		}
		return m
	}
	four := []string{"a", "b", "c", "d"}
	for name, test := range map[string]struct {
		checks   []string
		costs    map[string]time.Duration
		weights  []float64
		transfer time.Duration
		at       []int
		saved    time.Duration
	}{
		"one builder":             {four, minutes(4, 3, 2, 1), []float64{1}, 0, []int{0, 0, 0, 0}, 0},
		"nothing known":           {four, nil, []float64{1, 1}, 0, []int{0, 0, 0, 0}, 0},
		"halves":                  {four, minutes(4, 3, 2, 1), []float64{1, 1}, 0, []int{0, 1, 1, 0}, 5 * time.Minute},
		"transfer":                {four, minutes(4, 3, 2, 1), []float64{1, 1}, time.Minute, []int{0, 1, 0, 1}, 4 * time.Minute},
		"dear transfer":           {four, minutes(4, 3, 2, 1), []float64{1, 1}, 10 * time.Minute, []int{0, 0, 0, 0}, 0},
		"one check":               {four[:1], minutes(4), []float64{1, 1}, 0, []int{0}, 0},
		"one check, fast builder": {four[:1], minutes(4), []float64{1, 2}, time.Minute, []int{1}, time.Minute},
		"weights":                 {four[:3], minutes(3, 3, 3), []float64{1, 2}, 0, []int{1, 0, 1}, 6 * time.Minute},
		"unknown is average":      {four[:3], minutes(2, 2), []float64{1, 1}, 0, []int{0, 1, 0}, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, saved := spread(test.checks, test.costs, test.weights, test.transfer)
			if !slices.Equal(at, test.at) || saved.Round(time.Second) != test.saved {
				t.Errorf("%v saves %s, want %v and %s", at, saved, test.at, test.saved)
			}
		})
	}
}

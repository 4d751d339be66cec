package buildkit

import (
	"slices"
	"strconv"
	"strings"
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

func on(name string, platforms ...string) Member {
	return Member{Builder: namedBuilder{name: name}, Platforms: platforms}
}

func memberNames(members []Member) string {
	var names []string
	for _, m := range members {
		names = append(names, m.Name())
	}
	return strings.Join(names, " ")
}

func TestDivide(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		members        []Member
		alive, natives string
	}{
		"nothing said":    {[]Member{on("a"), on("b")}, "a b", ""},
		"another":         {[]Member{on("a"), on("b", "linux/arm64"), on("c")}, "a c", "b"},
		"first has it":    {[]Member{on("a", "linux/arm64"), on("b", "linux/arm64"), on("c", "linux/amd64")}, "a b", "c"},
		"first has more":  {[]Member{on("a", "linux/arm64", "linux/amd64"), on("b", "linux/amd64"), on("c")}, "a c", "b"},
		"second has more": {[]Member{on("a", "linux/arm64"), on("b", "linux/amd64", "linux/arm64")}, "a b", ""},
	} {
		alive, natives := divide(test.members)
		if memberNames(alive) != test.alive || memberNames(natives) != test.natives {
			t.Errorf("%s: %q and %q, want %q and %q", name, memberNames(alive), memberNames(natives), test.alive, test.natives)
		}
	}
}

// TestRate is a regression test: what a fast builder measured was taken for
// what an ordinary one needs.
func TestRate(t *testing.T) {
	t.Parallel()
	costs := map[string]time.Duration{"clippy": 2 * time.Second}
	Member{Weight: 4}.rate(costs)
	Member{}.rate(costs)
	if costs["clippy"] != 8*time.Second {
		t.Errorf("cost %s, want 8 s", costs["clippy"])
	}
}

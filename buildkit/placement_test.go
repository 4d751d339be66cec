package buildkit

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/builder"
)

// TestNative follows checks for another platform: to their builder while it is
// there, to the others when it is gone, and never the other way round.
func TestNative(t *testing.T) {
	t.Parallel()
	s := newSeveral([]Member{on("home"), on("arm", "linux/arm64", "linux/arm/v7")}, nil, Request{
		Checks:    []string{"clippy", "package", "package@arm64", "package@armv7", "package@s390x"},
		Platforms: map[string]string{"package@arm64": "linux/arm64", "package@armv7": "linux/arm/v7", "package@s390x": "linux/s390x"},
	})
	groups, rest := s.native(s.req.Checks)
	if want := []string{"clippy", "package", "package@s390x"}; !slices.Equal(rest, want) {
		t.Errorf("left for the others: %q, want %q", rest, want)
	}
	if len(groups) != 2 || groups[0].platform != "linux/arm64" || groups[1].platform != "linux/arm/v7" || groups[0].member.Name() != "arm" {
		t.Errorf("native groups: %+v", groups)
	}

	again, err := s.rest(t.Context(), outcome{groups[0], newRun(nil, Request{}), builder.ErrUnreachable})
	if err != nil || len(again) != 1 || again[0].member.Name() != "home" || again[0].platform != "" {
		t.Errorf("after the loss of arm: %+v, %v", again, err)
	}
	if len(s.natives) != 0 || !slices.Equal(s.notes, []string{"arm is gone: package@arm64 on home"}) {
		t.Errorf("natives %q, notes %q", memberNames(s.natives), s.notes)
	}

	s = newSeveral([]Member{on("a"), on("b")}, nil, Request{})
	unled := errors.Join(errUnled, builder.ErrUnreachable)
	again, err = s.rest(t.Context(), outcome{group{member: s.alive[1], checks: []string{"clippy"}}, newRun(nil, Request{}), unled})
	if err != nil || len(again) != 1 || len(s.alive) != 2 || len(s.notes) != 0 {
		t.Errorf("after the loss of the leader: %+v, alive %q, notes %q, %v", again, memberNames(s.alive), s.notes, err)
	}

	s = newSeveral([]Member{on("home"), on("arm", "linux/arm64")}, nil, Request{Platforms: map[string]string{"package@arm64": "linux/arm64"}})
	again, err = s.rest(t.Context(), outcome{group{member: s.alive[0], checks: []string{"clippy"}}, newRun(nil, Request{}), builder.ErrUnreachable})
	if err == nil || len(again) != 0 {
		t.Errorf("after the loss of home: %+v, %v", again, err)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	amd, arm := ocispecs.Platform{OS: "linux", Architecture: "amd64"}, ocispecs.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
	s := newSeveral([]Member{on("a"), on("b"), on("c", "linux/arm64")}, nil, Request{})
	for _, step := range []struct {
		group    group
		platform ocispecs.Platform
		want     string
	}{
		{group{member: on("a")}, amd, ""},
		{group{member: on("b")}, amd, ""},
		{group{member: on("c", "linux/arm64"), platform: "linux/arm64"}, arm, ""},
		{group{member: on("b")}, arm, "not fit for a run: the builder b is for linux/arm64, a for linux/amd64\nsay in crane.yaml what each is for: builders.NAME.platforms"},
		{group{member: on("c", "linux/arm64")}, amd, "not fit for a run: the builder c is for linux/amd64, not for linux/arm64\nsay in"},
	} {
		err := s.settle(step.group, step.platform)
		if (err == nil) != (step.want == "") || err != nil && !strings.HasPrefix(err.Error(), step.want) {
			t.Errorf("%+v on %s: %v, want %q", step.group, plain(step.platform), err, step.want)
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

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

func TestChoosePlatform(t *testing.T) {
	t.Parallel()
	offered := []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "amd64", Variant: "v2"}, {OS: "linux", Architecture: "arm64", Variant: "v8"}}
	for want, expected := range map[string]string{"": "linux/amd64", "linux/arm64": "linux/arm64"} {
		if p, err := choosePlatform(offered, want); err != nil || plain(p) != expected {
			t.Errorf("%q: %s, %v", want, plain(p), err)
		}
	}
	if _, err := choosePlatform(offered, "linux/s390x"); err == nil || !strings.Contains(err.Error(), "runs programs for linux/amd64, linux/arm64, not for linux/s390x") {
		t.Errorf("unknown platform: %v", err)
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

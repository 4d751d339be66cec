package cache

import (
	"strings"
	"testing"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/llb"
)

func TestTagged(t *testing.T) {
	t.Parallel()
	const hash = "24da1b81d0b16df6428e" // of what is cut short
	for _, c := range []struct{ name, want string }{
		{"registry.example/app", "registry.example/app:deps-check-0123"},
		{"registry.example:5000/app:main", "registry.example:5000/app:main-deps-check-0123"},
		{"app", "docker.io/library/app:deps-check-0123"},
		{"registry.example/app:" + strings.Repeat("x", 128), "registry.example/app:" + strings.Repeat("x", 128-len("-01234567890123456789-deps-check-0123")) + "-" + hash + "-deps-check-0123"},
	} {
		if got, err := tagged(c.name, "deps-check-0123"); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	for _, name := range []string{"", "registry.example/App", "https://registry.example/app"} {
		if got, err := tagged(name, "x"); err == nil {
			t.Errorf("%q became %q", name, got)
		}
	}
}

// TestRecord has names of records that must be equal, and such that must not.
func TestRecord(t *testing.T) {
	t.Parallel()
	of := func(name, unique, hint, arg string) string {
		source := bk.Local("source", bk.LocalUniqueID(unique), bk.SharedKeyHint(hint))
		state := bk.Image("registry.example/rust").Run(bk.Args([]string{"cargo", arg}), bk.AddMount("/src", source)).Root()
		def, err := state.Marshal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := newRecorder(nil).record(&llb.Node{Name: name}, def.Def)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := of("deps check", "1", "a", "build")
	if !strings.HasPrefix(first, "deps-check-") {
		t.Errorf("named %s", first)
	}
	if again := of("deps check", "2", "b", "build"); again != first {
		t.Errorf("another run names the record %s, not %s", again, first)
	}
	if other := of("deps check", "1", "a", "test"); other == first {
		t.Error("another command has the same record")
	}
	if long := of(strings.Repeat("a b/", 40), "1", "a", "build"); len(long) > 60 {
		t.Errorf("too long: %s", long)
	}
}

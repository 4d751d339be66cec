package llb

import (
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// TestRoute: what came by the proxy of one repository is nothing for others.
func TestRoute(t *testing.T) {
	t.Parallel()
	keysBy := func(route string) map[string]string {
		cfg, ws, skeleton := inputs(t, "../examples/workspace", "toolchain.packages=git", "checks.out.kind=custom", "checks.out.run=true", "checks.out.network=true", "checks.coverage.kind=tarpaulin", "checks.fmt.kind=fmt")
		g, err := New(cfg, ws, skeleton, Options{Bases: map[string]Base{"": layoutBase()}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Route: route})
		if err != nil {
			t.Fatal(err)
		}
		return keys(t, g)
	}
	machine, one, other := keysBy(""), keysBy("one"), keysBy("other")
	for name := range machine {
		own := machine[name] != one[name] && one[name] != other[name] && machine[name] != other[name]
		if own != (name != NodeToolchain) {
			t.Errorf("%s has a key of its own for each way: %t", name, own)
		}
	}
	for _, name := range []string{NodeToolchain, "toolchain packages", "tool cargo-tarpaulin", NodeFetch, "out", "fmt"} {
		if machine[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
}

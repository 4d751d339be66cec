package buildkit

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// TestInsecureIsAskedFor: a builder of cranekit's own has the sandbox around all
// that does not ask for less when it begins, whatever the definition says.
func TestInsecureIsAskedFor(t *testing.T) {
	t.Parallel()
	c, err := client.New(t.Context(), buildkittest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	root := bk.Scratch().File(bk.Mkfile("/program", 0o755, []byte("none")))
	def, err := root.Run(bk.Args([]string{"/program"}), bk.Security(bk.SecurityModeInsecure)).Root().Marshal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range []bool{false, true} {
		var opt client.SolveOpt
		if asked {
			opt.AllowedEntitlements = []string{insecure}
		}
		_, err := c.Solve(t.Context(), def, opt, nil)
		if err == nil || strings.Contains(err.Error(), "security.insecure is not allowed") == asked {
			t.Errorf("asked for %t: %v", asked, err)
		}
	}
}

package buildkittest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

func TestMain(m *testing.M) { buildkittest.Main(m) }

func TestStart(t *testing.T) {
	var address string
	t.Run("build", func(t *testing.T) {
		address = buildkittest.Start(t)
		c, err := client.New(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		file := llb.Scratch().File(llb.Mkfile("/a", 0o644, []byte("a")))
		definition, err := file.Marshal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Solve(t.Context(), definition, client.SolveOpt{}, nil); err != nil {
			t.Errorf("build: %v", err)
		}
	})
	if _, err := os.Stat(strings.TrimPrefix(address, "unix://")); address != "" && !os.IsNotExist(err) {
		t.Errorf("the builder is still there: %v", err)
	}
}

package buildkit

import (
	"testing"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

func TestMain(m *testing.M) { buildkittest.Main(m) }

// dial connects to a builder of the test's own.
func dial(t *testing.T) *client.Client {
	t.Helper()
	b, _, err := builder.Select(t.Context(), builder.Choice{Spec: buildkittest.Start(t)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

//go:build integration

package integration

import (
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/corpus"
)

// upstreamCargo makes a layout whose cargo can use git dependencies.
func upstreamCargo(t *testing.T, dir string) string {
	t.Helper()
	other := t.TempDir()
	if err := corpus.UpstreamCargo(t.Context(), dir, other); err != nil {
		t.Fatal(err)
	}
	return other
}

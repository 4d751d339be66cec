package builder

import (
	"testing"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

func TestMain(m *testing.M) { buildkittest.Main(m) }

package llb

import (
	"strings"
	"testing"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// TestMaxAge has a check with network, whose result holds for a day, beside one
// that holds for ever.
func TestMaxAge(t *testing.T) {
	t.Parallel()
	cfg, ws, skeleton := inputs(t, "testdata/workspace", "checks.live.kind=custom", "checks.live.run=true", "checks.live.network=true", "checks.clippy.kind=clippy")
	at := func(now time.Time) map[string]string {
		g, err := New(cfg, ws, skeleton, Options{Bases: map[string]Base{"": layoutBase()}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := WriteText(&text, g.Nodes); err != nil || !strings.Contains(text.String(), "again every 24h") {
			t.Errorf("the plan does not say how long it holds: %v\n%s", err, text.String())
		}
		return keys(t, g)
	}
	morning := time.Date(2026, 1, 2, 1, 0, 0, 0, time.UTC)
	first, evening, tomorrow := at(morning), at(morning.Add(22*time.Hour)), at(morning.Add(23*time.Hour))
	for name := range first {
		if first[name] != evening[name] {
			t.Errorf("%s is another on the same day", name)
		}
		if changed := first[name] != tomorrow[name]; changed != (name == "live") {
			t.Errorf("%s on the next day: changed %t", name, changed)
		}
	}
}

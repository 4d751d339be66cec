package builder

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

func TestCurrent(t *testing.T) {
	t.Parallel()
	const check = "mount /target from exec /bin/sh /cranekit/lib/deps.sh check --workspace --all-targets --release --offline"
	now := time.Now()
	record := func(id, description string, age time.Duration) *client.UsageInfo {
		used := now.Add(-age)
		return &client.UsageInfo{ID: id, Description: description, LastUsedAt: &used}
	}
	got := current([]*client.UsageInfo{
		record("old lock", check, 3*time.Hour),
		record("lock", check, 2*time.Hour),
		record("oldest lock", check, 4*time.Hour),
		record("dev", check+" --profile dev", time.Hour),
		record("crates", "mount /cranekit/cargo from exec /bin/sh /cranekit/lib/fetch.sh", time.Hour),
		record("private crates", "mount /cranekit/cargo from exec /bin/sh /cranekit/lib/masked-fetch.sh env TOKEN --", time.Hour),
		record("tool", "mount /out from exec /bin/sh /cranekit/lib/tool.sh install cargo-nextest", time.Hour),
		record("old image", "pulled from local/toolchain@sha256:1", time.Hour),
		record("image", "pulled from local/toolchain@sha256:2", time.Minute),
		record("downloads", `cached mount /cranekit/downloads from exec /bin/sh /cranekit/lib/fetch.sh with id "cranekit-downloads"`, 0),
		record("clippy", "mount /out from exec /bin/sh /cranekit/lib/check.sh compile cargo clippy clippy", 0),
		record("check of a script", "mount /out from exec /bin/sh /cranekit/lib/check.sh shell 'exec /bin/sh /cranekit/lib/deps.sh check' own", 0),
		record("scripts", "[internal] scripts deps.sh", 0),
		record("source", "local source for source", 0),
		{ID: "never used", Description: check},
	})
	if want := []string{"crates", "dev", "image", "lock", "private crates", "tool"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPruneKeepsDependencies lets what is named like a stage be the oldest
// record of a builder whose cache has to shrink.
func TestPruneKeepsDependencies(t *testing.T) {
	t.Parallel()
	c, err := client.New(t.Context(), buildkittest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const size = 1 << 20
	add := func(name string) {
		t.Helper()
		data := []byte(rand.Text())
		for len(data) < size {
			data = append(data, data...)
		}
		def, err := bk.Scratch().File(bk.Mkfile("/data", 0o644, data), bk.WithCustomName(name)).Marshal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Build(t.Context(), client.SolveOpt{}, "test", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
			return gc.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	left := func() []string {
		t.Helper()
		records, err := c.DiskUsage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range records {
			names = append(names, r.Description)
		}
		slices.Sort(names)
		return names
	}
	const deps = "mount /target from exec /bin/sh /cranekit/lib/deps.sh check"
	for _, name := range []string{deps, "check one", "check two", "check three"} {
		add(name)
	}
	if got := left(); len(got) != 4 {
		t.Fatalf("the builder has %q", got)
	}
	removed, err := Prune(t.Context(), c, 2*size, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := left(); !slices.Equal(got, []string{deps}) || removed.Records != 3 || removed.Bytes < 3*size {
		t.Errorf("%+v removed, %q left", removed, got)
	}
	if _, err = Prune(t.Context(), c, 0, false); err != nil {
		t.Fatal(err)
	}
	if got := left(); len(got) > 0 {
		t.Errorf("%q left of nothing", got)
	}
}

package builder

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/client"
)

// Pruned is what [Prune] removed.
type Pruned struct {
	Records int
	// Bytes is the size on the builder's disk.
	Bytes int64
}

// Prune removes what is not in use from a builder's own cache until no more
// than keep bytes are left, 0 for none. The toolchain, tools, crates and
// compiled dependencies that were used last go after all else. By age alone
// they would go first: a run whose checks are cached does not touch what those
// stand on. With all set, BuildKit's own records go too.
func Prune(ctx context.Context, c *client.Client, keep int64, all bool) (Pruned, error) {
	removed := Pruned{}
	if keep > 0 {
		records, err := c.DiskUsage(ctx)
		if err != nil {
			return removed, fmt.Errorf("asking the builder for its cache: %w", err)
		}
		var filter []string
		for _, id := range current(records) {
			filter = append(filter, "id!="+id)
		}
		// Within one filter, all terms have to hold.
		if err := prune(ctx, c, &removed, keep, all, client.WithFilter([]string{strings.Join(filter, ",")})); err != nil {
			return removed, err
		}
	}
	return removed, prune(ctx, c, &removed, keep, all)
}

func prune(ctx context.Context, c *client.Client, removed *Pruned, keep int64, all bool, opts ...client.PruneOption) error {
	opts = append(opts, client.WithKeepOpt(0, 0, keep, 0))
	if all {
		opts = append(opts, client.PruneAll)
	}
	records := make(chan client.UsageInfo)
	var wg sync.WaitGroup
	wg.Go(func() {
		for r := range records {
			removed.Records++
			removed.Bytes += r.Size
		}
	})
	err := c.Prune(ctx, records, opts...)
	close(records)
	wg.Wait()
	if err != nil {
		return fmt.Errorf("pruning the builder's cache: %w", err)
	}
	return nil
}

// current returns the ids of the records that the runs of today stand on: of
// all that were made in the same way, from whatever lock or version, the one
// that was used last.
func current(records []*client.UsageInfo) []string {
	newest := map[string]*client.UsageInfo{}
	for _, r := range records {
		how := foundation(r.Description)
		if how == "" || r.LastUsedAt == nil {
			continue
		}
		if best := newest[how]; best == nil || r.LastUsedAt.After(*best.LastUsedAt) {
			newest[how] = r
		}
	}
	ids := make([]string, 0, len(newest))
	for _, r := range newest {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

// foundation says how a record was made that checks stand on, "" for others.
// BuildKit's descriptions hold the command of an exec and the reference of an
// image.
func foundation(description string) string {
	if image, ok := strings.CutPrefix(description, "pulled from "); ok {
		name, _, _ := strings.Cut(image, "@")
		return "pulled from " + name
	}
	// A check has commands of others in its own: what runs is at the start.
	before, command, exec := strings.Cut(description, "exec /bin/sh ")
	if !exec || before != "" && !strings.HasPrefix(before, "mount ") {
		return ""
	}
	for _, script := range []string{"/cranekit/lib/deps.sh ", "/cranekit/lib/fetch.sh", "/cranekit/lib/masked-fetch.sh ", "/cranekit/lib/tool.sh ", "-euc . /cranekit/lib/network.sh"} {
		if strings.HasPrefix(command, script) {
			return description
		}
	}
	return ""
}

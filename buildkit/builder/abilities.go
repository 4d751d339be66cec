package builder

import (
	"context"
	"slices"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// snapshotterLabel is on the worker of an engine with the containerd image
// store only; buildx looks for it too.
const snapshotterLabel = "org.mobyproject.buildkit.worker.snapshotter"

// Classic reports whether the workers are those of Docker's classic image store. It
// tells LLB's capability for OCI layouts all the same.
func Classic(workers []gateway.WorkerInfo) bool {
	return len(workers) > 0 && !slices.ContainsFunc(workers, func(w gateway.WorkerInfo) bool { return w.Labels[snapshotterLabel] != "" })
}

// Merges reports whether a builder can put states together without copying them.
func Merges(abilities gateway.BuildOpts) bool {
	return !Classic(abilities.Workers) && abilities.LLBCaps.Supports(pb.CapMergeOp) == nil
}

// buildOpts has the capabilities of LLB, which BuildKit tells only within a
// build, and its workers.
func buildOpts(ctx context.Context, c *client.Client) (opts gateway.BuildOpts, err error) {
	_, err = c.Build(ctx, client.SolveOpt{FrontendAttrs: map[string]string{}}, "cranekit", func(_ context.Context, gc gateway.Client) (*gateway.Result, error) {
		opts = gc.BuildOpts()
		return gateway.NewResult(), nil
	}, nil)
	return opts, err
}

// lacks lists what a run uses and old builders do not have.
func lacks(caps apicaps.CapSet) []string {
	var lacking []string
	for _, need := range []struct {
		cap  apicaps.CapID
		what string
	}{
		{pb.CapExecMountContentCache, "mounts that are not hashed"},
		{pb.CapExecSecretEnv, "secrets in variables"},
		{pb.CapSourceOCILayout, "images in OCI layouts"},
	} {
		if caps.Supports(need.cap) != nil {
			lacking = append(lacking, need.what)
		}
	}
	return lacking
}

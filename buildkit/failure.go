package buildkit

import (
	"context"
	"errors"
	"fmt"
	"path"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/output"
	"github.com/cranekit/cranekit/llb"
)

// exitUnreachable is the exit code of the fetch script for a registry that
// could not be reached (EX_TEMPFAIL).
const exitUnreachable = 75

// unsolved marks the error of a check that no command failed for.
type unsolved struct{ error }

func (e unsolved) Unwrap() error { return e.error }

// unusableLayer reports whether a layer from a cache can be what a check failed
// on. BuildKit's errors do not tell a corrupt layer from others.
func unusableLayer(err error) bool {
	return !halfDone(err) && errors.As(err, &unsolved{}) && !errors.Is(err, builder.ErrUnreachable)
}

// unsaved is the error of a result that was solved and could not be saved. Only
// where the builder could not read it can a layer be at fault: a full disk
// here, or too much output, is no reason to solve the check again.
func unsaved(err error) error {
	if errors.As(err, &output.UnreadError{}) {
		return unsolved{unreachable(err)}
	}
	return err
}

// unreachable marks the error of a call that lost its builder.
func unreachable(err error) error {
	if status.Code(err) == codes.Unavailable {
		return fmt.Errorf("%w: %w", builder.ErrUnreachable, err)
	}
	return err
}

// failure tells a red check from one that could not be run, and fetches the
// reports of a red one.
func (r *run) failure(ctx context.Context, gc gateway.Client, n *llb.Node, err error, result *Result) {
	result.Status, result.Err = StatusError, err
	if ctx.Err() != nil {
		return
	}
	var exit *gatewaypb.ExitError
	var at *errdefs.VertexError
	if !errors.As(err, &exit) || !errors.As(err, &at) {
		result.Err = unsolved{unreachable(err)}
		return
	}
	failed := r.node(at.Digest)
	switch {
	case failed == nil:
		return
	case failed.Name == n.Name:
		result.Status, result.Err, result.ExitCode = StatusFailed, nil, int(exit.ExitCode)
		to := r.place(n)
		err := saveFailed(ctx, gc, err, to)
		if result.Dir = to.CameOut(err); err != nil {
			result.Err = fmt.Errorf("fetching the reports of the failed check: %w", err)
		}
	default:
		result.Log = r.collector.Tail(r.digests[failed.Name])
		result.Err = fmt.Errorf("%s: exit code %d", failed.Name, exit.ExitCode)
		if failed.Network && exit.ExitCode == exitUnreachable {
			result.Err = fmt.Errorf("%w: %w", ErrRegistry, result.Err)
		}
	}
}

// node finds the node of a vertex.
func (r *run) node(dgst string) *llb.Node {
	for name, d := range r.digests {
		if d.String() == dgst {
			return r.graph.Node(name)
		}
	}
	return nil
}

// saveFailed reads /out as the failed process left it. No process is started:
// a container of the failed mounts is enough to read files.
func saveFailed(ctx context.Context, gc gateway.Client, err error, to output.Place) error {
	var solve *errdefs.SolveError
	if !errors.As(err, &solve) || solve.Solve.GetOp().GetExec() == nil {
		return errors.New("the builder does not say what the failed step left behind")
	}
	for i, mount := range solve.Solve.Op.GetExec().Mounts {
		if mount.Dest != llb.OutDir || i >= len(solve.MountIDs) {
			continue
		}
		container, err := gc.NewContainer(ctx, gateway.NewContainerRequest{
			Mounts: []gateway.Mount{{Dest: path.Clean("/"), Selector: mount.Selector, ResultID: solve.MountIDs[i], MountType: mount.MountType}},
		})
		if err != nil {
			return err
		}
		// When this fails, the build is over.
		defer func() { _ = container.Release(context.WithoutCancel(ctx)) }()
		return output.Save(ctx, output.FromMount(container, 0), to)
	}
	return errors.New("the failed step has no output directory")
}

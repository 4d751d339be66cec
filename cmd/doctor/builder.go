package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/moby/buildkit/util/disk"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/embedded"
)

const (
	// diskNeed holds a toolchain and the dependencies of a small workspace,
	// diskWant those of a large one.
	diskNeed = 3e9
	diskWant = 10e9
	// embeddedName is the name of the builder that is compiled in.
	embeddedName = "embedded"
)

// builders looks at the builders that a run would take.
func (d *Doctor) builders(ctx context.Context) {
	d.options.IdleTimeout = idle
	for _, choice := range d.Choices {
		d.builder(ctx, choice)
	}
}

// builder looks at a builder, at what it runs containers with, and at its
// disk.
func (d *Doctor) builder(ctx context.Context, choice builder.Choice) {
	choice.Embedded = d.options
	b, why, err := builder.Select(ctx, choice)
	if err != nil {
		d.fail("builder", "", "%v", err)
		return
	}
	defer b.Close()
	if b.Name() == embeddedName {
		if err := embedded.Preflight(); err != nil {
			what, fix, _ := strings.Cut(err.Error(), ": ")
			d.fail("builder", fix, "%s", what)
			return
		}
		d.disk(ctx)
	}
	c, err := b.Client(ctx)
	if err != nil {
		d.fail("builder", "cranekit check --builder embedded, or start BuildKit there", "%s, which does not answer: %v", why, err)
		return
	}
	defer c.Close()
	version, err := builder.Version(ctx, c)
	if err != nil {
		d.fail("builder", "", "%s: %v", why, err)
		return
	}
	if b.Name() == embeddedName {
		// BuildKit itself knows its version only where its own makefile built it.
		if state, err := embedded.Status(ctx, d.options); err == nil {
			version = state.Version
		}
	}
	if line, note, warned := strings.Cut(why, " (warning: "); warned {
		d.warn("builder", "use TLS, a unix:// socket or the loopback", "%s, BuildKit %s; %s", line, version, strings.TrimSuffix(note, ")"))
	} else {
		d.ok("builder", "%s; it answers, BuildKit %s", why, version)
	}
	d.runtime(ctx, c)
}

// snapshotterLabel names a worker's snapshotter.
const snapshotterLabel = "org.mobyproject.buildkit.worker.snapshotter"

// runtime tells how the builder runs containers.
func (d *Doctor) runtime(ctx context.Context, c *builder.Client) {
	workers, err := c.ListWorkers(ctx)
	if err == nil && len(workers) == 0 {
		err = errors.New("it has no worker")
	}
	if err != nil {
		d.fail("runtime", "look into the builder's log", "asking the builder for its workers: %v", err)
		return
	}
	w := workers[0]
	var platforms []string
	for _, p := range w.Platforms {
		if name := p.OS + "/" + p.Architecture; !slices.Contains(platforms, name) {
			platforms = append(platforms, name)
		}
	}
	snapshotter := w.Labels[snapshotterLabel]
	line := strings.Join(platforms, " ") + ", " + snapshotter + " snapshots"
	if snapshotter == "native" {
		d.warn("runtime", "set CRANEKIT_STATE_DIR to a directory on ext4 or xfs", "%s: every snapshot is a full copy, for the state directory's file system carries no overlay", line)
		return
	}
	d.ok("runtime", "%s", line)
}

// disk looks at the space that the embedded builder's caches have.
func (d *Doctor) disk(ctx context.Context) {
	state, err := embedded.Status(ctx, d.options)
	if errors.Is(err, embedded.ErrUnsafe) {
		d.fail("disk", "", "%v", err)
		return
	}
	if err != nil {
		d.fail("disk", "cranekit builder stop", "the builder's state: %v", err)
		return
	}
	stat, err := disk.GetDiskStat(existing(state.StateDir))
	if err != nil {
		d.fail("disk", "", "%v", err)
		return
	}
	fix := "free some, or set CRANEKIT_STATE_DIR to a directory on a larger disk"
	switch free := float64(stat.Available); {
	case free < diskNeed:
		d.fail("disk", fix, "%.1f GB are free for %s, and compiled dependencies need more", free/1e9, state.StateDir)
	case free < diskWant:
		d.warn("disk", fix, "%.1f GB are free for %s, which is little for compiled dependencies", free/1e9, state.StateDir)
	default:
		d.ok("disk", "%.0f GB are free for %s", free/1e9, state.StateDir)
	}
}

package buildkit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/apicaps"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

// connection is an open builder, and what it may ask of this process.
type connection struct {
	builder builder.Builder
	client  *client.Client
	options *client.SolveOpt
	// toolchains are those of the inputs, layouts the images of those that have
	// one; both by id.
	toolchains map[string]Toolchain
	layouts    map[string]llb.Base
	collector  *events.Collector
	// insecure is that of the inputs.
	insecure bool
	// worker is the name that the builder gave itself, which no other has.
	worker string
	// events gets what builds tell, in a form that can be shown; it may be nil.
	events chan<- *client.SolveStatus
}

// open connects to a builder. What is wrong with files is told before one is
// started.
func open(ctx context.Context, b builder.Builder, in Inputs, passed chan<- *client.SolveStatus) (*connection, error) {
	options, layouts, err := in.offer(ctx)
	if err != nil {
		return nil, err
	}
	c := &connection{
		builder: b, options: options, toolchains: in.Toolchains, layouts: layouts,
		collector: events.NewCollectorSince(in.Mask, time.Now()), events: passed, insecure: in.Insecure,
	}
	if c.client, err = b.Client(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *connection) close() error { return c.client.Close() }

// platform is what the builder runs programs for: its first platform, or the one
// that is wanted if it has that.
func (c *connection) platform(ctx context.Context, want string) (ocispecs.Platform, error) {
	workers, err := c.client.ListWorkers(ctx)
	switch {
	case ctx.Err() != nil:
		return ocispecs.Platform{}, context.Cause(ctx)
	case err != nil:
		return ocispecs.Platform{}, c.lost(err)
	case len(workers) == 0:
		return choosePlatform(nil, want)
	}
	c.worker = workers[0].ID
	return choosePlatform(workers[0].Platforms, want)
}

// choosePlatform is the first of those that are offered, or the one that is
// wanted.
func choosePlatform(offered []ocispecs.Platform, want string) (ocispecs.Platform, error) {
	if want == "" && len(offered) > 0 {
		return offered[0], nil
	}
	if want == "" {
		return platforms.DefaultSpec(), nil
	}
	var names []string
	for _, p := range offered {
		if plain(p) == want {
			return p, nil
		}
		if name := plain(ocispecs.Platform{OS: p.OS, Architecture: p.Architecture}); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return ocispecs.Platform{}, fmt.Errorf("%w: the builder runs programs for %s, not for %s\nsee builders.NAME.platforms in crane.yaml", builder.ErrUnfit, strings.Join(names, ", "), want)
}

// plain is a platform without the variant that its architecture has anyway.
func plain(p ocispecs.Platform) string { return platforms.Format(platforms.Normalize(p)) }

// Target is what a graph is made for: a builder with its toolchains.
type Target struct {
	// Bases are the images of the toolchains, by their ids.
	Bases    map[string]llb.Base
	Platform ocispecs.Platform
	// Foreign is set where the platform is that of some checks alone, which the
	// builder is there for.
	Foreign bool
	// Merges is set where the builder can put states together without copying
	// them.
	Merges bool

	caps apicaps.CapSet
	// image is the reference of the first toolchain, "" for none.
	image string
}

// images are the references of the toolchains, by their ids.
func (t *Target) images() map[string]string {
	images := map[string]string{}
	for id, base := range t.Bases {
		images[id] = base.Ref
	}
	return images
}

// resolve pins the toolchains on the builder. An error comes with those that
// were pinned before it.
func (c *connection) resolve(ctx context.Context, platform ocispecs.Platform) (t Target, err error) {
	var failed error
	pin := func(ctx context.Context, gc gateway.Client) error {
		t, failed = c.pin(ctx, gc, platform)
		return failed
	}
	failed = pastHalfDone(func() error {
		err = c.solve(ctx, nil, nil, pin)
		return failed
	})
	switch {
	case ctx.Err() != nil:
		return t, context.Cause(ctx)
	case failed != nil:
		return t, failed
	case err != nil:
		return t, c.lost(err)
	}
	return t, nil
}

func (c *connection) pin(ctx context.Context, gc gateway.Client, platform ocispecs.Platform) (Target, error) {
	abilities := gc.BuildOpts()
	t := Target{Bases: map[string]llb.Base{}, Platform: platform, Merges: builder.Merges(abilities), caps: abilities.LLBCaps}
	for _, id := range slices.Sorted(maps.Keys(c.toolchains)) {
		base, err := c.toolchains[id].resolve(ctx, gc, c.layouts[id], platform)
		if err != nil {
			return t, err
		}
		t.Bases[id] = base
		if t.image == "" {
			t.image = base.Ref
		}
	}
	return t, nil
}

// solve is one build on the builder. Every check has one of its own: a
// gateway that sees two processes fail on a common input answers the second
// with "releasing already released reference" (BuildKit 0.34). Vertices that
// builds have in common run once all the same. Events are passed to seen as
// they come, which may be nil.
func (c *connection) solve(ctx context.Context, imports []gateway.CacheOptionsEntry, seen func(*client.SolveStatus), f func(context.Context, gateway.Client) error) error {
	opt := cache.SolveOpt(c.options, imports)
	run := func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		return gateway.NewResult(), f(ctx, gc)
	}
	_, err := events.Build(ctx, c.client, opt, run, func(status *client.SolveStatus, from <-chan *client.SolveStatus) {
		// Whoever receives it may take their time: not under a lock.
		if fresh := c.collector.Add(status, from); c.events != nil {
			c.events <- fresh
		}
		if seen != nil {
			seen(status)
		}
	})
	return err
}

// lost is the error of a call whose builder went away.
func (c *connection) lost(err error) error {
	if code := status.Code(err); code == codes.Unavailable || errors.Is(err, builder.ErrUnreachable) {
		return fmt.Errorf("%w: the connection to %s was lost: %w", builder.ErrUnreachable, c.builder.Name(), err)
	}
	return err
}

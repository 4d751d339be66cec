package publish

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/engine"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/images/oci"
)

// reachTimeout is how long a place for an image may take to answer.
const reachTimeout = 30 * time.Second

var errNoReach = fmt.Errorf("%w: no answer in %s", buildkit.ErrRegistry, reachTimeout)

// reach looks whether the places that the image goes to are there and would
// take it: that they are not is said before anything is compiled.
func (p *Publication) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, reachTimeout, errNoReach)
	defer cancel()
	if p.Load != "" {
		e, err := engine.Open(p.context, os.Getenv)
		if err != nil {
			return project.Usage(fmt.Errorf("--load: %w", err))
		}
		_, _, err = e.Platform(ctx)
		if err = errors.Join(err, e.Close()); err != nil {
			return fmt.Errorf("--load: %w: the Docker engine at %s: %w", builder.ErrUnreachable, e.Host(), err)
		}
	}
	var asked []string
	for _, tag := range p.tags {
		if slices.Contains(asked, tag.Context().Name()) {
			continue
		}
		asked = append(asked, tag.Context().Name())
		if err := oci.CanPush(ctx, tag); err != nil {
			return fmt.Errorf("--push %s: %w", tag, registryError(ctx, err))
		}
	}
	return nil
}

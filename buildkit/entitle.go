package buildkit

import (
	"context"
	"fmt"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/entitlements"

	"github.com/cranekit/cranekit/buildkit/builder"
)

// insecure is BuildKit's entitlement for steps without sandbox.
const insecure = string(entitlements.EntitlementSecurityInsecure)

// entitled asks the builder whether it grants what the run wants, before anything
// is done there. It wraps [builder.ErrUnfit] if it does not.
func (c *connection) entitled(ctx context.Context) error {
	if !c.insecure {
		return nil
	}
	c.entitle(true)
	defer c.entitle(false)
	err := c.solve(ctx, nil, nil, func(context.Context, gateway.Client) error { return nil })
	if err == nil || !strings.Contains(err.Error(), insecure) {
		return c.lost(err)
	}
	advice := "its buildkitd has to be started with --allow-insecure-entitlement " + insecure + " (in Docker: builder.entitlements.security-insecure of daemon.json), or take --builder embedded"
	if c.builder.Name() == builder.EmbeddedName {
		advice = "it was started by another version of cranekit: cranekit builder stop ends it"
	}
	return fmt.Errorf("%w: the builder %s allows no check without sandbox, which insecure: true asks for\n%s", builder.ErrUnfit, c.builder.Name(), advice)
}

// entitle has the solves from now on ask for what the run wants. Those that make
// the toolchain do not: a Dockerfile could use it.
func (c *connection) entitle(on bool) {
	c.options.AllowedEntitlements = nil
	if on && c.insecure {
		c.options.AllowedEntitlements = []string{insecure}
	}
}

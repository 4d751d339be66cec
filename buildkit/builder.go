package buildkit

import (
	"context"
	"errors"
	"fmt"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// ErrUnreachable is wrapped by errors of builders that do not answer or cannot
// be started.
var ErrUnreachable = errors.New("builder unreachable")

// Builder is a place where BuildKit runs.
type Builder interface {
	// Name is what reports call it: "embedded", "unix:///…".
	Name() string
	// Client connects and makes sure that BuildKit answers; the error wraps
	// [ErrUnreachable] when nobody does. The caller closes the client.
	Client(ctx context.Context) (*client.Client, error)
	// Close lets go of what the builder itself holds. It stops nothing that
	// others may be using.
	Close() error
}

// Select picks the builder that spec names: "embedded", an address, or "auto",
// which is the address in buildkitHost if there is one and else the embedded
// builder. The line it returns says which one and why. Nothing is connected or
// started yet.
func Select(spec, buildkitHost string, o embedded.Options) (Builder, string, error) {
	address, why := spec, "as configured"
	if spec == "" || spec == "auto" {
		address, why = buildkitHost, "from BUILDKIT_HOST"
		if address == "" {
			address, why = embeddedName, "BUILDKIT_HOST is not set"
		}
	}
	if address == embeddedName {
		return embeddedBuilder{o}, "builder embedded: " + why, nil
	}
	b, err := newRemote(address)
	if err != nil {
		return nil, "", fmt.Errorf("builder %s: %w", why, err)
	}
	return b, fmt.Sprintf("builder %s: %s%s", address, why, b.warning()), nil
}

// Version asks BuildKit for its version. It is empty for engines from before
// BuildKit could tell.
func Version(ctx context.Context, c *client.Client) (string, error) {
	info, err := c.Info(ctx)
	if grpcerrors.Code(err) == codes.Unimplemented {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return info.BuildkitVersion.Version, nil
}

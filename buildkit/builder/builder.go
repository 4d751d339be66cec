// Package builder finds and reaches the places where BuildKit runs: the one
// inside of this program, containers, Docker engines and addresses.
package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// ErrUnreachable is wrapped by errors of builders that do not answer or cannot
// be started.
var ErrUnreachable = errors.New("builder unreachable")

// Client talks to a BuildKit.
type Client = client.Client

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

// Choice says which builder to use.
type Choice struct {
	// Spec is "auto", "embedded", "docker", "docker:CONTEXT", "container",
	// "container:CONTEXT", the URL of an address, or a name: of Named or of
	// docker buildx.
	Spec string
	// From says where Spec was given: "--builder", "crane.yaml:3".
	From string
	// Platforms are those that the builder is for, none for its own.
	Platforms []string
	// Named are addresses by names of the user's own.
	Named map[string]Address
	// Embedded are the options of the embedded builder.
	Embedded embedded.Options
	// Getenv reads the variables of Docker: DOCKER_HOST, DOCKER_CONFIG and
	// others. Nil stands for an empty environment.
	Getenv func(string) string
}

// Select finds the builder of a choice. The line it returns says which one and
// why. Only a Docker engine is asked something: whether it can do what a run
// needs. The error then wraps [ErrUnreachable] or [ErrUnfit].
func Select(ctx context.Context, c Choice) (b Builder, why string, err error) {
	if c.Getenv == nil {
		c.Getenv = func(string) string { return "" }
	}
	if c.Spec == "" || c.Spec == autoName {
		b, why = automatic(ctx, c)
		return b, why, nil
	}
	note := ""
	if c.Spec == dockerName || strings.HasPrefix(c.Spec, contextPrefix) {
		b, note, err = selectDocker(ctx, c)
	} else if b, err = c.find(); err == nil {
		note = warning(b)
	}
	if err != nil {
		return nil, "", fmt.Errorf("builder from %s: %w", c.From, err)
	}
	return b, fmt.Sprintf("builder %s: from %s%s", b.Name(), c.From, note), nil
}

const autoName = "auto"

// find looks the builder up that is named.
func (c Choice) find() (Builder, error) {
	if c.Spec == EmbeddedName {
		return embeddedBuilder{c.Embedded}, nil
	}
	if c.Spec == containerName || strings.HasPrefix(c.Spec, containerName+":") {
		return ownContainer(c.Spec, c.Getenv)
	}
	if strings.Contains(c.Spec, "://") {
		return c.at("", Address{URL: c.Spec})
	}
	if address, ok := c.Named[c.Spec]; ok {
		return c.at(c.Spec, address)
	}
	if isBuildx(c.Spec, c.Getenv) {
		return buildxBuilder(c.Spec, c.Getenv)
	}
	return nil, fmt.Errorf("%q is neither an address nor the name of a builder", c.Spec)
}

const plaintextNote = " (warning: this connection is neither encrypted nor authenticated)"

// at is the builder at an address.
func (c Choice) at(label string, a Address) (Builder, error) {
	if strings.HasPrefix(a.URL, "docker-container://") && !a.secure() {
		return containerAt(named(label, a.URL), a.URL, c.Getenv)
	}
	return newRemote(label, a)
}

// named is the name of an address in reports.
func named(label, address string) string {
	if label == "" {
		return address
	}
	return label + " (" + address + ")"
}

// warning is for those who send source code and secrets in the clear.
func warning(b Builder) string {
	if r, ok := b.(remote); ok && r.plaintext() {
		return plaintextNote
	}
	return ""
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

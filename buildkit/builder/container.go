package builder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/engine"
	"github.com/cranekit/cranekit/config/address"
)

const (
	// containerName is the word for cranekit's own container on an engine.
	containerName = "container"
	// ContainerName is the name of that container, and of its volume.
	ContainerName = "cranekit-builder"
	// buildkitModule has the version of BuildKit that this program is built
	// with.
	buildkitModule = "github.com/moby/buildkit"
)

// container is a BuildKit in a container of a Docker engine, reached by the
// engine's API.
type container struct {
	label  string
	engine *engine.Engine
	// of is the container. Without an image it is somebody else's and is
	// started, but not made.
	of engine.Container
}

// ContainerImage is BuildKit's own image, of the version that this program is
// built with.
func ContainerImage() string {
	version := "latest"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == buildkitModule {
				version = module.Version
			}
		}
	}
	return "docker.io/moby/buildkit:" + version
}

// ownContainer is the builder of "container" or "container:CONTEXT".
func ownContainer(spec string, getenv func(string) string) (*container, error) {
	e, err := engine.Open(strings.TrimPrefix(strings.TrimPrefix(spec, containerName), ":"), getenv)
	if err != nil {
		return nil, err
	}
	return &container{spec, e, engine.Container{Name: ContainerName, Image: ContainerImage()}}, nil
}

// containerAt is the builder of docker-container://NAME?context=CONTEXT.
func containerAt(label, at string, getenv func(string) string) (*container, error) {
	if err := address.CheckBuilder(at); err != nil {
		return nil, err
	}
	u, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	return containerOf(label, u.Host, u.Query().Get("context"), getenv)
}

// containerOf is a container that somebody else made.
func containerOf(label, name, context string, getenv func(string) string) (*container, error) {
	e, err := engine.Open(context, getenv)
	if err != nil {
		return nil, err
	}
	return &container{label, e, engine.Container{Name: name}}, nil
}

func (c *container) Name() string { return c.label }

// Close leaves the container running: the next run uses it again.
func (c *container) Close() error { return c.engine.Close() }

// Client connects, after it has made and started the container where need be.
func (c *container) Client(ctx context.Context) (*client.Client, error) {
	if c.of.Image != "" {
		if _, err := c.engine.Ensure(ctx, c.of); err != nil {
			return nil, c.unreachable(err)
		}
	}
	dial := func(ctx context.Context) (net.Conn, error) { return c.engine.DialContainer(ctx, c.of.Name) }
	waiting, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	for {
		bk, err := connect(ctx, "docker-container", commandTimeout, dial)
		if err == nil {
			return bk, nil
		}
		// One that has just been started does not listen yet.
		if !errors.Is(err, engine.ErrNotListening) || waiting.Err() != nil {
			return nil, c.unreachable(err)
		}
		select {
		case <-waiting.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (c *container) unreachable(err error) error {
	return fmt.Errorf("%w: container %s on docker at %s: %w (--builder embedded needs none)", ErrUnreachable, c.of.Name, c.engine.Host(), err)
}

// CreateContainer makes and starts cranekit's own container on the engine of a
// context, "" for the one that docker uses, and waits until BuildKit answers.
func CreateContainer(ctx context.Context, name string, o engine.Container, getenv func(string) string) (created bool, err error) {
	c, err := ownContainer(containerName+":"+name, getenv)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if o.Image != "" {
		c.of.Image = o.Image
	}
	c.of.Network = o.Network
	if created, err = c.engine.Ensure(ctx, c.of); err != nil {
		return created, c.unreachable(err)
	}
	bk, err := c.Client(ctx)
	if err != nil {
		return created, err
	}
	return created, bk.Close()
}

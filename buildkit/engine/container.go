package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/pkg/jsonmessage"
)

// ErrForeign is wrapped by the error of removing a container that somebody else
// made.
var ErrForeign = errors.New("this container was not made by cranekit")

// managed is the label of containers that cranekit made.
const managed = "org.cranekit.builder"

// stateDir is where BuildKit keeps its state, in a volume.
const stateDir = "/var/lib/buildkit"

// Container is a BuildKit in a container of an engine.
type Container struct {
	// Name is that of the container and of the volume with its state.
	Name string
	// Image has buildkitd as its entry point, and buildctl.
	Image string
	// Network is the mode of the container's network, "" for the engine's
	// default. Steps with network have it too.
	Network string
}

// ContainerState is what an engine says of a container.
type ContainerState struct {
	Name, Image, Status string
}

// Ensure makes a container of a BuildKit unless there is one of that name, and
// starts it unless it runs. The image is pulled if the engine does not have it,
// without credentials.
func (e *Engine) Ensure(ctx context.Context, c Container) (created bool, err error) {
	_, err = e.docker.ContainerInspect(ctx, c.Name)
	if errdefs.IsNotFound(err) {
		created = true
		err = e.create(ctx, c)
	}
	if err != nil {
		return created, err
	}
	return created, e.start(ctx, c.Name)
}

// create follows buildx's driver docker-container.
func (e *Engine) create(ctx context.Context, c Container) error {
	if err := e.pull(ctx, c.Image); err != nil {
		return err
	}
	host := &container.HostConfig{
		Privileged: true, NetworkMode: container.NetworkMode(c.Network),
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyUnlessStopped},
		Mounts:        []mount.Mount{{Type: mount.TypeVolume, Source: c.Name, Target: stateDir}},
	}
	info, err := e.docker.Info(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(info.SecurityOptions, func(o string) bool { return strings.Contains(o, "name=userns") }) {
		host.UsernsMode = "host" // no container is privileged otherwise
	}
	_, err = e.docker.ContainerCreate(ctx, &container.Config{Image: c.Image, Labels: map[string]string{managed: ""}}, host, nil, nil, c.Name)
	if err == nil {
		return nil
	}
	if _, gone := e.docker.ContainerInspect(ctx, c.Name); gone == nil {
		return nil // another run was faster
	}
	return err
}

func (e *Engine) pull(ctx context.Context, name string) error {
	_, err := e.docker.ImageInspect(ctx, name)
	if !errdefs.IsNotFound(err) {
		return err
	}
	progress, err := e.docker.ImagePull(ctx, name, image.PullOptions{})
	if err == nil {
		err = errors.Join(jsonmessage.DisplayJSONMessagesStream(progress, io.Discard, 0, false, nil), progress.Close())
	}
	if err != nil {
		return fmt.Errorf("pulling %s: %w", name, err)
	}
	return nil
}

// start starts a container unless it runs.
func (e *Engine) start(ctx context.Context, name string) error {
	c, err := e.docker.ContainerInspect(ctx, name)
	if err == nil && !c.State.Running {
		err = e.docker.ContainerStart(ctx, name, container.StartOptions{})
	}
	return err
}

// Containers lists those that cranekit made.
func (e *Engine) Containers(ctx context.Context) ([]ContainerState, error) {
	found, err := e.docker.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", managed))})
	if err != nil {
		return nil, err
	}
	var states []ContainerState
	for _, c := range found {
		states = append(states, ContainerState{strings.TrimPrefix(slices.Concat(c.Names, []string{c.ID})[0], "/"), c.Image, c.Status})
	}
	return states, nil
}

// Remove ends and removes a container that cranekit made, and unless keepState
// is set the volume with its caches. It reports whether there was one.
func (e *Engine) Remove(ctx context.Context, name string, keepState bool) (bool, error) {
	c, err := e.docker.ContainerInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, ours := c.Config.Labels[managed]; !ours {
		return false, fmt.Errorf("%w: %s", ErrForeign, name)
	}
	if err := e.docker.ContainerRemove(ctx, name, container.RemoveOptions{Force: true}); err != nil {
		return false, err
	}
	if keepState {
		return true, nil
	}
	return true, e.docker.VolumeRemove(ctx, name, true)
}

package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/engine"
)

const (
	dockerName = "docker"
	// contextPrefix starts the name of an engine that a context of Docker's
	// leads to.
	contextPrefix = dockerName + ":"
	// autoTimeout bounds what nobody asked for: a look at the Docker engine.
	autoTimeout = time.Second
)

// ErrUnfit is wrapped by errors about builders that answer, but cannot do what
// a run needs.
var ErrUnfit = errors.New("not fit for a run")

// docker is the BuildKit inside of a Docker engine.
type docker struct {
	name   string
	engine *engine.Engine
	// timeout bounds how long the engine may take to answer.
	timeout time.Duration
}

// newDocker finds the engine of "docker" or "docker:CONTEXT".
func newDocker(spec string, getenv func(string) string) (*docker, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(spec, dockerName), ":")
	e, err := engine.Open(name, getenv)
	if err != nil {
		return nil, err
	}
	d := &docker{name: spec, engine: e, timeout: connectTimeout}
	if e.Remote() {
		d.timeout = commandTimeout
	}
	return d, nil
}

func (d *docker) Name() string { return d.name }

func (d *docker) Close() error { return d.engine.Close() }

// Client connects to the engine's BuildKit.
func (d *docker) Client(ctx context.Context) (*client.Client, error) {
	c, err := d.connect(ctx)
	if err != nil {
		return nil, unreachableDocker(err)
	}
	return c, nil
}

func unreachableDocker(err error) error {
	return fmt.Errorf("%w: %w (is the engine running? --builder embedded needs none)", ErrUnreachable, err)
}

func (d *docker) connect(ctx context.Context) (*client.Client, error) {
	c, err := connect(ctx, "docker", d.timeout, d.engine.DialBuildKit, client.WithSessionDialer(d.engine.DialSession))
	return c, d.at(ctx, err)
}

// at says where an error comes from.
func (d *docker) at(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("docker at %s: %w", d.engine.Host(), because(ctx, err))
	if errors.Is(err, engine.ErrNoBuildKit) {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return err
}

// examine asks the engine what it can. The error wraps [ErrUnfit] if that is
// too little for a run, else the engine did not answer. Limits are what a run
// can do without.
func (d *docker) examine(ctx context.Context) (limits string, err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	abilities, err := buildOpts(ctx, c)
	if err != nil {
		return "", d.at(ctx, err)
	}
	if lacking := lacks(abilities.LLBCaps); len(lacking) > 0 {
		version, _ := d.engine.Version(ctx) // only for the message
		return "", fmt.Errorf("%w: the BuildKit of Docker %s lacks %s", ErrUnfit, version, strings.Join(lacking, ", "))
	}
	if Classic(abilities.Workers) {
		return "it can export neither caches nor images: turn on Docker's containerd image store for that", nil
	}
	return "", nil
}

// selectDocker is the engine that somebody asked for.
func selectDocker(ctx context.Context, c Choice) (b Builder, note string, err error) {
	d, err := newDocker(c.Spec, c.Getenv)
	if err != nil {
		return nil, "", err
	}
	limits, err := d.examine(ctx)
	switch {
	case errors.Is(err, ErrUnfit):
		return nil, "", errors.Join(fmt.Errorf("%w: update Docker, or take --builder container or embedded", err), d.Close())
	case err != nil:
		return nil, "", errors.Join(unreachableDocker(err), d.Close())
	case d.engine.Plaintext():
		note = plaintextNote
	case limits != "":
		note = " (" + limits + ")"
	}
	return d, note, nil
}

// automatic is the choice where nobody made one: a Docker engine that can do
// all that a run needs, else the embedded builder. Where there is no engine
// this costs a look at a file.
func automatic(ctx context.Context, c Choice) (b Builder, why string) {
	b = embeddedBuilder{c.Embedded}
	const passed = "builder embedded: the Docker engine was passed over: "
	d, err := newDocker(dockerName, c.Getenv)
	if err != nil {
		return b, passed + err.Error()
	}
	if d.engine.Absent() {
		return b, "builder embedded: no other is configured"
	}
	if why = d.unwanted(ctx); why != "" {
		_ = d.Close() // it is not used
		return b, passed + why
	}
	return d, "builder docker: the engine at " + d.engine.Host() + " can do all that a run needs"
}

// unwanted says why an engine is not taken unasked, "" if it is.
func (d *docker) unwanted(ctx context.Context) (why string) {
	if d.engine.Plaintext() {
		return "the connection to " + d.engine.Host() + " is neither encrypted nor authenticated"
	}
	ctx, cancel := context.WithTimeoutCause(ctx, autoTimeout, fmt.Errorf("no answer in %s", autoTimeout))
	defer cancel()
	limits, err := d.examine(ctx)
	if err != nil {
		return err.Error()
	}
	return limits
}

package cmd

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/engine"
	"github.com/cranekit/cranekit/cmd/project"
)

// containerCommands are about BuildKit in a container on a Docker engine.
func (a *app) containerCommands() []*cobra.Command {
	var context string
	o := engine.Container{}
	create := &cobra.Command{
		Use: "create", Short: "Make and start a container with BuildKit on a Docker engine", Args: cobra.NoArgs,
		Example: `  cranekit builder create && cranekit check --builder container
  cranekit builder create --context far --image registry.example/buildkit:v0.34.2`,
		RunE: func(c *cobra.Command, _ []string) error {
			created, err := builder.CreateContainer(c.Context(), context, o, os.Getenv)
			if err != nil {
				return err
			}
			did := map[bool]string{true: "created", false: "runs"}[created]
			_, err = fmt.Fprintf(a.out, "container %s %s\n", builder.ContainerName, did)
			return err
		},
	}
	create.Flags().StringVar(&o.Image, "image", "", "`image` with buildkitd and buildctl (default "+builder.ContainerImage()+")")
	create.Flags().StringVar(&o.Network, "network", "", "`mode` of the container's network, such as host (default that of the engine)")
	list := &cobra.Command{
		Use: "ls", Short: "List the containers that cranekit made on a Docker engine", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.listContainers(c, context) },
	}
	keep := false
	remove := &cobra.Command{
		Use: "rm", Short: "End and remove the container and its caches", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.removeContainer(c, context, keep) },
	}
	remove.Flags().BoolVar(&keep, "keep-state", false, "leave the volume with the caches")
	commands := []*cobra.Command{create, list, remove}
	for _, c := range commands {
		c.Flags().StringVar(&context, "context", "", "`context` of Docker's that leads to the engine (default the one that docker uses)")
	}
	return commands
}

// onEngine opens an engine for a command.
func onEngine(context string, f func(*engine.Engine) error) error {
	e, err := engine.Open(context, os.Getenv)
	if err != nil {
		return project.Usage(err)
	}
	if err = f(e); errors.Is(err, engine.ErrForeign) {
		err = project.Usage(err)
	} else if err != nil {
		err = fmt.Errorf("%w: docker at %s: %w", builder.ErrUnreachable, e.Host(), err)
	}
	return errors.Join(err, e.Close())
}

func (a *app) listContainers(c *cobra.Command, context string) error {
	return onEngine(context, func(e *engine.Engine) error {
		containers, err := e.Containers(c.Context())
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tIMAGE\tSTATUS")
		for _, b := range containers {
			fmt.Fprintf(table, "%s\t%s\t%s\n", b.Name, b.Image, b.Status)
		}
		return table.Flush()
	})
}

func (a *app) removeContainer(c *cobra.Command, context string, keep bool) error {
	return onEngine(context, func(e *engine.Engine) error {
		there, err := e.Remove(c.Context(), builder.ContainerName, keep)
		switch {
		case err != nil:
		case !there:
			fmt.Fprintln(a.out, "there was no container")
		case keep:
			fmt.Fprintf(a.out, "container %s removed, its caches are left\n", builder.ContainerName)
		default:
			fmt.Fprintf(a.out, "container %s removed, and its caches\n", builder.ContainerName)
		}
		return err
	})
}

package cmd

import (
	"fmt"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

func (a *app) builderCommand() *cobra.Command {
	o := embedded.Options{}
	c := &cobra.Command{
		Use:   "builder",
		Short: "Control the builder that is compiled into cranekit, and its container",
		Long: `The embedded builder is BuildKit itself, run by cranekit as a background process
that all its runs share. It is started when a run needs it and ends by itself
when nobody has used it for a while. It needs Linux, runc, and root or
rootlesskit. The commands create, ls and rm are about another builder: BuildKit
in a container on a Docker engine, for --builder container.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	start := &cobra.Command{
		Use: "start", Short: "Start the builder, if it is not running", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.builderStart(c, o) },
	}
	serve := &cobra.Command{
		Use: "serve", Short: "Run the builder in the foreground", Args: cobra.NoArgs, Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			logrus.SetLevel(logrus.InfoLevel)
			foreignLogs(a.err)
			return embedded.Serve(c.Context(), o)
		},
	}
	for _, sub := range []*cobra.Command{start, serve} {
		sub.Flags().DurationVar(&o.IdleTimeout, "idle-timeout", embedded.DefaultIdleTimeout, "end after this time without clients; negative for never")
		sub.Flags().Int64Var(&o.DiskLimit, "disk-limit", 0, "bytes that caches may take (default a fifth of the disk)")
	}
	status := &cobra.Command{
		Use: "status", Short: "Show whether the builder runs, and what it holds", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.builderStatus(c, o) },
	}
	force := false
	stop := &cobra.Command{
		Use: "stop", Short: "Stop the builder; what it cached stays", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			end := embedded.StopIdle
			if force {
				end = embedded.Stop
			}
			stopped, err := end(c.Context(), o)
			if err != nil {
				return err
			}
			told := "stopped; what it cached stays"
			if !stopped {
				told = "no builder was running"
			}
			_, err = fmt.Fprintln(a.out, told)
			return err
		},
	}
	stop.Flags().BoolVar(&force, "force", false, "also if other runs use it: their checks are canceled")
	for _, sub := range []*cobra.Command{start, serve, status, stop} {
		sub.Flags().StringVar(&o.StateDir, "state-dir", "", "`directory` of caches, log and socket (default $CRANEKIT_STATE_DIR)")
	}
	c.AddCommand(start, serve, status, stop)
	c.AddCommand(a.containerCommands()...)
	return c
}

func (a *app) builderStart(c *cobra.Command, o embedded.Options) error {
	began := time.Now()
	address, started, err := embedded.Ensure(c.Context(), o)
	if err != nil {
		return err
	}
	if !started {
		_, err = fmt.Fprintf(a.out, "running already at %s\n", address)
		return err
	}
	_, err = fmt.Fprintf(a.out, "started in %.2f s at %s\n", time.Since(began).Seconds(), address)
	return err
}

func (a *app) builderStatus(c *cobra.Command, o embedded.Options) error {
	state, err := embedded.Status(c.Context(), o)
	if err != nil {
		return err
	}
	if !state.Running {
		_, err = fmt.Fprintf(a.out, "not running\nstate      %s\nlog        %s\n", state.StateDir, state.Log)
		return err
	}
	_, err = fmt.Fprintf(a.out, `running    pid %d for %s
address    %s
buildkit   %s, %s, %s snapshots
caches     %.1f of %.1f GB
state      %s
log        %s
`, state.PID, time.Since(state.Started).Round(time.Second), state.Address, state.Version, state.Runtime, state.Snapshotter,
		float64(state.DiskUsed)/1e9, float64(state.DiskLimit)/1e9, state.StateDir, state.Log)
	for _, client := range state.Clients {
		fmt.Fprintf(a.out, "in use by  %s\n", client)
	}
	if err == nil && state.Lost != "" {
		_, err = fmt.Fprintf(a.out, "lost       %s: a crash had left it in pieces\n", state.Lost)
	}
	return err
}

// Package cmd holds the commands of cranekit. It is the only place that
// prints.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/buildkit/sanitize"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// app is what all commands share.
type app struct {
	version string
	// out takes results, err progress and messages.
	out, err io.Writer
	global   globalFlags
	// trustNote says why the user's file of trust is not used, "" if it is.
	trustNote string
}

// globalFlags are the flags that every command takes.
type globalFlags struct {
	dir  string
	file string
	set  []string
	// trust is what --trust says, each a list.
	trust []string
}

// Execute runs cranekit and returns its exit code.
func Execute(version string, args []string) int {
	ctx, stop := withInterrupt(context.Background(), os.Stderr)
	defer stop()
	silence()
	// What is printed has words of a repository, of builders and of what runs
	// there in many places.
	stdout := sanitize.NewWriter(os.Stdout, colored(os.Stdout))
	stderr := sanitize.NewWriter(os.Stderr, colored(os.Stderr))
	defer func() { _ = errors.Join(stdout.Close(), stderr.Close()) }() // as with any print
	a := &app{version: version, out: stdout, err: stderr}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if rest := untold(err); rest != nil {
		a.printError(rest)
	}
	return exitCode(err)
}

// printError prints an error as a person wants to see it.
func (a *app) printError(err error) {
	if parts := joined(err); parts != nil {
		for _, part := range parts {
			a.printError(part)
		}
		return
	}
	if problems, ok := errors.AsType[*config.Error](err); ok {
		for _, p := range problems.Problems {
			fmt.Fprintln(a.err, p)
		}
		return
	}
	fmt.Fprintf(a.err, "cranekit: %v\n", err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "cranekit",
		Short: "Run a Rust workspace's CI in containers, compiling dependencies once",
		Long: `cranekit turns a Cargo workspace into a BuildKit graph: dependencies are
compiled once, without the workspace's own code, into a snapshot; clippy, the
package build, coverage and every other check start from that snapshot and run
side by side. What did not change is not run again.

Exit codes: 0 all checks are green, 1 a check is red, 2 wrong usage or
configuration, or results that cannot be written, 75 the builder or a registry
could not be reached, 130 interrupted.`,
		Example: `  cranekit check                 # run all checks
  cranekit check clippy          # run one
  cranekit plan                  # show what would run
  cranekit build                 # binaries to result/bin`,
		Version:       a.version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noSuchCommand,

		DisableFlagsInUseLine: true,
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	flags := root.PersistentFlags()
	flags.StringVarP(&a.global.dir, "directory", "C", "", "run as if started in this `directory`")
	flags.StringVar(&a.global.file, "config", "", "configuration `file` (default: crane.yaml, searched upwards)")
	flags.StringArrayVar(&a.global.set, "set", nil, "set a configuration `key=value`, e.g. --set common.profile=dev; may be repeated")
	flags.StringArrayVar(&a.global.trust, "trust", nil, "trust the repository with `WHAT[,WHAT]` in this run, e.g. --trust secrets,network (docs/security.md); may be repeated")
	cobra.CheckErr(root.RegisterFlagCompletionFunc("trust", completeTrust))
	root.AddCommand(a.checkCommand(), a.buildCommand(), a.planCommand(), a.configCommand(), a.builderCommand(), a.cacheCommand(), a.loginCommand(), a.initCommand(), a.doctorCommand(), a.trustCommand(), a.versionCommand())
	root.InitDefaultCompletionCmd()
	usageErrors(root)
	return root
}

// load reads the configuration for a command.
func (a *app) load(ctx context.Context, flags *pflag.FlagSet) (*config.Config, error) {
	given, err := a.givenTrust()
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(a.global.dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, project.Usage(fmt.Errorf("-C %s: no such directory", a.global.dir))
	}
	cfg, note, err := project.Load(ctx, config.Options{Dir: dir, File: a.global.file, Flags: flags, Set: a.global.set}, given)
	a.trustNote = note
	return cfg, err
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.out, "cranekit %s\n", a.version)
			return err
		},
	}
}

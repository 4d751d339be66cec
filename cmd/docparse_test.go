package cmd

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// parseError is what the program would say against the arguments before it
// does anything. Inline, positional arguments may be missing.
func parseError(t *testing.T, args []string, inline bool) error {
	t.Helper()
	a := &app{version: "1.2.3", out: io.Discard, err: io.Discard}
	root := a.root()
	root.InitDefaultCompletionCmd()
	command, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	command.InitDefaultHelpFlag()
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	positional := command.Flags().Args()
	switch {
	case command.HasSubCommands() && len(positional) > 0 && command.Run == nil && command.RunE == nil:
		return errors.New("no such subcommand: " + positional[0])
	case command.Args != nil && !(inline && len(positional) == 0):
		if err := command.ValidateArgs(positional); err != nil {
			return err
		}
	}
	return a.settings(t, command)
}

// settings loads the flags and --set of a command as a run does, in a
// workspace that has what the pages name.
func (a *app) settings(t *testing.T, command *cobra.Command) error {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"Cargo.toml", "backend/Cargo.toml", "layout/index.json"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("[workspace]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set := slices.Clone(a.global.set)
	for i, pair := range set {
		if key, _, _ := strings.Cut(pair, "="); key == "toolchain.oci-layout" {
			set[i] = key + "=" + filepath.Join(dir, "layout")
		}
	}
	_, err := config.Load(config.Options{
		Dir: dir, Flags: command.Flags(), Set: set, Kinds: llb.Kinds(), DefaultChecks: llb.DefaultChecks(),
		OtherBuilders: []string{"desk", "rack", "farm", "farm/farm0"},
	})
	return err
}

package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// regather is how a run of another command keeps what build gathered up to date:
// it removes that and makes it again. Nil where there is nothing, or no package
// check among the selected.
func (a *app) regather(cfg *config.Config, selected []string) func() error {
	var packages []config.Check
	for _, c := range cfg.Checks {
		if llb.Programs(c.Kind) && slices.Contains(selected, c.Name) {
			packages = append(packages, c)
		}
	}
	for _, kind := range []string{"bin", "lib"} {
		if _, err := os.Lstat(filepath.Join(cfg.Output, kind)); err == nil && len(packages) > 0 {
			return func() error { return a.gather(cfg, packages) }
		}
	}
	return nil
}

// gather copies the binaries and libraries of package checks to bin and lib of
// the output, those of a leg of the matrix to a directory of its own, as their
// names are the same.
func (a *app) gather(cfg *config.Config, packages []config.Check) error {
	for _, kind := range []string{"bin", "lib"} {
		to := filepath.Join(cfg.Output, kind)
		if err := os.RemoveAll(to); err != nil {
			return fmt.Errorf("replacing %s: %w", to, err)
		}
		for _, check := range packages {
			from := filepath.Join(cfg.Output, check.Name, kind)
			err := os.CopyFS(filepath.Join(to, check.Leg), os.DirFS(from))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("copying binaries to %s: %w", to, err)
			}
			fmt.Fprintf(a.out, "%s in %s\n", map[string]string{"bin": "binaries", "lib": "libraries"}[kind], to)
		}
	}
	return nil
}

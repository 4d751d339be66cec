package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/scaffold"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/repofs"
)

// initOptions are the flags of cranekit init.
type initOptions struct {
	ci     []string
	force  bool
	stdout bool
	// trust is what a crane.yaml that is there asks for.
	trust []config.Trust
}

// newFile is a file that init writes.
type newFile struct {
	path string // absolute
	text []byte
	// top is the directory that links must not lead out of on the way.
	top string
}

func (a *app) initCommand() *cobra.Command {
	o := initOptions{}
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a crane.yaml for this workspace, and pipelines for CI",
		Long: `Write a commented crane.yaml beside the root Cargo.toml, with what the manifests
and Cargo.lock tell: system packages that crates need, how crates are fetched,
which checks make sense. With --ci, a pipeline that runs cranekit check is
written too, in the repository's root.

Existing files are never overwritten without --force. cranekit
needs no crane.yaml: without one it runs clippy, package and tarpaulin.`,
		Example: `  cranekit init                        # crane.yaml
  cranekit init --stdout               # only look
  cranekit init --ci github --ci gitlab`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.init(c.Context(), o) },
	}
	c.Flags().StringSliceVar(&o.ci, "ci", nil, "write a pipeline for `SYSTEM` too: "+strings.Join(scaffold.Systems(), ", ")+"; may be repeated")
	c.Flags().BoolVar(&o.force, "force", false, "overwrite files that are there")
	c.Flags().BoolVar(&o.stdout, "stdout", false, "print the files instead of writing them")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("ci", cobra.FixedCompletions(scaffold.Systems(), cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) init(ctx context.Context, o initOptions) error {
	if a.global.file != "" || len(a.global.set) > 0 {
		return project.Usage(errors.New("init writes crane.yaml beside Cargo.toml; --config and --set do not apply"))
	}
	dir, err := a.directory()
	if err != nil {
		return err
	}
	o.trust = a.wanted(ctx)
	files, facts, err := initFiles(ctx, dir, o)
	if err != nil {
		return err
	}
	if o.stdout {
		return a.showFiles(files)
	}
	return a.writeFiles(files, facts, o)
}

// directory is the working directory of the command, absolute.
func (a *app) directory() (string, error) {
	dir, err := filepath.Abs(a.global.dir)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", project.Usage(fmt.Errorf("-C %s: no such directory", a.global.dir))
	}
	return dir, nil
}

// initFiles makes the text of the files for the workspace around dir.
func initFiles(ctx context.Context, dir string, o initOptions) ([]newFile, scaffold.Facts, error) {
	root := config.FindWorkspace(dir)
	if root == "" {
		return nil, scaffold.Facts{}, project.Usage(fmt.Errorf("no Cargo.toml in %s or above it: name the workspace's directory with -C", dir))
	}
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, scaffold.Facts{}, project.Usage(err)
	}
	top, err := project.SourceRoot(ctx, root)
	if err != nil {
		return nil, scaffold.Facts{}, err
	}
	bound := project.Boundary(&config.Config{}, root)
	source, err := repofs.Open(ctx, bound, false)
	if err != nil {
		return nil, scaffold.Facts{}, err
	}
	defer source.Close()
	ws, err := cargo.LoadWithin(source, repofs.Name(root), repofs.Name(top), repofs.Name(bound))
	if err != nil {
		return nil, scaffold.Facts{}, project.Usage(fmt.Errorf("reading the workspace in %s: %w", root, err))
	}
	root = filepath.Join("/", filepath.FromSlash(ws.Base), filepath.FromSlash(ws.Dir))
	facts := scaffold.Look(source, ws)
	text, err := scaffold.CraneYAML(facts)
	if err != nil {
		return nil, facts, err
	}
	wanted := slices.Clone(o.trust)
	if facts.SSH {
		wanted = append(wanted, config.TrustSSH)
	}
	files := []newFile{{filepath.Join(root, config.FileName), text, bound}}
	for _, system := range o.ci {
		name, text, err := scaffold.Pipeline(system, scaffold.Project{Dir: project.Relative(top, root), Tests: facts.Tests, Trust: project.TrustList(wanted)})
		if err != nil {
			return nil, facts, project.Usage(fmt.Errorf("--ci: %w", err))
		}
		files = append(files, newFile{filepath.Join(top, filepath.FromSlash(name)), text, bound})
	}
	return files, facts, nil
}

// wanted returns the demands of an existing crane.yaml, none if it cannot be
// read.
func (a *app) wanted(ctx context.Context) []config.Trust {
	cfg, err := a.load(ctx, nil)
	if err != nil {
		return nil
	}
	var wanted []config.Trust
	for _, d := range cfg.Demands {
		wanted = append(wanted, d.Trust)
	}
	return wanted
}

// showFiles prints the files; more than one are told apart by their names.
func (a *app) showFiles(files []newFile) error {
	for i, f := range files {
		if len(files) > 1 {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			fmt.Fprintf(a.out, "# ---- %s\n", project.ShortPath(f.path))
		}
		if _, err := a.out.Write(f.text); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles writes all files or none. A crane.yaml that is there stays as it
// is when pipelines were asked for.
func (a *app) writeFiles(files []newFile, facts scaffold.Facts, o initOptions) error {
	if !o.force {
		var there []string
		kept := files[:0:0]
		for i, f := range files {
			_, err := os.Lstat(f.path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				kept = append(kept, f)
			case err != nil:
				return fmt.Errorf("looking for %s: %w", f.path, err)
			case i == 0 && len(files) > 1:
				fmt.Fprintf(a.out, "kept   %s, which is there already\n", project.ShortPath(f.path))
			default:
				there = append(there, project.ShortPath(f.path))
			}
		}
		if len(there) > 0 {
			return project.Usage(fmt.Errorf("%s is there already: --force overwrites it, --stdout shows what would be written", strings.Join(there, " and ")))
		}
		files = kept
	}
	for _, f := range files {
		if err := writeNew(f, o.force); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "wrote  %s\n", project.ShortPath(f.path))
	}
	return a.nextSteps(facts, o)
}

// writeNew writes a file. Without force it is made anew or not at all, so that
// nothing is overwritten that appears at the last moment.
func writeNew(f newFile, force bool) error {
	top, err := os.OpenRoot(f.top)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	defer top.Close()
	name, err := filepath.Rel(f.top, f.path)
	if err == nil {
		err = top.MkdirAll(filepath.Dir(name), 0o755)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := top.OpenFile(name, flags, 0o644)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	_, err = out.Write(f.text)
	return errors.Join(err, out.Close())
}

func (a *app) nextSteps(facts scaffold.Facts, o initOptions) error {
	var text strings.Builder
	if len(facts.System) > 0 {
		names := make([]string, len(facts.System))
		for i, need := range facts.System {
			names[i] = need.Package
		}
		fmt.Fprintf(&text, "system packages for crates in Cargo.lock: %s\n", strings.Join(names, " "))
	}
	if len(facts.Unknown) > 0 {
		fmt.Fprintf(&text, "may need system packages too: %s\n", strings.Join(facts.Unknown, " "))
	}
	fmt.Fprint(&text, "\nNext:\n  cranekit doctor     # does this machine have what a run needs?\n"+
		"  cranekit plan       # the graph and its commands\n  cranekit check      # run the checks\n")
	if facts.SSH {
		fmt.Fprint(&text, "crane.yaml asks for your ssh agent: cranekit trust ssh allows that.\n")
	}
	if len(o.ci) > 0 && len(o.trust) > 0 {
		fmt.Fprintf(&text, "The pipeline trusts this repository with %s, for crane.yaml asks for that. Take it out unless you agree: docs/security.md.\n", project.TrustList(o.trust))
	}
	if len(o.ci) > 0 {
		fmt.Fprint(&text, "The pipeline compiles cranekit with Go: there is no release to download yet. Read its comments, then commit it.\n")
	}
	_, err := fmt.Fprint(a.out, text.String())
	return err
}

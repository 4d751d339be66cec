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

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/scaffold"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/repofs"
)

// newFile is a file that init writes.
type newFile struct {
	path string // absolute
	text []byte
	// top is the directory that links must not lead out of on the way.
	top string
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

// writeNew writes a file. It is made anew or not at all, so that nothing is
// overwritten that appears at the last moment; with force, what was there goes
// first.
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
	if force {
		// What is there goes, and is not written to: it can be a link, to a hook
		// of git's, or a pipe.
		if err := top.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("writing %s: %w", f.path, err)
		}
	}
	out, err := top.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	_, err = out.Write(f.text)
	return errors.Join(err, out.Close())
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

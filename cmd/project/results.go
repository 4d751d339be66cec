package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cranekit/cranekit/buildkit/output"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/repofs"
)

const (
	// PreviousDir is where results of earlier runs are that this one has not
	// made again, out of the way of patterns such as result/*/junit.xml.
	PreviousDir = ".previous"
	// lockPoll is how often a run that waits asks again.
	lockPoll = 200 * time.Millisecond
)

// Results is the output directory while a run has it for itself.
type Results struct {
	cfg  *config.Config
	lock *outputLock
}

// TakeResults waits until no other run writes to the output directory, and puts
// what is in there aside. W is told whom it waits for.
func TakeResults(ctx context.Context, cfg *config.Config, products bool, w io.Writer) (*Results, error) {
	r := &Results{cfg: cfg}
	told := false
	for r.lock == nil {
		if err := r.mark(); err != nil {
			return nil, err
		}
		lock, holder, err := lockOutput(cfg.Results)
		if err != nil {
			return nil, Usage(fmt.Errorf("output: locking %s: %w", cfg.Results, err))
		}
		if r.lock = lock; lock != nil {
			break
		}
		if !told {
			fmt.Fprintf(w, "another run%s writes to %s: waiting for its end; --output DIR does not wait\n", holder, ShortPath(cfg.Results))
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
	if err := r.setAside(products); err != nil {
		return nil, errors.Join(fmt.Errorf("output: %w", err), r.lock.release())
	}
	return r, nil
}

// mark makes the output directories, or their marks again: what cleans a
// repository may remove them at any time, and a directory without a mark is not
// written to by later runs.
func (r *Results) mark() error {
	for _, dir := range []string{r.cfg.Results, r.cfg.Output} {
		if err := claimOutput(dir, r.cfg.Workspace); err != nil {
			return placed(r.cfg, "output", err, "name a directory that is new or empty and can be written, by --output")
		}
	}
	return nil
}

// Remark marks directories that were made again while the run wrote to them.
func (r *Results) Remark() error {
	var errs []error
	for _, dir := range []string{r.cfg.Results, r.cfg.Output} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, writeMark(dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("making the output directory: %w", err)
	}
	return nil
}

// leftover is a file or directory that a run was writing when it was killed.
var leftover = regexp.MustCompile(`^\..+-[0-9]+$`)

// setAside moves the results of checks to the previous ones, and removes the
// reports of the run before and what is of no use to this one: whatever is
// there afterwards, this run has made. Products are what build gathers; a run
// without package checks says nothing of them and leaves them alone.
func (r *Results) setAside(products bool) (err error) {
	root, err := os.OpenRoot(r.cfg.Output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	of := r.checkDirs()
	if err := removeOthers(root, PreviousDir, of.own, products); err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case slices.Contains(report.Files(), name), leftover.MatchString(name), products && (name == "bin" || name == "lib"):
			err = root.RemoveAll(name)
		case slices.Contains(of.own, name), slices.Contains(of.before, name) && products:
			err = previous(root, name)
		case slices.Contains(of.before, name):
			err = root.RemoveAll(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// previous moves the results of a check out of the way.
func previous(root *os.Root, name string) error {
	to := path.Join(PreviousDir, name)
	// A link in its place leads nowhere that is wanted.
	if info, err := root.Lstat(PreviousDir); err == nil && !info.IsDir() {
		if err := root.RemoveAll(PreviousDir); err != nil {
			return err
		}
	}
	if err := root.MkdirAll(PreviousDir, 0o755); err != nil {
		return err
	}
	if err := root.RemoveAll(to); err != nil {
		return err
	}
	return root.Rename(name, to)
}

// removeOthers removes what is in a directory and not in the list, but for a
// build, which does not know of all checks.
func removeOthers(root *os.Root, dir string, keep []string, build bool) error {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil || build {
		return nil // there is none, or none that is a directory
	}
	for _, entry := range entries {
		if !slices.Contains(keep, entry.Name()) {
			if err := root.RemoveAll(path.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxSummary is how many bytes of an earlier summary are read, which can be the
// repository's own file.
const maxSummary = 64 << 20

// checkDirs are the names of directories of checks: those of the configuration
// and those of the run before. What else is there, somebody else put there.
type checkDirs struct{ own, before []string }

func (r *Results) checkDirs() checkDirs {
	dirs := checkDirs{own: []string{"image"}}
	for _, c := range r.cfg.Checks {
		dirs.own = append(dirs.own, c.Name)
	}
	var before struct{ Checks []struct{ Name string } }
	if text, err := repofs.ReadWithin(r.cfg.Output, filepath.Join(r.cfg.Output, report.SummaryFile), maxSummary); err != nil || json.Unmarshal(text, &before) != nil {
		return dirs
	}
	for _, c := range before.Checks {
		if c.Name != "bin" && c.Name != "lib" && !strings.HasPrefix(c.Name, ".") && !slices.Contains(dirs.own, c.Name) {
			dirs.before = append(dirs.before, c.Name)
		}
	}
	return dirs
}

// Release lets other runs write, without the previous results that this one has
// made again.
func (r *Results) Release() error {
	return errors.Join(r.forget(), r.lock.release())
}

func (r *Results) forget() (err error) {
	root, err := os.OpenRoot(r.cfg.Output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := fs.ReadDir(root.FS(), PreviousDir)
	if err != nil {
		return nil // there is none
	}
	left := len(entries)
	for _, entry := range entries {
		if _, err := root.Lstat(entry.Name()); err != nil {
			continue
		}
		if err := root.RemoveAll(path.Join(PreviousDir, entry.Name())); err != nil {
			return err
		}
		left--
	}
	if left == 0 {
		return root.Remove(PreviousDir)
	}
	return nil
}

// OutputLimits are those of the checks, by their names.
func OutputLimits(checks []config.Check) map[string]output.Limits {
	limits := map[string]output.Limits{}
	for _, c := range checks {
		limits[c.Name] = output.Limits{Size: int64(c.Limits.OutputSize), Files: c.Limits.OutputFiles}
	}
	return limits
}

package project

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit/output"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
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

// Release lets other runs write, without the previous results that this one has
// made again.
func (r *Results) Release() error {
	return errors.Join(r.forget(), r.lock.release())
}

// OutputLimits are those of the checks, by their names.
func OutputLimits(checks []config.Check) map[string]output.Limits {
	limits := map[string]output.Limits{}
	for _, c := range checks {
		limits[c.Name] = output.Limits{Size: int64(c.Limits.OutputSize), Files: c.Limits.OutputFiles}
	}
	return limits
}

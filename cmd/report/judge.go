package report

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report/libtest"
	"github.com/cranekit/cranekit/config"
)

// JudgeOptions are what [Judge] knows beside a check and its result.
type JudgeOptions struct {
	// Real are the directories, as the builder sees them, of local packages
	// that count as dependencies.
	Real []string
	// DenyRebuild makes a check red that compiled a dependency, or whose
	// reuse cannot be told.
	DenyRebuild bool
	// Stop, if it is there, ends reading when it returns an error, as the Err
	// of a context does.
	Stop func() error
	// Locks are those of the source whose crates are not fetched.
	Locks []string
	// Dir is the workspace in the source, and Unsent reports whether a file
	// that the source could have is on this machine and was not sent. Without
	// it nothing is said of such files.
	Dir    string
	Unsent func(file string) bool
}

// Judge makes the row of a check from how it ended and what it wrote, all of
// which it reads here: printing a row needs no files. A file that is not there
// is one that the kind of check does not write; one that cannot be read is
// told in the message.
func Judge(c config.Check, r buildkit.Result, o JudgeOptions) Check {
	row := Check{
		Name: c.Name, Kind: c.Kind, Status: r.Status, Builder: r.Builder, Cached: r.Cached,
		Seconds: Seconds(r.Took), ExitCode: r.ExitCode, Outputs: []string{},
		details: details{log: r.Log},
	}
	problem := r.Err
	if r.Dir != "" {
		problem = errors.Join(problem, row.read(stoppable{os.DirFS(r.Dir), o.Stop}, c, o.Real))
	}
	if o.DenyRebuild && row.Status == buildkit.StatusPassed {
		problem = errors.Join(row.deny(problem), problem)
	}
	if percent := row.Metrics.CoveragePercent; row.Status == buildkit.StatusFailed && percent != nil && *percent < c.FailUnder {
		problem = errors.Join(fmt.Errorf("coverage of %.2f %% is below the %g %% of fail-under", *percent, c.FailUnder), problem)
		row.details.log = nil // It says the same at length.
	}
	if row.Timeout {
		problem = errors.Join(fmt.Errorf("timed out after %s", c.Limits.Timeout), problem)
	}
	if row.Retries > 0 && row.Status == buildkit.StatusPassed {
		problem = errors.Join(errors.New(row.flakiness()), problem)
	}
	if problem = errors.Join(problem, row.doubts()); problem != nil {
		row.Message = problem.Error()
	}
	row.harmless()
	row.advise(c, o)
	return row
}

// deny makes a check red that compiled dependencies, or of which that is not
// known because its files could not be read.
func (c *Check) deny(unread error) error {
	switch {
	case c.Deps == nil && unread != nil:
		c.Status = buildkit.StatusFailed
	case c.Deps != nil && len(c.Deps.Rebuilt) > 0:
		c.Status, c.details.denied = buildkit.StatusFailed, true
		return fmt.Errorf("compiled %s, which deny-rebuild forbids: %s", plural(len(c.Deps.Rebuilt), "dependency", "dependencies"), units(c.Deps.Rebuilt))
	}
	return nil
}

// flakiness says how a check passed that did not at once, and which tests were
// the reason, as far as that is known.
func (c *Check) flakiness() string {
	text := "flaky: it passed only after " + plural(c.Retries, "retry", "retries")
	if len(c.Flaky) > 0 {
		text += ": " + few(c.Flaky)
	}
	return text
}

// doubts says which programs of tests have no numbers.
func (c *Check) doubts() error {
	tests := &c.details.tests
	if tests.Unclear {
		return errors.New("the log names programs of tests that did not run then: the numbers of tests are left out")
	}
	var errs []error
	if names := tests.In(libtest.Unclear); len(names) > 0 {
		errs = append(errs, fmt.Errorf("%s: the numbers of tests do not add up and are left out", few(names)))
	}
	if names := tests.In(libtest.Cut); len(names) > 0 && !c.Timeout {
		errs = append(errs, fmt.Errorf("%s: ended before the last test", few(names)))
	}
	return errors.Join(errs...)
}

// units names a few units of a list of "name version: reason".
func units(rebuilt []string) string {
	names := make([]string, len(rebuilt))
	for i, unit := range rebuilt {
		names[i], _, _ = strings.Cut(unit, ":")
	}
	return few(names)
}

// few names the first of a list.
func few(names []string) string {
	const most = 3
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(", %d more", more)
	}
	return text
}

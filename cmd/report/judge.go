package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
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
		problem = errors.Join(problem, row.read(stoppable{os.DirFS(r.Dir), o.Stop}, o.Real))
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
		problem = errors.Join(fmt.Errorf("flaky: it passed only after %s", plural(row.Retries, "retry", "retries")), problem)
	}
	if problem != nil {
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

// read fills in what the files of a check tell: the reasons first, as they are
// part of what the messages become.
func (c *Check) read(dir fs.FS, local []string) error {
	reasons := map[string]string{}
	return errors.Join(
		c.list(dir),
		open(dir, "rebuilt.txt", func(r io.Reader) (err error) {
			reasons, err = readReasons(r)
			return err
		}),
		open(dir, "messages.json", func(r io.Reader) error {
			messages, err := cargo.ReadMessages(r)
			if err != nil {
				return err
			}
			reuse := messages.Reuse(local)
			c.Deps = &Deps{Reused: &reuse.Reused, Rebuilt: explain(reuse.Rebuilt, reasons)}
			c.Metrics.Warnings, c.Metrics.Errors = new(messages.Warnings()), new(messages.Errors())
			c.details.found = messages.Diagnostics
			for i := range messages.Diagnostics {
				c.details.diagnostics = append(c.details.diagnostics, messages.Diagnostics[i].Rendered)
			}
			return nil
		}),
		open(dir, "compiled.txt", func(r io.Reader) error {
			compiled, err := readCompiled(r)
			if err == nil && c.Deps == nil {
				c.Deps = &Deps{Rebuilt: compiled}
			}
			return err
		}),
		open(dir, "flaky.txt", func(r io.Reader) error {
			lines := bufio.NewScanner(r)
			for lines.Scan() {
				n, err := strconv.Atoi(lines.Text())
				if err != nil {
					return err
				}
				c.Retries += n
			}
			return lines.Err()
		}),
		open(dir, "deps.txt", c.readCompiling),
		open(dir, "timeout.txt", func(io.Reader) error {
			c.Timeout = true
			return nil
		}),
		open(dir, "log.txt", c.readLog),
		open(dir, "cobertura.xml", c.readCoverage),
	)
}

// open has a file read, unless there is none.
func open(dir fs.FS, name string, read func(io.Reader) error) error {
	f, err := dir.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = errors.Join(read(f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// list names the outputs. Documentation is thousands of files and one thing.
func (c *Check) list(dir fs.FS) error {
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "doc" && entry.IsDir():
			c.Outputs = append(c.Outputs, path.Join(c.Name, name)+"/")
			return fs.SkipDir
		case !entry.IsDir():
			c.Outputs = append(c.Outputs, path.Join(c.Name, name))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing the outputs: %w", err)
	}
	return nil
}

// readLog counts tests. Where none ran there is nothing to count: clippy has
// no number of tests rather than 0.
func (c *Check) readLog(r io.Reader) error {
	log, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if c.Red() {
		c.details.log = log
	}
	t, err := cargo.ReadTests(bytes.NewReader(log))
	if t.Passed+t.Failed+t.Ignored > 0 {
		c.Metrics.TestsPassed, c.Metrics.TestsFailed, c.Metrics.TestsIgnored = &t.Passed, &t.Failed, &t.Ignored
	}
	return err
}

func (c *Check) readCoverage(r io.Reader) error {
	coverage, err := cargo.ReadCoverage(r)
	if err != nil {
		return err
	}
	percent := math.Round(coverage.Percent*100) / 100
	c.Metrics.CoveragePercent, c.Metrics.LinesCovered, c.Metrics.LinesTotal = &percent, &coverage.Covered, &coverage.Total
	return nil
}

// units names a few units of a list of "name version: reason".
func units(rebuilt []string) string {
	const few = 3
	var names []string
	for _, unit := range rebuilt[:min(few, len(rebuilt))] {
		name, _, _ := strings.Cut(unit, ":")
		names = append(names, name)
	}
	if more := len(rebuilt) - few; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report/libtest"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/llb"
)

// exitTimeout is the exit code of a check that the script ended.
const exitTimeout = 124

// reading is what the readers of a check's files share.
type reading struct {
	*Check
	check config.Check
	// local are the packages of the builder that count as dependencies.
	local []string
	// reasons are cargo's, for what was compiled again.
	reasons map[string]string
	// messages are cargo's, nil where the check has none.
	messages *cargo.Messages
}

// read fills in what the files of a check tell. It reads only those that the
// script leaves for this check: any other was written by its own commands.
func (c *Check) read(dir fs.FS, check config.Check, local []string) error {
	r := &reading{Check: c, check: check, local: local, reasons: map[string]string{}}
	left := llb.Leaves(check)
	c.details.lines = slices.Contains(left, llb.CompiledFile)
	errs := []error{c.list(dir)}
	// Reasons are part of what the messages become, and the messages tell
	// which programs the log can have.
	for _, f := range []struct {
		name string
		read func(io.Reader) error
	}{
		{llb.RebuiltFile, r.rebuilt},
		{llb.MessagesFile, r.cargo},
		{llb.CompiledFile, r.compiled},
		{llb.FlakyFile, r.flaky},
		{llb.CompilingFile, c.readCompiling},
		{llb.TimeoutFile, r.timeout},
		{llb.LogFile, r.log},
		{llb.CoverageFile, r.coverage},
	} {
		if slices.Contains(left, f.name) {
			errs = append(errs, open(dir, f.name, f.read))
		}
	}
	return errors.Join(errs...)
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

func (r *reading) rebuilt(f io.Reader) (err error) {
	r.reasons, err = readReasons(f)
	return err
}

func (r *reading) cargo(f io.Reader) (err error) {
	if r.messages, err = cargo.ReadMessages(f); err != nil {
		return err
	}
	reuse := r.messages.Reuse(r.local)
	r.Deps = &Deps{Reused: &reuse.Reused, Rebuilt: explain(reuse.Rebuilt, r.reasons)}
	r.Metrics.Warnings, r.Metrics.Errors = new(r.messages.Warnings()), new(r.messages.Errors())
	r.details.found = r.messages.Diagnostics
	return nil
}

func (r *reading) compiled(f io.Reader) error {
	compiled, err := readCompiled(f)
	if err == nil {
		r.Deps = &Deps{Rebuilt: compiled}
	}
	return err
}

func (r *reading) flaky(f io.Reader) error {
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		r.Retries += n
	}
	return lines.Err()
}

func (r *reading) timeout(io.Reader) error {
	r.Timeout = r.Status == buildkit.StatusFailed && r.ExitCode == exitTimeout && r.check.Limits.Timeout > 0
	return nil
}

// log counts tests. Where none ran there is nothing to count: clippy has no
// number of tests rather than 0.
func (r *reading) log(f io.Reader) error {
	var kept ends
	if r.Red() {
		f = io.TeeReader(f, &kept)
	}
	err := r.tests(f)
	if _, rest := io.Copy(io.Discard, f); err == nil {
		err = rest
	}
	if r.Red() {
		r.details.log = kept.bytes()
	}
	return err
}

func (r *reading) tests(f io.Reader) error {
	left := llb.Leaves(r.check)
	compiles := slices.Contains(left, llb.MessagesFile)
	if !slices.Contains(left, llb.FlakyFile) || compiles && r.messages == nil {
		return nil
	}
	var known *libtest.Programs
	if compiles {
		known = programs(r.messages)
	}
	tests, err := libtest.Read(f, known)
	if err != nil {
		return err
	}
	// The script counts the retries of what passes.
	tests.Unclear = tests.Unclear || r.Status == buildkit.StatusPassed && tests.Retries != r.Retries
	r.details.tests = *tests
	if t, ok := tests.Totals(); ok {
		r.Metrics.TestsPassed, r.Metrics.TestsFailed, r.Metrics.TestsIgnored = &t.Passed, &t.Failed, &t.Ignored
		r.Flaky = tests.Flaky
	}
	return nil
}

// programs are the programs of tests that cargo compiled, and the crates whose
// documentation can have tests, with names that tell them apart.
func programs(m *cargo.Messages) *libtest.Programs {
	p := &libtest.Programs{Names: map[string]string{}, Docs: map[string][]string{}}
	for i := range m.Units {
		u := &m.Units[i]
		if !u.Local || len(u.Kinds) == 0 {
			continue
		}
		if u.Test && u.Executable != "" {
			p.Names[u.Executable] = suiteName(u)
		}
		switch u.Kinds[0] {
		case "bin", "test", "bench", "example", "custom-build":
		default: // a library, of whatever type
			crate, name := strings.ReplaceAll(u.Target, "-", "_"), u.Name+"::doc"
			if !slices.Contains(p.Docs[crate], name) {
				p.Docs[crate] = append(p.Docs[crate], name)
			}
		}
	}
	return p
}

// suiteName is what the tests of a unit are called: the package, and the
// directory and name that cargo's conventions give to what is not its library.
func suiteName(u *cargo.Unit) string {
	dir := map[string]string{"bin": "bin", "test": "tests", "bench": "benches", "example": "examples"}[u.Kinds[0]]
	if dir == "" {
		return u.Name
	}
	return u.Name + "::" + dir + "/" + u.Target
}

func (r *reading) coverage(f io.Reader) error {
	coverage, err := cargo.ReadCoverage(f)
	if err != nil {
		return err
	}
	percent := math.Round(coverage.Percent*100) / 100
	r.Metrics.CoveragePercent, r.Metrics.LinesCovered, r.Metrics.LinesTotal = &percent, &coverage.Covered, &coverage.Total
	return nil
}

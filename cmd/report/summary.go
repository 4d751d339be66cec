// Package report turns the results of a run into what people and programs
// read: the final table, the failures in full, and summary.json.
package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report/libtest"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/llb"
)

// SummaryFile is the name of the summary in the output directory.
const SummaryFile = "summary.json"

// SummaryVersion is the version of the schema, docs/summary.schema.json. It
// grows when a field changes its meaning or goes; new fields leave it alone.
const SummaryVersion = 1

// Summary is what a run did: result/summary.json.
type Summary struct {
	Version int `json:"version"`
	// Workspace is the directory of the root Cargo.toml.
	Workspace string    `json:"workspace"`
	Builder   Builder   `json:"builder"`
	Toolchain Toolchain `json:"toolchain"`
	// Seconds is the whole run by the clock.
	Seconds  float64 `json:"seconds"`
	ExitCode int     `json:"exit_code"`
	// Stages are what the checks stood on, in the order of the graph.
	Stages []Stage `json:"stages"`
	Checks []Check `json:"checks"`
	// Caches are the shared caches, in the order of the configuration.
	Caches []Cache `json:"caches"`
	// CacheRule says what of shared caches this run was to read and write.
	CacheRule string `json:"cache_rule,omitempty"`
	// SavedSeconds is what compiling the dependencies took, where and when it
	// was done, that this run did not compile.
	SavedSeconds float64 `json:"saved_seconds"`
	// Images are what was published, each place by itself.
	Images []Image `json:"images,omitempty"`
}

// Image is an image that was brought to a place.
type Image struct {
	// Kind is push, load or oci.
	Kind string `json:"kind"`
	// Ref is the reference, or the directory of an OCI layout.
	Ref string `json:"ref"`
	// Digest is that of the index, or of the image where there is no index.
	Digest    string   `json:"digest"`
	Platforms []string `json:"platforms"`
	// Base is the base image with its digest, "" for scratch.
	Base string `json:"base,omitempty"`
}

// Builder is the builder that ran the checks, and why it was chosen. Of
// several, Name and Reason are lists, and Notes say what each did.
type Builder struct {
	Name   string   `json:"name"`
	Reason string   `json:"reason"`
	Notes  []string `json:"notes,omitempty"`
}

// Toolchain is the image that everything ran in, with its digest.
type Toolchain struct {
	Image string `json:"image"`
}

// Stage is a step that checks share.
type Stage struct {
	Name string   `json:"name"`
	Role llb.Role `json:"role"`
	// Check is the check that a member layer is made for, "" for what several
	// share.
	Check   string  `json:"check,omitempty"`
	Cached  bool    `json:"cached"`
	Seconds float64 `json:"seconds"`
	// Units are calls of the compiler and runs of build scripts, and Compiled
	// those of them that the stage made itself. They are there for a stage that
	// started from what an earlier one left.
	Units    int `json:"units,omitempty"`
	Compiled int `json:"compiled,omitempty"`
}

// Check is the row of one check. [Judge] makes that of a check that was to
// run.
type Check struct {
	Name   string          `json:"name"`
	Kind   string          `json:"kind"`
	Status buildkit.Status `json:"status"`
	// Builder is the one of several that gave the answer.
	Builder string `json:"builder,omitempty"`
	Cached  bool   `json:"cached"`
	// Seconds is the time of the check's own commands.
	Seconds  float64 `json:"seconds"`
	ExitCode int     `json:"exit_code"`
	// Deps is nil where nothing is known: the check compiled nothing, or did
	// not run.
	Deps *Deps `json:"deps"`
	// Outputs are slash-separated paths relative to the output directory. One
	// that ends in a slash is a whole directory.
	Outputs []string `json:"outputs"`
	Metrics Metrics  `json:"metrics"`
	// Retries is how often steps were repeated before they passed: the check
	// is flaky. Timeout is set if its time was over.
	Retries int  `json:"retries,omitempty"`
	Timeout bool `json:"timeout,omitempty"`
	// Flaky are the tests that failed before a retry and not after it, as
	// far as the log names them.
	Flaky []string `json:"flaky,omitempty"`
	// Message says why a check is red or could not be judged, where it takes
	// more than the exit code.
	Message string `json:"message,omitempty"`
	// Hints are advice for a red check whose log shows that it lacked
	// something which the container does not have, a line each.
	Hints []string `json:"hints,omitempty"`

	details details
}

// Deps is what a check did with the snapshot of compiled dependencies.
type Deps struct {
	// Reused is nil where only compiled units are seen, as in a custom check.
	Reused *int `json:"reused,omitempty"`
	// Rebuilt are the dependencies that the check compiled itself, each as
	// "name version: reason".
	Rebuilt []string `json:"rebuilt"`
}

// Metrics are the numbers that a check gave; those it does not give are nil.
type Metrics struct {
	Warnings        *int     `json:"warnings,omitempty"`
	Errors          *int     `json:"errors,omitempty"`
	TestsPassed     *int     `json:"tests_passed,omitempty"`
	TestsFailed     *int     `json:"tests_failed,omitempty"`
	TestsIgnored    *int     `json:"tests_ignored,omitempty"`
	CoveragePercent *float64 `json:"coverage_percent,omitempty"`
	LinesCovered    *int     `json:"lines_covered,omitempty"`
	LinesTotal      *int     `json:"lines_total,omitempty"`
}

// details are what [Failures] shows of a check beyond its row.
type details struct {
	// found are the compiler's errors and warnings.
	found []cargo.Diagnostic
	// log is that of a red check without its middle if it is long, or the end
	// of the log of the step that kept the check from running.
	log []byte
	// tests are what the log says of tests, empty for a check without.
	tests libtest.Log
	// compiling is what compiling its dependencies took, in seconds, by the
	// commands of the stages.
	compiling map[string]float64
	// lines is set for a check that runs lines of the user.
	lines bool
	// denied is set if the check is red for compiled dependencies alone.
	denied bool
}

// Red reports whether the check failed or could not be run.
func (c *Check) Red() bool {
	return c.Status == buildkit.StatusFailed || c.Status == buildkit.StatusError
}

// Stages are the facts of a run about what its checks stood on.
func Stages(nodes []buildkit.NodeFact) []Stage {
	stages := []Stage{}
	for _, n := range nodes {
		if n.Role != llb.RoleCheck {
			stages = append(stages, Stage{Name: n.Name, Role: n.Role, Check: n.Owner, Cached: n.Cached, Seconds: Seconds(n.Took), Units: n.Units.Total, Compiled: n.Units.Compiled})
		}
	}
	return stages
}

// Seconds is a duration as the summary has it, exact to the millisecond.
func Seconds(d time.Duration) float64 {
	return math.Round(d.Seconds()*1000) / 1000
}

// Write writes summary.json into the output directory. A reader finds the one
// of the run before or the whole new one, never a part.
func (s *Summary) Write(output string) error {
	for i := range s.Checks {
		if s.Checks[i].Outputs == nil { // A list in the schema, never null.
			s.Checks[i].Outputs = []string{}
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(s); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	if err := WriteFile(filepath.Join(output, SummaryFile), text.Bytes()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// WriteFile writes a file and the directory that it is in. A reader finds the
// old file or the whole new one, never a part.
func WriteFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

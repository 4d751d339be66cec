package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
)

const (
	// tailLines is how much of a log is shown where nothing better is known.
	tailLines = 60
	// fewUnits is how many compiled dependencies are listed where they are
	// not what made the check red.
	fewUnits = 10
)

// Failures prints what a person has to know beyond the table: first what was
// compiled again by checks that passed all the same, then every red check in
// full and how to run it again. It prints nothing when all is well.
func Failures(w io.Writer, s *Summary, o Options) error {
	var out bytes.Buffer
	for i := range s.Checks {
		if !s.Checks[i].Red() {
			s.Checks[i].warn(&out, o)
		}
	}
	// One mistake often turns several checks red in the same words.
	shown := map[string]string{}
	for i := range s.Checks {
		c := &s.Checks[i]
		if !c.Red() {
			continue
		}
		evidence := c.evidence()
		if first := shown[evidence]; first != "" && evidence != "" {
			evidence = "The same as for " + first + "."
		} else {
			shown[evidence] = c.Name
		}
		c.explain(&out, o, evidence)
	}
	_, err := out.WriteTo(w)
	return err
}

// warn tells what is wrong with a check that is not red.
func (c *Check) warn(out *bytes.Buffer, o Options) {
	label := o.paint(yellow, "warning:")
	if c.Message != "" {
		fmt.Fprintf(out, "\n%s %s: %s\n", label, c.Name, c.Message)
	}
	if c.Deps != nil && len(c.Deps.Rebuilt) > 0 {
		fmt.Fprintf(out, "\n%s %s %s\n", label, c.Name, c.rebuilt(o))
	}
}

// explain prints a red check.
func (c *Check) explain(out *bytes.Buffer, o Options, evidence string) {
	title := c.Name + " failed"
	switch {
	case c.Status == buildkit.StatusError:
		title = c.Name + " could not be run"
	case c.ExitCode != 0:
		title = fmt.Sprintf("%s, exit code %d", title, c.ExitCode)
	}
	fmt.Fprintf(out, "\n%s\n", o.paint(red, title))
	if c.Message != "" && !c.details.denied {
		fmt.Fprintln(out, c.Message)
	}
	if c.Deps != nil && len(c.Deps.Rebuilt) > 0 {
		fmt.Fprintln(out, c.rebuilt(o))
	}
	if evidence != "" {
		fmt.Fprintf(out, "\n%s\n\n", evidence)
	}
	for _, hint := range c.Hints {
		fmt.Fprintln(out, "hint: ", hint)
	}
	if slices.Contains(c.Outputs, c.Name+"/log.txt") {
		fmt.Fprintln(out, "log:  ", o.output(c.Name, "log.txt"))
	}
	if o.Rerun != nil {
		fmt.Fprintln(out, "rerun:", o.paint(bold, o.Rerun(c.Name)))
	}
}

// rebuilt lists the dependencies that a check compiled: all of them if they
// are what made it red.
func (c *Check) rebuilt(o Options) string {
	all, limit := c.Deps.Rebuilt, fewUnits
	heading := "compiled " + plural(len(all), "dependency instead of reusing it", "dependencies instead of reusing them")
	if c.details.denied {
		heading, limit = heading+", which deny-rebuild forbids", len(all)
	}
	lines := []string{heading + ":"}
	for _, unit := range all[:min(limit, len(all))] {
		lines = append(lines, "  "+unit)
	}
	if more := len(all) - limit; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more, see %s", more, o.output(SummaryFile)))
	}
	return strings.Join(lines, "\n")
}

// evidence is what shows best why a check is red: the compiler's diagnostics
// if there are errors among them, else the failed tests, else the end of the
// log.
func (c *Check) evidence() string {
	switch {
	case positive(c.Metrics.Errors):
		return strings.TrimSpace(strings.Join(c.details.diagnostics, ""))
	case positive(c.Metrics.TestsFailed):
		if tests := failedTests(c.details.log); tests != "" {
			return tests
		}
	}
	return tail(c.details.log, tailLines)
}

// failedTests cuts the failures out of the log of test runs, each below the
// line that says what ran.
func failedTests(log []byte) string {
	var kept []string
	program, inside := "", false
	for line := range strings.Lines(string(log)) {
		line = strings.TrimRight(line, "\r\n")
		switch word := strings.TrimSpace(line); {
		case inside:
			kept = append(kept, line)
			inside = !strings.HasPrefix(line, "test result: ")
		case strings.HasPrefix(word, "Running ") || strings.HasPrefix(word, "Doc-tests "):
			program = word
		case line == "failures:":
			if len(kept) > 0 {
				kept = append(kept, "")
			}
			kept, inside = append(kept, program, "", line), true
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// tail is the end of a log.
func tail(log []byte, lines int) string {
	all := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/llb"
)

// fewUnits is how many compiled dependencies are listed where they are not what
// made the check red.
const fewUnits = 10

// Failures prints what a person has to know beyond the table: first what was
// compiled again by checks that passed all the same, then every red check in
// full and how to run it again, and last their names once more. It prints
// nothing when all is well.
func Failures(w io.Writer, s *Summary, o Options) error {
	var out bytes.Buffer
	for i := range s.Checks {
		if !s.Checks[i].Red() {
			s.Checks[i].warn(&out, o)
		}
	}
	said := said{}
	var names []string
	for i := range s.Checks {
		if c := &s.Checks[i]; c.Red() {
			c.explain(&out, o, c.evidence(said))
			names = append(names, c.Name)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(&out, "\n%s %s\n", o.paint(red, "red:"), strings.Join(names, ", "))
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
		fmt.Fprintln(out, "log:  ", o.output(c.Name, llb.LogFile))
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

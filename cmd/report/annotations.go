package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report/libtest"
)

// mostAnnotated is how many failed tests of a check are shown beside the code.
// GitHub shows ten errors of a step.
const mostAnnotated = 10

// Annotations prints errors and warnings as GitHub's workflow commands, which
// shows them beside the code: the compiler's, failed tests where they panicked,
// one for each red check that has neither, and one for each flaky one.
//
// See https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func Annotations(w io.Writer, s *Summary, o ExportOptions) error {
	var out bytes.Buffer
	explained := map[string]bool{}
	for _, f := range s.findings(o.Prefix) {
		command := "warning"
		if f.isError() {
			command = "error"
		}
		explained[f.check] = explained[f.check] || f.isError()
		var properties []string
		if f.path != "" {
			properties = append(properties, "file="+escapeProperty(f.path), fmt.Sprintf("line=%d", f.Line), fmt.Sprintf("endLine=%d", f.EndLine))
			if f.Line == f.EndLine { // columns are refused otherwise
				properties = append(properties, fmt.Sprintf("col=%d", f.Column), fmt.Sprintf("endColumn=%d", f.EndColumn))
			}
		}
		annotate(&out, command, append(properties, "title="+escapeProperty(f.check+": "+f.rule())), f.Message)
	}
	for i := range s.Checks {
		c := &s.Checks[i]
		title := "title=" + escapeProperty("cranekit check "+c.Name)
		switch {
		case c.Status == buildkit.StatusPassed && c.Retries > 0:
			annotate(&out, "warning", []string{title}, c.flakiness())
		case !c.Red() || explained[c.Name] || positive(c.Metrics.Errors):
		case !c.annotateTests(&out, o.Prefix):
			annotate(&out, "error", []string{title}, c.oneLine())
		}
	}
	_, err := out.WriteTo(w)
	return err
}

func annotate(out *bytes.Buffer, command string, properties []string, message string) {
	fmt.Fprintf(out, "::%s %s::%s\n", command, strings.Join(properties, ","), escapeData(message))
}

// annotateTests shows failed tests, and reports whether there is one.
func (c *Check) annotateTests(out *bytes.Buffer, prefix string) bool {
	count := 0
	for i := range c.details.tests.Suites {
		suite := &c.details.tests.Suites[i]
		for _, t := range suite.Tests {
			if t.Outcome != libtest.Failed || c.details.tests.Unclear {
				continue
			}
			if count++; count > mostAnnotated {
				continue
			}
			message, at := panicOf(t.Output)
			var properties []string
			if file := sourcePath(prefix, at.file); file != "" {
				properties = append(properties, "file="+escapeProperty(file), fmt.Sprintf("line=%d", at.line), fmt.Sprintf("col=%d", at.column))
			}
			if message == "" {
				message = "failed"
			}
			annotate(out, "error", append(properties, "title="+escapeProperty(c.Name+": "+suite.Name+" "+t.Name)), message)
		}
	}
	if more := count - mostAnnotated; more > 0 {
		annotate(out, "error", []string{"title=" + escapeProperty("cranekit check "+c.Name)}, plural(more, "more test failed", "more tests failed"))
	}
	return count > 0
}

// oneLine says why a check is red.
func (c *Check) oneLine() string {
	switch {
	case c.Message != "":
		return c.Message
	case positive(c.Metrics.TestsFailed):
		return plural(*c.Metrics.TestsFailed, "test failed", "tests failed")
	case c.ExitCode != 0:
		return fmt.Sprintf("exit code %d", c.ExitCode)
	default:
		return string(c.Status)
	}
}

// escapeData escapes the message of a workflow command: a line break would end
// it and could begin another.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// escapeProperty escapes the value of a property, which a comma ends.
func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

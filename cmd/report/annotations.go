package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Annotations prints errors and warnings as GitHub's workflow commands, which
// shows them beside the code, and one for each red check that has no errors.
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
		properties = append(properties, "title="+escapeProperty(f.check+": "+f.rule()))
		fmt.Fprintf(&out, "::%s %s::%s\n", command, strings.Join(properties, ","), escapeData(f.Message))
	}
	for i := range s.Checks {
		c := &s.Checks[i]
		if !c.Red() || explained[c.Name] || positive(c.Metrics.Errors) {
			continue
		}
		fmt.Fprintf(&out, "::error title=%s::%s\n", escapeProperty("cranekit check "+c.Name), escapeData(c.oneLine()))
	}
	_, err := out.WriteTo(w)
	return err
}

// oneLine says why a check is red, the names of failed tests included.
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

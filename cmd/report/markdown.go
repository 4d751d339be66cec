package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/cranekit/cranekit/buildkit"
)

// maxEvidence bounds what is shown of one red check, in bytes: GitHub takes a
// megabyte for the page of a step.
const maxEvidence = 32 << 10

// Markdown is the run as a page for GitHub's job summary and the like.
func Markdown(s *Summary, o ExportOptions) []byte {
	var out bytes.Buffer
	passed, asked := 0, 0
	for i := range s.Checks {
		if s.Checks[i].Status != buildkit.StatusSkipped {
			asked++
		}
		if s.Checks[i].Status == buildkit.StatusPassed {
			passed++
		}
	}
	fmt.Fprintf(&out, "## cranekit: %d of %s passed in %s\n\n", passed, plural(asked, "check", "checks"), clock(s.Seconds))
	fmt.Fprint(&out, "| check | status | time | deps | result |\n|---|---|---|---|---|\n")
	for i := range s.Checks {
		c := &s.Checks[i]
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", cellText(c.Name), mark(c), clock(c.Seconds), cellText(c.depsText()), cellText(c.resultText()))
	}
	said := said{}
	for i := range s.Checks {
		if c := &s.Checks[i]; c.Red() {
			c.section(&out, o, c.evidence(said))
		} else if c.Message != "" {
			fmt.Fprintf(&out, "\n### %s\n\n%s\n", cellText(c.Name), fenced(c.warning()))
		}
	}
	return out.Bytes()
}

func mark(c *Check) string {
	switch {
	case c.Timeout:
		return "❌ timed out"
	case c.Status == buildkit.StatusError:
		return "❌ could not be run"
	case c.Red():
		return "❌ " + string(c.Status)
	case c.Status == buildkit.StatusPassed && c.Retries > 0 && c.Cached:
		return "⚠️ passed, flaky, cached"
	case c.Status == buildkit.StatusPassed && c.Retries > 0:
		return "⚠️ passed, flaky"
	case c.Status == buildkit.StatusPassed && c.Cached:
		return "✅ passed, cached"
	case c.Status == buildkit.StatusPassed:
		return "✅ passed"
	default:
		return string(c.Status)
	}
}

func (c *Check) depsText() string {
	switch {
	case c.Deps == nil:
		return ""
	case c.Deps.Reused == nil:
		return fmt.Sprintf("%d compiled", len(c.Deps.Rebuilt))
	default:
		return fmt.Sprintf("%d/%d reused", *c.Deps.Reused, *c.Deps.Reused+len(c.Deps.Rebuilt))
	}
}

// resultText is the most telling numbers of a check, and why it is red where
// there are none.
func (c *Check) resultText() string {
	m := c.Metrics
	var parts []string
	if m.TestsPassed != nil {
		parts = append(parts, plural(*m.TestsPassed, "test", "tests")+" passed")
	}
	if positive(m.TestsFailed) {
		parts = append(parts, fmt.Sprintf("%d failed", *m.TestsFailed))
	}
	if positive(m.Errors) {
		parts = append(parts, plural(*m.Errors, "error", "errors"))
	}
	if positive(m.Warnings) {
		parts = append(parts, plural(*m.Warnings, "warning", "warnings"))
	}
	if m.CoveragePercent != nil {
		parts = append(parts, fmt.Sprintf("%.2f %% covered", *m.CoveragePercent))
	}
	if c.Retries > 0 && c.Status == buildkit.StatusPassed {
		parts = append(parts, "flaky after "+plural(c.Retries, "retry", "retries"))
	}
	if len(parts) == 0 && c.Red() {
		text, _, _ := strings.Cut(c.oneLine(), "\n")
		return text
	}
	return strings.Join(parts, ", ")
}

// warning is the message of a check that is not red, and the tests that are
// flaky in full.
func (c *Check) warning() string {
	if few(c.Flaky) == strings.Join(c.Flaky, ", ") {
		return c.Message
	}
	return c.Message + "\n\nPassed only when repeated:\n" + strings.Join(c.Flaky, "\n")
}

// section shows a red check in full.
func (c *Check) section(out *bytes.Buffer, o ExportOptions, evidence string) {
	fmt.Fprintf(out, "\n### %s\n\n", cellText(c.Name))
	if c.Message != "" {
		fmt.Fprintf(out, "%s\n\n", fenced(c.Message))
	}
	if text := ansi.ReplaceAllString(evidence, ""); text != "" {
		if len(text) > maxEvidence {
			text = strings.ToValidUTF8(text[:maxEvidence], "") + "\n…"
		}
		fmt.Fprintf(out, "<details open><summary>What it said</summary>\n\n%s\n\n</details>\n\n", fenced(text))
	}
	for _, hint := range c.Hints {
		fmt.Fprintf(out, "Hint: %s\n\n", cellText(hint))
	}
	if o.Rerun != nil {
		fmt.Fprintf(out, "Run it again: `%s`\n", strings.ReplaceAll(o.Rerun(c.Name), "`", "'"))
	}
}

// fenced is a block of text that no text in it can end.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + strings.TrimRight(text, "\n") + "\n" + fence
}

// cellText escapes what would end a cell of a table or begin markup.
func cellText(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ", "<", "&lt;", "&", "&amp;", "`", "'", "*", "\\*", "_", "\\_").Replace(s)
}

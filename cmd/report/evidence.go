package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/cmd/report/libtest"
)

const (
	// tailLines is how much of a log is shown where nothing better is known,
	// and of what one failed test printed.
	tailLines = 60
	// mostTests is how many failed tests are shown in full.
	mostTests = 20
)

// said tells which check showed a text first: one mistake often turns several
// checks red in the same words.
type said map[string]string

// evidence is what shows best why a check is red: the compiler's errors, else
// the failed tests, else what the build script of a dependency said, else the
// end of the log. What another check has shown is not shown again.
func (c *Check) evidence(said said) string {
	if positive(c.Metrics.Errors) {
		return c.errors(said)
	}
	text := failedTests(&c.details.tests)
	if text == "" || len(c.details.tests.In(libtest.Cut)) > 0 {
		rest := buildScripts(c.details.log)
		if rest == "" {
			rest = tail(c.details.log, tailLines)
		}
		text = strings.TrimSpace(text + "\n\n" + rest)
	}
	if first := said[text]; first != "" && text != "" {
		return "The same as for " + first + "."
	}
	said[text] = c.Name
	return text
}

// errors are the compiler's errors. Warnings are in the log.
func (c *Check) errors(said said) string {
	var lines, before []string
	again, warnings := 0, 0
	for i := range c.details.found {
		d := &c.details.found[i]
		text := strings.TrimSpace(d.Rendered)
		switch {
		case !strings.HasPrefix(d.Level, "error"):
			warnings++
		case said[text] != "":
			again++
			if !slices.Contains(before, said[text]) {
				before = append(before, said[text])
			}
		default:
			said[text] = c.Name
			lines = append(lines, text)
		}
	}
	if again > 0 {
		text := "The same " + plural(again, "error", "errors") + " as for " + strings.Join(before, ", ") + "."
		if again == 1 {
			text = "The same error as for " + before[0] + "."
		}
		lines = append(lines, text)
	}
	if warnings > 0 && len(lines) > 0 {
		lines = append(lines, plural(warnings, "warning is", "warnings are")+" in the log.")
	}
	return strings.Join(lines, "\n\n")
}

// failedTests shows what each failed test printed. It is empty where none
// printed anything that was kept.
func failedTests(l *libtest.Log) string {
	if l.Unclear {
		return ""
	}
	var shown, more []string
	silent := true
	for i := range l.Suites {
		for _, t := range l.Suites[i].Tests {
			if t.Outcome != libtest.Failed {
				continue
			}
			name := l.Suites[i].Name + " " + t.Name
			silent = silent && t.Output == ""
			if len(shown) < mostTests {
				shown = append(shown, strings.TrimRight("---- "+name+" ----\n"+tail([]byte(t.Output), tailLines), "\n"))
			} else {
				more = append(more, name)
			}
		}
	}
	if silent {
		return ""
	}
	if len(more) > 0 {
		shown = append(shown, fmt.Sprintf("and %d more: %s", len(more), few(more)))
	}
	return strings.Join(shown, "\n\n")
}

// directive is a line by which a build script talks to cargo, or one by which
// the crate cc tells what it has read.
var directive = regexp.MustCompile(`^\s*(cargo::?[a-zA-Z0-9_-]+=|[A-Z][A-Za-z0-9_-]* = (None|Some\()).*$`)

// failedCommand is how cargo begins to tell of a build script that failed.
const failedCommand = "error: failed to run custom build command for "

// mostScripts is how many build scripts are shown: cargo ends soon after the
// first that fails.
const mostScripts = 3

// buildScripts shows what the build scripts that failed said. It is empty where
// none did.
func buildScripts(log []byte) string {
	var shown []string
	for i, text := range strings.Split("\n"+string(log), "\n"+failedCommand) {
		if i > 0 && i <= mostScripts {
			shown = append(shown, failedCommand+buildScript(text))
		}
	}
	return strings.Join(shown, "\n\n")
}

// buildScript is what one said: where it panicked or what it printed to its
// stderr first, without what it told cargo.
func buildScript(text string) string {
	head, rest, _ := strings.Cut(text, "\n")
	parts, part := map[string][]string{}, ""
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, " ") && line != "Caused by:" {
			break // cargo says something else
		}
		line = strings.TrimPrefix(line, "  ")
		switch {
		case line == "--- stdout", line == "--- stderr":
			part = line
		case part != "" && !directive.MatchString(line):
			parts[part] = append(parts[part], line)
		}
	}
	said := panicFirst(parts["--- stderr"])
	if more := trimmed(parts["--- stdout"]); len(said) < tailLines && len(more) > 0 {
		if len(said) > 0 {
			said = append(said, "")
		}
		said = append(append(said, "It printed:"), more[max(0, len(more)-tailLines+len(said)):]...)
	}
	return strings.TrimSpace(strings.TrimRight(head, "\r") + "\n\n" + strings.Join(said[:min(len(said), tailLines)], "\n"))
}

// panicFirst moves what stands before a panic behind it.
func panicFirst(lines []string) []string {
	lines = trimmed(lines)
	at := slices.IndexFunc(lines, func(line string) bool { return panicLine.MatchString(line) })
	if at <= 0 {
		return lines
	}
	return append(append(slices.Clone(lines[at:]), "", "Before:"), trimmed(lines[:at])...)
}

// trimmed is a text without empty lines at its ends.
func trimmed(lines []string) []string {
	text := strings.Trim(strings.Join(lines, "\n"), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// tail is the end of a log without what build scripts tell cargo.
func tail(log []byte, lines int) string {
	all := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
	all = slices.DeleteFunc(all, directive.MatchString)
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

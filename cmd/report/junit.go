package report

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// suite is what one program of tests, or the documentation of one crate, did.
type suite struct {
	name  string
	tests []testCase
	// open is the test whose output is read, -1 for none.
	open int
}

// testCase is one test; output is what it printed when it failed.
type testCase struct {
	name, outcome, output string
}

var (
	testLine   = regexp.MustCompile(`^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b`)
	outputLine = regexp.MustCompile(`^---- (.+) (?:stdout|stderr) ----$`)
	ansi       = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// readSuites reads the log of cargo test. What a test prints into the line of
// its own result, with --nocapture, hides that result; the totals are taken
// from the harness elsewhere.
func readSuites(log string) []suite {
	var suites []suite
	name, current, listed := "tests", -1, false
	for line := range strings.Lines(ansi.ReplaceAllString(log, "")) {
		text := strings.TrimRight(line, "\r\n")
		word := strings.TrimSpace(text)
		switch m := testLine.FindStringSubmatch(text); {
		case strings.HasPrefix(word, "Running "), strings.HasPrefix(word, "Doc-tests "):
			name = strings.TrimPrefix(word, "Running ")
			if i := strings.LastIndex(name, " ("); i > 0 {
				name = name[:i] // the file, whose name has a hash
			}
			current = -1
		case text == "running 1 test", strings.HasPrefix(text, "running ") && strings.HasSuffix(text, " tests"):
			suites = append(suites, suite{name: name, open: -1})
			current, listed = len(suites)-1, false
		case current < 0:
		case text == "failures:":
			// The first time the outputs follow, the second time the names.
			listed, suites[current].open = true, -1
		case m != nil && !listed:
			suites[current].tests = append(suites[current].tests, testCase{name: m[1], outcome: m[2]})
		case strings.HasPrefix(text, "test result: "):
			current = -1
		case listed:
			suites[current].note(text, line)
		}
	}
	return suites
}

// note takes down a line of what failed tests printed.
func (s *suite) note(text, line string) {
	if m := outputLine.FindStringSubmatch(text); m != nil {
		s.open = slices.IndexFunc(s.tests, func(t testCase) bool { return t.name == m[1] })
	} else if s.open >= 0 {
		s.tests[s.open].output += line
	}
}

// The parts of JUnit's XML that CI systems read.
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitFailure `xml:"failure"`
		Skipped *struct{}     `xml:"skipped"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit writes the tests of a check as JUnit's XML.
func junit(check string, suites []suite) ([]byte, error) {
	all := junitReport{Name: check}
	for _, s := range suites {
		out := junitSuite{Name: clean(s.name)}
		for _, t := range s.tests {
			c := junitCase{Name: clean(t.name), Class: clean(s.name)}
			out.Tests++
			switch t.outcome {
			case "FAILED":
				out.Failures++
				text := strings.TrimSpace(clean(t.output))
				c.Failure = &junitFailure{panicMessage(text), text}
			case "ignored":
				out.Skipped++
				c.Skipped = &struct{}{}
			}
			out.Cases = append(out.Cases, c)
		}
		all.Tests, all.Failures, all.Skipped = all.Tests+out.Tests, all.Failures+out.Failures, all.Skipped+out.Skipped
		all.Suites = append(all.Suites, out)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing JUnit's XML: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

// panicMessage is the line that a panic says, or the first line without one.
func panicMessage(output string) string {
	lines := strings.Split(output, "\n")
	for i, line := range lines[:len(lines)-1] {
		if strings.HasPrefix(line, "thread '") && strings.Contains(line, "panicked at") {
			return lines[i+1]
		}
	}
	return lines[0]
}

// clean drops what XML 1.0 cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r < 0xFFFE && r != utf8.RuneError || r > 0xFFFF {
			return r
		}
		return -1
	}, s)
}

package report

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cranekit/cranekit/cmd/report/libtest"
)

var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

// The parts of JUnit's XML that CI systems read, in the form of Maven's
// Surefire, which has an element for a test that passed only when it was
// repeated.
//
// See https://github.com/jenkinsci/xunit-plugin, junit-10.xsd
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr,omitempty"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr,omitempty"`
		Cases    []junitCase `xml:"testcase"`
		Out      string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr,omitempty"`
		Error   *junitFailure `xml:"error"`
		Failure *junitFailure `xml:"failure"`
		Flaky   []junitFlaky  `xml:"flakyFailure"`
		Skipped *junitSkipped `xml:"skipped"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	junitFlaky struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Trace   string `xml:"stackTrace"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr,omitempty"`
	}
)

// junit writes the tests of a check as JUnit's XML.
func junit(check string, tests *libtest.Log) ([]byte, error) {
	all, took := junitReport{Name: check}, 0.0
	for i := range tests.Suites {
		s := &tests.Suites[i]
		out := suiteOf(s)
		all.Tests, all.Failures, all.Errors = all.Tests+out.Tests, all.Failures+out.Failures, all.Errors+out.Errors
		if s.Seconds != nil {
			took += *s.Seconds
			all.Time = inSeconds(&took)
		}
		all.Suites = append(all.Suites, out)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing JUnit's XML: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

func suiteOf(s *libtest.Suite) junitSuite {
	out := junitSuite{Name: clean(s.Name), Time: inSeconds(s.Seconds)}
	for i := range s.Tests {
		c := caseOf(s.Name, &s.Tests[i])
		if c.Failure != nil {
			out.Failures++
		}
		if c.Skipped != nil {
			out.Skipped++
		}
		out.Cases = append(out.Cases, c)
	}
	switch n := s.Unnamed(); {
	case s.State == libtest.Cut:
		out.Errors++
		out.Cases = append(out.Cases, junitCase{
			Name: "(the program)", Class: out.Name,
			Error: &junitFailure{Message: "ended before the last of " + plural(s.Announced, "test", "tests")},
		})
	case s.State == libtest.Unclear:
		out.Out = "The numbers of these tests do not add up and are left out."
	case n > 0:
		out.Out = fmt.Sprintf("The log does not name %s of %d: %d passed, %d failed, %d ignored.", plural(n, "test", "tests"), s.Announced, s.Passed, s.Failed, s.Ignored)
	}
	out.Tests = len(out.Cases)
	return out
}

func caseOf(suite string, t *libtest.Test) junitCase {
	c := junitCase{Name: clean(t.Name), Class: clean(suite), Time: inSeconds(t.Seconds)}
	switch t.Outcome {
	case libtest.Failed:
		text := strings.TrimSpace(clean(t.Output))
		message, _ := panicOf(text)
		c.Failure = &junitFailure{message, text}
	case libtest.Ignored:
		c.Skipped = &junitSkipped{clean(t.Reason)}
	case libtest.Passed, libtest.Measured:
	}
	for _, output := range t.Earlier {
		text := strings.TrimSpace(clean(output))
		message, _ := panicOf(text)
		c.Flaky = append(c.Flaky, junitFlaky{message, "failure", text})
	}
	return c
}

// inSeconds is a time as Surefire has it, "" for none.
func inSeconds(s *float64) string {
	if s == nil {
		return ""
	}
	return strconv.FormatFloat(*s, 'f', 3, 64)
}

// panicLine is where a panic says its place; the message follows.
var panicLine = regexp.MustCompile(`^thread '.*' (?:\(\d+\) )?panicked at (?:(.+):(\d+):(\d+):$)?`)

// place is a place in the source.
type place struct {
	file         string
	line, column int
}

// panicOf is the message of a panic and where it was, or the first line of what
// has none.
func panicOf(output string) (string, place) {
	lines := strings.Split(output, "\n")
	for i, line := range lines[:len(lines)-1] {
		if m := panicLine.FindStringSubmatch(line); m != nil {
			at := place{file: m[1]}
			at.line, _ = strconv.Atoi(m[2])
			at.column, _ = strconv.Atoi(m[3])
			return lines[i+1], at
		}
	}
	return lines[0], place{}
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

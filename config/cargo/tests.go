package cargo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Tests sums up the test runs of a log.
type Tests struct {
	Passed, Failed, Ignored int
	// Failures are the names of the failed tests, in the log's order.
	Failures []string
}

var (
	testResult = regexp.MustCompile(`^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;`)
	attempt    = regexp.MustCompile(`^cranekit: attempt (\d+) of \d+$`)
	escapes    = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// ReadTests reads the output of Rust's test harness.
func ReadTests(r io.Reader) (Tests, error) {
	var t Tests
	// The harness lists the failed tests last: whatever stands under an
	// earlier heading is the output of tests.
	var listed []string
	listing := false
	// Of a step that is retried only the last attempt counts.
	var before Tests
	lines := bufio.NewReader(r)
	for {
		line, err := readLine(lines)
		if err != nil && !errors.Is(err, io.EOF) {
			return Tests{}, fmt.Errorf("reading test output: %w", err)
		}
		text := strings.TrimRight(escapes.ReplaceAllString(string(line), ""), "\r\n")
		if m := attempt.FindStringSubmatch(text); m != nil {
			if m[1] == "1" {
				before = t
			}
			t, listed, listing = before, nil, false
		} else if m := testResult.FindStringSubmatch(text); m != nil {
			t.Passed += number(m[1])
			t.Failed += number(m[2])
			t.Ignored += number(m[3])
			t.Failures = append(t.Failures, listed...)
			listed, listing = nil, false
		} else if text == "failures:" {
			listed, listing = nil, true
		} else if name, ok := strings.CutPrefix(text, "    "); ok && listing {
			listed = append(listed, name)
		}
		if err != nil {
			return t, nil
		}
	}
}

// number converts digits; one that is too large for an int counts as 0.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

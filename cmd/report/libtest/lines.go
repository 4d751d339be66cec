package libtest

import (
	"bufio"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var (
	escapes     = regexp.MustCompile("\x1b\\[[0-9;]*m")
	attemptLine = regexp.MustCompile(`^cranekit: attempt (\d+) of \d+$`)
	countLine   = regexp.MustCompile(`^running (\d+) tests?$`)
	resultLine  = regexp.MustCompile(`^test result: (ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured; \d+ filtered out(?:; finished in ([0-9.]+)s)?$`)
	// The mode of a test is printed behind its name and is no part of it.
	nameLine    = regexp.MustCompile(`^test (.+?)(?: - (?:should panic|compile fail|compile))? \.\.\. (ok|FAILED|ignored|bench:)(?:, (.*?)| \(.*\)| .*ns/iter.*)?(?: <([0-9.]+)s>)?$`)
	begunLine   = regexp.MustCompile(`^test (.+?)(?: - should panic)? \.\.\. `)
	sectionLine = regexp.MustCompile(`^---- (.+) std(?:out|err) ----$`)
	// rustPath is the name of a test of Rust's own harness outside of
	// documentation.
	rustPath = regexp.MustCompile(`^[\pL_][\pL\pN_]*(::[\pL\pN_{}#]+)*$`)

	tarpaulinLine = regexp.MustCompile(`INFO cargo_tarpaulin::process_handling\S*: running (.+)$`)
	programPath   = regexp.MustCompile(`^(.+)-[0-9a-f]{16}(?:\.[a-z]+)?$`)
)

// maxLine bounds what is kept of a line.
const maxLine = 1 << 20

// readLine returns the next line, without its end and without colors.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part[:min(len(part), maxLine-len(line))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			text := string(line)
			if strings.Contains(text, "\x1b") {
				text = escapes.ReplaceAllString(text, "")
			}
			return strings.TrimRight(text, "\r\n"), err
		}
	}
}

// number converts digits; one that is too large for an int counts as -1, which
// nothing adds up to.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n > math.MaxInt32 {
		return -1
	}
	return n
}

// seconds converts a time, nil for none.
func seconds(text string) *float64 {
	s, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return &s
}

// match applies an expression to a line, but only if the line contains a text:
// most do not, and the expression is slow.
func match(r *regexp.Regexp, line, text string) []string {
	if !strings.Contains(line, text) {
		return nil
	}
	return r.FindStringSubmatch(line)
}

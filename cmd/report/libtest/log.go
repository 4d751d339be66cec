// Package libtest reads what cargo test prints: the words of Rust's test
// harness, and of those that print as it does.
//
// A test can print all that the harness prints. What is the harness's own is
// told by its place: cargo names each program that it compiled once, the number
// of tests stands before any of them runs, and the result after the last. What
// does not add up is left out rather than believed.
package libtest

import "slices"

// Programs are what cargo compiled for the tests, as its messages tell.
type Programs struct {
	// Names are what the programs of tests are called, by the path of the
	// executable.
	Names map[string]string
	// Docs are what the tests in the documentation of crates are called, by
	// the crate's name.
	Docs map[string][]string
}

// Log is the output of the steps of a check that run tests. If a step was
// repeated, the last attempt counts.
type Log struct {
	// Suites are the programs in the order in which they ran.
	Suites []Suite
	// Retries is how often steps were repeated.
	Retries int
	// Flaky are the tests that failed in an earlier attempt and not in the
	// last, as Suite::Test, and programs that ended too early in an earlier
	// one.
	Flaky []string
	// Unclear is set where programs are named more often than they can have
	// run: the output has such names from elsewhere, and nothing in it can
	// be believed.
	Unclear bool
}

// State is what is known of the numbers of a suite.
type State int

// The states of a suite.
const (
	// Counted means that the numbers add up.
	Counted State = iota
	// Cut means that the program ended, or was ended, before its result.
	Cut
	// Unclear means that the result does not fit the tests that were to run.
	Unclear
)

// Suite is what one program of tests, or the documentation of a crate, did.
type Suite struct {
	Name  string
	State State
	// Announced is how many tests were to run.
	Announced int
	// Passed, Failed, Ignored and Measured are the harness's own numbers, 0
	// unless the suite is counted. Tests can name fewer.
	Passed, Failed, Ignored, Measured int
	// Seconds is nil where the harness gives no time.
	Seconds *float64
	Tests   []Test
}

// Unnamed is how many tests were counted that [Suite.Tests] does not have.
func (s *Suite) Unnamed() int {
	return s.Passed + s.Failed + s.Ignored + s.Measured - len(s.Tests)
}

// Outcome is what became of a test.
type Outcome string

// The outcomes, as the harness has them.
const (
	Passed   Outcome = "ok"
	Failed   Outcome = "FAILED"
	Ignored  Outcome = "ignored"
	Measured Outcome = "bench"
)

// Test is one test.
type Test struct {
	Name    string
	Outcome Outcome
	// Reason is why it is ignored, "" where that is not said.
	Reason string
	// Output is what it printed when it failed.
	Output string
	// Seconds is nil where the harness gives no time.
	Seconds *float64
	// Earlier are the outputs of attempts that failed before one that did not.
	Earlier []string
}

// Totals are the numbers of all suites that are counted.
type Totals struct{ Passed, Failed, Ignored int }

// Totals sums up. It reports false where no test ran, or nothing is known.
func (l *Log) Totals() (t Totals, ok bool) {
	if l.Unclear {
		return Totals{}, false
	}
	for i := range l.Suites {
		t.Passed += l.Suites[i].Passed
		t.Failed += l.Suites[i].Failed
		t.Ignored += l.Suites[i].Ignored
	}
	return t, t.Passed+t.Failed+t.Ignored > 0
}

// In names the suites that are in a state.
func (l *Log) In(state State) []string {
	var names []string
	for i := range l.Suites {
		if l.Suites[i].State == state {
			names = append(names, l.Suites[i].Name)
		}
	}
	return names
}

// compare notes in the last attempt of a step what failed in one before.
func (l *Log) compare(last []Suite, earlier []Suite) {
	for i := range earlier {
		before := &earlier[i]
		at := slices.IndexFunc(last, func(s Suite) bool { return s.Name == before.Name })
		if at < 0 || last[at].State != Counted {
			continue
		}
		now := &last[at]
		if before.State == Cut && now.Failed == 0 {
			l.flaky(now.Name)
		}
		for _, test := range before.Tests {
			if test.Outcome == Failed && now.recovered(test) {
				l.flaky(now.Name + "::" + test.Name)
			}
		}
	}
}

func (l *Log) flaky(name string) {
	if !slices.Contains(l.Flaky, name) {
		l.Flaky = append(l.Flaky, name)
	}
}

// recovered reports whether a test that failed before did not fail in this
// suite, and notes that it had.
func (s *Suite) recovered(before Test) bool {
	at := slices.IndexFunc(s.Tests, func(t Test) bool { return t.Name == before.Name })
	switch {
	case at < 0 && s.Failed > 0, at < 0 && s.Unnamed() == 0:
		return false
	case at < 0:
		s.Tests = append(s.Tests, Test{Name: before.Name, Outcome: Passed})
		at = len(s.Tests) - 1
	case s.Tests[at].Outcome != Passed:
		return false
	}
	s.Tests[at].Earlier = append(s.Tests[at].Earlier, before.Output)
	return true
}

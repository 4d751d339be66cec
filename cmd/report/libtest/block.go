package libtest

import (
	"slices"
	"strings"
)

const (
	// maxOutput bounds what is kept of what one failed test printed, maxKept
	// what is kept of all tests of a suite, in bytes.
	maxOutput = 256 << 10
	maxKept   = 8 << 20
	// moreTests bounds the tests that are named beyond those announced.
	moreTests = 1000
)

// open is a suite whose output is read.
type open struct {
	name string
	// named is set where cargo named the program.
	named bool
	// repeats is set where the harness can run more than once.
	repeats bool
	blocks  []*block
}

// block is what one run of the harness said.
type block struct {
	announced int
	tests     []Test
	at        map[string]int
	// begun is the test that has a line of its own without its outcome yet,
	// as what it prints follows.
	begun string
	// failures is set from the first heading of the failures on: no names of
	// tests follow but in what tests printed.
	failures bool
	// outputs are what failed tests printed, section the one that is read.
	outputs map[string]*strings.Builder
	section *strings.Builder
	kept    int
	// heading is the length of the section where the last heading of a list
	// stands in it, listed the names that follow.
	heading int
	listed  []string
	listing bool
	// last is the last result; what was read after it is not the harness's.
	last *result
}

// result is a result of the harness, or what looks like one: the last counts.
type result struct {
	ok                                bool
	passed, failed, ignored, measured int
	seconds                           *float64
	listed                            []string
	section                           *strings.Builder
	heading                           int
}

func (o *open) line(text string) {
	if m := match(countLine, text, "running "); m != nil {
		first := len(o.blocks) == 0
		if first || o.repeats && o.blocks[len(o.blocks)-1].addsUp() {
			o.blocks = append(o.blocks, &block{announced: number(m[1]), at: map[string]int{}, outputs: map[string]*strings.Builder{}, heading: -1})
			return
		}
	}
	if len(o.blocks) > 0 {
		o.blocks[len(o.blocks)-1].line(text)
	}
}

func (b *block) line(text string) {
	if m := match(resultLine, text, "test result: "); m != nil {
		b.last = &result{
			ok: m[1] == "ok", passed: number(m[2]), failed: number(m[3]), ignored: number(m[4]), measured: number(m[5]), seconds: seconds(m[6]),
			listed: slices.Clone(b.listed), section: b.section, heading: b.heading,
		}
		if b.section != nil && b.heading < 0 {
			b.last.heading = b.section.Len()
		}
		b.listing = false
	} else if text == "failures:" {
		b.failures, b.listing, b.listed = true, true, nil
		if b.section != nil {
			b.heading = b.section.Len()
		}
	} else if m := match(sectionLine, text, "---- "); m != nil && b.failures && b.outputs[m[1]] == nil {
		b.section, b.heading, b.listing = &strings.Builder{}, -1, false
		b.outputs[m[1]] = b.section
		return
	} else if name, ok := strings.CutPrefix(text, "    "); ok && b.listing && len(b.listed) < b.most() {
		b.listed = append(b.listed, name)
	} else if !b.failures {
		b.test(text)
	}
	b.print(text)
}

// most bounds the names that are kept.
func (b *block) most() int { return b.announced + moreTests }

// print adds a line to what the failed test of the section printed.
func (b *block) print(text string) {
	if b.section == nil || b.section.Len()+len(text) > maxOutput || b.kept+len(text) > maxKept {
		return
	}
	b.kept += len(text) + 1
	b.section.WriteString(text)
	b.section.WriteByte('\n')
}

// test reads the line of a test. One that prints, with --nocapture, has its
// outcome at the beginning of a later line.
func (b *block) test(text string) {
	if m := match(nameLine, text, "test "); m != nil {
		b.begun = ""
		b.add(Test{Name: m[1], Outcome: Outcome(strings.TrimSuffix(m[2], ":")), Reason: m[3], Seconds: seconds(m[4])})
	} else if m := match(begunLine, text, "test "); m != nil {
		b.begun = m[1]
	} else if b.begun != "" && (text == string(Passed) || text == string(Failed)) {
		b.add(Test{Name: b.begun, Outcome: Outcome(text)})
		b.begun = ""
	}
}

// add takes down a test; of two lines with one name the later counts.
func (b *block) add(t Test) {
	if i, ok := b.at[t.Name]; ok {
		b.tests[i] = t
	} else if len(b.tests) < b.most() {
		b.at[t.Name] = len(b.tests)
		b.tests = append(b.tests, t)
	}
}

// addsUp reports whether the result is that of the tests that were to run.
func (b *block) addsUp() bool {
	r := b.last
	return r != nil && min(r.passed, r.failed, r.ignored, r.measured, b.announced) >= 0 &&
		r.passed+r.failed+r.ignored+r.measured == b.announced && r.ok == (r.failed == 0)
}

// close is the suite that was read. It reports false for one that is none: a
// program that has another harness, or output of no program.
func (o *open) close() (Suite, bool) {
	s := Suite{Name: o.name}
	for _, b := range o.blocks {
		s.Announced += max(b.announced, 0)
		switch {
		case b.last == nil:
			s.State = max(s.State, Cut)
		case !b.addsUp():
			s.State = Unclear
		}
		if b.last != nil && b.last.seconds != nil {
			s.Seconds = sum(s.Seconds, *b.last.seconds)
		}
		s.Tests = append(s.Tests, b.settled()...)
	}
	if s.State != Counted {
		s.Seconds, s.Tests = nil, nil
		return s, o.named && len(o.blocks) > 0
	}
	for _, b := range o.blocks {
		s.Passed += b.last.passed
		s.Failed += b.last.failed
		s.Ignored += b.last.ignored
		s.Measured += b.last.measured
	}
	s.Tests = distinct(s.Tests)
	return s, len(o.blocks) > 0
}

func sum(a *float64, b float64) *float64 {
	if a != nil {
		b += *a
	}
	return &b
}

// distinct are the tests with one of each name.
func distinct(tests []Test) []Test {
	seen := map[string]bool{}
	return slices.DeleteFunc(tests, func(t Test) bool {
		again := seen[t.Name]
		seen[t.Name] = true
		return again
	})
}

// settled are the tests that can be believed to be such. The list of those that
// failed is the harness's own; of the others there may be no more than it
// counted.
func (b *block) settled() []Test {
	if !b.addsUp() {
		return nil
	}
	failed := b.failed()
	most := map[Outcome]int{Passed: b.last.passed, Ignored: b.last.ignored, Measured: b.last.measured}
	others := slices.DeleteFunc(slices.Clone(b.tests), func(t Test) bool {
		return t.Outcome == Failed || slices.Contains(failed, t.Name)
	})
	if crowded(others, most) { // trybuild and the like print lines of their own
		others = slices.DeleteFunc(others, func(t Test) bool { return !rustPath.MatchString(t.Name) })
	}
	count := tally(others)
	others = slices.DeleteFunc(others, func(t Test) bool { return count[t.Outcome] > most[t.Outcome] })
	for _, name := range failed {
		t := Test{Name: name, Outcome: Failed, Output: b.output(name)}
		if i, ok := b.at[name]; ok {
			t.Seconds = b.tests[i].Seconds
		}
		others = append(others, t)
	}
	slices.SortStableFunc(others, func(x, y Test) int { return b.place(x) - b.place(y) })
	return others
}

func tally(tests []Test) map[Outcome]int {
	count := map[Outcome]int{}
	for _, t := range tests {
		count[t.Outcome]++
	}
	return count
}

func crowded(tests []Test, most map[Outcome]int) bool {
	for outcome, n := range tally(tests) {
		if n > most[outcome] {
			return true
		}
	}
	return false
}

// place is where the line of a test stands, the end for one without.
func (b *block) place(t Test) int {
	if i, ok := b.at[t.Name]; ok {
		return i
	}
	return len(b.tests)
}

// failed are the names of the failed tests: the list before the result, or the
// lines where there is none. It is empty where neither is as long as it has to
// be.
func (b *block) failed() []string {
	if slices.Sort(b.last.listed); len(slices.Compact(b.last.listed)) == b.last.failed && len(b.last.listed) == b.last.failed {
		return b.last.listed
	}
	var names []string
	for _, t := range b.tests {
		if t.Outcome == Failed {
			names = append(names, t.Name)
		}
	}
	if len(names) != b.last.failed {
		return nil
	}
	return names
}

// output is what a failed test printed. The section of the last one ends where
// the list of names begins.
func (b *block) output(name string) string {
	section := b.outputs[name]
	if section == nil {
		return ""
	}
	text := section.String()
	if section == b.last.section && b.last.heading >= 0 {
		text = text[:b.last.heading]
	}
	return strings.Trim(text, "\n")
}

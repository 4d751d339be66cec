package libtest

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// reading is a log that is read.
type reading struct {
	names names
	log   Log
	// attempts are those of the step that is read, the last one open.
	attempts []attempt
	// named is set when there was a header.
	named bool
	// steps counts those that may be repeated.
	steps int
}

// attempt is one run of the commands of a step.
type attempt struct {
	suites []*open
	seen   map[string]int
}

func newAttempt() attempt { return attempt{seen: map[string]int{}} }

// Read reads a log. Without programs, which only cargo's messages tell, what is
// named as cargo names it is taken for one.
func Read(r io.Reader, programs *Programs) (*Log, error) {
	l := reading{names: newNames(programs), attempts: []attempt{newAttempt()}}
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		text, err := readLine(lines)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		l.line(text)
		if err != nil {
			l.endStep()
			return &l.log, nil
		}
	}
}

func (l *reading) line(text string) {
	now := &l.attempts[len(l.attempts)-1]
	if m := match(attemptLine, text, "cranekit: "); m != nil {
		l.attempt(number(m[1]))
	} else if h, ok := l.names.header(text); ok {
		l.named = true
		now.seen[h.name]++
		l.log.Unclear = l.log.Unclear || h.most > 0 && now.seen[h.name] > h.most
		now.suites = append(now.suites, &open{name: h.name, repeats: h.doc, named: true})
	} else if len(now.suites) == 0 || !l.names.known() && endsProgram(text) {
		// cargo test --quiet names no program.
		now.suites = append(now.suites, &open{name: "tests", repeats: true})
		now.suites[len(now.suites)-1].line(text)
	} else {
		now.suites[len(now.suites)-1].line(text)
	}
}

// endsProgram recognises what the script of a check and cargo say before they
// begin something else.
func endsProgram(text string) bool {
	return strings.HasPrefix(text, "$ ") || strings.HasPrefix(text, "    Finished `")
}

// attempt begins the attempt of a number, which 1 is for a new step. The kinds
// of check whose programs are known have one step that runs tests.
func (l *reading) attempt(n int) {
	switch {
	case n == 1 && l.names.known():
		l.log.Unclear = l.log.Unclear || l.steps > 0
		l.attempts = []attempt{newAttempt()}
		l.steps++
	case n == 1:
		l.endStep()
	case n == len(l.attempts)+1:
		l.attempts = append(l.attempts, newAttempt())
	default:
		l.log.Unclear = true
	}
}

// endStep takes over the last attempt of a step.
func (l *reading) endStep() {
	var each [][]Suite
	for _, a := range l.attempts {
		var suites []Suite
		for _, s := range a.suites {
			// Between the names of cargo, what has none is a program's output.
			if suite, ok := s.close(); ok && (s.named || !l.names.known() || !l.named) {
				suite.Name = unique(suites, suite.Name)
				suites = append(suites, suite)
			}
		}
		each = append(each, suites)
	}
	last := each[len(each)-1]
	for i := range each[:len(each)-1] {
		l.log.compare(last, each[i])
	}
	for _, suite := range last {
		suite.Name = unique(l.log.Suites, suite.Name)
		l.log.Suites = append(l.log.Suites, suite)
	}
	l.log.Retries += len(l.attempts) - 1
	l.attempts = []attempt{newAttempt()}
}

// unique is a name that no suite has, with a number if need be.
func unique(suites []Suite, name string) string {
	taken := map[string]bool{}
	for i := range suites {
		taken[suites[i].Name] = true
	}
	free := name
	for n := 2; taken[free]; n++ {
		free = name + " (" + strconv.Itoa(n) + ")"
	}
	return free
}

package main

import (
	"fmt"
	"strings"
)

// tally counts rounds.
type tally struct {
	seed   uint64
	rounds []round
	errs   []error
}

func (t *tally) add(r round, err error) {
	t.rounds = append(t.rounds, r)
	t.errs = append(t.errs, err)
}

func (t *tally) count() int { return len(t.rounds) }

func (t *tally) failed() int {
	n := 0
	for _, err := range t.errs {
		if err != nil {
			n++
		}
	}
	return n
}

// markdown is the page of the result.
func (t *tally) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Reliability

`+"`make chaos`"+` interrupts runs of a small workspace with a registry cache at random moments. After each fault the
next run has to be green with the right numbers, to compile no dependency that was there, and to leave no process and no
mount behind; the run after that has to execute nothing. A short part of it runs with the tests.

%d rounds of seed %d, %d went wrong.

| | %s |
|---|%s
`, t.count(), t.seed, t.failed(), strings.Join(names(phases()), " | "), strings.Repeat("---|", len(phases())))
	for _, f := range faults() {
		fmt.Fprintf(&b, "| %s |", f)
		for _, p := range phases() {
			well, all := t.of(f, p)
			fmt.Fprintf(&b, " %d of %d |", well, all)
		}
		b.WriteString("\n")
	}
	for i, err := range t.errs {
		if err != nil {
			fmt.Fprintf(&b, "\n- Round %d, %s: %s\n", t.rounds[i].number, strings.Join(strings.Fields(t.rounds[i].String()), " "), strings.ReplaceAll(err.Error(), "\n", "\n  "))
		}
	}
	return b.String()
}

func (t *tally) of(f fault, p phase) (well, all int) {
	for i, r := range t.rounds {
		if r.fault != f || r.phase != p {
			continue
		}
		all++
		if t.errs[i] == nil {
			well++
		}
	}
	return well, all
}

func names(list []phase) []string {
	var texts []string
	for _, p := range list {
		texts = append(texts, string(p))
	}
	return texts
}

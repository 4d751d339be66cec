package main

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestDraw: a seed gives the same rounds again, and all kinds come up.
func TestDraw(t *testing.T) {
	t.Parallel()
	one, two := rand.New(rand.NewPCG(7, 7)), rand.New(rand.NewPCG(7, 7))
	seen := map[fault]map[phase]bool{}
	for range 400 {
		r := draw(one)
		if again := draw(two); r != again {
			t.Fatalf("%s and %s of one seed", r, again)
		}
		if seen[r.fault] == nil {
			seen[r.fault] = map[phase]bool{}
		}
		seen[r.fault][r.phase] = true
	}
	for _, f := range faults() {
		if len(seen[f]) != len(phases()) {
			t.Errorf("%s comes in %d phases only", f, len(seen[f]))
		}
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	list := &tally{seed: 7}
	list.add(round{number: 1, phase: phaseNew, fault: diskFilled, at: 0.5}, nil)
	list.add(round{number: 2, phase: phaseNew, fault: diskFilled, at: 0.25}, errors.New("it broke"))
	page := list.markdown()
	for _, want := range []string{"2 rounds of seed 7, 1 went wrong", "| disk filled | 1 of 2 |", "Round 2, new builder disk filled at 25 %: it broke"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in:\n%s", want, page)
		}
	}
}

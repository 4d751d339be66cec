package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/platforms"

	cranekit "github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/llb"
)

// cold compares a first run with the same commands one by one. A variable that
// nothing reads makes every vertex of the workspace new. Both sides find the
// dependencies downloaded: the vertex that fetches them, with that variable,
// runs before the clock does, and they mount its very result.
func cold(ctx context.Context, b *bench) ([]row, error) {
	r := row{id: "a", what: "cold", against: "the same cargo commands one by one", ratio: 0.85}
	for i := range b.colds {
		set := "common.env.CRANEKIT_BENCH=" + nonce()
		if err := b.fetch(ctx, set); err != nil {
			return nil, fmt.Errorf("fetching dependencies: %w", err)
		}
		sides := []func() error{
			func() error {
				took, s, err := b.check(ctx, fmt.Sprintf("a cold %d, cranekit", i+1), set)
				if err != nil {
					return err
				}
				r.cranekit = append(r.cranekit, took)
				r.notes = append(r.notes, "cranekit's steps: "+ownSteps(s))
				return warmFetch(s)
			},
			func() error {
				took, steps, err := b.byHand(ctx, fmt.Sprintf("a cold %d, by hand", i+1), set)
				r.peer = append(r.peer, took)
				r.notes = append(r.notes, "by hand: "+strings.Join(steps, ", "))
				return err
			},
		}
		if err := inTurn(i, sides); err != nil {
			return nil, err
		}
	}
	return []row{r}, nil
}

// inTurn runs the two sides of a repetition, the other one first each time:
// what a side leaves to the disk to write is not always at the other's cost.
func inTurn(i int, sides []func() error) error {
	if i%2 == 1 {
		slices.Reverse(sides)
	}
	for _, side := range sides {
		if err := side(); err != nil {
			return err
		}
	}
	return nil
}

// ownSteps are the stages and checks with the seconds that each ran.
func ownSteps(s *cranekit.Summary) string {
	var steps []string
	for _, stage := range s.Stages {
		if !stage.Cached {
			steps = append(steps, fmt.Sprintf("%s %.0f s", stage.Name, stage.Seconds))
		}
	}
	for _, c := range s.Checks {
		steps = append(steps, fmt.Sprintf("%s %.0f s", c.Name, c.Seconds))
	}
	return strings.Join(steps, ", ")
}

// warmFetch is an error when downloads were in the time of a cold run, or when
// it was not cold.
func warmFetch(s *cranekit.Summary) error {
	for _, stage := range s.Stages {
		if compiles := stage.Role == llb.RoleLayer || stage.Role == llb.RoleStage; compiles == stage.Cached {
			return fmt.Errorf("cranekit's %s: cached is %t; is the program built from the same sources as the benchmark?", stage.Name, stage.Cached)
		}
	}
	return nil
}

// edited compares runs after a line of a binary's source was edited.
// Dependencies are compiled before the clock runs.
func edited(ctx context.Context, b *bench) ([]row, error) {
	rows := []row{{id: "b", what: "one line edited", against: "cargo-chef", ratio: 0.70}}
	targets := []string{targetUsual}
	g, _, err := b.graph(platforms.DefaultSpec())
	if err != nil {
		return nil, err
	}
	if b.covers(g) {
		rows = append(rows, row{id: "b", what: "one line edited", against: "cargo-chef, coverage cooked too", ratio: 0.70})
		targets = append(targets, targetTuned)
	}
	if err := b.prime(ctx, "b", targets...); err != nil {
		return nil, err
	}
	compiled := make([][]string, len(targets))
	for i := range b.edits {
		sides := []func() error{func() error { return b.editedByCranekit(ctx, i, rows) }}
		for k, target := range targets {
			sides = append(sides, func() error {
				took, deps, err := b.editedByChef(ctx, i, target)
				rows[k].peer = append(rows[k].peer, took)
				compiled[k] = append(compiled[k], strconv.Itoa(deps))
				return err
			})
		}
		if err := inTurn(i, sides); err != nil {
			return nil, err
		}
	}
	for k := range rows {
		rows[k].notes = append(rows[k].notes, "dependencies that cargo-chef's side compiled again: "+strings.Join(compiled[k], ", "))
	}
	return rows, nil
}

// editedByCranekit measures cranekit once, for all rows.
func (b *bench) editedByCranekit(ctx context.Context, i int, rows []row) error {
	if err := b.editLine(); err != nil {
		return err
	}
	took, s, err := b.check(ctx, fmt.Sprintf("b edit %d, cranekit", i+1))
	if err != nil {
		return err
	}
	for k := range rows {
		rows[k].cranekit = append(rows[k].cranekit, took)
	}
	rows[0].notes = append(rows[0].notes, "cranekit's steps: "+ownSteps(s))
	return cachedStages(s)
}

// editedByChef measures a target. The edit is one of its own: targets of a
// Dockerfile share stages.
func (b *bench) editedByChef(ctx context.Context, i int, target string) (time.Duration, int, error) {
	if err := b.editLine(); err != nil {
		return 0, 0, err
	}
	return b.chef(ctx, fmt.Sprintf("b edit %d, cargo-chef %s", i+1, target), target)
}

// unchanged compares runs on a builder that has it all.
func unchanged(ctx context.Context, b *bench) ([]row, error) {
	r := row{id: "c", what: "nothing changed", against: "cargo-chef", ratio: 0.50, limit: time.Second}
	if err := b.prime(ctx, "c", targetUsual); err != nil {
		return nil, err
	}
	for i := range b.repeats {
		sides := []func() error{
			func() error {
				took, s, err := b.check(ctx, fmt.Sprintf("c run %d, cranekit", i+1))
				if err != nil {
					return err
				}
				r.cranekit = append(r.cranekit, took)
				return cachedChecks(s)
			},
			func() error {
				took, compiled, err := b.chef(ctx, fmt.Sprintf("c run %d, cargo-chef", i+1), targetUsual)
				if err == nil && compiled > 0 {
					err = errors.New("cargo-chef compiled something though nothing changed")
				}
				r.peer = append(r.peer, took)
				return err
			},
		}
		if err := inTurn(i, sides); err != nil {
			return nil, err
		}
	}
	return []row{r}, nil
}

// prime runs all sides once, so that the builder has what they keep.
func (b *bench) prime(ctx context.Context, id string, targets ...string) error {
	if _, _, err := b.check(ctx, id+" before, cranekit"); err != nil {
		return err
	}
	for _, target := range targets {
		if _, _, err := b.chef(ctx, id+" before, cargo-chef "+target, target); err != nil {
			return err
		}
	}
	return nil
}

// cachedStages is an error when a stage ran that was to be there already. Member
// layers of what was edited were not.
func cachedStages(s *cranekit.Summary) error {
	for _, stage := range s.Stages {
		if !stage.Cached && stage.Role != llb.RoleLayer {
			return fmt.Errorf("cranekit ran %s again", stage.Name)
		}
	}
	return nil
}

func cachedChecks(s *cranekit.Summary) error {
	for _, c := range s.Checks {
		if !c.Cached {
			return fmt.Errorf("cranekit ran %s again", c.Name)
		}
	}
	return cachedStages(s)
}

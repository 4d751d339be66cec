package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	cranekit "github.com/cranekit/cranekit/cmd/report"
)

// eight are the checks that two builders share, as settings of cranekit.
func eight() (names, set []string) {
	for _, c := range [][2]string{
		{"clippy", "clippy"},
		{"package", "package"},
		{"check", "check"},
		{"test", "test"},
		{"doc", "doc"},
		{"clippy-again", "clippy"},
		{"test-again", "test"},
		{"doc-again", "doc"},
	} {
		names = append(names, c[0])
		set = append(set, "checks."+c[0]+".kind="+c[1])
	}
	// Equal commands would be one vertex.
	for _, name := range []string{"clippy-again", "test-again", "doc-again"} {
		set = append(set, "checks."+name+".env.CRANEKIT_BENCH=again")
	}
	return names, set
}

// together compares eight checks on two builders with the same on one of them.
// Each builder has a core of its own, as two small machines would.
func together(ctx context.Context, b *bench) (rows []row, err error) {
	h, err := serveRegistry(ctx, b.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	names, set := eight()
	t := &togetherBench{set: append(set, "cache=type=registry,ref="+h.ref("cranekit"))}
	options := *b.options
	options.checks = names
	for core := range 2 {
		one := *b
		one.options = &options
		if one.state, err = os.MkdirTemp(b.dir, "core-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(one.state)) }()
		if err := one.start(ctx, "taskset", "--cpu-list", strconv.Itoa(core)); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, one.close(ctx)) }()
		t.builders = append(t.builders, &one)
	}
	return t.measure(ctx)
}

type togetherBench struct {
	// builders have a core each.
	builders []*bench
	set      []string
}

// on runs the checks on some of the builders.
func (t *togetherBench) on(ctx context.Context, title string, builders ...*bench) (time.Duration, *cranekit.Summary, error) {
	var addresses []string
	for _, b := range builders {
		addresses = append(addresses, b.address)
	}
	return t.builders[0].check(ctx, title, append(slices.Clone(t.set), "builder="+strings.Join(addresses, ","))...)
}

// measure runs all once, so that costs are known and dependencies compiled, and
// then edits lines. The one builder is the one that led, which has them.
func (t *togetherBench) measure(ctx context.Context) ([]row, error) {
	r := row{id: "f", what: "eight checks, two builders", against: "one of the builders", ratio: 0.75}
	_, s, err := t.on(ctx, "f before, two builders", t.builders...)
	if err != nil {
		return nil, err
	}
	leader := t.builders[0]
	if name := s.Checks[0].Builder; name == t.builders[1].address {
		leader = t.builders[1]
	}
	for i := range leader.edits {
		if err := inTurn(i, []func() error{
			func() error {
				if err := leader.editLine(); err != nil {
					return err
				}
				one, _, err := t.on(ctx, fmt.Sprintf("f edit %d, one builder", i+1), leader)
				r.peer = append(r.peer, one)
				return err
			},
			func() error {
				if err := leader.editLine(); err != nil {
					return err
				}
				two, s, err := t.on(ctx, fmt.Sprintf("f edit %d, two builders", i+1), t.builders...)
				if err != nil {
					return err
				}
				r.cranekit = append(r.cranekit, two)
				for _, note := range s.Builder.Notes {
					r.notes = append(r.notes, strings.NewReplacer(t.builders[0].address, "the first", t.builders[1].address, "the second").Replace(note))
				}
				return cachedStages(s)
			},
		}); err != nil {
			return nil, err
		}
	}
	return []row{r}, nil
}

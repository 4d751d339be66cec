package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/containerd/platforms"
)

// elsewhere compares runs on an empty builder, with a cache in a registry that
// another builder filled: with the same source, and after an edit of one line.
// The peer is cargo-chef's Dockerfile with a cache of mode max.
func elsewhere(ctx context.Context, b *bench) (rows []row, err error) {
	h, err := serveRegistry(ctx, b.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	targets, err := b.targets()
	if err != nil {
		return nil, err
	}
	e := &elsewhereBench{bench: b, host: h, key: "common.env.CRANEKIT_BENCH=" + nonce()}
	if err := e.fill(ctx, targets); err != nil {
		return nil, err
	}
	for _, edited := range []bool{false, true} {
		for _, target := range targets {
			what, against := "fresh builder and registry cache, nothing changed", "cargo-chef"
			if edited {
				what = "fresh builder and registry cache, one line edited"
			}
			if target == targetTuned {
				against += ", coverage cooked too"
			}
			r := row{id: "e", what: what, against: against, ratio: 0.50}
			for i := range b.colds {
				if err := e.measure(ctx, &r, i, target, edited); err != nil {
					return nil, err
				}
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// targets are the targets of the Dockerfile that check the workspace.
func (b *bench) targets() ([]string, error) {
	g, _, err := b.graph(platforms.DefaultSpec())
	if err != nil {
		return nil, err
	}
	if b.covers(g) {
		return []string{targetUsual, targetTuned}, nil
	}
	return []string{targetUsual}, nil
}

// elsewhereBench is a benchmark with a registry.
type elsewhereBench struct {
	*bench
	host *host
	// key makes all vertices new, because a run that executes nothing saves
	// nothing.
	key string
}

func (e *elsewhereBench) cache() string { return "cache=type=registry,ref=" + e.host.ref("cranekit") }

// fill runs both sides on the full builder and exports everything.
func (e *elsewhereBench) fill(ctx context.Context, targets []string) error {
	if _, _, err := e.check(ctx, "e fill, cranekit", e.cache(), e.key); err != nil {
		return err
	}
	for _, target := range targets {
		if _, _, err := e.chef(ctx, "e fill, cargo-chef "+target, target, dockerCache{e.host.ref(target), true}); err != nil {
			return err
		}
	}
	return nil
}

// measure is one repetition: each side on a fresh builder of its own.
func (e *elsewhereBench) measure(ctx context.Context, r *row, i int, target string, edited bool) error {
	state := "unchanged"
	if edited {
		state = "edited"
	}
	return inTurn(i, []func() error{
		func() error {
			return e.fresh(ctx, edited, func(b *bench) error {
				took, s, err := b.check(ctx, fmt.Sprintf("e %s %d, cranekit for %s", state, i+1, target), e.cache(), e.key, "cache-read-only=true")
				if err != nil {
					return err
				}
				r.cranekit, r.ownBytes = append(r.cranekit, took), append(r.ownBytes, e.host.pulled())
				r.notes = append(r.notes, "cranekit's steps: "+ownSteps(s))
				if !edited {
					return cachedChecks(s)
				}
				return cachedStages(s)
			})
		},
		func() error {
			return e.fresh(ctx, edited, func(b *bench) error {
				took, deps, err := b.chef(ctx, fmt.Sprintf("e %s %d, cargo-chef %s", state, i+1, target), target, dockerCache{Ref: e.host.ref(target)})
				if err != nil {
					return err
				}
				r.peer, r.peerBytes = append(r.peer, took), append(r.peerBytes, e.host.pulled())
				r.notes = append(r.notes, "dependencies that cargo-chef's side compiled again: "+strconv.Itoa(deps))
				return nil
			})
		},
	})
}

// fresh runs f on an empty builder.
func (e *elsewhereBench) fresh(ctx context.Context, edited bool, f func(*bench) error) (err error) {
	if edited {
		if err := e.editLine(); err != nil {
			return err
		}
	}
	other := *e.bench
	if other.state, err = os.MkdirTemp(e.dir, "fresh-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(other.state)) }()
	if err := other.start(ctx); err != nil {
		return err
	}
	e.host.pulled()
	syscall.Sync() // what the last side left to be written would be at this one's cost
	return errors.Join(f(&other), other.close(ctx))
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/llb"
)

// The size of the generated workspace.
const (
	plannedMembers = 100
	plannedCrates  = 300
)

// planRepeats is how often planning is timed: it is quick and varies.
const planRepeats = 25

// planning times the work between the command and the first request to the
// builder: reading the workspace, the skeleton, the graph, all its definitions.
func planning(ctx context.Context, b *bench) ([]row, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := generate(dir, plannedMembers, plannedCrates); err != nil {
		return nil, fmt.Errorf("generating a workspace: %w", err)
	}
	cfg, err := planConfig(dir)
	if err != nil {
		return nil, err
	}
	r := row{id: "d", what: fmt.Sprintf("planning %d members, %d crates", plannedMembers, plannedCrates), against: "no peer", limit: 50 * time.Millisecond}
	for range planRepeats {
		began := time.Now()
		if _, err := plan(ctx, cfg, dir); err != nil {
			return nil, err
		}
		r.cranekit = append(r.cranekit, time.Since(began))
	}
	r.notes = []string{fmt.Sprintf("%d times: the first %s s, the fastest %s s, the slowest %s s",
		planRepeats, seconds(r.cranekit[0]), seconds(slices.Min(r.cranekit)), seconds(slices.Max(r.cranekit)))}
	return []row{r}, nil
}

func planConfig(dir string, set ...string) (*config.Config, error) {
	return config.Load(config.Options{Dir: dir, Set: set, Kinds: llb.Kinds(), DefaultChecks: llb.DefaultChecks()})
}

// graphOf reads the workspace in an absolute directory and makes its graph.
func graphOf(cfg *config.Config, dir string, base llb.Base, platform ocispecs.Platform) (*llb.Graph, error) {
	ws, err := cargo.Load(os.DirFS("/"), filepath.ToSlash(dir), "")
	if err != nil {
		return nil, err
	}
	skeleton, err := ws.Skeleton()
	if err != nil {
		return nil, err
	}
	return llb.New(cfg, ws, skeleton, llb.Options{Bases: map[string]llb.Base{"": base}, Platform: platform})
}

// plan makes the definitions of all nodes and returns how many there are.
func plan(ctx context.Context, cfg *config.Config, dir string) (int, error) {
	base := llb.Base{
		Ref:    "docker.io/library/rust@sha256:" + strings.Repeat("0", 64),
		Config: []byte(`{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin:/bin"]}}`),
	}
	g, err := graphOf(cfg, dir, base, ocispecs.Platform{OS: "linux", Architecture: "amd64"})
	if err != nil {
		return 0, err
	}
	definitions := g.Marshaler("bench", nil)
	for _, n := range g.Nodes {
		if _, err := definitions.Marshal(ctx, n); err != nil {
			return 0, err
		}
	}
	return len(g.Nodes), nil
}

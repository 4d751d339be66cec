package cache

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

func TestMain(m *testing.M) { buildkittest.Main(m) }

// size is that of what a stage makes.
const size = 1 << 20

// trial is a run of two checks, each on top of one stage.
type trial struct {
	*Set
	digests map[string]digest.Digest
}

// newTrial has a run for a builder with caches. The source of the checks is
// another one in each.
func newTrial(t *testing.T, address string, caches ...Cache) *trial {
	t.Helper()
	c, err := client.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	run := Run{
		Client: c, Options: &client.SolveOpt{}, Checks: []string{"one", "two"}, Graph: &llb.Graph{},
		Definitions: map[string]*pb.Definition{}, Records: map[string]string{},
	}
	tr := &trial{digests: map[string]digest.Digest{}}
	add := func(n llb.Node, state bk.State) {
		def, err := state.Marshal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tr.digests[n.Name], err = def.Head(); err != nil {
			t.Fatal(err)
		}
		run.Graph.Nodes = append(run.Graph.Nodes, &n)
		run.Definitions[n.Name], run.Records[n.Name] = def.ToPB(), strings.ReplaceAll(n.Name, " ", "-")
	}
	stage := bk.Scratch().File(bk.Mkdir("/deps", 0o755)).File(bk.Mkfile("/deps/lib", 0o644, make([]byte, size)))
	add(llb.Node{Name: "deps check", Role: llb.RoleStage}, stage)
	for _, name := range run.Checks {
		own := bk.Scratch().File(bk.Copy(stage, "/deps/lib", "/"+name)).File(bk.Mkfile("/source", 0o644, []byte(rand.Text())))
		add(llb.Node{Name: name, Role: llb.RoleCheck, Needs: []string{"deps check"}}, own)
	}
	tr.Set = New(t.Context(), caches, run)
	return tr
}

// work solves the checks side by side with what the caches have, looks at what
// they made, and exports what was executed. It returns the checks of that.
func (tr *trial) work(t *testing.T) (executed []string) {
	t.Helper()
	collector := events.NewCollector(nil)
	var wg sync.WaitGroup
	for _, check := range tr.run.Checks {
		wg.Go(func() {
			if err := tr.solve(t.Context(), collector, check); err != nil {
				t.Errorf("%s: %v", check, err)
			}
		})
	}
	wg.Wait()
	for _, n := range tr.run.Graph.Nodes {
		if ran, _ := collector.Executed(tr.digests[n.Name]); !ran {
			continue
		}
		tr.Export(n.Name)
		if n.Role == llb.RoleCheck {
			executed = append(executed, n.Name)
		}
	}
	return executed
}

func (tr *trial) solve(ctx context.Context, collector *events.Collector, check string) error {
	imports, done := tr.Imports(check)
	defer done()
	read := func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		res, err := gc.Solve(ctx, gateway.SolveRequest{Definition: tr.run.Definitions[check], CacheImports: imports, Evaluate: true})
		if err != nil {
			return nil, err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		data, err := ref.ReadFile(ctx, gateway.ReadRequest{Filename: check})
		if err == nil && !bytes.Equal(data, make([]byte, size)) {
			err = fmt.Errorf("%d bytes are not those of the stage", len(data))
		}
		return gateway.NewResult(), err
	}
	_, err := events.Build(ctx, tr.run.Client, SolveOpt(tr.run.Options, imports), read, func(status *client.SolveStatus, from <-chan *client.SolveStatus) {
		collector.Add(status, from)
	})
	return err
}

// fact is what the run did with the first of its caches.
func (tr *trial) fact() Fact { return tr.Facts(nil)[0] }

// rest exports what a run left that executed these checks, and is all green.
func (tr *trial) rest(t *testing.T, executed []string) {
	t.Helper()
	had := []string{"deps check"}
	for _, check := range tr.run.Checks {
		if !slices.Contains(executed, check) {
			had = append(had, check)
		}
	}
	tr.Rest(t.Context(), tr.run.Checks, had)
	tr.Wait()
}

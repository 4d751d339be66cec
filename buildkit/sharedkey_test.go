package buildkit

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/llb"
)

// TestSameTime checks out another branch at the same place: a file has the name,
// the size and the time of the one before, and another text.
func TestSameTime(t *testing.T) {
	t.Parallel()
	for name, committed := range map[string]time.Time{"commit": time.Unix(1_700_000_000, 0), "pax archive": time.Unix(1_700_000_000, 123_456_789)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sendInTurn(t, committed)
		})
	}
}

func sendInTurn(t *testing.T, committed time.Time) {
	t.Helper()
	c := dial(t)
	dir := t.TempDir()
	for _, want := range []string{"attack", "victim", "attack"} {
		file := filepath.Join(dir, "main.rs")
		if err := errors.Join(os.WriteFile(file, []byte(want), 0o600), os.Chtimes(file, committed, committed)); err != nil {
			t.Fatal(err)
		}
		in := Inputs{Tree: &source.Tree{Root: dir, Files: []string{"main.rs"}}, Sources: []llb.Source{{Name: "source"}}}
		opt, _, err := in.offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		_, err = c.Build(t.Context(), *opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
			def, err := bk.Local("source", bk.SharedKeyHint("cranekit-source"), bk.LocalUniqueID(rand.Text())).Marshal(ctx)
			if err != nil {
				return nil, err
			}
			res, err := gc.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
			if err != nil {
				return nil, err
			}
			ref, err := res.SingleRef()
			if err != nil {
				return nil, err
			}
			got, err = ref.ReadFile(ctx, gateway.ReadRequest{Filename: "main.rs"})
			return gateway.NewResult(), err
		}, nil)
		if err != nil || string(got) != want {
			t.Errorf("the builder has %q (%v), want %q", got, err, want)
		}
	}
}

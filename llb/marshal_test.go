package llb

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/protobuf/proto"
)

// TestMarshal compares what one marshaler renders of all nodes with what
// BuildKit makes of each by itself.
func TestMarshal(t *testing.T) {
	t.Parallel()
	caps := pb.Caps.CapSet(pb.Caps.All())
	for name, set := range map[string][]string{
		"plain":  nil,
		"layers": {"common.member-layers=true"},
		"matrix": {"matrix.a.profile=release", "matrix.b.profile=dev", "checks.clippy.matrix=a,b", "checks.package.matrix=a,b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := plan(t, "testdata/workspace", layoutBase(), set...)
			shared := g.Marshaler("run", &caps)
			for _, n := range g.Nodes {
				want, err := n.state.Marshal(t.Context(), bk.Platform(g.platform), bk.LocalUniqueID("run"), bk.WithCaps(caps))
				if err != nil {
					t.Fatal(err)
				}
				got, err := shared.Marshal(t.Context(), n)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, n.Name, got.ToPB(), want.ToPB())
			}
		})
	}
}

// TestMarshalAtOnce has several runs of one graph render it side by side:
// BuildKit sorts the mounts of a step in place where it reads them, and two that
// sort at once lose some.
func TestMarshalAtOnce(t *testing.T) {
	t.Parallel()
	caps := pb.Caps.CapSet(pb.Caps.All())
	want := map[string]*pb.Definition{}
	for round := range 20 {
		g := plan(t, "testdata/workspace", layoutBase())
		var together sync.WaitGroup
		got := make([]map[string]*pb.Definition, 4)
		for i := range got {
			got[i] = map[string]*pb.Definition{}
			together.Go(func() {
				definitions := g.Marshaler("run", &caps)
				for _, n := range g.Nodes {
					def, err := definitions.Marshal(t.Context(), n)
					if err != nil {
						t.Error(err)
						return
					}
					got[i][n.Name] = def.ToPB()
				}
			})
		}
		together.Wait()
		if round == 0 {
			want = got[0]
		}
		for _, defs := range got {
			for name, def := range defs {
				compare(t, name, def, want[name])
			}
		}
	}
}

// TestMarshalTwins has two vertices that differ in their metadata only.
func TestMarshalTwins(t *testing.T) {
	t.Parallel()
	twin := func(opts ...bk.ConstraintsOpt) bk.State { return bk.Scratch().File(bk.Mkdir("/a", 0o755), opts...) }
	state := bk.Scratch().
		File(bk.Copy(twin(bk.WithCustomName("one")), "/a", "/one")).
		File(bk.Copy(twin(bk.WithDescription(map[string]string{"k": "two"}), bk.WithoutExportCache()), "/a", "/two"))
	want, err := state.Marshal(t.Context(), bk.LocalUniqueID("run"))
	if err != nil {
		t.Fatal(err)
	}
	shared := (&Graph{platform: *want.Constraints.Platform}).Marshaler("run", nil)
	for range 2 {
		got, err := shared.Marshal(t.Context(), &Node{Name: "twins", state: state})
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "twins", got.ToPB(), want.ToPB())
	}
	empty, err := shared.Marshal(t.Context(), &Node{Name: "nothing", state: bk.Scratch()})
	if err != nil || len(empty.Def) != 0 {
		t.Errorf("nothing has %d ops, %v", len(empty.Def), err)
	}
}

func compare(t *testing.T, name string, got, want *pb.Definition) {
	t.Helper()
	if !slices.EqualFunc(got.Def, want.Def, slices.Equal[[]byte]) {
		t.Errorf("%s: the ops differ", name)
	}
	if len(got.Metadata) != len(want.Metadata) {
		t.Errorf("%s: metadata of %d ops, want %d", name, len(got.Metadata), len(want.Metadata))
	}
	for dgst, meta := range want.Metadata {
		if !proto.Equal(got.Metadata[dgst], meta) {
			t.Errorf("%s: metadata %s, want %s", name, fmt.Sprint(got.Metadata[dgst]), fmt.Sprint(meta))
		}
	}
}

package llb

import (
	"slices"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
)

// environments are those of the commands of nodes, the last of each.
func environments(t *testing.T, g *Graph) map[string][]string {
	t.Helper()
	env := map[string][]string{}
	for _, n := range g.Nodes {
		def, err := g.Marshal(t.Context(), n, "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		env[n.Name] = lastExec(t, def).Meta.Env
	}
	return env
}

// lastExec is the last command of a definition.
func lastExec(t *testing.T, def *bk.Definition) *pb.ExecOp {
	t.Helper()
	last := &pb.ExecOp{Meta: &pb.Meta{}}
	for _, dt := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			t.Fatal(err)
		}
		if exec := op.GetExec(); exec != nil {
			last = exec
		}
	}
	return last
}

// TestOffline: cargo that a test runs does not try the network, in all that has
// none, unless somebody says otherwise. Fetch needs it.
func TestOffline(t *testing.T) {
	t.Parallel()
	const offline = "CARGO_NET_OFFLINE=true"
	set := []string{
		"common.member-layers=true", "checks.package.kind=package", "checks.cov.kind=tarpaulin", "checks.own.kind=custom", "checks.own.run=cargo build",
		"checks.out.kind=test", "checks.out.network=true", "checks.user.kind=test", "checks.user.env.CARGO_NET_OFFLINE=false",
	}
	g := plan(t, "testdata/workspace", layoutBase(), set...)
	for name, env := range environments(t, g) {
		n := g.Node(name)
		want := n.Role == RoleStage || n.Role == RoleLayer && n.Owner != "user" || n.Role == RoleCheck && name != "out" && name != "user"
		if slices.Contains(env, offline) != want {
			t.Errorf("%s: offline is %v, want %v", name, !want, want)
		}
		if name == "user" && !slices.Contains(env, "CARGO_NET_OFFLINE=false") {
			t.Errorf("the user's own value is lost: %q", env)
		}
	}
	for name, env := range environments(t, plan(t, "testdata/workspace", layoutBase(), append(set, "common.env.CARGO_NET_OFFLINE=false")...)) {
		if slices.Contains(env, offline) {
			t.Errorf("%s does not have the user's value", name)
		}
	}
}

package llb

import (
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
)

// execOf is the exec of a check's definition.
func execOf(t *testing.T, g *Graph, name string) *pb.ExecOp {
	t.Helper()
	def, err := g.Marshal(t.Context(), g.Node(name), "run", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(data); err != nil {
			t.Fatal(err)
		}
		if exec := op.GetExec(); exec != nil && slices.Contains(exec.Meta.Args, name) {
			return exec
		}
	}
	t.Fatalf("%s has no exec", name)
	return nil
}

// TestPrivileges: users, secrets and a lifted sandbox are in the definition of the
// check that has them, and nothing of them is in others.
func TestPrivileges(t *testing.T) {
	t.Parallel()
	checks := []string{"checks.clippy.kind=clippy", "checks.package.kind=package"}
	plain := plan(t, "testdata/workspace", layoutBase(), checks...)
	g := plan(t, "testdata/workspace", layoutBase(), append(checks,
		"checks.package.user=true", "checks.package.secrets.TOKEN=env:HOME", "checks.package.secrets.key=file:Cargo.toml", "checks.package.insecure=true")...)
	before, after := keys(t, plain), keys(t, g)
	for name := range before {
		if changed := before[name] != after[name]; changed != (name == "package") {
			t.Errorf("%s: changed %t", name, changed)
		}
	}
	if off := keys(t, plan(t, "testdata/workspace", layoutBase(), append(checks, "common.user=true", "checks.package.user=false")...)); off["package"] != before["package"] || off["clippy"] == before["clippy"] {
		t.Error("user: false is not the graph without the key, or common.user does nothing")
	}
	exec := execOf(t, g, "package")
	if exec.Security != pb.SecurityMode_INSECURE || execOf(t, g, "clippy").Security != pb.SecurityMode_SANDBOX {
		t.Errorf("security is %s", exec.Security)
	}
	args := slices.Clone(exec.Meta.Args)
	args[4] = ""
	if want := []string{"/bin/sh", "/cranekit/lib/user.sh", "1000", "/cranekit/lib/masked-check.sh", "", "package", "env TOKEN", "file key"}; !slices.Equal(args, want) {
		t.Errorf("args are %q, want %q", args, want)
	}
	var text strings.Builder
	if err := WriteText(&text, g.Nodes); err != nil || !strings.Contains(text.String(), "package (no sandbox, asked for by --set; as user 1000)") {
		t.Errorf("the plan is (%v)\n%s", err, text.String())
	}
	json, err := g.Node("package").MarshalJSON()
	if err != nil || !strings.Contains(string(json), `"user":"1000","insecure_asked_for_by":"--set"`) {
		t.Errorf("the node is %s (%v)", json, err)
	}
}

package project

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/config"
)

// TestKeyOfBuilder has the private key of a builder in the workspace, where it
// must not be sent to the builder as part of the source.
func TestKeyOfBuilder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range cmdtest.Single() {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"key.pem", "cert.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := &config.Config{
		Workspace: dir, Output: filepath.Join(dir, "result"), Builder: "farm", Origins: map[string]string{"builder": "crane.yaml:1"},
		Builders: []config.Builder{
			{Name: "farm", Address: "tcp://h:1", CA: "/ca.pem", Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ServerName: "n"},
			{Name: "open", Address: "unix:///b.sock"},
		},
	}
	p, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := p.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(tree.Files, "key.pem") || !slices.Contains(tree.Files, "cert.pem") {
		t.Errorf("the source is %q", tree.Files)
	}

	c := BuilderChoices(cfg)[0]
	want := builder.Address{URL: "tcp://h:1", CA: "/ca.pem", Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ServerName: "n"}
	if c.Spec != "farm" || c.From != "crane.yaml:1" || len(c.Named) != 2 || c.Named["farm"] != want {
		t.Errorf("choice %+v", c)
	}
}

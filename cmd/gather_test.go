package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
)

// TestRegather: once there are binaries in result/bin, a run of package checks
// makes them anew, and no other run touches them.
func TestRegather(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{"crane.yaml": "checks: {clippy: , package: , other: {kind: package}}\n"})
	var out bytes.Buffer
	a := &app{out: &out, err: &out, global: globalFlags{dir: dir}}
	cfg, err := a.load(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cmdtest.WriteTree(t, cfg.Output, map[string]string{"package/bin/app": "new", "other/bin/tool": "other"})
	if a.regather(cfg, []string{"clippy", "package"}) != nil {
		t.Error("binaries are gathered that nobody has built")
	}
	cmdtest.WriteTree(t, cfg.Output, map[string]string{"bin/app": "old", "bin/gone": "old"})
	if a.regather(cfg, []string{"clippy"}) != nil {
		t.Error("clippy says something of binaries")
	}
	gather := a.regather(cfg, []string{"clippy", "package"})
	if gather == nil {
		t.Fatal("old binaries stay")
	}
	if err := gather(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(cfg.Output, "bin", "app")); err != nil || string(text) != "new" {
		t.Errorf("bin/app is %q (%v)", text, err)
	}
	for _, name := range []string{"gone", "tool"} {
		if _, err := os.Stat(filepath.Join(cfg.Output, "bin", name)); err == nil {
			t.Errorf("bin/%s is of no check of the run", name)
		}
	}
}

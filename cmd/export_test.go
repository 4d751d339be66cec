package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
)

// TestExport has a red clippy in a workspace below the repository's root.
func TestExport(t *testing.T) {
	root := t.TempDir()
	page := filepath.Join(t.TempDir(), "page.md")
	if out, err := exec.CommandContext(t.Context(), "git", "-C", root, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	cfg := &config.Config{Workspace: filepath.Join(root, "rust"), Output: filepath.Join(root, "rust", "result")}
	if err := os.Mkdir(cfg.Workspace, 0o755); err != nil {
		t.Fatal(err)
	}
	export := func() string {
		t.Helper()
		row := report.Judge(config.Check{Name: "clippy", Kind: "clippy"},
			buildkit.Result{Name: "clippy", Status: buildkit.StatusFailed, ExitCode: 101, Dir: "report/testdata/out/clippy-red"}, report.JudgeOptions{})
		var out bytes.Buffer
		a := &app{version: "1.2.3", out: &out, err: &out}
		if err := a.export(cfg, &report.Summary{Checks: []report.Check{row}}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	t.Setenv("GITHUB_ACTIONS", "")
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	if out := export(); out != "" {
		t.Errorf("outside of GitHub: %s", out)
	}
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", page)
	export()
	if out := export(); strings.Count(out, "::error file=rust/greet/src/lib.rs,line=") != 2 {
		t.Errorf("annotations: %s", out)
	}
	if text := readText(t, page); strings.Count(text, "## cranekit: 0 of 1 check passed") != 2 {
		t.Errorf("two runs on one page: %s", text)
	}
	for _, name := range []string{report.MarkdownFile, report.CodeQualityFile, report.SARIFFile} {
		if text := readText(t, filepath.Join(cfg.Output, name)); !strings.Contains(text, "src/lib.rs") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
)

// TestUnwrittenResultsAreTold has a red run whose SARIF file cannot be written:
// the rest is, and both the red check and the error are told.
func TestUnwrittenResultsAreTold(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"} {
		t.Setenv(name, "")
	}
	// A directory that is not empty cannot be replaced by a file.
	if err := os.MkdirAll(filepath.Join(dir, report.SARIFFile, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	var out, messages bytes.Buffer
	a := &app{version: "1.2.3", out: &out, err: &messages}
	s := &report.Summary{Version: report.SummaryVersion, Checks: []report.Check{{Name: "clippy", Kind: "clippy", Status: buildkit.StatusFailed, ExitCode: 101}}}
	red := &exitError{exitRed}
	err := errors.Join(red, a.print(&config.Config{Workspace: dir, Output: dir}, s, red, nil))
	a.printError(untold(err))
	if got := exitCode(err); got != exitUsage {
		t.Errorf("exit code %d, want %d", got, exitUsage)
	}
	if got := messages.String(); strings.Count(got, "writing "+report.SARIFFile) != 1 || strings.Contains(got, "exit code") {
		t.Errorf("told %q", got)
	}
	if !strings.Contains(out.String(), "clippy failed") {
		t.Errorf("the table is\n%s", &out)
	}
	text, err := os.ReadFile(filepath.Join(dir, report.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	var written report.Summary
	if err := json.Unmarshal(text, &written); err != nil || written.ExitCode != exitUsage {
		t.Errorf("the summary has exit code %d, %v", written.ExitCode, err)
	}
}

func TestUntold(t *testing.T) {
	t.Parallel()
	other := errors.New("other")
	for want, err := range map[string]error{
		"":      errors.Join(&exitError{1}, errors.Join(&exitError{2})),
		"other": errors.Join(&exitError{1}, errors.Join(&exitError{1}, other)),
	} {
		if got := untold(err); want == "" && got != nil || want != "" && (got == nil || got.Error() != want) {
			t.Errorf("got %v, want %q", got, want)
		}
	}
	if untold(nil) != nil || !errors.Is(untold(other), other) {
		t.Error("what is no exit code is kept")
	}
}

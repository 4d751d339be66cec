//go:build integration

// Package integration tries the built cranekit on real workspaces: a real
// builder, real cargo, real crates. Its tests share one builder whose state is
// kept between runs, so that image and tools are made once.
package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/internal/cachedir"
	"github.com/cranekit/cranekit/cmd/report"
)

// bench is what all tests use.
type bench struct {
	binary string
	layout string
	state  string
	// nonce tells this run of the tests from those before: it is in the
	// environment of every vertex of a workspace, so nothing is cached from
	// an earlier run but image and tools.
	nonce string
}

// prepare builds cranekit once and finds the toolchain's image.
var prepare = sync.OnceValues(func() (*bench, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	b := &bench{
		binary: filepath.Join(root, "bin", "cranekit"),
		layout: filepath.Join(root, ".cache", "rust-debian"),
		nonce:  fmt.Sprint(time.Now().UnixNano()),
	}
	for _, need := range []string{b.binary, filepath.Join(b.layout, "index.json")} {
		if _, err := os.Stat(need); err != nil {
			return nil, fmt.Errorf("%w: run make test, or make build image first", err)
		}
	}
	b.state, err = cachedir.Dir(cachedir.TestBuilder)
	return b, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if b, err := prepare(); err == nil {
		stop := exec.Command(b.binary, "builder", "stop", "--state-dir", b.state)
		if out, err := stop.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "stopping the builder: %v\n%s", err, out)
			code = 1
		}
	}
	os.Exit(code)
}

// workspace is a directory with a Cargo workspace under test.
type workspace struct {
	bench
	dir string
	env []string
	// trust is what the repository is trusted with, as for CRANEKIT_TRUST.
	trust string
	// settings is the directory of the user's own settings, empty.
	settings string
}

// unpack lays out a workspace from testdata.
func unpack(t *testing.T, name string) *workspace {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	w := empty(t)
	for _, file := range archive.Files {
		w.write(t, file.Name, string(file.Data))
	}
	return w
}

func empty(t *testing.T) *workspace {
	t.Helper()
	b, err := prepare()
	if err != nil {
		t.Fatal(err)
	}
	return &workspace{bench: *b, dir: t.TempDir(), settings: t.TempDir()}
}

func (w *workspace) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// edit replaces text in a file, which must be there.
func (w *workspace) edit(t *testing.T, name, old, replacement string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s does not contain %q", name, old)
	}
	w.write(t, name, strings.ReplaceAll(string(data), old, replacement))
}

// outcome is how a run of cranekit ended.
type outcome struct {
	code           int
	stdout, stderr string
	report.Summary
}

// command prepares a run of cranekit in the workspace.
func (w *workspace) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.binary, args...)
	cmd.Dir = w.dir
	cmd.Env = append(impersonal(), "CRANEKIT_STATE_DIR="+w.state, "CRANEKIT_TOOLCHAIN_OCI_LAYOUT="+w.layout, "CRANEKIT_PROGRESS=full", "BUILDKIT_HOST=",
		"DOCKER_HOST=unix:///nonexistent/docker.sock") // not the engine of whoever runs the tests
	cmd.Env = append(cmd.Env, "CRANEKIT_TRUST="+w.trust, "XDG_CONFIG_HOME="+w.settings, "XDG_CACHE_HOME="+w.settings) // nor what they trust
	cmd.Env = append(cmd.Env, w.env...)
	return cmd
}

// impersonal is the environment without what a CI says of its own run.
func impersonal() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return slices.ContainsFunc([]string{"CI=", "CI_", "GITHUB_", "GITLAB_", "BUILDKITE", "CIRCLE", "TF_BUILD=", "SYSTEM_PULLREQUEST_", "BITBUCKET_"}, func(prefix string) bool {
			return strings.HasPrefix(pair, prefix)
		})
	})
}

// check runs cranekit check and reads its summary.
func (w *workspace) check(t *testing.T, args ...string) *outcome {
	t.Helper()
	return w.finish(t, w.command(t.Context(), append([]string{"check", "--set", "common.env.CRANEKIT_NONCE=" + w.nonce}, args...)...))
}

// finish runs a command of cranekit to its end.
func (w *workspace) finish(t *testing.T, cmd *exec.Cmd) *outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	file := filepath.Join(w.dir, "result", report.SummaryFile)
	if err := os.RemoveAll(file); err != nil {
		t.Fatal(err)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := &outcome{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	if data, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(data, &o.Summary); err != nil {
			t.Fatalf("summary.json: %v", err)
		}
	}
	return o
}

// readSummary reads a summary that is not where [workspace.finish] looks.
func readSummary(t *testing.T, file string) report.Summary {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s report.Summary
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return s
}

// wants fails the test unless the run ended with the code.
func (o *outcome) wants(t *testing.T, code int) {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit code %d, want %d\n%s\n%s", o.code, code, o.stderr, o.stdout)
	}
}

// ran are the names of stages and checks that were executed, sorted.
func (o *outcome) ran() []string {
	var names []string
	for _, s := range o.Stages {
		if !s.Cached && s.Name != "toolchain" {
			names = append(names, s.Name)
		}
	}
	for _, c := range o.Checks {
		if !c.Cached && (c.Status == buildkit.StatusPassed || c.Status == buildkit.StatusFailed) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (o *outcome) row(t *testing.T, name string) report.Check {
	t.Helper()
	i := slices.IndexFunc(o.Checks, func(c report.Check) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no check %s in the summary\n%s\n%s", name, o.stderr, o.stdout)
	}
	return o.Checks[i]
}

// noRebuilds fails the test if a check compiled a dependency. Custom checks
// may: a test lets cargo work for itself in one.
func (o *outcome) noRebuilds(t *testing.T) {
	t.Helper()
	for _, c := range o.Checks {
		if c.Kind != "custom" && c.Deps != nil && len(c.Deps.Rebuilt) > 0 {
			t.Errorf("%s compiled dependencies: %q", c.Name, c.Deps.Rebuilt)
		}
	}
}

// contains fails the test unless the text has all the parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

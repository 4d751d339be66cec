package cmd

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/config"
)

// stranger is a repository whose file asks for much, with the canaries of a
// run: programs that a builder would be reached by.
func stranger(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files := maps.Clone(cmdtest.Single())
	files["crane.yaml"] = "fetch: {secrets: {TOKEN: \"env:HOME\"}}\nchecks:\n  fmt:\n  out: {kind: custom, run: \"true\", network: true}\n" +
		"builder: evil\nbuilders: {evil: {address: \"ssh://evil.invalid\"}}\nnetwork: {proxy: \"http://u:hunter2@evil.invalid:1\"}\n"
	cmdtest.WriteTree(t, dir, files)
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return dir
}

// in runs a command in a directory.
func in(t *testing.T, dir string, args ...string) (out string, code int) {
	t.Helper()
	var buffer bytes.Buffer
	a := &app{version: "1.2.3", out: &buffer, err: &buffer}
	root := a.root()
	root.SetArgs(append([]string{"-C", dir}, args...))
	err := root.ExecuteContext(t.Context())
	if err != nil {
		a.printError(err)
	}
	return buffer.String(), exitCode(err)
}

// TestTrust goes the way of somebody who clones a repository that asks for
// more than it gets.
func TestTrust(t *testing.T) {
	dir, home, programs := stranger(t), t.TempDir(), t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	canary := filepath.Join(programs, "called")
	if err := os.WriteFile(filepath.Join(programs, "ssh"), []byte("#!/bin/sh\ntouch "+canary+"\nexit 255\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs+":"+os.Getenv("PATH"))

	out, code := in(t, dir, "check")
	want := `cranekit: the repository is not trusted with what it asks for:
  DIR/crane.yaml:1: fetch.secrets.TOKEN: env:HOME asks for secrets
  DIR/crane.yaml:4: checks.out.network: true asks for network
  DIR/crane.yaml:5: builder: evil asks for builder
  DIR/crane.yaml:6: builders.evil.address: ssh://evil.invalid asks for builder
  DIR/crane.yaml:7: network.proxy: http://u:xxxxx@evil.invalid:1 asks for network
If you trust it with that, one of these allows it:
  cranekit trust secrets,network,builder -C DIR   (once, this branch; --all-branches for all)
  --trust secrets,network,builder   (this run; CRANEKIT_TRUST=secrets,network,builder in CI)
`
	// The file is shown as from the working directory.
	if got := strings.ReplaceAll(strings.ReplaceAll(out, dir, "DIR"), "  crane.yaml", "  DIR/crane.yaml"); got != want || code != exitUsage {
		t.Errorf("exit code %d\n%s\nwant\n%s", code, got, want)
	}
	if out, code := in(t, dir, "check", "fmt"); code != exitUsage || strings.Contains(out, "checks.out") {
		t.Errorf("exit code %d, another check's demand in\n%s", code, out)
	}
	for _, args := range [][]string{{"check", "--list"}, {"config"}, {"plan"}, {"trust"}} {
		if out, code := in(t, dir, args...); code != 0 || strings.Contains(out, "hunter2") {
			t.Errorf("%q: exit code %d\n%s", args, code, out)
		}
	}
	if out, code := in(t, dir, "doctor"); code != 1 || !strings.Contains(out, "fail  trust") || !strings.Contains(out, "cranekit trust secrets,network,builder") || strings.Contains(out, "hunter2") {
		t.Errorf("doctor: exit code %d\n%s", code, out)
	}
	if out, code := in(t, dir, "cache", "du"); code != exitUsage || !strings.Contains(out, "asks for builder") {
		t.Errorf("cache du: exit code %d\n%s", code, out)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Fatal("a builder of the repository's choice was asked")
	}

	// Trusted, the run goes on to the builder; --trust does for one run what the
	// command does for good.
	if out, code := in(t, dir, "check", "fmt", "--trust", "secrets,network,builder"); code != exitUnreachable {
		t.Errorf("with --trust: exit code %d\n%s", code, out)
	}
	if _, err := os.Stat(canary); err != nil {
		t.Error("the builder was not asked")
	}
	if out, code := in(t, dir, "trust", "secrets", "network,builder"); code != 0 || !strings.Contains(out, "branch main") {
		t.Errorf("trust: exit code %d\n%s", code, out)
	}
	if out, code := in(t, dir, "trust", "cache"); code != 0 || !strings.Contains(out, " is trusted with secrets,network,builder,cache, branch main, in ") {
		t.Errorf("one more: exit code %d\n%s", code, out)
	}
	if out, code := in(t, dir, "check", "fmt"); code != exitUnreachable {
		t.Errorf("once trusted: exit code %d\n%s", code, out)
	}
	testBranches(t, dir)
	if out, code := in(t, dir, "trust", "--revoke"); code != 0 {
		t.Errorf("revoke: exit code %d\n%s", code, out)
	}
	if out, code := in(t, dir, "check", "fmt"); code != exitUsage {
		t.Errorf("revoked: exit code %d\n%s", code, out)
	}
}

// testBranches has other branches of the repository that is trusted on main,
// other repositories in its place, and files that do not count.
func testBranches(t *testing.T, dir string) {
	t.Helper()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	wants := func(what string, want int) {
		t.Helper()
		if out, code := in(t, dir, "check", "fmt"); code != want {
			t.Errorf("%s: exit code %d, want %d\n%s", what, code, want, out)
		}
	}
	run("switch", "-qc", "pull")
	wants("another branch", exitUsage)
	run("switch", "-q", "--detach")
	wants("no branch", exitUsage)
	if out, code := in(t, dir, "trust", "ssh"); code != exitUsage || !strings.Contains(out, "--all-branches") {
		t.Errorf("trust without a branch: exit code %d\n%s", code, out)
	}
	run("switch", "-q", "main")
	run("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "--amend", "--no-edit", "--date=2001-01-01T00:00:00")
	wants("another first commit", exitUsage)
	run("reset", "-q", "--hard", "pull")
	wants("main again", exitUnreachable)
	if out, code := in(t, dir, "trust", "fork"); code != exitUsage {
		t.Errorf("trust fork: exit code %d\n%s", code, out)
	}

	t.Setenv("GITHUB_EVENT_NAME", "pull_request")
	wants("a fork's change", exitUsage)
	out, _ := in(t, dir, "check", "fmt", "--trust", "secrets,network,builder")
	if !strings.Contains(out, "--trust fork,secrets,network,builder") {
		t.Errorf("a fork's change with --trust:\n%s", out)
	}
	if out, code := in(t, dir, "check", "fmt", "--trust", "fork,secrets,network,builder"); code != exitUnreachable {
		t.Errorf("a fork's change that is trusted: exit code %d\n%s", code, out)
	}
	t.Setenv("GITHUB_EVENT_NAME", "")

	file := filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "cranekit", "trust.yaml")
	if err := os.Chmod(file, 0o606); err != nil {
		t.Fatal(err)
	}
	wants("a file that others can write", exitUsage)
	if out, _ := in(t, dir, "check", "fmt"); !strings.Contains(out, "what you have allowed before does not count: "+file+": not safe to use: others can write it") {
		t.Errorf("a file that others can write:\n%s", out)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTrackedOutput has an output directory that git tracks, with the mark of
// results forged.
func TestTrackedOutput(t *testing.T) {
	t.Parallel()
	dir := stranger(t)
	cmdtest.WriteTree(t, dir, map[string]string{"crane.yaml": "output: lib\nchecks: {fmt: }\n", "lib/.gitignore": "# Made by cranekit: each run replaces what is in this directory.\n*\n", "lib/fmt/x": ""})
	if out, err := exec.Command("git", "-C", dir, "add", "-f", "lib").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, code := in(t, dir, "check"); code != exitUsage || !strings.Contains(out, "crane.yaml:1: output: lib/.gitignore is tracked by git") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// TestRerunHidesPasswords has one in --set: the line is in logs and pages.
func TestRerunHidesPasswords(t *testing.T) {
	t.Parallel()
	a := &app{global: globalFlags{set: []string{"network.proxy=http://u:hunter2@h:1"}, trust: []string{"network"}}}
	got := a.rerun(&config.Config{}, "fmt")
	if want := "cranekit check fmt --set network.proxy=http://u:xxxxx@h:1 --trust network"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

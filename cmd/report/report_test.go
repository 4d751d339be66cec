package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

var update = flag.Bool("update", false, "write the golden files")

// outcome is a check, and the directory in testdata/out that it left.
type outcome struct {
	check  config.Check
	result buildkit.Result
	dir    string
}

func ended(kind string, status buildkit.Status, exit int, took time.Duration, dir string) outcome {
	return outcome{
		check:  config.Check{Name: kind, Kind: kind, Run: []string{"true"}, Tests: true},
		result: buildkit.Result{Name: kind, Status: status, ExitCode: exit, Took: took},
		dir:    dir,
	}
}

func (o outcome) judge(opts JudgeOptions) Check {
	if o.dir != "" {
		o.result.Dir = filepath.Join("testdata", "out", o.dir)
	}
	return Judge(o.check, o.result, opts)
}

func cached(o outcome) outcome {
	o.result.Cached, o.result.Took = true, 0
	return o
}

func named(name string, o outcome) outcome {
	o.check.Name, o.result.Name = name, name
	return o
}

func failUnder(percent float64, o outcome) outcome {
	o.check.FailUnder = percent
	return o
}

func limited(timeout time.Duration, o outcome) outcome {
	o.check.Limits.Timeout = timeout
	return o
}

func broken(kind, message, log string) outcome {
	o := ended(kind, buildkit.StatusError, 0, 0, "")
	o.result.Err, o.result.Log = errors.New(message), []byte(log)
	return o
}

const second = time.Second

// runs are whole runs, each with golden files of its name.
var runs = map[string]struct {
	deny   bool
	stages []buildkit.NodeFact
	checks []outcome
	// skipped are checks that were not asked for.
	skipped []string
	caches  []cache.Fact
}{
	"green": {
		stages: []buildkit.NodeFact{{Name: "toolchain", Role: llb.RoleToolchain, Cached: true}, {Name: "fetch", Role: llb.RoleFetch, Cached: true}, {Name: "check", Role: llb.RoleStage, Cached: true}},
		checks: []outcome{
			cached(ended("clippy", buildkit.StatusPassed, 0, 0, "clippy-green")),
			ended("package", buildkit.StatusPassed, 0, 192400*time.Millisecond, "package-green"),
			failUnder(60, ended("tarpaulin", buildkit.StatusPassed, 0, 41*second, "tarpaulin")),
			named("licenses", ended("custom", buildkit.StatusPassed, 0, 2*second, "")),
			ended("fmt", buildkit.StatusPassed, 0, 400*time.Millisecond, ""),
		},
		caches: []cache.Fact{
			{Name: "registry registry.example/app", Found: []string{"clippy", "deps check"}, Import: second, Imported: 81 << 20, Saved: []string{"fmt"}, Export: 2 * second, Exported: 3 << 30},
			{Name: "gha cranekit", Import: 40 * time.Millisecond, Saved: []string{"fmt", "package"}, Export: second, Exported: -1},
		},
	},
	"red": {
		stages: []buildkit.NodeFact{
			{Name: "toolchain", Role: llb.RoleToolchain, Cached: true},
			{Name: "toolchain packages libssl-dev pkg-config", Role: llb.RoleToolchain, Cached: true},
			{Name: "cargo-tarpaulin 0.37.5", Role: llb.RoleTool, Cached: true},
			{Name: "fetch", Role: llb.RoleFetch, Took: 2100 * time.Millisecond},
			{Name: "check", Role: llb.RoleStage, Took: 12 * second},
			{Name: "test", Role: llb.RoleStage, Took: 30200 * time.Millisecond},
			{Name: "clippy member core", Role: llb.RoleLayer, Owner: "clippy", Cached: true},
			{Name: "package member core", Role: llb.RoleLayer, Owner: "package", Cached: true},
			{Name: "clippy member app", Role: llb.RoleLayer, Owner: "clippy", Took: 700 * time.Millisecond},
			{Name: "package member app", Role: llb.RoleLayer, Owner: "package", Cached: true},
			{Name: "clippy", Role: llb.RoleCheck, Took: 9 * second},
		},
		checks: []outcome{
			ended("clippy", buildkit.StatusFailed, 101, 4200*time.Millisecond, "clippy-red"),
			ended("package", buildkit.StatusFailed, 101, 30*second, "package-red"),
			failUnder(80, ended("tarpaulin", buildkit.StatusFailed, 1, 41*second, "tarpaulin")),
			named("build", ended("package", buildkit.StatusFailed, 101, second, "package-broken")),
			named("build-again", ended("package", buildkit.StatusFailed, 101, second, "package-broken")),
			named("generated", ended("custom", buildkit.StatusFailed, 3, second, "custom")),
			ended("doc", buildkit.StatusCanceled, 0, 0, ""),
		},
		skipped: []string{"fmt"},
		caches: []cache.Fact{
			{Name: "registry registry.example/app", Problems: []string{"import: connection refused", "export: connection refused"}},
		},
	},
	"rebuilt": {
		checks: []outcome{
			ended("package", buildkit.StatusPassed, 0, 30*second, "package-rebuilt"),
			named("generated", ended("custom", buildkit.StatusPassed, 0, second, "custom")),
		},
	},
	"denied": {
		deny: true,
		checks: []outcome{
			ended("clippy", buildkit.StatusPassed, 0, second, "clippy-green"),
			ended("package", buildkit.StatusPassed, 0, 30*second, "package-rebuilt"),
		},
	},
	"flaky": {
		checks: []outcome{
			ended("test", buildkit.StatusPassed, 0, 8*second, "test-flaky"),
			named("test-again", cached(ended("test", buildkit.StatusPassed, 0, 0, "test-flaky"))),
			limited(60*second, named("slow", ended("test", buildkit.StatusFailed, 124, 60*second, "test-timeout"))),
			named("crashed", ended("test", buildkit.StatusFailed, 101, second, "test-timeout")),
			broken("doc", "rustdoc is missing", ""),
		},
	},
	"unreachable": {
		stages: []buildkit.NodeFact{{Name: "fetch", Role: llb.RoleFetch, Took: 5 * second}},
		checks: []outcome{
			broken("clippy", "a registry could not be reached: fetch: exit code 75", "error: failed to download from `https://index.crates.io/`\n"),
			broken("package", "a registry could not be reached: fetch: exit code 75", "error: failed to download from `https://index.crates.io/`\n"),
			broken("fmt", "rustfmt is missing", ""),
		},
	},
}

func summary(name string) *Summary {
	run := runs[name]
	s := &Summary{
		Version: SummaryVersion, Workspace: "/home/ann/greet", Seconds: 61.2,
		Builder:   Builder{Name: "embedded", Reason: "no other is configured"},
		Toolchain: Toolchain{Image: "docker.io/library/rust:1.90@sha256:5c0d"},
		Stages:    Stages(run.stages), Caches: Caches(run.caches),
	}
	for _, o := range run.checks {
		s.Checks = append(s.Checks, o.judge(JudgeOptions{DenyRebuild: run.deny}))
	}
	for _, name := range run.skipped {
		s.Checks = append(s.Checks, Check{Name: name, Kind: name, Status: buildkit.StatusSkipped})
	}
	return s
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name := range runs {
		for suffix, color := range map[string]bool{"": false, ".color": true} {
			t.Run(name+suffix, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				o := Options{Output: "result", Color: color, Rerun: func(check string) string { return "cranekit check " + check }}
				s := summary(name)
				if err := Table(&out, s, o); err != nil {
					t.Fatal(err)
				}
				for line := range strings.Lines(out.String()) {
					if line = strings.TrimSuffix(line, "\n"); !color && (width(line) > columns || strings.HasSuffix(line, " ")) {
						t.Errorf("too long, or blanks at the end: %q", line)
					}
				}
				if err := Failures(&out, s, o); err != nil {
					t.Fatal(err)
				}
				if !color && strings.Contains(out.String(), "\x1b") {
					t.Error("colors that were not asked for")
				}
				golden(t, name+suffix+".golden", out.Bytes())
			})
		}
	}
}

// golden compares with a file in testdata, which -update writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("not what %s says (-update accepts it):\n%s", file, got)
	}
}

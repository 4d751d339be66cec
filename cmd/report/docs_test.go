package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/llb"
)

// example is the summary that docs/summary.md shows.
func example() *Summary {
	number := func(n int) *int { return &n }
	percent, saved := 66.67, int64(1204)
	return &Summary{
		Version: SummaryVersion, Workspace: "/home/ann/greet", Seconds: 61.2, ExitCode: 1,
		Builder:   Builder{Name: "embedded", Reason: "builder embedded: no other is configured"},
		Toolchain: Toolchain{Image: "docker.io/library/rust:1.90-slim-bookworm@sha256:…"},
		Stages:    []Stage{{Name: "toolchain", Role: llb.RoleToolchain, Cached: true}, {Name: "fetch", Role: llb.RoleFetch, Seconds: 2.1}, {Name: "deps check", Role: llb.RoleStage, Seconds: 12}},
		Checks: []Check{
			{
				Name: "clippy", Kind: "clippy", Status: buildkit.StatusFailed, Seconds: 4.2, ExitCode: 101,
				Deps: &Deps{Reused: number(132), Rebuilt: []string{}}, Outputs: []string{"clippy/deps.txt", "clippy/log.txt", "clippy/messages.json"},
				Metrics: Metrics{Warnings: number(0), Errors: number(2)},
			},
			{
				Name: "coverage", Kind: "tarpaulin", Status: buildkit.StatusPassed, Seconds: 41,
				Deps: &Deps{Reused: number(131), Rebuilt: []string{"libc 0.2.191 (lib): the env variable X changed"}}, Outputs: []string{"coverage/cobertura.xml", "coverage/deps.txt", "coverage/flaky.txt", "coverage/junit.xml", "coverage/log.txt"},
				Metrics: Metrics{TestsPassed: number(3), TestsFailed: number(0), TestsIgnored: number(1), CoveragePercent: &percent, LinesCovered: number(4), LinesTotal: number(6)},
				Retries: 1, Flaky: []string{"greet::tests/guests::two_guests"}, Message: "flaky: it passed only after 1 retry: greet::tests/guests::two_guests",
			},
		},
		Caches: []Cache{{
			Name:   "registry registry.example/app/cache:main",
			Import: Import{Found: []string{"deps check", "fetch"}, Seconds: 1.2, Bytes: 84934656, SavedSeconds: 34},
			Export: Export{Saved: []string{"fmt"}, Seconds: 0.3, Bytes: &saved}, Problems: []string{},
		}},
		CacheRule: "main, the default branch, reads and writes those that others read", SavedSeconds: 34,
		Images: []Image{{
			Kind: "push", Ref: "registry.example/greet:1.2", Digest: "sha256:…",
			Platforms: []string{"linux/amd64", "linux/arm64"}, Base: "gcr.io/distroless/cc-debian12:latest@sha256:…",
		}},
	}
}

// TestDocsShowTheCode keeps the example of docs/summary.md equal to what the
// code writes, and names every field of a check there.
func TestDocsShowTheCode(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "summary.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), "```json\n")
	shown, after, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("no example")
	}
	want, err := encode(example())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		shown = string(want)
		if err := os.WriteFile(file, []byte(before+"```json\n"+shown+"```\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if shown != string(want) {
		t.Errorf("the example is not what the code writes (-update accepts it):\n%s", want)
	}
	var document any
	if err := json.NewDecoder(bytes.NewReader(want)).Decode(&document); err != nil {
		t.Fatal(err)
	}
	for _, problem := range loadSchema(t).validate("summary", document) {
		t.Error(problem)
	}
	for field := range reflect.TypeFor[Check]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.IsExported() && !strings.Contains(string(page), "`"+name+"`") && !strings.Contains(shown, `"`+name+`"`) {
			t.Errorf("docs/summary.md does not name %s", name)
		}
	}
}

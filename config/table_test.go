package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestEffective(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", "checks:\n  clippy: {env: {A: \"1\"}, args: -x 'a b'}\n  own:\n    kind: custom\n    run: |\n      a\n      b\n")
	var rows []string
	for _, e := range load(t, testOptions(dir)).Effective() {
		rows = append(rows, e.Key+": "+strings.ReplaceAll(e.Value, dir, "DIR")+" # "+e.Origin)
	}
	want := `workspace: DIR # default
source.include: [] # default
source.exclude: [] # default
source.git-env: {} # default
toolchain.image: "" # default
toolchain.oci-layout: "" # default
toolchain.dockerfile: "" # default
toolchain.build-args: {} # default
toolchain.build-target: "" # default
toolchain.channel: "" # default
toolchain.packages: [] # default
toolchain.tools.cargo-tarpaulin: 0.37.5 # default
fetch.secrets: {} # default
fetch.ssh: false # default
fetch.locks: [] # default
fetch.known-hosts: "" # default
network.ca: "" # default
network.proxy: "" # default
network.no-proxy: "" # default
common.profile: release # default
common.features: [] # default
common.all-features: false # default
common.no-default-features: false # default
common.target: "" # default
common.packages: [] # default
common.exclude: [] # default
common.rustflags: "" # default
common.env: {} # default
common.member-layers: false # default
common.timeout: 0s # default
common.retries: 0 # default
common.memory: 0 # default
common.cpus: 0 # default
common.tmp-size: 0 # default
common.shm-size: 0 # default
common.output-size: 4GiB # default
common.output-files: 100000 # default
common.user: "" # default
checks.clippy.kind: clippy # default
checks.clippy.args: [-x, a b] # crane.yaml:2
checks.clippy.env.A: "1" # crane.yaml:2
checks.own.kind: custom # crane.yaml:4
checks.own.run: ["a\nb"] # crane.yaml:5
checks.own.shell: [] # default
checks.own.deps: test # default
image.base: "" # default
image.oci-layout: "" # default
image.packages: [] # default
image.files: {} # default
image.checks: [] # default
image.requires: [] # default
image.binaries: [] # default
image.entrypoint: [] # default
image.cmd: [] # default
image.workdir: "" # default
image.expose: [] # default
image.user: 65532:65532 # default
image.env: {} # default
image.labels: {} # default
builder: auto # default
jobs: 0 # default
fail-fast: false # default
deny-rebuild: false # default
deps-from-earlier: false # default
cache: [] # default
cache-isolation: true # default
cache-read-only: false # default
cache-required: false # default
progress: auto # default
output: DIR/result # default`
	if got := strings.Join(rows, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestExample loads the example and looks for every key of the table in it.
func TestExample(t *testing.T) {
	t.Parallel()
	load(t, testOptions(project(t, "crane.yaml", string(Example()))))
	var tree map[string]any
	if err := yaml.Unmarshal(Example(), &tree); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys() {
		parents := []map[string]any{tree}
		elements := strings.Split(k.path, ".")
		for _, e := range elements[:len(elements)-1] {
			var below []map[string]any
			for _, p := range parents {
				for name, v := range p {
					if m, ok := v.(map[string]any); ok && (name == e || e == "<name>" || e == "<leg>" || e == "<builder>") {
						below = append(below, m)
					}
				}
			}
			parents = below
		}
		if !slices.ContainsFunc(parents, func(p map[string]any) bool { _, ok := p[elements[len(elements)-1]]; return ok }) {
			t.Errorf("%s is not in the example", k.path)
		}
	}
}

// TestEveryKeyHasAnEffect sets each key of the table by --set and looks for
// it in the effective configuration.
func TestEveryKeyHasAnEffect(t *testing.T) {
	t.Parallel()
	dir := project(t, "layout/index.json", "")
	values := map[string]string{
		"workspace": dir, "output": dir, "toolchain.oci-layout": filepath.Join(dir, "layout"), "image.oci-layout": filepath.Join(dir, "layout"), "toolchain.dockerfile": filepath.Join(dir, "Cargo.toml"),
		"network.ca": filepath.Join(dir, "Cargo.toml"), "network.proxy": "http://p:1", "builder": "embedded", "progress": "tty",
		"matrix.l.toolchain.oci-layout": filepath.Join(dir, "layout"), "fetch.known-hosts": filepath.Join(dir, "Cargo.toml"), "source.git-env.NAME": "commit",
		"builders.b.address": "ssh://h", "builders.b.platforms": "[linux/arm64]", "builders.b.ca": filepath.Join(dir, "Cargo.toml"), "builders.b.cert": filepath.Join(dir, "Cargo.toml"), "builders.b.key": filepath.Join(dir, "Cargo.toml"),
		"jobs": "9", "checks.c.fail-under": "9", "checks.c.kind": "all", "checks.c.out": "[Html]", "checks.c.matrix": "[]",
		"fetch.locks": filepath.Join(dir, "Cargo.toml"), "checks.c.tests": "false", "checks.c.deps": "none", "checks.c.shell": "[bash, -c]",
		"image.files.NAME": "/etc/name", "image.workdir": "/srv", "image.expose": `["8080", 53/udp]`,
		"cache": `['type=registry,ref=registry.example/app']`,
	}
	for _, k := range keys() {
		path := strings.NewReplacer("<name>", "c", "<leg>", "l", "<builder>", "b").Replace(k.path)
		if k.typ == mapKey {
			path += ".NAME"
		}
		want, ok := values[path]
		switch {
		case ok:
		case k.typ == boolKey:
			want = "true"
		case strings.HasSuffix(k.path, "secrets"):
			want = "env:VALUE"
		case k.typ == mapKey:
			want = "1.2.3"
		case k.typ == intKey, k.typ == numberKey:
			want = "7"
		case k.typ == durationKey:
			want = "1m30s"
		case k.typ == sizeKey:
			want = "1.5GiB"
		case k.typ == listKey, k.typ == wordsKey, k.typ == linesKey:
			want = "[value]"
		default:
			want = "value"
		}
		o := testOptions(dir)
		o.Kinds = append(o.Kinds, Kind{Name: "all", Keys: []string{"args", "test-args", "tests", "run", "shell", "deps", "fail-under", "out"}})
		o.Set = []string{"checks.c.kind=all", "checks.c.run=true", path + "=" + want}
		if path == "image.packages" {
			o.Set = append(o.Set, "image.base=debian:12")
		}
		if k.ofBuilder() && path != "builders.b.address" {
			o.Set = append([]string{"builders.b.address=tcp://h:1", "builders.b.cert=Cargo.toml", "builders.b.key=Cargo.toml"}, o.Set...)
		}
		if !slices.Contains(load(t, o).Effective(), Entry{path, want, "--set"}) {
			t.Errorf("--set %s=%s had no effect", path, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(string(Example()))
	for _, seed := range []string{
		"", "a", "[]", "{}", "checks: &a {x: *a}", "checks: {clippy: {args: \"'\"}}", "? [a]\n: b", "a: 1\n---\nb: 2",
		"common: {env: {A=B: 1, <<: {}}}", "jobs: 1e99", "checks: {\"\": }", "\"\\0\": \"\\0\"", "common: &c {profile: *c}", "%YAML 9",
		"checks: {a: {kind: custom, run: [*x]}}", "toolchain: {tools: [a]}", "source: {exclude: docs}",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Cargo.toml"), nil, 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		file := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		o := testOptions(dir)
		o.File = file
		c, err := Load(o)
		var all *Error
		switch {
		case err == nil:
			c.Effective()
		case !errors.As(err, &all) || len(all.Problems) == 0 || strings.Count(err.Error(), "\n") != len(all.Problems)-1:
			t.Errorf("not a list of problems: %v", err)
		}
	})
}

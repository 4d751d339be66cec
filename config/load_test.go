package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

func testOptions(dir string) Options {
	return Options{
		Dir: dir,
		Kinds: []Kind{
			{Name: "clippy", Keys: []string{"args"}, Args: []string{"--all-targets"}},
			{Name: "custom", Keys: []string{"run", "shell", "deps"}},
			{Name: "fmt", Keys: []string{"args"}},
			{Name: "package", Keys: []string{"args", "test-args", "tests"}},
			{Name: "tarpaulin", Keys: []string{"args", "fail-under", "out"}, Formats: []string{"Xml", "Html"}},
			{Name: "test", Keys: []string{"args"}},
		},
		DefaultChecks: []string{"clippy", "package", "tarpaulin"},
		OtherBuilders: []string{"desktop"},
	}
}

// project writes a workspace with files given as path, content, … and
// returns its directory.
func project(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	files = append([]string{"Cargo.toml", "[workspace]", "Cargo.lock", "", ".git/HEAD", ""}, files...)
	for i := 0; i < len(files); i += 2 {
		file := filepath.Join(dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, o Options) *Config {
	t.Helper()
	c, err := Load(o)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

func names(c *Config) []string {
	var names []string
	for _, check := range c.Checks {
		names = append(names, check.Name)
	}
	return names
}

func check(t *testing.T, c *Config, name string) Check {
	t.Helper()
	i := slices.Index(names(c), name)
	if i < 0 {
		t.Fatalf("no check %s in %v", name, names(c))
	}
	return c.Checks[i]
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s = %#v, want %#v", what, got, want)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	t.Parallel()
	dir := project(t)
	c := load(t, testOptions(dir))
	equal(t, "File", c.File, "")
	equal(t, "Workspace", c.Workspace, dir)
	equal(t, "Output", c.Output, filepath.Join(dir, "result"))
	equal(t, "Common", c.Common, Settings{Profile: "release", Env: map[string]string{}})
	equal(t, "checks", names(c), []string{"clippy", "package", "tarpaulin"})
	equal(t, "args", check(t, c, "clippy").Args, []string{"--all-targets"})
	equal(t, "out", check(t, c, "tarpaulin").Formats, []string{"Xml", "Html"})
	equal(t, "origin", c.Origins["jobs"], "default")
	equal(t, "tools", c.Toolchain.Tools, map[string]string{"cargo-tarpaulin": "0.37.5"})
}

func TestLoadFile(t *testing.T) {
	t.Parallel()
	dir := project(t, "ca.pem", "", "crane.yaml", `
workspace: .
toolchain:
  tools: {cargo-Nextest: 0.9.100}
network: {ca: ca.pem}
common:
  profile: dev
  features: [a, b]
  env: {FOO: 1, foo: "two", T: true}
checks:
  zebra: {kind: custom, run: "if true; then\n  echo\nfi\n"}
  fmt:
  v1.2: {kind: test, all-features: true, env: {FOO: own}, args: "-p 'a b' -- \"x\\\"y\""}
  clippy: {args: [], features: []}
jobs: 2
`)
	c := load(t, testOptions(dir))
	equal(t, "checks", names(c), []string{"zebra", "fmt", "v1.2", "clippy"})
	equal(t, "run", check(t, c, "zebra").Run, []string{"if true; then\n  echo\nfi"})
	equal(t, "line", check(t, c, "fmt").Line, 12)
	v := check(t, c, "v1.2")
	equal(t, "args", v.Args, []string{"-p", "a b", "--", `x"y`})
	equal(t, "settings", v.Settings, Settings{
		Profile: "dev", AllFeatures: true, Env: map[string]string{"FOO": "own", "foo": "two", "T": "true"},
	})
	equal(t, "clippy's args", check(t, c, "clippy").Args, []string(nil))
	equal(t, "clippy's features", check(t, c, "clippy").Settings.Features, []string(nil))
	equal(t, "fmt's features", check(t, c, "fmt").Settings.Features, []string{"a", "b"})
	equal(t, "tools", c.Toolchain.Tools, map[string]string{"cargo-tarpaulin": "0.37.5", "cargo-Nextest": "0.9.100"})
	equal(t, "ca", c.Network.CA, filepath.Join(dir, "ca.pem"))
	equal(t, "env of common", c.Common.Env["FOO"], "1")
	equal(t, "origin", c.Origins["checks.v1.2.args"], "crane.yaml:13")
	equal(t, "origin of entry", c.Origins["common.env.foo"], "crane.yaml:9")
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", "jobs: 1\nprogress: plain\noutput: out\ncommon: {profile: dev}\nfail-fast: true\n", "sub/x", "")
	o := testOptions(filepath.Join(dir, "sub"))
	o.Environ = []string{"CRANEKIT_JOBS=2", "CRANEKIT_PROGRESS=JSON", "CRANEKIT_COMMON_FEATURES=a, b", "CRANEKIT_BUILDER=", "CRANEKIT_CHECKS_CLIPPY_ARGS=-- -D x"}
	o.Flags = pflag.NewFlagSet("", pflag.ContinueOnError)
	o.Flags.Int("jobs", 7, "")
	o.Flags.String("progress", "auto", "")
	o.Flags.String("output", "", "")
	o.Flags.Bool("fail-fast", false, "")
	if err := o.Flags.Parse([]string{"--jobs=3", "--output=here"}); err != nil {
		t.Fatal(err)
	}
	o.Set = []string{"jobs=4", "jobs=5", "common.env.Low=x", "checks.clippy.env.A=b=c"}
	c := load(t, o)
	equal(t, "jobs", c.Jobs, 5)
	equal(t, "progress", c.Progress, "json")
	equal(t, "profile", c.Common.Profile, "dev")
	equal(t, "fail-fast", c.FailFast, true)
	equal(t, "features", c.Common.Features, []string{"a", "b"})
	equal(t, "builder", c.Builder, "auto")
	equal(t, "output", c.Output, filepath.Join(dir, "sub", "here"))
	equal(t, "workspace", c.Workspace, dir)
	equal(t, "args", check(t, c, "clippy").Args, []string{"--", "-D", "x"})
	equal(t, "env", check(t, c, "clippy").Settings.Env, map[string]string{"Low": "x", "A": "b=c"})
	for key, want := range map[string]string{
		"jobs": "--set", "progress": "CRANEKIT_PROGRESS", "output": "--output",
		"common.profile": "../crane.yaml:4", "common.env.Low": "--set", "deny-rebuild": "default",
		"checks.clippy.args": "CRANEKIT_CHECKS_CLIPPY_ARGS",
	} {
		equal(t, "origin of "+key, c.Origins[key], want)
	}
}

func TestSetChecks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file, set string
		want      []string
	}{
		"of the default list": {"", "checks.clippy.args=-x", []string{"clippy", "package", "tarpaulin"}},
		"new beside defaults": {"", "checks.style.kind=fmt", []string{"clippy", "package", "tarpaulin", "style"}},
		"null is the default": {"checks:\n", "checks.clippy.args=-x", []string{"clippy", "package", "tarpaulin"}},
		"new beside the file": {"checks: {test: }\n", "checks.clippy.args=-x", []string{"test", "clippy"}},
		"name with dots":      {"checks: {test: }\n", "checks.v1.2.kind=fmt", []string{"test", "v1.2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testOptions(project(t, "crane.yaml", tt.file))
			o.Set = []string{tt.set}
			equal(t, "checks", names(load(t, o)), tt.want)
		})
	}
}

func TestStrongerSourceClearsExcludedKey(t *testing.T) {
	t.Parallel()
	dir := project(t, "layout/index.json", "{}", "crane.yaml", "toolchain: {image: rust}\ncommon: {all-features: true}\n")
	o := testOptions(dir)
	o.Environ = []string{"CRANEKIT_TOOLCHAIN_OCI_LAYOUT=layout", "CRANEKIT_COMMON_FEATURES=a"}
	c := load(t, o)
	equal(t, "toolchain.image", c.Toolchain.Image, "")
	equal(t, "its origin", c.Origins["toolchain.image"], "CRANEKIT_TOOLCHAIN_OCI_LAYOUT")
	equal(t, "all-features", c.Common.AllFeatures, false)
	equal(t, "of a check", check(t, c, "clippy").Settings.Features, []string{"a"})
}

func TestSystemVariables(t *testing.T) {
	t.Parallel()
	dir := project(t, "ca.pem", "")
	o := testOptions(dir)
	o.Environ = []string{"SSL_CERT_FILE=" + filepath.Join(dir, "ca.pem"), "HTTPS_PROXY=u:p@proxy:3128", "NO_PROXY=a, b"}
	c := load(t, o)
	equal(t, "network", c.Network, Network{CA: filepath.Join(dir, "ca.pem"), Proxy: "http://u:p@proxy:3128", NoProxy: "a,b"})
	equal(t, "origin", c.Origins["network.ca"], "SSL_CERT_FILE")
	for _, e := range c.Effective() {
		if e.Key == "network.proxy" {
			equal(t, "shown proxy", e.Value, "http://u:xxxxx@proxy:3128")
		}
	}
	o.Environ = []string{"SSL_CERT_FILE=/nowhere/ca.pem"}
	equal(t, "a missing CA", load(t, o).Network.CA, "")
}

func TestSearch(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", "jobs: 3", "member/Cargo.toml", "", "inner/.git", "gitdir: x", "inner/Cargo.toml", "", "inner/src/x", "")
	o := testOptions(filepath.Join(dir, "member"))
	c := load(t, o)
	equal(t, "workspace", c.Workspace, dir)
	equal(t, "jobs", c.Jobs, 3)
	o.Dir = filepath.Join(dir, "inner", "src")
	c = load(t, o)
	equal(t, "workspace of the inner repository", c.Workspace, filepath.Join(dir, "inner"))
	equal(t, "file beyond the inner repository", c.File, "")
	o.Environ = []string{"CRANEKIT_CONFIG=../../crane.yaml"}
	c = load(t, o)
	equal(t, "jobs", c.Jobs, 3)
	equal(t, "origin", c.Origins["jobs"], "../../crane.yaml:1")
}

func TestSearchWithoutRepository(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", "jobs: 3", "w/Cargo.lock", "", "w/Cargo.toml", "[workspace]", "w/m/Cargo.toml", "")
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	c := load(t, testOptions(filepath.Join(dir, "w", "m")))
	equal(t, "workspace", c.Workspace, filepath.Join(dir, "w"))
	equal(t, "file above the lock", c.File, "")
}

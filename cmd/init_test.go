package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// command runs cranekit in a directory.
func command(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	a := &app{version: "1.2.3", out: &out, err: &out}
	root := a.root()
	root.SetArgs(append([]string{"-C", dir}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// locked is a Cargo.lock with the package app and crates of crates.io, each
// with what it depends on.
func locked(crates ...string) string {
	text := "version = 4\n"
	slices.Sort(crates)
	for _, crate := range append([]string{"app"}, crates...) {
		name, deps, _ := strings.Cut(crate, " ")
		text += fmt.Sprintf("\n[[package]]\nname = %q\nversion = \"0.0.0\"\n", name)
		if name != "app" && name != "a" {
			text += "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
		}
		if deps != "" {
			text += "dependencies = [\"" + strings.ReplaceAll(deps, " ", "\", \"") + "\"]\n"
		}
	}
	return text
}

const appManifest = "[package]\nname = \"app\"\nversion = \"0.0.0\"\nedition = \"2021\"\n"

func TestInit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files map[string]string
		git   bool
		// dir is where init is started, at where crane.yaml has to come out.
		dir, at  string
		packages []string
		checks   []string
		ssh      bool
		env      map[string]string
		want     []string
	}{
		"bin only": {
			files: map[string]string{"Cargo.toml": appManifest, "Cargo.lock": locked(), "src/main.rs": "fn main() {}\n"},
			git:   true, checks: []string{"fmt", "clippy", "package"}, want: []string{"No test was found", "Found: 1 package, 0 crates"},
		},
		"virtual workspace": {
			files: map[string]string{
				"ws/Cargo.toml": "[workspace]\nmembers = [\"a\", \"app\"]\nresolver = \"2\"\n", "ws/Cargo.lock": locked("a"),
				"ws/app/Cargo.toml": appManifest + "rust-version = \"1.80\"\n[features]\nx = []\n", "ws/app/src/lib.rs": "#[test]\nfn t() {}\n",
				"ws/a/Cargo.toml": strings.Replace(appManifest, "app", "a", 1) + "rust-version = \"1.85\"\n", "ws/a/src/main.rs": "fn main() {}\n",
				"ws/rust-toolchain.toml": "[toolchain]\nchannel = \"1.90\"\n",
			},
			git: true, dir: "ws/app/src", at: "ws", checks: []string{"fmt", "clippy", "package", "tarpaulin"},
			want: []string{`msrv: {toolchain: {channel: "1.85"}}`, "rust:1.90-slim", "all-features"},
		},
		"openssl": {
			files: map[string]string{
				"Cargo.toml": appManifest, "src/lib.rs": "", "Cargo.lock": locked("openssl-sys cc pkg-config", "prost-build", "alsa-sys pkg-config", "clang-sys", "odd-sys pkg-config"),
			},
			packages: []string{"libasound2-dev", "libclang-dev", "libssl-dev", "pkg-config", "protobuf-compiler"},
			checks:   []string{"fmt", "clippy", "package"}, want: []string{"- pkg-config # alsa-sys, openssl-sys", "odd-sys"},
		},
		"sources of their own": {
			files: map[string]string{
				"Cargo.toml": appManifest, "src/lib.rs": "", "Cargo.lock": locked("aws-lc-sys cc cmake", "cmake cc", "libsqlite3-sys cc", "libz-sys cc pkg-config", "openssl-src cc", "openssl-sys openssl-src pkg-config"),
			},
			packages: []string{"make", "perl"}, checks: []string{"fmt", "clippy", "package"},
		},
		"outside git, sqlx and ssh": {
			files: map[string]string{
				"Cargo.toml": appManifest, "src/main.rs": "#[tokio::test]\nasync fn t() {}\nfn main() {}\n", ".sqlx/query.json": "{}",
				"Cargo.lock": locked("sqlx-macros", "vergen") +
					"\n[[package]]\nname = \"own\"\nversion = \"1.0.0\"\nsource = \"git+ssh://git@example.com/own#0123\"\n" +
					"\n[[package]]\nname = \"private\"\nversion = \"1.0.0\"\nsource = \"sparse+https://crates.example.com/index/\"\n",
			},
			checks: []string{"fmt", "clippy", "package", "tarpaulin"}, ssh: true, env: map[string]string{"SQLX_OFFLINE": "true"},
			want: []string{"https://crates.example.com/index/", "vergen asks git"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmdtest.WriteTree(t, dir, tt.files)
			if tt.git {
				if out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
					t.Fatalf("git init: %v\n%s", err, out)
				}
			}
			out, err := command(t, filepath.Join(dir, tt.dir), "init")
			if err != nil || !strings.Contains(out, "wrote") || !strings.Contains(out, "cranekit check") {
				t.Fatalf("init: %v\n%s", err, out)
			}
			text := readText(t, filepath.Join(dir, tt.at, "crane.yaml"))
			for _, want := range append(tt.want, "# yaml-language-server: $schema="+config.SchemaURL+"\n") {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			validateCraneYAML(t, text)
			cfg, err := config.Load(config.Options{Dir: filepath.Join(dir, tt.dir), Kinds: llb.Kinds(), DefaultChecks: llb.DefaultChecks()})
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if got := project.Names(cfg.Checks); !slices.Equal(got, tt.checks) {
				t.Errorf("checks %v, want %v", got, tt.checks)
			}
			if !slices.Equal(cfg.Toolchain.Packages, tt.packages) || cfg.Fetch.SSH != tt.ssh || fmt.Sprint(cfg.Common.Env) != fmt.Sprint(tt.env) {
				t.Errorf("packages %v, ssh %v, env %v in\n%s", cfg.Toolchain.Packages, cfg.Fetch.SSH, cfg.Common.Env, text)
			}
			if out, err := command(t, filepath.Join(dir, tt.dir), "plan", "clippy"); err != nil || !strings.Contains(out, "cargo clippy") {
				t.Errorf("plan: %v\n%s", err, out)
			}
		})
	}
}

// validateCraneYAML wants the schema to take a text.
func validateCraneYAML(t *testing.T, text string) {
	t.Helper()
	schema, err := config.Schema(llb.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(config.SchemaURL, fromJSON(t, schema)); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile(config.SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(fromJSON(t, data)); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
}

func fromJSON(t *testing.T, data []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestInitOverwritesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{"crane.yaml": "jobs: 1\n"})
	own := func(name string) string { return readText(t, filepath.Join(dir, name)) }
	if out, err := command(t, dir, "init"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a second init: %v\n%s", err, out)
	}
	if out, err := command(t, dir, "init", "--stdout"); err != nil || !strings.HasPrefix(out, "# yaml-language-server") {
		t.Errorf("--stdout: %v\n%s", err, out)
	}
	if out, err := command(t, dir, "init", "--ci", "github"); err != nil || !strings.Contains(out, "kept") || own("crane.yaml") != "jobs: 1\n" {
		t.Errorf("--ci beside a crane.yaml: %v\n%s", err, out)
	}
	workflow := own(".github/workflows/cranekit.yml")
	cmdtest.WriteTree(t, dir, map[string]string{".github/workflows/cranekit.yml": "mine\n"})
	if _, err := command(t, dir, "init", "--ci", "gitlab", "--ci", "github"); exitCode(err) != exitUsage {
		t.Errorf("over a pipeline: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".gitlab-ci.yml")); err == nil {
		t.Error("one of two files was written")
	}
	if _, err := command(t, dir, "init", "--ci", "github", "--force"); err != nil || own(".github/workflows/cranekit.yml") != workflow || own("crane.yaml") == "jobs: 1\n" {
		t.Errorf("--force: %v", err)
	}
	for _, args := range [][]string{{"init", "--ci", "jenkins"}, {"init", "--config", "x"}, {"init", "x"}} {
		if _, err := command(t, dir, args...); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := command(t, t.TempDir(), "init"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "no Cargo.toml") {
		t.Errorf("without a workspace: %v", err)
	}
}

// TestInitReplacesLinks wants --force to take a link of the repository away, and
// not to write where it leads.
func TestInitReplacesLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{"hook": "mine\n"})
	if err := os.Symlink("hook", filepath.Join(dir, "crane.yaml")); err != nil {
		t.Skip(err)
	}
	if out, err := command(t, dir, "init", "--force"); err != nil || readText(t, filepath.Join(dir, "hook")) != "mine\n" {
		t.Errorf("init --force wrote through a link: %v\n%s", err, out)
	}
	if info, err := os.Lstat(filepath.Join(dir, "crane.yaml")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("crane.yaml is %v, %v", info, err)
	}
}

// TestInitTellsTrust: a pipeline that trusts the repository with what a
// crane.yaml asks for says so.
func TestInitTellsTrust(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{"crane.yaml": "checks: {e2e: {kind: custom, run: [x], network: true}}\n"})
	out, err := command(t, dir, "init", "--ci", "github")
	if err != nil || !strings.Contains(out, "The pipeline trusts this repository with network") {
		t.Errorf("%v\n%s", err, out)
	}
}

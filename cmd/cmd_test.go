package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"green":              {nil, 0},
		"red":                {&exitError{exitRed}, 1},
		"anything":           {errors.New("disk full"), 1},
		"usage":              {project.Usage(errors.New("no such check")), 2},
		"configuration":      {&config.Error{}, 2},
		"builder":            {fmt.Errorf("connect: %w", builder.ErrUnreachable), 75},
		"old builder":        {fmt.Errorf("connect: %w", builder.ErrUnfit), 2},
		"registry":           {fmt.Errorf("fetch: %w", buildkit.ErrRegistry), 75},
		"words of cobra":     {errors.New("unknown command: accepts 1 arg(s)"), 1},
		"red and unwritten":  {errors.Join(&exitError{exitRed}, unwritten(errors.New("disk full"))), 2},
		"lost and unwritten": {errors.Join(&exitError{exitUnreachable}, unwritten(errors.New("disk full"))), 75},
		"two reasons":        {fmt.Errorf("%w: %w", errors.New("x"), project.Usage(errors.New("y"))), 2},
		"interrupted":        {errors.Join(errInterrupted, builder.ErrUnreachable), 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := exitCode(c.err); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

// execute runs a command that needs no builder, in a workspace of its own.
func execute(t *testing.T, files map[string]string, args ...string) (stdout string, err error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	a := &app{version: "1.2.3", out: &out, err: &out}
	root := a.root()
	root.SetArgs(append([]string{"-C", dir}, args...))
	err = root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCommands(t *testing.T) {
	t.Parallel()
	without := func(name string) map[string]string {
		files := cmdtest.Single()
		delete(files, name)
		return files
	}
	with := func(name, text string) map[string]string {
		files := cmdtest.Single()
		files[name] = text
		return files
	}
	for name, c := range map[string]struct {
		files map[string]string
		args  []string
		code  int
		want  string
	}{
		"version":         {nil, []string{"version"}, 0, "cranekit 1.2.3"},
		"list":            {cmdtest.Single(), []string{"check", "--list"}, 0, "clippy\npackage\ntarpaulin\n"},
		"list some":       {cmdtest.Single(), []string{"check", "--list", "--skip", "t*"}, 0, "clippy\npackage\n"},
		"image":           {cmdtest.Single(), []string{"config"}, 0, images.Default("") + " "},
		"image of a file": {with("rust-toolchain", "1.80\n"), []string{"config"}, 0, images.Default("1.80") + " "},
		"image of a key":  {with("rust-toolchain", "1.80\n"), []string{"config", "--set", "toolchain.channel=1.81"}, 0, images.Default("1.81") + " "},
		"plan":            {cmdtest.Single(), []string{"plan", "clippy"}, 0, "cargo clippy --workspace --locked --offline --release --all-targets -- --deny warnings"},
		"plan as json":    {cmdtest.Single(), []string{"plan", "--format", "json"}, 0, `"name": "deps test"`},
		"plan as dot":     {cmdtest.Single(), []string{"plan", "--format", "dot"}, 0, `"deps check" -> "clippy";`},
		"plan of a part":  {cmdtest.Single(), []string{"plan", "fmt", "--set", "checks.fmt.kind=fmt"}, 0, "fmt (sees 2 of 3 files)"},
		"plan files":      {cmdtest.Single(), []string{"plan", "fmt", "--set", "checks.fmt.kind=fmt", "--files"}, 0, "Cargo.toml\nsrc/main.rs\n"},
		"plan all files":  {cmdtest.Single(), []string{"plan", "--files"}, 2, "--files lists what one check sees: name one check"},
		"plan badly":      {cmdtest.Single(), []string{"plan", "--format", "xml"}, 2, "want text, json or dot"},
		"config":          {with("crane.yaml", "common:\n  profile: dev\n"), []string{"config"}, 0, "crane.yaml:2"},
		"bad config":      {with("crane.yaml", "comon: {}\n"), []string{"check"}, 2, "common"},
		"no lock":         {without("Cargo.lock"), []string{"plan"}, 2, "cargo generate-lockfile"},
		"no manifest":     {without("Cargo.toml"), []string{"plan"}, 2, "Cargo.toml"},
		"bad manifest":    {with("Cargo.toml", "[package]\nname = \n"), []string{"plan"}, 2, "Cargo.toml:2"},
		"unknown command": {cmdtest.Single(), []string{"chekc"}, 2, "unknown command"},
		"unknown flag":    {cmdtest.Single(), []string{"check", "--nope"}, 2, "unknown flag"},
		"unknown check":   {cmdtest.Single(), []string{"check", "nope"}, 2, "no check matches"},
		"too many":        {cmdtest.Single(), []string{"build", "x"}, 2, `build takes no arguments, got "x"`},
		"bad builder":     {cmdtest.Single(), []string{"check", "--builder", "pigeon://x"}, 2, "pigeon"},
		"no authority":    {cmdtest.Single(), []string{"check", "clippy", "--builder", "ci", "--set", "builders.ci.address=tcp://127.0.0.1:1", "--set", "builders.ci.ca=Cargo.toml"}, 2, "no certificate in"},
		"no shell":        {nil, []string{"completion", "fihs"}, 2, "unknown command"},
		"a slip":          {nil, []string{"chekc"}, 2, "did you mean check?"},
		"nothing to do":   {nil, nil, 0, "Available Commands"},
		"no registry":     {nil, []string{"login"}, 2, "login needs REGISTRY (cranekit login REGISTRY)"},
		"two registries":  {nil, []string{"login", "a", "b"}, 2, `login takes one REGISTRY, got "b" too`},
		"no number":       {cmdtest.Single(), []string{"check", "--jobs", "many"}, 2, "--jobs many: want a whole number"},
		"no bool":         {cmdtest.Single(), []string{"check", "--fail-fast=maybe"}, 2, "--fail-fast maybe: want true or false"},
		"no duration":     {nil, []string{"builder", "start", "--idle-timeout", "5"}, 2, "--idle-timeout 5: want a duration such as 90s or 30m"},
		"no value":        {cmdtest.Single(), []string{"check", "--skip"}, 2, "--skip needs a value: --skip NAME|GLOB"},
		"flag meant":      {cmdtest.Single(), []string{"check", "--outptu", "x"}, 2, `unknown flag --outptu (did you mean "--output"?)`},
		"short flag":      {cmdtest.Single(), []string{"check", "-z"}, 2, "unknown flag -z (cranekit check --help lists the flags)"},
		"both":            {cmdtest.Single(), []string{"trust", "secrets", "--all-branches", "--branch", "x"}, 2, "--all-branches and --branch exclude one another"},
		"no such, below":  {cmdtest.Single(), []string{"cache", "prun"}, 2, `unknown command "prun", did you mean prune? (cranekit cache --help`},
		"no subcommand":   {cmdtest.Single(), []string{"builder", "strat"}, 2, "unknown command"},
		"completion":      {cmdtest.Single(), []string{"completion", "bash"}, 0, "__start_cranekit"},
		"complete names":  {cmdtest.Single(), []string{"__complete", "check", ""}, 0, "tarpaulin"},
		"everything off":  {cmdtest.Single(), []string{"check", "--skip", "*"}, 2, "every check is skipped"},
		"no directory":    {cmdtest.Single(), []string{"-C", filepath.Join(t.TempDir(), "none"), "check"}, 2, "no such directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := execute(t, c.files, c.args...)
			if err != nil {
				out += err.Error()
			}
			if got := exitCode(err); got != c.code || !strings.Contains(out, c.want) {
				t.Errorf("exit code %d, want %d, with %q in:\n%s", got, c.code, c.want, out)
			}
		})
	}
}

// TestMain keeps the settings of whoever runs the tests out of them.
func TestMain(m *testing.M) { cmdtest.Main(m) }

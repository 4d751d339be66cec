package llb

import (
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config"
)

// load is the configuration of a workspace with some settings.
func load(t *testing.T, set ...string) *config.Config {
	t.Helper()
	cfg, err := config.Load(config.Options{Dir: "testdata/workspace", Kinds: Kinds(), DefaultChecks: DefaultChecks(), Set: append([]string{"workspace=."}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestFlagsOnce: what cranekit writes itself is not said twice in any kind.
func TestFlagsOnce(t *testing.T) {
	t.Parallel()
	const usual = "--workspace --all-features --locked --offline -r --target x86_64-unknown-linux-gnu --no-default-features"
	settings := []string{"common.all-features=true", "common.no-default-features=true", "common.target=x86_64-unknown-linux-gnu"}
	for kind, more := range map[string]string{
		"clippy": "--all-targets --message-format=json -- -D warnings", "check": "--all-targets --message-format json", "doc": "--no-deps",
		"test": "--no-run --message-format json", "package": "--keep-going", "fmt": "", "tarpaulin": "--engine llvm --skip-clean --output-dir /out --implicit-test-threads",
	} {
		args := usual + " " + more
		switch kind {
		case "fmt":
			args = "--all --check"
		case "tarpaulin":
			args = strings.Replace(args, "-r", "--release", 1)
		}
		set := append(slices.Clone(settings), "checks.x.kind="+kind, "checks.x.args="+args)
		if kind == "package" {
			set = append(set, "checks.x.test-args="+usual+" --no-run")
		}
		cfg := load(t, set...)
		if problems := ArgumentProblems(cfg, cfg.Checks); len(problems) > 0 {
			t.Errorf("%s: %v", kind, problems)
		}
		c := cfg.Checks[slices.IndexFunc(cfg.Checks, func(c config.Check) bool { return c.Name == "x" })]
		commands := kinds[kind].commands(c)
		for _, command := range commands {
			words := command.words()
			if slices.Contains(words, "-r") || slices.Contains(words, "json") || command.verb == "run" {
				t.Errorf("%s: %s %q", kind, command.verb, words)
			}
			for i, word := range words {
				if word == "--" {
					break
				}
				if strings.HasPrefix(word, "-") && word != "--out" && word != "--target" && slices.Contains(words[:i], word) {
					t.Errorf("%s: %s comes twice in %q", kind, word, words)
				}
			}
		}
		if len(commands) == 0 {
			t.Errorf("%s has no steps", kind)
		}
	}
}

// TestFlagsOnceInStages: a check that repeats its settings starts from the usual
// stage, and nothing that is cooked has a flag twice.
func TestFlagsOnceInStages(t *testing.T) {
	t.Parallel()
	const flags = "--workspace --all-features --no-default-features --locked --offline --profile=dev"
	g := plan(t, "testdata/workspace", layoutBase(), "common.profile=dev", "common.all-features=true", "common.no-default-features=true",
		"checks.clippy.args="+flags+" --all-targets", "checks.package.args="+flags, "checks.package.test-args="+flags)
	if got := g.Node("clippy").Needs[0]; got != "deps check" {
		t.Errorf("clippy starts from %s", got)
	}
	if got := g.Node("package").Needs[0]; got != "deps test" {
		t.Errorf("package starts from %s", got)
	}
	g = plan(t, "testdata/features", layoutBase(), "checks.clippy.args=--all-features --all-targets")
	if got := g.Node("clippy").Needs[0]; !strings.Contains(got, "--all-features") {
		t.Errorf("features of the arguments are not cooked: %s", got)
	}
}

// TestArgumentProblems are told with their key before anything is compiled.
func TestArgumentProblems(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"checks.clippy.args=--profile dev":                                                    "checks.clippy.args: --profile dev does not go with --release",
		"checks.clippy.args=-j 2 --jobs 3":                                                    "checks.clippy.args: --jobs 3 does not go with -j 2",
		"checks.package.args=--message-format=short":                                          "checks.package.args: --message-format=short takes the place",
		"checks.package.test-args=--message-format human":                                     "checks.package.test-args: --message-format human takes the place",
		"checks.package.test-args=--profile=test -- --nocapture":                              "checks.package.test-args: --profile=test does not go with",
		"checks.package.tests=false checks.package.test-args=--message-format human":          "checks.package.test-args: --message-format human takes the place",
		"checks.tarpaulin.args=--engine ptrace":                                               "checks.tarpaulin.args: --engine ptrace does not go with --engine llvm",
		"checks.clippy.args=--message-format json-diagnostic-rendered-ansi -p app -j 2 -v -v": "",
		"checks.package.args=-p greet -Ffast -- -x":                                           "",
	} {
		settings := []string{"checks.clippy.kind=clippy", "checks.package.kind=package", "checks.tarpaulin.kind=tarpaulin", set}
		if off, rest, found := strings.Cut(set, " checks."); found {
			settings = append(settings[:3], off, "checks."+rest)
		}
		cfg := load(t, settings...)
		var text []string
		for _, p := range ArgumentProblems(cfg, cfg.Checks) {
			text = append(text, p.String())
		}
		if got := strings.Join(text, "\n"); want == "" && got != "" || !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
}

// TestSelectionSpellings: however a package or a feature is chosen, what is
// compiled before fits. -pfoo, -p=foo and -Ffoo were not seen.
func TestSelectionSpellings(t *testing.T) {
	t.Parallel()
	want := ""
	for i, args := range []string{"-p greet -F loud", "-pgreet -Floud", "-p=greet -F=loud", "--package=greet --features=loud", "-qpgreet --features loud"} {
		g := plan(t, "../examples/workspace", layoutBase(), "checks.clippy.args="+args)
		deps := g.Node("clippy").Needs[0]
		if i == 0 {
			want = deps
		}
		if deps != want || !strings.Contains(deps, "--package greet --features loud") {
			t.Errorf("%s starts from %q, want %q", args, deps, want)
		}
		if command := g.Node("clippy").Commands[0]; strings.Contains(command, "--workspace") {
			t.Errorf("%s is given beside --workspace: %s", args, command)
		}
	}
}

// TestScope: --workspace in the arguments is all, also where the settings select
// some packages, and packages beside it are not looked at.
func TestScope(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"jobs=1":                      "cargo check --workspace --locked --offline --profile dev --exclude a",
		"common.packages=greet":       "cargo check --locked --offline --profile dev --all --exclude a",
		"common.exclude=greet":        "cargo check --workspace --exclude greet --locked --offline --profile dev --exclude a",
		"checks.c.args=-p x --all":    "cargo check --workspace --locked --offline --profile dev -p x",
		"checks.c.args=-p x --all -p": "cargo check --workspace --locked --offline --profile dev -p x -p",
	} {
		cfg := load(t, "checks.c.kind=check", "common.profile=dev", "checks.c.args=--all --exclude a", set)
		got := CommandLine(kinds["check"].commands(cfg.Checks[len(cfg.Checks)-1])[0].words())
		if got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
}

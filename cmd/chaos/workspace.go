package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/report"
)

// files are those of a small workspace with two dependencies, one of them with
// a build script.
var files = map[string]string{
	"Cargo.toml":          "[workspace]\nresolver = \"2\"\nmembers = [\"app\", \"core\"]\n",
	"app/Cargo.toml":      "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ncore-lib = { path = \"../core\" }\nitoa = \"=1.0.19\"\n",
	"app/src/main.rs":     "fn main() {\n    let digits = itoa::Buffer::new().format(21).len();\n    println!(\"{}\", core_lib::double(digits as u64));\n}\n",
	"core/Cargo.toml":     "[package]\nname = \"core-lib\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nlibc = { version = \"=0.2.191\", default-features = false }\n",
	"core/src/lib.rs":     "pub fn double(n: u64) -> u64 {\n    n * 2\n}\n\n#[test]\nfn doubles() {\n    assert_eq!(double(2), 4);\n}\n",
	"Cargo.lock":          lock,
	"core/tests/whole.rs": "#[test]\nfn whole() {\n    assert_eq!(core_lib::double(4), 8);\n}\n",
}

const lock = `version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "core-lib",
 "itoa",
]

[[package]]
name = "core-lib"
version = "0.1.0"
dependencies = [
 "libc",
]

[[package]]
name = "itoa"
version = "1.0.19"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "3bd1574e617a9a6c1f8f8181bd7e841e1f20e4277607ef28945765188d6284d4"

[[package]]
name = "libc"
version = "0.2.191"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "65cd87c9a6d60536580b316ad985726104730a5151c99845f2490428ef91240a"
`

// newWorkspace lays out a workspace that no builder has seen.
func (b *bench) newWorkspace() error {
	b.number++
	b.workspace = filepath.Join(b.dir, fmt.Sprintf("ws-%d", b.number))
	for name, text := range files {
		if err := b.write(name, text); err != nil {
			return err
		}
	}
	return b.write("crane.yaml", fmt.Sprintf("common: {profile: dev, env: {CHAOS: \"%d\"}}\nchecks:\n  fmt:\n  clippy:\n  package:\n", b.number))
}

func (b *bench) write(name, text string) error {
	file := filepath.Join(b.workspace, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// edit changes a line that all checks depend on.
func (b *bench) edit() error {
	b.number++
	return b.write("core/src/lib.rs", strings.Replace(files["core/src/lib.rs"], "n * 2", fmt.Sprintf("n * 2 + %d - %d", b.number, b.number), 1))
}

// runLimit is the longest that a run of the small workspace may take.
const runLimit = 5 * time.Minute

// green runs cranekit undisturbed. Whatever is not as it has to be is an error.
func (b *bench) green(ctx context.Context) (*report.Summary, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	out, err := b.command(ctx).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, tail(out))
	}
	data, err := os.ReadFile(filepath.Join(b.workspace, "result", report.SummaryFile))
	if err != nil {
		return nil, err
	}
	var s report.Summary
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, err
	}
	var errs []error
	for i := range s.Checks {
		c := &s.Checks[i]
		if c.Status != buildkit.StatusPassed {
			errs = append(errs, fmt.Errorf("%s is %s", c.Name, c.Status))
		}
		if c.Deps != nil && len(c.Deps.Rebuilt) > 0 {
			errs = append(errs, fmt.Errorf("%s compiled %s", c.Name, strings.Join(c.Deps.Rebuilt, ", ")))
		}
	}
	if tests := total(&s); tests != 2 {
		errs = append(errs, fmt.Errorf("%d tests passed, not 2", tests))
	}
	if _, err := os.Stat(filepath.Join(b.workspace, "result", "package", "bin", "app")); err != nil {
		errs = append(errs, err)
	}
	return &s, errors.Join(errs...)
}

// tail is the end of what a run printed.
func tail(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// executed are the stages that a run executed.
func executed(s *report.Summary) []string {
	var names []string
	for _, stage := range s.Stages {
		if !stage.Cached {
			names = append(names, stage.Name)
		}
	}
	return names
}

// total is how many tests passed.
func total(s *report.Summary) int {
	sum := 0
	for i := range s.Checks {
		if n := s.Checks[i].Metrics.TestsPassed; n != nil {
			sum += *n
		}
	}
	return sum
}

package cargo

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestParseArgs(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"-p a":                         "--package[a]",
		"-pa -p=b --package=c":         "--package[a] --package[b] --package[c]",
		"-Fa,b -F=c --features d":      "--features[a,b] --features[c] --features[d]",
		"-rq":                          "--profile[release] --quiet[]",
		"-rpa":                         "--profile[release] --package[a]",
		"-vvj4":                        "--verbose[] --verbose[] --jobs[4]",
		"-j 4 name":                    "--jobs[4] name",
		"--release --profile release":  "--profile[release] --profile[release]",
		"--all --workspace":            "--workspace[] --workspace[]",
		"-p --lib":                     "--package[] --lib[]",
		"--test --bin x":               "--test[] --bin[x]",
		"--unknown value -x":           "--unknown value -x",
		"-Zbuild-std -Z a":             "-Z[build-std] -Z[a]",
		"--jobs -1":                    "--jobs[-1]",
		"a -- --package b":             "a / -- --package b",
		"--config profile.dev.debug=0": "--config[profile.dev.debug=0]",
	} {
		args := ParseArgs("test", strings.Fields(line))
		var got []string
		for _, item := range args.Items {
			if item.Name == "" {
				got = append(got, item.Words...)
			} else {
				got = append(got, item.Name+"["+strings.Join(item.Values, " ")+"]")
			}
		}
		if args.After != nil {
			got = append(append(got, "/"), args.After...)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", line, text, want)
		}
	}
	many := ParseArgs("tarpaulin", []string{"-p", "a", "b", "--features", "x", "y", "-r", "dir"})
	if got := many.Items; len(got) != 3 || !slices.Equal(got[0].Values, []string{"a", "b"}) || got[2].Name != "--root" {
		t.Errorf("tarpaulin's are %+v", got)
	}
}

func TestArgsWith(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ own, other, want, repeats string }{
		{"--workspace --locked --offline --release", "--workspace --all-targets --locked -- -D warnings", "--workspace --locked --offline --release --all-targets -- -D warnings", ""},
		{"--workspace --release", "--all -r --all-targets", "--workspace --release --all-targets", ""},
		{"--profile dev", "--release", "--profile dev", "--release"},
		{"--profile release", "-rv", "--profile release -v", ""},
		{"--profile x", "--profile=x", "--profile x", ""},
		{"--no-run", "--no-run name", "--no-run name", ""},
		{"--features a", "--features a -Fb", "--features a --features a -Fb", ""},
		{"", "-j2 -j 3", "-j2", "-j 3"},
		{"", "-j2 --jobs 2", "-j2", ""},
		{"", "-vv -v", "-v -v -v", ""},
	} {
		sum, repeats := ParseArgs("test", strings.Fields(c.own)).With(ParseArgs("test", strings.Fields(c.other)))
		var words []string
		for _, r := range repeats {
			words = append(words, r.Words...)
		}
		if got := strings.Join(sum.Words(), " "); got != c.want || strings.Join(words, " ") != c.repeats {
			t.Errorf("%s with %s: %s, repeats %q, want %s, %s", c.own, c.other, got, words, c.want, c.repeats)
		}
	}
}

// TestFlagsAreCargos asks cargo which flags may repeat, in every spelling.
func TestFlagsAreCargos(t *testing.T) {
	t.Parallel()
	values := map[string]string{"--color": "never", "--profile": "dev", "--jobs": "1", "--message-format": "json", "--config": "a.b=1"}
	commands := map[string]string{"--doc": "test", "--no-run": "test", "--no-fail-fast": "test", "--document-private-items": "doc", "--open": "doc", "--no-deps": "doc"}
	// Of nightly cargo only.
	unstable := []string{"--artifact-dir", "--unit-graph", "--lockfile-path", "-Z"}
	dir := t.TempDir()
	for _, f := range cargoFlags() {
		if slices.Contains(unstable, f.name) {
			continue
		}
		for _, name := range append([]string{f.name}, f.others...) {
			once := []string{name}
			if f.takes != nothing {
				once = append(once, "x")
				if value, ok := values[f.name]; ok {
					once[1] = value
				}
			}
			command := "check"
			if c, ok := commands[f.name]; ok {
				command = c
			}
			args := append([]string{command}, append(slices.Clone(once), once...)...)
			cmd := exec.CommandContext(t.Context(), "cargo", args...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			refused := strings.Contains(string(out), "cannot be used multiple times")
			if err == nil || strings.Contains(string(out), "unexpected argument") || refused == f.repeats {
				t.Errorf("cargo %s: %s", strings.Join(args, " "), out)
			}
			sum, repeats := ParseArgs(command, once).With(ParseArgs(command, once))
			if n := len(sum.Items); n != 1 && !f.repeats || n != 2 && f.repeats || len(repeats) > 0 {
				t.Errorf("%v twice is %q", once, sum.Words())
			}
		}
	}
}

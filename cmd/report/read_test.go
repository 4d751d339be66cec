package report

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// forged makes a directory with everything that a check's own commands could
// write into it.
func forged(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	messages, err := os.ReadFile(filepath.Join("testdata", "out", "package-green", "messages.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"messages.json": string(messages),
		"cobertura.xml": `<coverage lines-covered="9" lines-valid="9"/>`,
		"compiled.txt":  "serde 1.0.228\n",
		"rebuilt.txt":   "libc v0.2.191: forged\n",
		"flaky.txt":     "7\n",
		"timeout.txt":   "1\n",
		"log.txt":       "     Running tests/x.rs (target/debug/deps/x-0000000000000001)\n\nrunning 99999 tests\ntest result: ok. 99999 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestReadersTakeWhatTheKindMakes has checks that write the files of other
// kinds.
func TestReadersTakeWhatTheKindMakes(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct{ reuse, compiled, coverage, retries, tests bool }{
		"fmt":       {},
		"clippy":    {reuse: true},
		"doc":       {reuse: true},
		"custom":    {compiled: true, retries: true},
		"test":      {reuse: true, retries: true},
		"package":   {reuse: true, retries: true},
		"tarpaulin": {reuse: true, retries: true, coverage: true},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			row := Judge(config.Check{Name: "x", Kind: kind, Run: []string{"true"}, Tests: true}, buildkit.Result{Status: buildkit.StatusPassed, Dir: forged(t)}, JudgeOptions{})
			if got := row.Deps != nil && row.Deps.Reused != nil; got != c.reuse {
				t.Errorf("reuse is read: %t", got)
			}
			if got := row.Deps != nil && slices.Equal(row.Deps.Rebuilt, []string{"serde 1.0.228"}); got != c.compiled {
				t.Errorf("compiled.txt is read: %t", got)
			}
			if got := row.Metrics.CoveragePercent != nil; got != c.coverage {
				t.Errorf("coverage is read: %t", got)
			}
			if got := row.Retries > 0; got != c.retries {
				t.Errorf("retries are read: %t", got)
			}
			if row.Metrics.TestsPassed != nil || row.Timeout {
				t.Errorf("%d tests, timed out: %t", *row.Metrics.TestsPassed, row.Timeout)
			}
		})
	}
}

// TestTimeoutIsTheScripts wants timeout.txt to count only where there is a time
// limit and the script's exit code.
func TestTimeoutIsTheScripts(t *testing.T) {
	t.Parallel()
	check := config.Check{Name: "x", Kind: "custom", Run: []string{"true"}}
	result := buildkit.Result{Status: buildkit.StatusFailed, ExitCode: 124, Dir: forged(t)}
	if Judge(check, result, JudgeOptions{}).Timeout {
		t.Error("timed out without a limit")
	}
	check.Limits.Timeout = time.Minute
	if !Judge(check, result, JudgeOptions{}).Timeout {
		t.Error("not timed out")
	}
	result.ExitCode = 1
	if Judge(check, result, JudgeOptions{}).Timeout {
		t.Error("timed out with exit code 1")
	}
}

func TestSuiteNames(t *testing.T) {
	t.Parallel()
	m := &cargo.Messages{Units: []cargo.Unit{
		{Name: "web-api", Local: true, Target: "web_api", Kinds: []string{"lib"}},
		{Name: "web-api", Local: true, Target: "web_api", Kinds: []string{"lib"}, Test: true, Executable: "/t/deps/web_api-1"},
		{Name: "web-api", Local: true, Target: "web-api", Kinds: []string{"bin"}, Test: true, Executable: "/t/deps/web_api-2"},
		{Name: "web-api", Local: true, Target: "web-api", Kinds: []string{"bin"}, Executable: "/t/web-api"},
		{Name: "web-api", Local: true, Target: "cli", Kinds: []string{"test"}, Test: true, Executable: "/t/deps/cli-1"},
		{Name: "mac", Local: true, Target: "mac", Kinds: []string{"proc-macro"}, Test: true, Executable: "/t/deps/mac-1"},
		{Name: "other", Target: "other", Kinds: []string{"lib"}, Test: true, Executable: "/t/deps/other-1"},
	}}
	p := programs(m)
	for file, want := range map[string]string{
		"/t/deps/web_api-1": "web-api", "/t/deps/web_api-2": "web-api::bin/web-api", "/t/deps/cli-1": "web-api::tests/cli", "/t/deps/mac-1": "mac",
		"/t/web-api": "", "/t/deps/other-1": "",
	} {
		if got := p.Names[file]; got != want {
			t.Errorf("%s is %q, want %q", file, got, want)
		}
	}
	if len(p.Docs) != 2 || !slices.Equal(p.Docs["web_api"], []string{"web-api::doc"}) {
		t.Errorf("documentation of %v", p.Docs)
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	var short, long ends
	for range 100 {
		_, _ = short.Write([]byte("abc\n"))
	}
	if got := string(short.bytes()); got != strings.Repeat("abc\n", 100) {
		t.Errorf("%d bytes of a short log", len(got))
	}
	_, _ = long.Write([]byte("first\n"))
	for range 64 {
		_, _ = long.Write(bytes.Repeat([]byte("middle\n"), 20_000))
	}
	_, _ = long.Write([]byte("last\n"))
	got := string(long.bytes())
	if len(got) > 4*maxEnd || !strings.HasPrefix(got, "first\n") || !strings.HasSuffix(got, "last\n") || !strings.Contains(got, "\n…\n") {
		t.Errorf("%d bytes of a long log", len(got))
	}
}
